//! A run that is interrupted, killed or out of room goes on from what is on disk, to the same bytes.
//!
//! Kills and failures at every change to a file are tested within the library, where they can be made to happen; here
//! are the messages, the exit codes, and the engines, which go on from any trial.

use crate::{contents, files, klgrad, reproduce_into, stderr, stdout, succeed};
use klgrad::engine::Engine;
use klgrad::experiment::{Experiment, Settings};
use std::convert::Infallible;
use std::fs;
use std::io::{BufRead, BufReader};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::{Command, Stdio};

const PARTIAL: &str = "gradients.partial.csv";
const PARTIAL_RUN: &str = "run.partial.json";
const SMALL: &str = "--quiet --no-figure --num-trials 5 --sample-size 16";

/// What a run of its own writes.
fn uninterrupted(args: &str) -> Vec<(String, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    succeed(&mut reproduce_into(folder.path(), args));
    contents(folder.path())
}

fn file<'a>(whole: &'a [(String, Vec<u8>)], name: &str) -> &'a [u8] {
    &whole.iter().find(|(found, _)| found == name).unwrap().1
}

/// A folder with the first `bytes` of a run's gradients.
fn cut_short(whole: &[(String, Vec<u8>)], bytes: usize) -> tempfile::TempDir {
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

/// Fails with this code and a message that has each of the words, and changes nothing.
fn refuses(command: &mut Command, folder: &Path, code: i32, words: &[&str]) {
    let before = contents(folder);
    let output = command.output().unwrap();
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{command:?}: {message}");
    assert!(words.iter().all(|word| message.contains(word)), "{command:?}: {message}");
    assert!(contents(folder) == before, "{command:?}");
}

/// With a baseline of the previous draw, which the last finished trial has to give again.
#[test]
fn engines_go_on_from_any_trial() {
    let estimators = ["k1", "k3", "k2_lambda_shared", "k2_lambda"].map(str::to_owned).into();
    let settings = Settings { num_trials: 6, sample_size: 7, estimators, ..Settings::default() };
    let experiment = Experiment::new(settings).unwrap();
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

#[test]
fn a_run_goes_on_to_the_same_files() {
    let args = "--quiet --num-trials 12 --sample-size 100 --engine score --estimators k1,k2_lambda_shared";
    let whole = uninterrupted(args);
    assert_eq!(whole.len(), 5, "with its figures");
    let folder = cut_short(&whole, file(&whole, "gradients.csv").len() / 2);
    succeed(&mut resume(folder.path(), args));
    assert!(contents(folder.path()) == whole);
}

/// As soon as it says what it runs: before its first trial, or after some.
#[cfg(unix)]
#[test]
fn a_run_that_is_killed_again_and_again_ends_with_the_same_files() {
    let args = "--no-figure --num-trials 300 --sample-size 20000 --engine score";
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..3 {
        let mut child = resume(folder.path(), args).stdout(Stdio::piped()).spawn().unwrap();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
    succeed(&mut resume(folder.path(), args));
    assert!(contents(folder.path()) == uninterrupted(args));
}

#[test]
fn a_partial_run_in_the_way_is_reported_and_kept() {
    let folder = cut_short(&uninterrupted(SMALL), 400);
    refuses(&mut reproduce_into(folder.path(), SMALL), folder.path(), 2, &[PARTIAL, "--resume", "delete it"]);
    fs::remove_file(folder.path().join(PARTIAL_RUN)).unwrap();
    let words = ["holds trials", PARTIAL_RUN, "is missing"];
    refuses(&mut reproduce_into(folder.path(), SMALL), folder.path(), 2, &words);
    refuses(&mut resume(folder.path(), SMALL), folder.path(), 2, &words);
}

/// Stopped after its file appeared and before its first trial was there, whatever else is.
#[test]
fn a_run_without_a_finished_trial_begins_anew() {
    let whole = uninterrupted(SMALL);
    let header = "trial,estimator,parameter,gradient\n".len();
    for (bytes, described) in [(0, false), (header, true), (header, false), (header + 30, true)] {
        for args in [SMALL.to_owned(), format!("{SMALL} --resume")] {
            let folder = cut_short(&whole, bytes);
            if !described {
                fs::remove_file(folder.path().join(PARTIAL_RUN)).unwrap();
            }
            succeed(&mut reproduce_into(folder.path(), &args));
            assert!(contents(folder.path()) == whole, "{args}, {bytes} bytes");
        }
    }
}

#[test]
fn a_file_that_no_run_has_begun_is_refused() {
    let folder = cut_short(&uninterrupted(SMALL), 0);
    fs::write(folder.path().join(PARTIAL), "a,b\n").unwrap();
    for args in [SMALL.to_owned(), format!("{SMALL} --resume")] {
        let words = [PARTIAL, "does not begin with trial,estimator,parameter,gradient", "move it away"];
        refuses(&mut reproduce_into(folder.path(), &args), folder.path(), 1, &words);
    }
}

#[test]
fn other_settings_or_versions_are_refused_and_named() {
    let whole = uninterrupted(SMALL);
    let folder = cut_short(&whole, 400);
    let other = "--quiet --no-figure --num-trials 6 --sample-size 16 --seed 9 --engine score";
    refuses(
        &mut resume(folder.path(), other),
        folder.path(),
        2,
        &["num_trials is 5 there, 6 here", "seed is 42 there, 9 here", r#"engine is "autograd" there, "score" here"#],
    );
    let description = folder.path().join(PARTIAL_RUN);
    let text = fs::read_to_string(&description).unwrap();
    fs::write(&description, text.replace("\"klgrad\":\"", "\"klgrad\":\"0.")).unwrap();
    refuses(&mut resume(folder.path(), SMALL), folder.path(), 2, &["klgrad is \"0."]);
    let complete = tempfile::tempdir().unwrap();
    whole.iter().for_each(|(name, bytes)| fs::write(complete.path().join(name), bytes).unwrap());
    let words = ["a complete run", "num_trials is 5 there, 6 here"];
    refuses(&mut resume(complete.path(), other), complete.path(), 2, &words);
}

#[test]
fn a_complete_run_is_left_as_it_is() {
    let args = "--num-trials 20 --sample-size 50 --seed 3";
    let folder = tempfile::tempdir().unwrap();
    succeed(&mut reproduce_into(folder.path(), args));
    let before = contents(folder.path());
    let times = || files(folder.path()).iter().map(|file| modified(&folder.path().join(file))).collect::<Vec<_>>();
    let modified_before = times();
    let output = succeed(&mut resume(folder.path(), &format!("{args} --check")));
    assert!(stdout(&output).contains("is complete; nothing is left to do\n"), "{}", stdout(&output));
    assert!(stdout(&output).contains("10 of 10 means agree"), "it is checked: {}", stdout(&output));
    assert!(contents(folder.path()) == before && times() == modified_before);
    // A figure that somebody has deleted is drawn again.
    fs::remove_file(folder.path().join("figure.svg")).unwrap();
    succeed(&mut resume(folder.path(), args));
    assert!(contents(folder.path()) == before);
}

fn modified(path: &Path) -> std::time::SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}

/// A check trusts no file but the gradients, and these only as the run has left them.
#[test]
fn a_check_of_files_that_were_changed_is_no_check_of_them() {
    let args = "--quiet --no-figure --num-trials 20 --sample-size 50 --seed 3";
    let whole = uninterrupted(args);
    let folder = tempfile::tempdir().unwrap();
    let restore = || whole.iter().for_each(|(name, bytes)| fs::write(folder.path().join(name), bytes).unwrap());
    let check = || resume(folder.path(), &format!("{args} --check"));
    restore();
    // Cut to one row, the summary is written again.
    let summary = String::from_utf8(file(&whole, "summary.csv").to_vec()).unwrap();
    let two_lines = summary.lines().take(2).map(|line| format!("{line}\n")).collect::<String>();
    fs::write(folder.path().join("summary.csv"), two_lines).unwrap();
    assert_eq!(stdout(&succeed(&mut check())).lines().last().unwrap().split_once(' ').unwrap().0, "10");
    assert!(contents(folder.path()) == whole);
    for (changed, words) in [("", "no rows"), ("trial,estimator,parameter,gradient\n0,k1,mu,1.0\n", "is not the file")]
    {
        fs::write(folder.path().join("gradients.csv"), changed).unwrap();
        refuses(&mut check(), folder.path(), 1, &["gradients.csv", words]);
    }
    restore();
    // The same numbers, as another program writes them.
    let text = String::from_utf8(file(&whole, "gradients.csv").to_vec()).unwrap();
    let mut lines: Vec<&str> = text.lines().skip(1).collect();
    lines.sort_by_key(|line| line.split(',').nth(1));
    fs::write(
        folder.path().join("gradients.csv"),
        format!("trial,estimator,parameter,gradient\r\n{}\r\n", lines.join("\r\n")),
    )
    .unwrap();
    assert!(stdout(&succeed(&mut check())).contains("10 of 10 means agree"));
}

#[test]
fn with_nothing_to_resume_a_run_starts_from_the_beginning() {
    let folder = tempfile::tempdir().unwrap();
    succeed(&mut resume(&folder.path().join("new"), SMALL));
    assert!(contents(&folder.path().join("new")) == uninterrupted(SMALL));
}

#[test]
fn without_a_figure_an_earlier_one_goes() {
    let folder = tempfile::tempdir().unwrap();
    succeed(&mut reproduce_into(folder.path(), "--quiet --num-trials 5 --sample-size 16 --estimators k1"));
    succeed(&mut reproduce_into(folder.path(), SMALL));
    assert_eq!(files(folder.path()), ["gradients.csv", "run.json", "summary.csv"]);
}

#[test]
fn a_damaged_partial_run_is_named_with_its_line() {
    let whole = uninterrupted(SMALL);
    for (damage, words) in [("0,k1,mu,1.0\n", "line 12: trial 0 of k1, mu"), ("1,k1,mu,word\n", "should be a number")] {
        let folder = cut_short(&whole, 0);
        let text = String::from_utf8(file(&whole, "gradients.csv").to_vec()).unwrap();
        let first_trial = text.lines().take(11).map(|line| format!("{line}\n")).collect::<String>();
        fs::write(folder.path().join(PARTIAL), first_trial + damage).unwrap();
        let folder = folder.path();
        let before = fs::read(folder.join(PARTIAL)).unwrap();
        refuses(&mut resume(folder, SMALL), folder, 1, &[words, "line 12"]);
        assert!(fs::read(folder.join(PARTIAL)).unwrap() == before);
    }
}

/// Two at once: the second says so, and the first does not notice.
#[cfg(unix)]
#[test]
fn a_folder_in_which_another_process_runs_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut endless = reproduce_into(folder.path(), "--no-figure --num-trials 100000000 --engine score");
    let mut child = endless.stdout(Stdio::piped()).spawn().unwrap();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
    for args in [SMALL.to_owned(), format!("{SMALL} --resume")] {
        let output = reproduce_into(folder.path(), &args).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("another klgrad is writing to the folder"), "{}", stderr(&output));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A limit on the size of files stands in for a full disk.
#[cfg(unix)]
#[test]
fn a_disk_that_fills_up_leaves_trials_to_go_on_from() {
    let args = "--quiet --no-figure --num-trials 100 --sample-size 16";
    let folder = tempfile::tempdir().unwrap();
    let mut limited = Command::new("sh");
    let program = env!("CARGO_BIN_EXE_klgrad");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"", program, "reproduce"]);
    let output = limited.args(args.split(' ')).arg("--output").arg(folder.path()).output().unwrap();
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains(PARTIAL) && message.contains("--resume goes on"), "{message}");
    assert!(fs::metadata(folder.path().join(PARTIAL)).unwrap().len() > 1000, "there are trials");
    succeed(&mut resume(folder.path(), args));
    assert!(contents(folder.path()) == uninterrupted(args));
}

#[test]
fn a_mixture_of_two_runs_is_not_drawn() {
    let folder = tempfile::tempdir().unwrap();
    succeed(&mut reproduce_into(folder.path(), SMALL));
    let other = uninterrupted(&format!("{SMALL} --seed 7"));
    let plot = || {
        let mut plot = klgrad("plot --output");
        plot.arg(folder.path().join("figure.svg")).arg(folder.path());
        plot
    };
    succeed(&mut plot());
    for name in ["gradients.csv", "summary.csv"] {
        let own = fs::read(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name), file(&other, name)).unwrap();
        refuses(&mut plot(), folder.path(), 1, &[name, "is not the file that run.json beside it describes"]);
        fs::write(folder.path().join(name), own).unwrap();
    }
    // As a kill leaves a first run whose files are being moved into their places.
    fs::rename(folder.path().join("run.json"), folder.path().join(PARTIAL_RUN)).unwrap();
    refuses(&mut plot(), folder.path(), 1, &["is not complete", "--resume"]);
    succeed(&mut resume(folder.path(), SMALL));
    succeed(&mut plot());
}
