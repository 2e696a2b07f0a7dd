//! Parses the arguments, runs one command, and turns its outcome into an exit code: 0, 1 for a failure, 2 for a wrong
//! call, 130 for an interrupt.

mod cli;
mod command;
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
use std::process::ExitCode;

fn main() -> ExitCode {
    refused::end_at_refusals();
    let cli = Cli::parse();
    run(cli.command).unwrap_or_else(|error| {
        command::fail(&error);
        if is_wrong_call(&error) { ExitCode::from(2) } else { ExitCode::FAILURE }
    })
}

fn is_wrong_call(error: &anyhow::Error) -> bool {
    error.is::<Usage>() || error.is::<Conflict>()
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    // SAFETY: no other thread runs yet.
    #[cfg(all(feature = "libtorch", target_arch = "x86_64"))]
    unsafe { vector_math::choose() }?;
    interrupt::end_cleanly_on_interrupt()?;
    obey(command)
}

fn obey(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        #[cfg(feature = "libtorch")]
        Command::Reproduce(args) => command::reproduce(args),
        Command::Theory(args) => command::theory(args),
        Command::Claims(args) => command::claims(args),
        Command::Sweep(args) => command::sweep(args),
        Command::Plot(args) => command::plot(args),
    }
}
