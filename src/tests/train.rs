//! What `klgrad train` refuses, writes, and goes on with.

use super::are_refused;
use super::folders::{Files, contents};
use super::printed::{files, printed_into, streams, warnings_into};
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

/// A small training; `k1_in_reward` and two more, four runs each.
const SMALL: &str = "train --quiet --vocabulary 6 --steps 12 --batch 16 --seeds 4 --estimators k1_in_reward,k3,rho_k3 \
                     --updates-per-batch 2 --kl-budget 0.1";

/// The files of [`SMALL`], which is run once for all tests.
fn small() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(printed_into(folder.path(), SMALL), "", "it is quiet");
        contents(folder.path())
    })
}

fn text(name: &str) -> &'static str {
    let (_, bytes) = small().iter().find(|(found, _)| found == name).expect(name);
    std::str::from_utf8(bytes).unwrap()
}

/// A folder with what is kept of so many of its runs.
fn interrupted(runs: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<&str> = text("train.csv").lines().take(1 + runs * 13).collect();
    let described: serde_json::Value = serde_json::from_str(text("run.json")).unwrap();
    fs::write(folder.path().join("train.partial.csv"), format!("# {described}\n{}\n", rows.join("\n"))).unwrap();
    folder
}

#[test]
fn settings_that_do_not_fit_are_named() {
    are_refused(
        "train",
        &[
            ("", &["--vocabulary <V>", "--pair <FILE>"][..]),
            ("--vocabulary 6 --beta -1", &["--beta is -1.0; a number of 0 or more would be right"]),
            (
                "--vocabulary 6 --group 10",
                &["--group is 10, which does not divide the batch of 256; 8 or 16 would be right"],
            ),
            ("--vocabulary 6 --steps 0", &["--steps", "5000, 5_000 or 5e3"]),
            ("--vocabulary 6 --seeds 0", &["--seeds", "from 1 to 100000 would be right"]),
            ("--vocabulary 6 --seeds 200000", &["--seeds", "from 1 to 100000 would be right"]),
            (
                "--vocabulary 6 --batch 1e18 --group 1",
                &["--batch is 1000000000000000000, and the max_length of its sequences 1; a batch of 10000000 or less"],
            ),
            ("--vocabulary 6 --reward foo", &["'foo' for '--reward", "dense, sparse or length, or a file .json, .npz"]),
            ("--vocabulary 6 --learning-rate 0", &["--learning-rate is 0.0; a number above 0 would be right"]),
            ("--vocabulary 6 --start theta", &["--kl 0.1, say, would be right"]),
            ("--vocabulary 6 --kl 0.1", &["--start theta would be right"]),
            (
                "--vocabulary 6 --reward length",
                &["--reward: the reward is length, but a categorical", "dense or sparse"],
            ),
            (
                "--vocabulary 6 --kl-budget 9",
                &["--kl-budget is 9.0, but no beta spends a KL of 9 nat: the end spends at most"],
            ),
            (
                "--vocabulary 6 --kl-budget 0",
                &["--kl-budget is 0.0, but a KL that is spent is more than 0; 0.1, say, would be right"],
            ),
            ("--vocabulary 6 --estimators k2_leave_one_out --group 1", &["the group is 1; 2 or more would be right"]),
            ("--vocabulary 6 --estimators k1,k1", &["--estimators names k1 twice"]),
            ("--vocabulary 6 --estimators trl:kl_estimater=k3", &["kl_estimator"]),
            ("--vocabulary 6 --exact --seeds 3", &["'--exact' cannot be used with '--seeds <N>'"]),
            (
                "--vocabulary 6 --optimizer sgd --learning-rate 1e6",
                &["--learning-rate is 1000000.0, at which even 1000 steps along the exact gradient", "or less would"],
            ),
        ],
    );
}

#[test]
fn a_file_that_does_not_fit_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reward.json");
    fs::write(&path, "[1, 2]").unwrap();
    let args = format!("train --vocabulary 6 --reward {} --output {}/new", path.display(), folder.path().display());
    let cli = <crate::cli::Cli as clap::Parser>::try_parse_from(["klgrad"].into_iter().chain(args.split(' '))).unwrap();
    let error = format!("{:#}", crate::obey(cli.command).unwrap_err());
    assert!(error.contains("reward.json: reward has the shape (2,) and the policy's logits (6,)"), "{error}");
    assert_eq!(files(folder.path()), ["reward.json"], "nothing is created");
}

#[test]
fn a_row_stands_for_each_step_seed_and_estimator() {
    let names: Vec<&str> = small().iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["ends.csv", "run.json", "train.csv", "train.png", "train.svg"]);
    let lines: Vec<&str> = text("train.csv").lines().collect();
    assert_eq!(lines.len(), 1 + 3 * 4 * 13);
    assert!(lines[0] == "estimator,seed,step,reward,kl,kl_ref,objective,gap,kl_to_optimum,mean_length,end");
    assert!(lines[1].starts_with("k1_in_reward,42,0,") && lines[13].starts_with("k1_in_reward,42,12,"));
    assert!(lines[13].ends_with(",finished") && lines[14].starts_with("k1_in_reward,43,0,"));
    let ends: Vec<&str> = text("ends.csv").lines().collect();
    assert_eq!(ends[0], "estimator,at,beta,ends,reward,kl,kl_ref,objective,gap,kl_to_optimum");
    let starts =
        ["k1_in_reward,beta,0.1,", "k3,beta,0.1,", "rho_k3,beta,0.1,", "k1_in_reward,kl,", "k3,kl,", "rho_k3,kl,"];
    assert!(ends.len() == 7 && ends[1..].iter().zip(starts).all(|(line, start)| line.starts_with(start)), "{ends:?}");
}

#[test]
fn threads_change_no_byte() {
    for threads in [1, 3] {
        let folder = tempfile::tempdir().unwrap();
        printed_into(folder.path(), &format!("{SMALL} --threads {threads}"));
        assert!(&contents(folder.path()) == small(), "{threads} threads");
    }
}

#[test]
fn an_interrupted_training_goes_on_to_the_same_files() {
    for runs in [0, 1, 7, 12] {
        let folder = interrupted(runs);
        printed_into(folder.path(), &format!("{SMALL} --resume"));
        assert!(&contents(folder.path()) == small(), "after {runs} runs");
    }
    let folder = tempfile::tempdir().unwrap();
    small().iter().for_each(|(name, bytes)| fs::write(folder.path().join(name), bytes).unwrap());
    let said = warnings_into(folder.path(), &format!("{SMALL} --resume"));
    assert!(said.contains("is complete; nothing is left to do"), "{said}");
}

#[test]
fn an_interrupted_training_is_neither_lost_nor_mixed_with_another() {
    let refusal = |folder: &Path, more: &str| {
        let before = contents(folder);
        let args = format!("{SMALL} {more} --output {}", folder.display());
        let words = ["klgrad"].into_iter().chain(args.split_whitespace());
        let cli = <crate::cli::Cli as clap::Parser>::try_parse_from(words).unwrap();
        let error = crate::obey(cli.command).expect_err(more);
        assert!(contents(folder) == before, "{more}: nothing is lost");
        format!("{error:#}")
    };
    let folder = interrupted(5);
    assert!(refusal(folder.path(), "").contains("--resume goes on with it; to begin anew, delete it"));
    let other = refusal(folder.path(), "--resume --beta 0.2");
    assert!(other.contains("other settings: beta is 0.1 there, 0.2 here"), "{other}");
    let path = folder.path().join("train.partial.csv");
    let whole = fs::read_to_string(&path).unwrap();
    for damaged in
        [whole.replace("k1_in_reward,43", "k3,43"), "no comment".to_owned(), whole[..whole.len() - 9].to_owned()]
    {
        fs::write(&path, damaged).unwrap();
        let said = refusal(folder.path(), "--resume");
        assert!(said.contains("is damaged; to begin anew, delete it"), "{said}");
    }
}

#[test]
fn ends_and_runs_are_printed_with_what_diverged() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().to_str().unwrap();
    let args = "train --vocabulary 6 --steps 60 --exact --beta 8 --optimizer sgd --learning-rate 0.4 --estimators k2,k3_in_reward,chi2 \
                --estimator steep=1e4*k2 --output";
    let [printed, warned] = streams(&args.split_whitespace().chain([output]).collect::<Vec<_>>());
    for words in [
        "Where a training with each loss ends, with beta 8.000:",
        "k2: unique: c rises over all D",
        "What 1 run of 60 steps of the expected gradient came to",
        "train.csv, ends.csv, train.png, train.svg, run.json",
    ] {
        assert!(printed.contains(words), "{words}: {printed}");
    }
    assert!(
        warned.contains("steep: 1 of 1 run diverged, and its exact run leads nowhere, too, at this learning rate; "),
        "{warned}"
    );
}

#[test]
fn losses_of_frameworks_are_trained_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let args = "train --quiet --vocabulary 6 --steps 2 --exact --estimators k2,trl:kl_estimator=k3";
    printed_into(folder.path(), args);
    let ends = fs::read_to_string(folder.path().join("ends.csv")).unwrap();
    assert!(ends.lines().any(|line| line.starts_with("trl:") && line.contains("kl_estimator=k3")), "{ends}");
}

/// The texts of `ends.csv` in a column, after a training with these arguments.
fn ends_after(args: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    printed_into(folder.path(), &format!("train --quiet --steps 2 --exact {args}"));
    let mut ends = csv::Reader::from_path(folder.path().join("ends.csv")).unwrap();
    ends.records().map(|row| row.unwrap()[3].to_owned()).collect()
}

#[test]
fn what_is_not_known_of_an_end_is_said() {
    let sequences = "--vocabulary 4 --max-length 3";
    let no_penalty = "none known: there is no penalty, and which sequences are the best is not looked for";
    assert_eq!(ends_after(&format!("{sequences} --kl-budget 0.05 --estimators k1")), [no_penalty; 2]);
    assert_eq!(ends_after(&format!("{sequences} --beta 0 --estimators k2_sequence")), [no_penalty]);
    let lambdas = ends_after("--vocabulary 4 --estimators k2_lambda,k2_lambda_shared,k2_leave_one_out");
    let moved = "unique: c rises over all D; of endless batches: a lambda from few samples moves it";
    assert_eq!(lambdas, [moved, "unique: c rises over all D", "unique: c rises over all D"]);
}

#[test]
fn ends_of_sequences_are_found_at_a_beta_and_at_a_kl() {
    let folder = tempfile::tempdir().unwrap();
    let args = "train --quiet --vocabulary 4 --max-length 3 --steps 2 --exact --beta 0.5 --kl-budget 0.05 \
                --estimators k1_to_go,k2_sequence,kl_full_to_go,k2,k3";
    printed_into(folder.path(), args);
    let mut ends = csv::Reader::from_path(folder.path().join("ends.csv")).unwrap();
    let rows: Vec<csv::StringRecord> = ends.records().map(Result::unwrap).collect();
    let number = |row: &csv::StringRecord, column: usize| row[column].parse::<f64>().unwrap();
    for row in &rows {
        assert!(row[3].starts_with("unique near the reference: exact ascent"), "{row:?}");
        // Those that are right of whole sequences end at the optimum, k2 of tokens does not: 1e-9 for sums whose gradient is level
        // to 1e-10 of that at the reference.
        let is_right = !["k2", "k3"].contains(&&row[0]);
        assert_eq!(number(row, 8).abs() < 1e-9, is_right, "{row:?}");
        if &row[1] == "kl" {
            assert!((number(row, 5) / 0.05 - 1.0).abs() < 1e-6, "{row:?}");
        }
    }
    assert_eq!(rows.len(), 10);
}
