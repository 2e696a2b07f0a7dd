//! How long processes take and how much memory they have.

use crate::program::Run;
use anyhow::{Context, Result, ensure};
use klgrad::report::Progress;
use std::io::{self, Read, Seek};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

/// Runs for a figure, and fewer where one takes longer than that many seconds. Both odd, for a median.
pub const RUNS: usize = 5;
const FEW_RUNS: usize = 3;
const LONG: f64 = 2.0;

/// Whole runs of a process, its start included.
#[derive(Clone, Debug)]
pub struct Measured {
    pub run: Run,
    /// In ascending order.
    pub seconds: Vec<f64>,
    /// The most memory that any of them had, shared libraries included.
    pub peak_bytes: u64,
}

impl Measured {
    pub fn median(&self) -> f64 {
        self.seconds[self.seconds.len() / 2]
    }

    pub fn least(&self) -> f64 {
        self.seconds[0]
    }

    pub fn greatest(&self) -> f64 {
        self.seconds[self.seconds.len() - 1]
    }
}

/// Measures the runs one after the other, then all again, and so on: a machine that slows down slows all of them.
pub fn interleaved(runs: &[Run], progress: &Progress) -> Result<Vec<Measured>> {
    let mut all: Vec<Measured> = runs.iter().map(|&run| Measured { run, seconds: Vec::new(), peak_bytes: 0 }).collect();
    for round in 0..RUNS {
        for measured in &mut all {
            if round < FEW_RUNS || measured.seconds.iter().all(|&seconds| seconds < LONG) {
                let (seconds, peak_bytes) = once(&measured.run)?;
                measured.seconds.push(seconds);
                measured.peak_bytes = measured.peak_bytes.max(peak_bytes);
            }
            progress.advance();
        }
    }
    all.iter_mut().for_each(|measured| measured.seconds.sort_by(f64::total_cmp));
    Ok(all)
}

fn once(run: &Run) -> Result<(f64, u64)> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    // A run is not to be held up by a terminal, and says why it failed.
    let mut errors = tempfile::tempfile()?;
    let mut command = run.command(folder.path());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors.try_clone()?);
    let start = Instant::now();
    let (status, peak_bytes) = wait(&mut command).with_context(|| format!("cannot run {command:?}"))?;
    let seconds = start.elapsed().as_secs_f64();
    let mut message = String::new();
    if !status.success() {
        errors.rewind()?;
        errors.read_to_string(&mut message)?;
    }
    ensure!(status.success(), "{command:?}: {status}\n{message}");
    Ok((seconds, peak_bytes))
}

/// Waits for the end of the process: its status, and its peak memory in bytes.
fn wait(command: &mut Command) -> io::Result<(ExitStatus, u64)> {
    let child = command.spawn()?;
    let mut status = 0;
    // SAFETY: a struct of plain numbers, for which zeros are values.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to places of ours; `Child` waits for its process only when asked to.
    if unsafe { libc::wait4(child.id() as libc::pid_t, &raw mut status, 0, &raw mut usage) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // Linux counts kilobytes, macOS bytes.
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    Ok((ExitStatus::from_raw(status), usage.ru_maxrss as u64 * unit))
}
