//! A process, how long it takes and how much memory it has.

use anyhow::{Context, Result, ensure};
use std::io::{self, Read, Seek};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

/// Runs it to its end: seconds, and its peak memory in bytes.
pub fn once(mut command: Command) -> Result<(f64, u64)> {
    // It is not to be held up by a terminal, and says why it failed.
    let mut errors = tempfile::tempfile()?;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors.try_clone()?);
    let start = Instant::now();
    let (status, peak_bytes) = wait(&mut command).with_context(|| format!("cannot run {command:?}"))?;
    let seconds = start.elapsed().as_secs_f64();
    let mut message = String::new();
    if !status.success() {
        errors.rewind()?;
        errors.read_to_string(&mut message)?;
    }
    // Python says last what was wrong.
    let reason = message.trim_end().lines().last().unwrap_or_default();
    ensure!(status.success(), "{command:?}: {status}: {reason}");
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
