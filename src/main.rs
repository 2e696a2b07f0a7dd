//! Parses the arguments, runs one command, and turns its outcome into an exit code: 0, 1 for a failure, 2 for a wrong
//! call, 130 for an interrupt.

mod cli;
mod command;
#[cfg(target_arch = "x86_64")]
mod vector_math;

use clap::Parser;
use cli::{Cli, Command};
use command::Usage;
use klgrad::experiment::InvalidSetting;
use klgrad::export::{Conflict, finish_writing, going_on};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    run(cli.command).unwrap_or_else(|error| {
        command::fail(&error);
        let wrong_call = error.is::<Usage>() || error.is::<InvalidSetting>() || error.is::<Conflict>();
        if wrong_call { ExitCode::from(2) } else { ExitCode::FAILURE }
    })
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    // SAFETY: no other thread runs yet.
    #[cfg(target_arch = "x86_64")]
    unsafe { vector_math::choose() }?;
    exit_cleanly_on_interrupt()?;
    match command {
        Command::Reproduce(args) => command::reproduce(args),
        Command::Theory(args) => command::theory(args),
        Command::Claims(args) => command::claims(args),
        Command::Sweep(args) => command::sweep(args),
        Command::Plot(args) => command::plot(args),
    }
}

/// Ends the process at Ctrl-C and the like, but not while a file is half-written.
fn exit_cleanly_on_interrupt() -> anyhow::Result<()> {
    // SAFETY: sets no handler of ours. `nohup` has the signal ignored, and it has to stay so.
    let hang_up_ignored = unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) } == libc::SIG_IGN;
    ctrlc::set_handler(|| {
        finish_writing();
        if let Some(path) = going_on() {
            // Below the progress, which is on a terminal only. Where standard error is closed there is nobody to tell.
            let newline = if std::io::stderr().is_terminal() { "\n" } else { "" };
            let path = path.display();
            let _ = writeln!(
                std::io::stderr(),
                "{newline}klgrad: interrupted; finished trials are in {path}, and the same command with --resume goes on"
            );
        }
        // SAFETY: always safe. Not `process::exit`, which would tear libtorch down under the threads that use it.
        unsafe { libc::_exit(130) }
    })?;
    if hang_up_ignored {
        // SAFETY: as above.
        unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
    }
    Ok(())
}
