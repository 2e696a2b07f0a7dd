//! A run that is interrupted, killed or out of room goes on from what is on disk, to the same bytes.

use crate::{files, reproduce_into, stderr, stdout, succeed};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const PARTIAL: &str = "gradients.partial.csv";
const COMPLETE: [&str; 5] = ["figure.png", "figure.svg", "gradients.csv", "run.json", "summary.csv"];
/// With a baseline of the previous draw, which the last finished trial has to give again.
const ESTIMATORS: &str = "--estimators k1,k3,k2_lambda_shared,k2_lambda";

fn contents(folder: &Path) -> Vec<Vec<u8>> {
    assert_eq!(files(folder), COMPLETE);
    COMPLETE.map(|file| fs::read(folder.join(file)).unwrap()).into()
}

fn uninterrupted(args: &str) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    succeed(&mut reproduce_into(folder.path(), args));
    contents(folder.path())
}

/// A folder with the first `bytes` of a run's gradients.
fn cut_short(whole: &[Vec<u8>], bytes: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(PARTIAL), &whole[2][..bytes]).unwrap();
    fs::write(folder.path().join("run.partial.json"), &whole[3]).unwrap();
    folder
}

fn resume(folder: &Path, args: &str) -> Command {
    reproduce_into(folder, &format!("{args} --resume"))
}

#[test]
fn a_run_goes_on_from_any_byte_to_the_same_files() {
    for run in ["--sample-size 7 --engine autograd", "--sample-size 100 --engine score"] {
        let args = format!("--quiet --num-trials 12 {run} {ESTIMATORS}");
        let whole = uninterrupted(&args);
        let length = whole[2].len();
        // Within the header, behind it, within a line, at a line's end within a trial, and all.
        let line_end = whole[2][..length / 2].iter().rposition(|&byte| byte == b'\n').unwrap() + 1;
        for bytes in [10, 35, length / 3, line_end, length] {
            let folder = cut_short(&whole, bytes);
            succeed(&mut resume(folder.path(), &args));
            assert!(contents(folder.path()) == whole, "{args}, from {bytes} of {length} bytes");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_again_and_again_ends_with_the_same_files() {
    for (engine, args) in [
        ("autograd", "--num-trials 500 --sample-size 20000 --estimators k1,k2_lambda_shared"),
        ("score", "--num-trials 8000 --sample-size 20000 --estimators k1,k2_lambda_shared"),
    ] {
        let args = format!("--quiet --engine {engine} {args}");
        let whole = uninterrupted(&args);
        let folder = tempfile::tempdir().unwrap();
        let mut interrupted = 0;
        for signal in [libc::SIGKILL, libc::SIGINT, libc::SIGTERM].into_iter().cycle().take(9) {
            let mut child = resume(folder.path(), &args).stderr(Stdio::null()).spawn().unwrap();
            // A random moment, by the clock; the outcome must not depend on it.
            let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            sleep(Duration::from_millis(100 + u64::from(clock.subsec_micros()) % 300));
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success(), "{status}");
                break;
            }
            // SAFETY: the process is a child that has not been waited for, so the number is its own.
            unsafe { libc::kill(child.id() as i32, signal) };
            interrupted += i32::from(!child.wait().unwrap().success());
        }
        succeed(&mut resume(folder.path(), &args));
        assert!(interrupted >= 2, "{engine}: {interrupted} interruptions");
        assert!(contents(folder.path()) == whole, "{args}, after {interrupted} interruptions");
    }
}

#[cfg(unix)]
#[test]
fn finished_trials_are_on_disk_within_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let args = "--quiet --num-trials 100000000 --sample-size 20000 --engine score";
    let mut child = reproduce_into(folder.path(), args).spawn().unwrap();
    // A second for the trials, nine for a slow machine to start.
    let start = Instant::now();
    while fs::metadata(folder.path().join(PARTIAL)).map_or(0, |file| file.len()) < 100 {
        assert!(start.elapsed() < Duration::from_secs(10), "nothing is on disk");
        sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(files(folder.path()), [PARTIAL, "run.partial.json"]);
}

#[test]
fn a_partial_run_in_the_way_is_reported_and_kept() {
    let args = "--quiet --num-trials 5 --sample-size 16";
    let folder = cut_short(&uninterrupted(args), 200);
    let before = fs::read(folder.path().join(PARTIAL)).unwrap();
    let output = reproduce_into(folder.path(), args).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains(PARTIAL) && stderr(&output).contains("--resume"), "{}", stderr(&output));
    assert_eq!(fs::read(folder.path().join(PARTIAL)).unwrap(), before);
}

#[test]
fn other_settings_or_versions_are_refused_and_named() {
    let args = "--quiet --num-trials 5 --sample-size 16";
    let folder = cut_short(&uninterrupted(args), 200);
    let refused = |folder: &Path, args: &str, words: &[&str]| {
        let before = files(folder).into_iter().map(|file| fs::read(folder.join(file)).unwrap()).collect::<Vec<_>>();
        let output = resume(folder, args).output().unwrap();
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
        let after = files(folder).into_iter().map(|file| fs::read(folder.join(file)).unwrap()).collect::<Vec<_>>();
        assert!(before == after, "nothing is changed");
    };
    let other = "--quiet --num-trials 6 --sample-size 16 --seed 9 --engine score";
    refused(
        folder.path(),
        other,
        &["num_trials is 5 there, 6 here", "seed is 42 there, 9 here", r#"engine is "autograd" there, "score" here"#],
    );
    let description = folder.path().join("run.partial.json");
    let text = fs::read_to_string(&description).unwrap();
    fs::write(&description, text.replace("\"klgrad\": \"", "\"klgrad\": \"0.")).unwrap();
    refused(folder.path(), args, &["klgrad is \"0."]);
    let complete = tempfile::tempdir().unwrap();
    succeed(&mut reproduce_into(complete.path(), args));
    refused(complete.path(), other, &["a complete run", "num_trials is 5 there, 6 here"]);
}

#[test]
fn a_complete_run_is_left_as_it_is() {
    let args = "--num-trials 20 --sample-size 50 --seed 3";
    let folder = tempfile::tempdir().unwrap();
    succeed(&mut reproduce_into(folder.path(), args));
    let before = contents(folder.path());
    let modified = |file: &str| fs::metadata(folder.path().join(file)).unwrap().modified().unwrap();
    let times = COMPLETE.map(modified);
    let output = succeed(&mut resume(folder.path(), &format!("{args} --check")));
    assert!(stdout(&output).contains("is complete; nothing is left to do\n"), "{}", stdout(&output));
    assert!(stdout(&output).contains("10 of 10 means agree"), "it is checked: {}", stdout(&output));
    assert!(contents(folder.path()) == before && COMPLETE.map(modified) == times);
}

#[test]
fn with_nothing_to_resume_a_run_starts_from_the_beginning() {
    let args = "--quiet --num-trials 5 --sample-size 16";
    let folder = tempfile::tempdir().unwrap();
    succeed(&mut resume(&folder.path().join("new"), args));
    assert!(contents(&folder.path().join("new")) == uninterrupted(args));
}

#[test]
fn a_damaged_partial_run_is_named_with_its_line() {
    let args = "--quiet --num-trials 5 --sample-size 16";
    let whole = uninterrupted(args);
    for (damage, words) in [("0,k1,mu,1.0\n", "line 4: trial 0 of k1, mu"), ("0,k2,mu,word\n", "should be a number")] {
        let folder = cut_short(&whole, 0);
        let gradients = folder.path().join(PARTIAL);
        fs::write(&gradients, "trial,estimator,parameter,gradient\n0,k1,mu,1.0\n0,k1,sigma,1.0\n").unwrap();
        OpenOptions::new().append(true).open(&gradients).unwrap().write_all(damage.as_bytes()).unwrap();
        let output = resume(folder.path(), args).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(words) && stderr(&output).contains("line 4"), "{}", stderr(&output));
    }
}

/// A limit on the size of files stands in for a full disk.
#[cfg(unix)]
#[test]
fn a_disk_that_fills_up_leaves_trials_to_go_on_from() {
    let args = "--quiet --num-trials 100 --sample-size 16";
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
