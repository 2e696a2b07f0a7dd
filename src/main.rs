//! Parses the arguments, runs one command, and turns its outcome into an exit code: 0, 1 for a failure, 2 for a wrong
//! call, 130 for an interrupt.

mod cli;
mod command;

use clap::Parser;
use cli::{Cli, Command};
use command::Usage;
use klgrad::experiment::InvalidSetting;
use klgrad::export::{Conflict, finish_writing, going_on};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // SAFETY: no other thread runs yet.
    unsafe { choose_vector_math() };
    let outcome = exit_cleanly_on_interrupt().and_then(|()| match cli.command {
        Command::Reproduce(args) => command::reproduce(args),
        Command::Theory(args) => command::theory(args),
        Command::Claims(args) => command::claims(args),
        Command::Sweep(args) => command::sweep(args),
        Command::Plot(args) => command::plot(args),
    });
    outcome.unwrap_or_else(|error| {
        // Where standard error is closed there is nobody to tell.
        let _ = writeln!(std::io::stderr(), "klgrad: error: {error:#}");
        let wrong_call = error.is::<Usage>() || error.is::<InvalidSetting>() || error.is::<Conflict>();
        if wrong_call { ExitCode::from(2) } else { ExitCode::FAILURE }
    })
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

/// Has the vector mathematics library within libtorch (oneMKL) use its AVX2 kernels wherever the CPU has AVX2.
///
/// Left to itself it chooses by the CPU's maker and age, and each choice rounds the last bit of some exponentials in
/// its own way: the same program would print other bits on another machine. It reads this variable once, at its first
/// use; 5 are the kernels that the golden gradients come from.
///
/// # Safety
/// Sets an environment variable, so no other thread may run.
unsafe fn choose_vector_math() {
    const VARIABLE: &str = "MKL_VML_DEBUG_CPU_TYPE";
    #[cfg(target_arch = "x86_64")]
    if std::env::var_os(VARIABLE).is_none() && is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        // SAFETY: the caller's.
        unsafe { std::env::set_var(VARIABLE, "5") };
    }
}
