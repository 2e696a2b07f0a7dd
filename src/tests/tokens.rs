//! Wrong calls about softmax policies.

use super::are_refused;
use crate::cli::Cli;
use clap::Parser;
use std::fs;

/// What the program says of this call, with exit code 2.
fn message(args: &str) -> String {
    match Cli::try_parse_from(["klgrad"].into_iter().chain(args.split_whitespace())) {
        Err(error) => {
            assert_eq!(error.exit_code(), 2, "{args}");
            error.to_string()
        }
        Ok(cli) => {
            let error = crate::obey(cli.command).expect_err(args);
            assert!(crate::is_wrong_call(&error), "{args}: {error:#}");
            format!("{error:#}")
        }
    }
}

#[test]
fn options_that_do_not_belong_together_are_named() {
    for (args, words) in [
        ("--vocabulary 100", &["--kl <X>"][..]),
        ("--kl 0.1", &["--vocabulary <V>"]),
        ("--old-kl 0.1", &["--vocabulary <V>"]),
        ("--vocabulary 100 --kl 0.1 --mu-ref 1", &["'--vocabulary <V>' cannot be used with '--mu-ref <X>'"]),
        ("--pair pair.json --sigma-old 1", &["'--pair <FILE>' cannot be used with '--sigma-old <X>'"]),
        (
            "--pair pair.json --vocabulary 9 --kl 1",
            &["'--pair <FILE>' cannot be used with", "--vocabulary <V>", "--kl <X>"],
        ),
        ("--pair pair.json --kl 0.1", &["'--pair <FILE>' cannot be used with '--kl <X>'"]),
        ("--pair pair.json --old-kl 0.1", &["'--pair <FILE>' cannot be used with '--old-kl <Y>'"]),
        // Of normals they would say nothing.
        ("--num-trials 5", &["<--pair <FILE>|--vocabulary <V>>"]),
        ("--seed 3", &["<--pair <FILE>|--vocabulary <V>>"]),
        ("--max-length 3", &["<--pair <FILE>|--vocabulary <V>>"]),
        ("--aggregate token-mean", &["<--pair <FILE>|--vocabulary <V>>"]),
        ("--output pair.json", &["<--pair <FILE>|--vocabulary <V>>"]),
        ("--vocabulary 9 --kl 0.1 --check", &["--num-trials <N>"]),
        ("--vocabulary 9 --kl 0.1 --engine score", &["--num-trials <N>"]),
    ] {
        let message = message(&format!("theory {args}"));
        assert!(words.iter().all(|word| message.contains(word)), "{args}: {message}");
    }
}

#[test]
fn settings_of_policies_out_of_range_are_named() {
    for (args, words) in [
        ("--vocabulary 1 --kl 0.1", &["--vocabulary is 1, but must be from 2 to 1000000 for a made categorical"][..]),
        ("--vocabulary 3000 --kl 0.1 --max-length 5", &["--vocabulary is 3000, but must be from 3 to 2000"]),
        ("--vocabulary many --kl 0.1", &["'many' for '--vocabulary", "would be right"]),
        (
            "--vocabulary 10 --kl 50",
            &["--kl is 50.0", "with the seed 42 was not found to reach more than", "less would be right"],
        ),
        ("--vocabulary 10 --kl 0", &["--kl is 0.0, but a divergence per token must be finite, and 1e-10 or more"]),
        ("--vocabulary 10 --kl -1", &["--kl is -1.0, but"]),
        ("--vocabulary 10 --kl 0.1 --old-kl 90", &["--old-kl is 90.0", "less would be right"]),
        ("--vocabulary 9 --kl 0.1 --max-length 0", &["'0' for '--max-length", "from 1 to 1000000"]),
        ("--vocabulary 9 --kl 0.1 --num-trials 2", &["--num-trials is 2", "at least 3"]),
        ("--vocabulary 1e5 --kl 0.1 --num-trials 1e5", &["100000 trials", "at most 671, or a smaller vocabulary"]),
        ("--vocabulary 9 --kl 0.1 --seed 4294967296", &["from -2147483648 to 4294967295"]),
        ("--vocabulary 9 --kl 0.1 --aggregate mean", &["token-sum, token-mean, sequence-mean"]),
        (
            "--vocabulary 9 --kl 0.1 --estimators k2_lambda",
            &["--estimators names k2_lambda", "k2, from which it is subtracted"],
        ),
        (
            "--vocabulary 9 --kl 0.1 --estimators kl_ful",
            &["did you mean kl_full?", "rho_mean_k3, kl_full, kl_full_to_go"],
        ),
        ("--vocabulary 9 --kl 0.1 --estimators k2,k2", &["k2 twice", "once"]),
        ("--estimators kl_full", &["--estimators names kl_full", "sums over the whole vocabulary", "would be right"]),
        ("--estimator mine=full(D)", &["names mine, which sums over the whole vocabulary"]),
    ] {
        let message = message(&format!("theory {args}"));
        assert!(words.iter().all(|word| message.contains(word)), "{args}: {message}");
    }
}

#[test]
fn bad_grids_of_policies_are_named() {
    are_refused(
        "sweep",
        &[
            ("--over kl=0.1:1:3", &["--vocabulary is missing", "--vocabulary 1000, say, would be right"]),
            ("--over vocabulary=10:20:3", &["--kl is missing", "--kl 0.01, say, would be right"]),
            ("--over kl=0.1:1:3 --over mu-ref=0:1:2 --vocabulary 9", &["one of softmax policies; two of one kind"]),
            ("--over kl=0.1:1:3 --kl 0.1 --vocabulary 9", &["--kl is given, but --over varies it; one of the two"]),
            (
                "--over mu-ref=0:1:2 --seeds 3",
                &["--seeds is of softmax policies", "kl, old-kl, vocabulary or max-length"],
            ),
            ("--over mu-ref=0:1:2 --aggregate token-sum", &["--aggregate is of softmax policies"]),
            ("--over kl=0.1:1:3 --vocabulary 9 --mu-ref 3", &["are of normals", "none of them would be right"]),
            ("--over vocabulary=10:12:9 --kl 0.1", &["vocabulary=10:12:9 has the value 10 twice; fewer points"]),
            ("--over kl=0:1:3 --vocabulary 9", &["--over kl=0:1:3: kl is 0.0", "1e-10 or more"]),
            ("--over vocabulary=1:9:3 --kl 0.1", &["--over vocabulary=1:9:3: vocabulary is 1", "from 2 to 1000000"]),
            ("--over max-length=1:4:4 --vocabulary 2 --kl 0.1", &["vocabulary is 2", "from 3 to 2000"]),
            ("--over kl=0.1:1:3 --vocabulary 9 --num-trials 2", &["--num-trials is 2", "at least 3"]),
            ("--over kl=0.1:1:3 --vocabulary 9 --seeds 0", &["'0' for '--seeds"]),
            ("--over kl=0.1:1:3 --vocabulary 9 --seeds 400000", &["too many points"]),
            ("--over kl=0.1:1:3 --vocabulary 9 --estimators k2_lambda", &["k2_lambda", "would be right"]),
        ],
    );
}

/// What a vocabulary reaches is known when it is tried; nothing is written then.
#[test]
fn a_divergence_that_is_not_reached_on_the_way_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let said = message(&format!(
        "sweep --over kl=1:50:2 --vocabulary 9 --estimators k2 --quiet --output {}",
        folder.path().display()
    ));
    assert!(said.starts_with("--over kl=1:50:2: kl is 50.0, but a vocabulary of 9"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is half written");
}
