//! The program among others: signals that it is to ignore, and a system that refuses it memory.

use crate::{files, stderr};
use klgrad::engine::Engine;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The program as a shell starts it after these commands.
fn klgrad_after(commands: &str, args: &str, folder: &Path) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{commands}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_klgrad")]);
    shell.args(args.split_whitespace()).arg("--output").arg(folder);
    shell.stdout(Stdio::piped()).stderr(Stdio::piped());
    shell
}

fn send(child: &Child, signal: i32) {
    // SAFETY: the process is a child that has not been waited for, so the number is its own.
    assert_eq!(unsafe { libc::kill(child.id() as i32, signal) }, 0);
}

#[test]
fn a_signal_that_is_ignored_at_the_start_stays_ignored() {
    let folder = tempfile::tempdir().unwrap();
    // Long enough for a signal that is heeded to end it.
    let args = "reproduce --no-figure --engine score --num-trials 500";
    let mut child = klgrad_after("trap '' HUP INT TERM", args, folder.path()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut String::new()).unwrap();
    [libc::SIGHUP, libc::SIGINT, libc::SIGTERM].into_iter().for_each(|signal| send(&child, signal));
    // What is left of the report.
    stdout.lines().for_each(|line| assert!(line.is_ok()));
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(files(folder.path()).len(), 3);
}

/// One that is not ignored ends the run, whatever the others are.
#[test]
fn a_signal_beside_those_that_are_ignored_ends_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = klgrad_after("trap '' INT", "reproduce --num-trials 100000000", folder.path()).spawn().unwrap();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
    send(&child, libc::SIGTERM);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(stderr(&output).contains("interrupted; finished trials are in"), "{}", stderr(&output));
}

/// A run in an address space of so many kB: it is whole, or one sentence says what was refused, and no file looks whole.
/// Tells whether it was refused; where libtorch has no room to be loaded, the system's loader has said so.
#[cfg(target_os = "linux")]
fn is_refused(kilobytes: u32, engine: Engine) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let args = format!("reproduce --quiet --engine {engine} --num-trials 20 --sample-size 5000 --estimators k2");
    // A backtrace would be taken without memory, too.
    let mut command = klgrad_after(&format!("ulimit -v {kilobytes}"), &args, folder.path());
    let output = command.env("RUST_BACKTRACE", "1").output().unwrap();
    let message = stderr(&output);
    match output.status.code() {
        Some(0) => assert_eq!((message.as_str(), files(folder.path()).len()), ("", 5)),
        Some(1) => {
            assert_eq!(message.lines().count(), 1, "{message}");
            assert!(message.starts_with("klgrad: error: the system refuses "), "{message}");
        }
        // The C library has ended the process as a thread began, which no program can prevent.
        None if message.starts_with("Fatal glibc error: ") => assert!(message.contains("out of memory"), "{message}"),
        code => assert_eq!(code, Some(127), "{kilobytes} kB, {}: {message}", output.status),
    }
    if !output.status.success() {
        // What the next run goes on with, or sweeps away.
        let unfinished =
            |file: &String| file.contains(".partial.") || file.contains(".klgrad-") || file == "klgrad.lock";
        assert!(files(folder.path()).iter().all(unfinished), "{message}");
    }
    output.status.code() == Some(1)
}

/// Where libtorch has been loaded, the first of autograd's runs out in its initialisers, the second before the first thread,
/// the third in the figure, the last, where each thread has memory set apart for it, in a tensor. The engine makes a
/// difference from the first thread on. Without libtorch, the first of score's runs out before the first thread.
#[cfg(target_os = "linux")]
#[test]
fn a_system_that_refuses_memory_gets_one_sentence() {
    for engine in Engine::ALL {
        let limits = match engine {
            Engine::Autograd => &[390_000, 420_000, 450_000, 570_000][..],
            Engine::Score if cfg!(feature = "libtorch") => &[450_000],
            Engine::Score => &[16_000, 20_000, 40_000],
        };
        let refused: Vec<bool> = limits.iter().map(|&kilobytes| is_refused(kilobytes, engine)).collect();
        assert!(refused.contains(&true), "{engine}: {refused:?}");
    }
}

/// Their stacks alone are larger than the address space.
#[cfg(target_os = "linux")]
#[test]
fn a_system_that_refuses_a_thread_gets_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = klgrad_after("ulimit -v 2000000", "reproduce --quiet --threads 1024", folder.path());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("fewer threads, would be right"), "{}", stderr(&output));
}
