//! A run that is interrupted, killed or out of room goes on from what is on disk, to the same bytes.
//!
//! Kills and failures at every change to a file are tested within the library, where they can be made to happen; here
//! are the messages, the exit codes, and the engines, which go on from any trial. What the command does with a folder
//! that it can go on with is tested within the program.

use crate::bad_input::without_partial;
use crate::{Files, SMALL, complete, contents, experiment, folder_with, reproduce_into, small};
use crate::{stderr, succeed, write_run};
use anyhow::Result;
use klgrad::engine::Engine;
use klgrad::estimator::Estimator;
use klgrad::experiment::{Experiment, Run};
use klgrad::export::{self, Conflict, Start, read_complete};
use klgrad::gradients::{Gradients, Series};
use klgrad::libtorch::Libtorch;
use klgrad::policy::Problem;
use std::convert::Infallible;
use std::fs;
use std::io::{BufRead, BufReader};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Command, Stdio};

const PARTIAL: &str = "gradients.partial.csv";
const PARTIAL_RUN: &str = "run.partial.json";

/// The run with [`SMALL`].
fn small_run() -> Run {
    Run { num_trials: 20, sample_size: 16, ..Run::default() }
}

/// Such a run of the article's problem.
fn of_articles(run: Run) -> Result<Experiment> {
    Ok(Experiment::new(Problem::default(), run, Estimator::articles())?)
}

/// The libtorch of the program, which chooses vector kernels for it.
fn programs_libtorch() -> Option<Libtorch> {
    let run: serde_json::Value = serde_json::from_slice(file(small(), "run.json")).unwrap();
    let vector_kernels = run.get("vector_kernels").map(|kernels| kernels.as_str().unwrap().to_owned());
    Libtorch::here().map(|here| Libtorch { vector_kernels, ..here })
}

/// Where the program starts such a run and without figures in the folder.
pub fn begin(folder: &Path, run: Run, resume: bool) -> Result<Start> {
    let experiment = of_articles(run)?;
    let gradients = Gradients::empty(experiment.estimators(), folder);
    let run = export::Run::new(&experiment, Engine::default(), programs_libtorch());
    export::open(folder, &run, gradients, &[export::SUMMARY], &["figure.png", "figure.svg"], resume)
}

/// It does not start, for a reason that has each of the words, and changes nothing; says whether the call is wrong.
fn does_not_begin(folder: &Path, run: Run, resume: bool, words: &[&str]) -> bool {
    let before = contents(folder);
    let error = begin(folder, run, resume).err().expect("it does not start");
    let message = format!("{error:#}");
    assert!(words.iter().all(|word| message.contains(word)), "{message}");
    assert!(contents(folder) == before, "{message}");
    error.is::<Conflict>()
}

/// Runs [`small_run`] to its end there, from where it starts; the trials that are left are those of the program.
fn finish(folder: &Path, resume: bool) {
    let Start::Unfinished(mut unfinished) = begin(folder, small_run(), resume).unwrap() else {
        panic!("the run is not complete")
    };
    let (mut whole, _) = read_complete(folder_with(small()).path()).unwrap();
    let series: Vec<Series> = whole.all_series().map(Result::unwrap).collect();
    for trial in unfinished.gradients().num_trials()..small_run().num_trials {
        let gradients: Vec<f32> = series.iter().map(|series| series.gradients[trial]).collect();
        unfinished.push(&gradients).unwrap();
    }
    complete(*unfinished, folder, &of_articles(small_run()).unwrap());
}

fn file<'a>(whole: &'a Files, name: &str) -> &'a [u8] {
    &whole.iter().find(|(found, _)| found == name).unwrap().1
}

/// A folder with the first `bytes` of a run's gradients.
fn cut_short(whole: &Files, bytes: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(PARTIAL), &file(whole, "gradients.csv")[..bytes]).unwrap();
    let mut description: serde_json::Value = serde_json::from_slice(file(whole, "run.json")).unwrap();
    description.as_object_mut().unwrap().remove("sha256");
    fs::write(folder.path().join(PARTIAL_RUN), description.to_string()).unwrap();
    folder
}

fn resume(folder: &Path, args: &str) -> Command {
    reproduce_into(folder, &format!("{args} --resume"))
}

/// Every estimator, those with a baseline of the previous draw too, which the last finished trial has to give again.
#[test]
fn engines_go_on_from_any_trial() {
    let run = Run { num_trials: 6, sample_size: 7, ..Run::default() };
    let experiment = Experiment::new(Problem::default(), run, Estimator::all()).unwrap();
    for engine in Engine::ALL {
        let from = |finished: usize| {
            let mut trials = Vec::new();
            let Ok(()) = engine.run(&experiment, finished, NonZeroUsize::MIN, |trial| {
                trials.push(trial.to_vec());
                Ok::<_, Infallible>(())
            });
            trials
        };
        let whole = from(0);
        assert_eq!(whole.len(), 6);
        for finished in 1..=6 {
            assert_eq!(from(finished), whole[finished..], "{engine}, after {finished}");
        }
    }
}

/// As soon as it says what it runs: before its first trial, or after some. The first call finds nothing to go on with.
#[cfg(unix)]
#[test]
fn a_run_that_is_killed_ends_with_the_same_files() {
    let args = "--no-figure --num-trials 300 --sample-size 20000 --engine score --estimators k3";
    let folder = tempfile::tempdir().unwrap();
    let mut child = resume(folder.path(), args).stdout(Stdio::piped()).spawn().unwrap();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    succeed(&mut resume(folder.path(), args));
    let uninterrupted = tempfile::tempdir().unwrap();
    let run = Run { num_trials: 300, sample_size: 20_000, ..Run::default() };
    write_run(uninterrupted.path(), Engine::Score, &experiment(Problem::default(), run, &["k3"]));
    assert!(contents(folder.path()) == contents(uninterrupted.path()));
}

#[test]
fn a_partial_run_in_the_way_is_reported_and_kept() {
    let folder = cut_short(small(), 400);
    let folder = folder.path();
    assert!(does_not_begin(folder, small_run(), false, &[PARTIAL, "--resume", "delete it"]));
    fs::remove_file(folder.join(PARTIAL_RUN)).unwrap();
    for resume in [false, true] {
        let words = ["holds trials", PARTIAL_RUN, "is missing"];
        assert!(does_not_begin(folder, small_run(), resume, &words));
    }
}

/// Stopped after its file appeared and before its first trial was there, whatever else is.
#[test]
fn a_run_without_a_finished_trial_begins_anew() {
    let header = "trial,estimator,parameter,gradient\n".len();
    for (bytes, described) in [(0, false), (header, true), (header, false), (header + 30, true)] {
        for resume in [false, true] {
            let folder = cut_short(small(), bytes);
            if !described {
                fs::remove_file(folder.path().join(PARTIAL_RUN)).unwrap();
            }
            let Start::Unfinished(mut unfinished) = begin(folder.path(), small_run(), resume).unwrap() else {
                panic!("{bytes} bytes are no complete run")
            };
            assert_eq!(unfinished.gradients().num_trials(), 0, "{bytes} bytes");
            let begun = fs::read(folder.path().join(PARTIAL)).unwrap();
            assert_eq!(begun, file(small(), "gradients.csv")[..header], "{bytes} bytes");
        }
    }
    let folder = cut_short(small(), header + 30);
    finish(folder.path(), false);
    assert!(contents(folder.path()) == *small());
}

#[test]
fn a_file_that_no_run_has_begun_is_refused() {
    let folder = cut_short(small(), 0);
    fs::write(folder.path().join(PARTIAL), "a,b\n").unwrap();
    for resume in [false, true] {
        let words = [PARTIAL, "does not begin with trial,estimator,parameter,gradient", "move it away"];
        assert!(!does_not_begin(folder.path(), small_run(), resume, &words));
    }
}

#[test]
fn other_settings_or_versions_are_refused_and_named() {
    let folder = cut_short(small(), 400);
    let other = Run { num_trials: 6, seed: 9, ..small_run() };
    let words = ["num_trials is 20 there, 6 here", "seed is 42 there, 9 here"];
    assert!(does_not_begin(folder.path(), other, true, &words));
    let description = folder.path().join(PARTIAL_RUN);
    let text = fs::read_to_string(&description).unwrap();
    let engine = format!("{:?}", Engine::default().to_string());
    let changed = text.replace("\"klgrad\":\"", "\"klgrad\":\"0.").replace(&engine, "\"another\"");
    fs::write(&description, changed).unwrap();
    let words = ["klgrad is \"0.", &format!("engine is \"another\" there, {engine} here")];
    assert!(does_not_begin(folder.path(), small_run(), true, &words));
    let words = ["a complete run", "num_trials is 20 there, 6 here"];
    assert!(does_not_begin(folder_with(small()).path(), other, true, &words));
}

/// A check trusts no file but the gradients, and these only as the run has left them. The other files it writes again, as is
/// tested within the program.
#[test]
fn gradients_that_were_changed_are_not_those_of_the_run() {
    let folder = folder_with(small());
    for (changed, words) in [("", "no rows"), ("trial,estimator,parameter,gradient\n0,k1,mu,1.0\n", "is not the file")]
    {
        fs::write(folder.path().join("gradients.csv"), changed).unwrap();
        assert!(!does_not_begin(folder.path(), small_run(), true, &["gradients.csv", words]));
    }
    // The same numbers, as another program writes them.
    let gradients = String::from_utf8(file(small(), "gradients.csv").to_vec()).unwrap();
    let mut lines: Vec<&str> = gradients.lines().skip(1).collect();
    lines.sort_by_key(|line| line.split(',').nth(1));
    let rewritten = format!("trial,estimator,parameter,gradient\r\n{}\r\n", lines.join("\r\n"));
    fs::write(folder.path().join("gradients.csv"), rewritten).unwrap();
    let Start::Complete(mut found) = begin(folder.path(), small_run(), true).unwrap() else {
        panic!("the run is complete")
    };
    let (mut expected, _) = read_complete(folder_with(small()).path()).unwrap();
    for (found, expected) in found.all_series().zip(expected.all_series()) {
        assert_eq!(found.unwrap(), expected.unwrap());
    }
    assert_eq!(found.names(), expected.names());
}

#[test]
fn a_damaged_partial_run_is_named_with_its_line() {
    for (damage, words) in [("0,k1,mu,1.0\n", "line 12: trial 0 of k1, mu"), ("1,k1,mu,word\n", "should be a number")] {
        let folder = cut_short(small(), 0);
        let text = String::from_utf8(file(small(), "gradients.csv").to_vec()).unwrap();
        let first_trial = text.lines().take(11).map(|line| format!("{line}\n")).collect::<String>();
        fs::write(folder.path().join(PARTIAL), first_trial + damage).unwrap();
        assert!(!does_not_begin(folder.path(), small_run(), true, &[words, "line 12"]));
    }
}

/// With other estimators than [`small_run`], and a figure.
fn an_earlier_run() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_run(folder.path(), Engine::Score, &experiment(Problem::default(), small_run(), &["k2_lambda_shared"]));
    fs::write(folder.path().join("figure.svg"), "<svg/>").unwrap();
    folder
}

/// A limit on the size of files stands in for a full disk: the write fails midway.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_files_of_an_earlier_run_and_trials_to_go_on_from() {
    let folder = an_earlier_run();
    let earlier = contents(folder.path());
    let mut limited = Command::new("sh");
    let program = env!("CARGO_BIN_EXE_klgrad");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 4; exec \"$0\" \"$@\"", program, "reproduce"]);
    let output = limited.args(SMALL.split(' ')).arg("--output").arg(folder.path()).output().unwrap();
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{message}");
    let words = ["cannot write", PARTIAL, "--resume goes on", "too large"];
    assert!(words.iter().all(|word| message.contains(word)), "{message}");
    assert!(without_partial(folder.path()) == earlier);
    assert!(fs::metadata(folder.path().join(PARTIAL)).unwrap().len() > 1000, "there are trials");
    finish(folder.path(), true);
    assert!(contents(folder.path()) == *small());
}

/// Their run.json, or what they had by then of it, names no form.
#[test]
fn a_run_of_an_earlier_version_is_gone_on_with() {
    let (interrupted, whole) = (cut_short(small(), 1000), folder_with(small()));
    for (folder, name) in [(&interrupted, PARTIAL_RUN), (&whole, "run.json")] {
        let path = folder.path().join(name);
        let mut earlier: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        earlier.as_object_mut().unwrap().remove("schema").unwrap();
        fs::write(path, earlier.to_string()).unwrap();
    }
    finish(interrupted.path(), true);
    assert!(contents(interrupted.path()) == *small());
    assert!(matches!(begin(whole.path(), small_run(), true).unwrap(), Start::Complete(_)));
}

#[test]
fn a_mixture_of_two_runs_is_not_read() {
    let folder = folder_with(small());
    let refusal = || format!("{:#}", read_complete(folder.path()).unwrap_err());
    read_complete(folder.path()).unwrap();
    for name in ["gradients.csv", "summary.csv"] {
        // Another run has other digits.
        let own = String::from_utf8(file(small(), name).to_vec()).unwrap();
        fs::write(folder.path().join(name), own.replacen("0.1", "0.2", 1)).unwrap();
        let message = refusal();
        assert!(message.contains(name) && message.contains("is not the file that run.json beside it describes"));
        fs::write(folder.path().join(name), own).unwrap();
    }
    // As a kill leaves a first run whose files are being moved into their places.
    fs::rename(folder.path().join("run.json"), folder.path().join(PARTIAL_RUN)).unwrap();
    let message = refusal();
    assert!(message.contains("is not complete") && message.contains("--resume"), "{message}");
    finish(folder.path(), true);
    assert!(contents(folder.path()) == *small());
}

/// Trials of other vector kernels have other last bits.
#[cfg(all(feature = "libtorch", target_arch = "x86_64"))]
#[test]
fn a_run_does_not_go_on_with_other_vector_kernels() {
    let folder = cut_short(small(), 400);
    let description = folder.path().join(PARTIAL_RUN);
    let mut run: serde_json::Value = serde_json::from_slice(&fs::read(&description).unwrap()).unwrap();
    run["vector_kernels"] = "0".into();
    fs::write(&description, run.to_string()).unwrap();
    let mut other = resume(folder.path(), SMALL);
    let before = contents(folder.path());
    let output = other.env("MKL_VML_DEBUG_CPU_TYPE", "1").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains(r#"vector_kernels is "0" there, "1" here"#), "{}", stderr(&output));
    assert!(contents(folder.path()) == before);
}
