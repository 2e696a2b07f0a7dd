//! A program that was built without libtorch.

use super::are_refused;
use super::printed::{name, printed_into, streams};
use crate::cli::Cli;
use clap::Parser;
use std::fs;

#[test]
fn what_needs_it_says_how_to_get_it() {
    let words: &[&str] =
        &["needs libtorch, which this klgrad was built without", "`make reproduce`", "docs/libtorch.md"];
    are_refused("reproduce", &[("--engine autograd", words), ("--engine autograd --resume --seed 1", words)]);
    are_refused("measure", &[("", words), ("--policy here --reference there", words)]);
    for call in [["klgrad", "measure", "--help"], ["klgrad", "help", "measure"]] {
        let help = Cli::try_parse_from(call).err().expect("help is not a command");
        assert_eq!(help.exit_code(), 0, "{call:?}");
        let help = help.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.iter().all(|word| help.contains(word)), "{call:?}: {help}");
    }
}

/// A run that takes no time.
const SMALL: &str = "reproduce --no-figure --num-trials 2 --sample-size 16";

#[test]
fn reproduce_says_once_which_engine_it_takes() {
    let folder = tempfile::tempdir().unwrap();
    let words: Vec<&str> = SMALL.split(' ').chain(["--output", name(folder.path())]).collect();
    let [_, said] = streams(&words);
    let note = "klgrad: the engine is score, as this klgrad was built without libtorch, which autograd needs\n";
    assert_eq!(said, note);
    // Who has named the engine knows it, and who wants quiet has it: `printed_into` holds that nothing is said.
    for told in ["--engine score", "--quiet"] {
        printed_into(tempfile::tempdir().unwrap().path(), &format!("{SMALL} {told}"));
    }
}

#[test]
fn a_run_by_autograd_goes_on_only_where_libtorch_is() {
    let folder = tempfile::tempdir().unwrap();
    printed_into(folder.path(), &format!("{SMALL} --quiet"));
    let description = folder.path().join("run.json");
    let score = fs::read_to_string(&description).unwrap();
    fs::write(&description, score.replace("\"score\"", "\"autograd\"")).unwrap();
    let words: Vec<&str> = SMALL.split(' ').chain(["--quiet", "--resume", "--output", name(folder.path())]).collect();
    let cli = Cli::try_parse_from(["klgrad"].iter().chain(&words)).unwrap_or_else(|error| panic!("{error}"));
    let refusal = crate::obey(cli.command).expect_err("the engine is another one").to_string();
    assert!(
        refusal
            .contains(r#"engine is "autograd" there, "score" here; the same settings in a klgrad that has libtorch"#),
        "{refusal}"
    );
}
