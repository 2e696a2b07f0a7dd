//! Kills and failures at every change that a run makes to files: whichever it is, the run goes on to the same bytes.

use super::{
    Conflict, GRADIENTS, Output, PARTIAL_GRADIENTS, PARTIAL_RUN, RUN, Run, SUMMARY, Start, open, read_complete,
    write_rows,
};
use crate::engine::Engine;
use crate::estimator::Estimator;
use crate::experiment::{self, Experiment};
use crate::gradients::Gradients;
use crate::policy::Problem;
use crate::summary::{Row, summarise};
use anyhow::Result;
use std::cell::Cell;
use std::fs;
use std::io;
use std::path::Path;

/// What strikes a change.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Neither it nor any later one is made.
    Kill,
    /// It fails with this error of the system, and later ones are made.
    Fail(i32),
}

#[derive(Clone, Copy)]
struct Fault {
    kind: Kind,
    /// How many changes it lets pass first.
    after: usize,
    struck: bool,
}

thread_local! {
    static FAULT: Cell<Option<Fault>> = const { Cell::new(None) };
}

/// Lets the change be made, or fail.
pub(super) fn strike() -> io::Result<()> {
    let Some(fault) = FAULT.get() else { return Ok(()) };
    match fault {
        Fault { after: 1.., .. } => FAULT.set(Some(Fault { after: fault.after - 1, ..fault })),
        Fault { kind: Kind::Fail(_), struck: true, .. } => {}
        Fault { kind, .. } => {
            FAULT.set(Some(Fault { struck: true, ..fault }));
            return Err(match kind {
                Kind::Kill => io::Error::other("killed"),
                Kind::Fail(error) => io::Error::from_raw_os_error(error),
            });
        }
    }
    Ok(())
}

/// Does it with a fault after so many changes, and says whether the fault has struck.
fn with_fault<T>(kind: Kind, after: usize, act: impl FnOnce() -> T) -> (T, bool) {
    FAULT.set(Some(Fault { kind, after, struck: false }));
    let outcome = act();
    (outcome, FAULT.take().is_some_and(|fault| fault.struck))
}

const TRIALS: usize = 3;
const FIGURE: &str = "figure.png";
const EARLIER_FIGURE: &str = "figure.svg";

fn experiment(seed: i64) -> Experiment {
    let estimators = ["k1", "k3"].map(|name| Estimator::named(name).unwrap()).into();
    let run = experiment::Run { num_trials: TRIALS, seed, ..experiment::Run::default() };
    Experiment::new(Problem::default(), run, estimators).unwrap()
}

fn summary(gradients: &mut Gradients, seed: i64) -> Vec<Row> {
    summarise(gradients, &experiment(seed)).unwrap()
}

/// A run whose gradients depend on the seed.
fn run(folder: &Path, seed: i64, resume: bool) -> Result<()> {
    let experiment = experiment(seed);
    let gradients = Gradients::empty(experiment.estimators(), folder);
    let files = [SUMMARY, FIGURE];
    let Start::Unfinished(mut unfinished) =
        open(folder, &Run::new(&experiment, Engine::Score, None), gradients, &files, &[EARLIER_FIGURE], resume)?
    else {
        return Ok(());
    };
    for trial in unfinished.gradients().num_trials()..TRIALS {
        unfinished.push(&[0.1, -2.5, 1e-7, 3e8].map(|gradient| gradient * (seed as f32 + trial as f32)))?;
    }
    let rows = summary(unfinished.gradients(), seed);
    let outputs = [
        Output::new(folder.join(SUMMARY), |writer| write_rows(&rows, writer)),
        Output::of_bytes(folder.join(FIGURE), seed.to_string().into()),
    ];
    unfinished.complete(&outputs).map(drop)
}

/// Every file of the folder with its content.
fn contents(folder: &Path) -> Vec<(String, String)> {
    let entries = folder.read_dir().unwrap().map(|entry| entry.unwrap());
    let mut files: Vec<_> = entries
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

fn uninterrupted(seed: i64) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), seed, false).unwrap();
    let files = contents(folder.path());
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, [FIGURE, GRADIENTS, RUN, SUMMARY]);
    files
}

/// What is read back is one run's, whole, or nothing.
fn assert_no_mixture(folder: &Path, what: &str) {
    if let Ok((mut gradients, rows)) = read_complete(folder) {
        let seed = if gradients.series(0).unwrap().gradients[0] == 0.1 { 1 } else { 2 };
        assert_eq!(gradients.num_trials(), TRIALS, "{what}");
        assert_eq!(rows, summary(&mut gradients, seed), "{what}");
    }
}

/// Goes on, or begins where there is nothing to go on with.
fn go_on(folder: &Path, seed: i64) -> Result<()> {
    match run(folder, seed, true) {
        Err(error) if error.is::<Conflict>() => run(folder, seed, false),
        outcome => outcome,
    }
}

/// A run with seed 2, in a folder with an earlier one of seed 1 or without, that is struck at every change in turn.
fn strike_everywhere(kind: Kind, has_earlier: bool) {
    let expected = uninterrupted(2);
    for after in 0.. {
        let what = format!("{kind:?} after {after} changes, earlier run: {has_earlier}");
        let folder = tempfile::tempdir().unwrap();
        if has_earlier {
            run(folder.path(), 1, false).unwrap();
            fs::write(folder.path().join(EARLIER_FIGURE), "1").unwrap();
        }
        let (outcome, struck) = with_fault(kind, after, || run(folder.path(), 2, false));
        assert_no_mixture(folder.path(), &what);
        if let Kind::Fail(_) = kind {
            let left_over = contents(folder.path()).into_iter().find(|(name, _)| name.starts_with(".klgrad-"));
            assert!(left_over.is_none() || outcome.is_ok(), "{what}: {left_over:?}");
        }
        go_on(folder.path(), 2).unwrap_or_else(|error| panic!("{what}: {error:#}"));
        assert_eq!(contents(folder.path()), expected, "{what}");
        if !struck {
            assert!(outcome.is_ok() && after > 15, "{what}: every change was struck");
            return;
        }
    }
}

#[test]
fn a_kill_at_any_change_is_mended() {
    for has_earlier in [false, true] {
        strike_everywhere(Kind::Kill, has_earlier);
    }
}

#[cfg(unix)]
#[test]
fn a_failure_of_any_change_is_mended() {
    for error in [libc::ENOSPC, libc::EACCES] {
        strike_everywhere(Kind::Fail(error), true);
    }
}

#[test]
fn any_prefix_of_the_trials_is_gone_on_with() {
    let expected = uninterrupted(2);
    let file = |name: &str| &expected.iter().find(|(found, _)| found == name).unwrap().1;
    let description = file(RUN).split(",\n  \"sha256\"").next().unwrap().to_owned() + "}";
    for end in 0..=file(GRADIENTS).len() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(PARTIAL_RUN), &description).unwrap();
        fs::write(folder.path().join(PARTIAL_GRADIENTS), &file(GRADIENTS)[..end]).unwrap();
        run(folder.path(), 2, true).unwrap();
        assert_eq!(contents(folder.path()), expected, "{end} bytes");
    }
}

/// A run of three trials, of which the last two are finished after `meddle` has changed the folder. Returns where it is
/// said to be.
fn run_while(folder: &Path, meddle: impl FnOnce()) -> Option<String> {
    let experiment = experiment(2);
    let gradients = Gradients::empty(experiment.estimators(), folder);
    let start = open(folder, &Run::new(&experiment, Engine::Score, None), gradients, &[], &[], false).unwrap();
    let Start::Unfinished(mut unfinished) = start else { panic!("nothing was there") };
    unfinished.push(&[1.0; 4]).unwrap();
    meddle();
    unfinished.push(&[2.0; 4]).unwrap();
    unfinished.push(&[3.0; 4]).unwrap();
    unfinished.complete(&[]).unwrap()
}

fn assert_has_run(folder: &Path, what: &str) {
    let names: Vec<String> = contents(folder).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, [GRADIENTS, RUN], "{what}");
    let mut gradients = super::read_gradients(&folder.join(GRADIENTS)).unwrap();
    assert_eq!(gradients.series(3).unwrap().gradients, [1.0, 2.0, 3.0], "{what}");
}

#[test]
fn a_run_whose_folder_or_files_go_writes_them_again() {
    type Meddle = fn(&Path);
    let meddles: [(&str, Meddle); 4] = [
        ("nothing", |_| {}),
        ("removed", |folder| fs::remove_dir_all(folder).unwrap()),
        ("moved", |folder| fs::rename(folder, folder.with_file_name("elsewhere")).unwrap()),
        ("trials removed", |folder| fs::remove_file(folder.join(PARTIAL_GRADIENTS)).unwrap()),
    ];
    for (what, meddle) in meddles {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("run");
        let sentence = run_while(&folder, || meddle(&folder));
        assert_eq!(sentence.is_none(), what == "nothing", "{what}: {sentence:?}");
        assert_has_run(&folder, what);
    }
}

/// The folder is moved away, and another run begins or ends in a new one of its name.
#[test]
fn a_run_never_takes_the_folder_of_another() {
    for ends in [false, true] {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("run");
        let mut other = None;
        let sentence = run_while(&folder, || {
            fs::rename(&folder, parent.path().join("elsewhere")).unwrap();
            match ends {
                true => run(&folder, 1, false).unwrap(),
                false => {
                    let experiment = experiment(1);
                    let gradients = Gradients::empty(experiment.estimators(), &folder);
                    let run = Run::new(&experiment, Engine::Score, None);
                    other = Some(open(&folder, &run, gradients, &[], &[], false).unwrap());
                }
            }
        });
        assert!(sentence.is_some_and(|sentence| sentence.contains("run-1")), "it says where it is");
        assert_has_run(&parent.path().join("run-1"), "beside the other");
        if let Some(Start::Unfinished(mut other)) = other {
            other.push(&[7.0; 4]).unwrap();
            assert_eq!(other.complete(&[]).unwrap(), None);
        }
        assert_eq!(super::read_gradients(&folder.join(GRADIENTS)).unwrap().num_trials(), if ends { TRIALS } else { 1 });
    }
}
