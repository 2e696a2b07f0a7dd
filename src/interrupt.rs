//! Ctrl-C and the like end the process, but not while a file is half-written.

use anyhow::{Context, Result};
use klgrad::export::{GoingOn, finish_writing, going_on};
use libc::{SIGHUP, SIGINT, SIGTERM, c_int};
use signal_hook::iterator::Signals;
use std::io::{IsTerminal, Write};
use std::{mem, ptr, thread};

/// Has a thread wait for a signal, and end the process then. A signal that is ignored stays so: `nohup`, `trap '' INT`
/// and a shell's background jobs start a program like that.
pub fn end_cleanly_on_interrupt() -> Result<()> {
    let heeded = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|&signal| !is_ignored(signal));
    let mut signals = Signals::new(heeded).context("cannot wait for signals")?;
    thread::spawn(move || signals.forever().next().map(|_| end()));
    Ok(())
}

fn is_ignored(signal: c_int) -> bool {
    // SAFETY: the structure is of plain numbers and pointers. Without a new action the call only fills it in.
    unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        libc::sigaction(signal, ptr::null(), &mut action) == 0 && action.sa_sigaction == libc::SIG_IGN
    }
}

fn end() -> ! {
    finish_writing();
    if let Some(GoingOn { what, path }) = going_on() {
        // Below the progress, which is on a terminal only. Where standard error is closed there is nobody to tell.
        let newline = if std::io::stderr().is_terminal() { "\n" } else { "" };
        let path = path.display();
        let _ = writeln!(
            std::io::stderr(),
            "{newline}klgrad: interrupted; finished {what} are in {path}, and the same command with --resume goes on"
        );
    }
    // SAFETY: always safe. Not `process::exit`, which would tear libtorch down under the threads that use it.
    unsafe { libc::_exit(130) }
}
