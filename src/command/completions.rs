//! `klgrad completions`: what a shell completes.

use super::terminal::print;
use crate::cli::{Cli, Completions};
use anyhow::Result;
use clap::CommandFactory;
use clap_complete::{Shell, generate};
use std::process::ExitCode;

pub fn completions(args: Completions) -> Result<ExitCode> {
    print(&script(args.shell)?)?;
    Ok(ExitCode::SUCCESS)
}

fn script(shell: Shell) -> Result<String> {
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "klgrad", &mut script);
    Ok(String::from_utf8(script)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_has_a_script_of_its_own() {
        for (shell, beginning) in [(Shell::Bash, "_klgrad() {"), (Shell::Zsh, "#compdef klgrad"), (Shell::Fish, "#")] {
            let script = script(shell).unwrap();
            assert!(script.trim_start().starts_with(beginning), "{shell}: {script}");
        }
    }
}
