//! Parses the arguments, runs one command, and turns its outcome into an exit code: 0, 1 for a failure or a check that
//! fails, 2 for a wrong call, 130 for an interrupt. `--help` says so, too.

mod cli;
mod command;
#[cfg(all(feature = "libtorch", target_os = "linux", target_env = "gnu"))]
mod heap;
mod interrupt;
mod refused;
#[cfg(test)]
mod tests;
#[cfg(all(feature = "libtorch", target_arch = "x86_64"))]
mod vector_math;

use clap::Parser;
use cli::{Cli, Command};
use command::Usage;
use klgrad::export::Conflict;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ! {
    refused::end_at_refusals();
    end(Cli::try_parse().map_or_else(|help_or_error| print(&help_or_error), |cli| exit_code(run(cli.command))))
}

/// Ends the process, but does not tear libtorch down, which takes as long as half of loading it.
fn end(exit_code: i32) -> ! {
    // What has to be written has been, and its failure reported.
    let _ = std::io::stdout().flush();
    // SAFETY: always safe.
    unsafe { libc::_exit(exit_code) }
}

fn print(help_or_error: &clap::Error) -> i32 {
    // Where its stream is closed there is nobody to tell.
    let _ = help_or_error.print();
    help_or_error.exit_code()
}

fn exit_code(outcome: anyhow::Result<ExitCode>) -> i32 {
    match outcome {
        Ok(ExitCode::SUCCESS) => 0,
        Ok(_) => 1,
        Err(error) => {
            command::fail(&error);
            if is_wrong_call(&error) { 2 } else { 1 }
        }
    }
}

fn is_wrong_call(error: &anyhow::Error) -> bool {
    error.is::<Usage>() || error.is::<Conflict>()
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    // SAFETY: no other thread runs yet.
    #[cfg(all(feature = "libtorch", target_arch = "x86_64"))]
    unsafe { vector_math::choose() }?;
    #[cfg(all(feature = "libtorch", target_os = "linux", target_env = "gnu"))]
    if let Command::Measure(args) = &command {
        heap::keep_large_tensors(&args.policy);
    }
    interrupt::end_cleanly_on_interrupt()?;
    obey(command)
}

fn obey(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Reproduce(args) => command::reproduce(args),
        Command::Explain(args) => command::explain(args),
        #[cfg(feature = "libtorch")]
        Command::Measure(args) => command::measure(args),
        #[cfg(not(feature = "libtorch"))]
        Command::Measure(_) => Err(command::needs_libtorch("klgrad measure").into()),
        Command::Audit(args) => command::audit(args),
        Command::Frameworks(args) => command::frameworks(args),
        Command::Theory(args) => command::theory(args),
        Command::Claims(args) => command::claims(args),
        Command::Sweep(args) => command::sweep(args),
        Command::Train(args) => command::train(args),
        Command::Plot(args) => command::plot(args),
        Command::Completions(args) => command::completions(args),
    }
}
