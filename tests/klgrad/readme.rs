//! The README: its commands print what it shows, and its tables hold what is computed.

use crate::{article, named, stdout};
use klgrad::catalogue::{Entry, entries, listed};
use klgrad::estimator::{Divergence, Estimator};
use klgrad::experiment::Distributions;
#[cfg(feature = "libtorch")]
use klgrad::measure::read_rows;
use klgrad::pair::Made;
use klgrad::policy::Problem;
#[cfg(feature = "libtorch")]
use klgrad::report::measured_markdown;
use klgrad::sweep::tokens;
use klgrad::theory::softmax::{self, Aggregate};
use klgrad::training::{MadeReward, Objective, Reward};
use klgrad::{sweep, theory};
use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;

const README: &str = include_str!("../../README.md");

/// A command, and the lines that the README shows of what it prints; `...` stands for any number of lines.
struct Shown {
    command: &'static str,
    lines: Vec<&'static str>,
}

/// The commands in the blocks of the console. The table that one prints in Markdown stands behind its block.
fn shown() -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    for behind in README.split("```console\n").skip(1) {
        let (block, rest) = behind.split_once("\n```\n").expect("a block ends");
        for line in block.lines() {
            match (line.strip_prefix("$ "), all.last_mut()) {
                (Some(command), _) => all.push(Shown { command, lines: Vec::new() }),
                (None, Some(shown)) => shown.lines.push(line),
                (None, None) => panic!("a block begins with a command, not with {line}"),
            }
        }
        let last = all.last_mut().expect("a block has a command");
        if last.command.ends_with("--format markdown") {
            last.lines = rest.trim_start().lines().take_while(|line| line.starts_with('|')).collect();
        }
    }
    all
}

impl Shown {
    fn is_printed(&self, printed: &str) -> bool {
        fits(&printed.lines().collect::<Vec<_>>(), &self.lines)
    }
}

fn fits(printed: &[&str], shown: &[&str]) -> bool {
    match (shown, printed) {
        ([], _) => printed.is_empty(),
        (["...", rest @ ..], _) => (0..=printed.len()).any(|left_out| fits(&printed[left_out..], rest)),
        ([line, rest @ ..], [first, others @ ..]) => line == first && fits(others, rest),
        (_, []) => false,
    }
}

/// What a shell prints in an empty folder. The article's run is that of all tests.
fn printed(command: &str) -> String {
    if command == "klgrad reproduce --check" {
        return stdout(&article().output);
    }
    let folder = tempfile::tempdir().expect("there is room for it");
    let program = Path::new(env!("CARGO_BIN_EXE_klgrad")).parent().expect("it lies in a folder").display().to_string();
    let path = std::env::var("PATH").expect("there is a path");
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).env("PATH", format!("{program}:{path}")).current_dir(folder.path());
    stdout(&crate::succeed(&mut shell))
}

#[test]
fn the_commands_print_what_is_shown() {
    let shown = shown();
    assert!(shown.len() >= 6);
    for shown in shown {
        let printed = printed(shown.command);
        assert!(
            shown.is_printed(&printed),
            "$ {}\nprints\n{printed}\nand is shown with\n{:#?}",
            shown.command,
            shown.lines
        );
    }
}

#[test]
fn lines_that_are_left_out_are_no_others() {
    let fits = |printed: &str, lines: &[&'static str]| Shown { command: "", lines: lines.to_vec() }.is_printed(printed);
    assert!(
        fits("a\nb\nc\n", &["a", "...", "c"]) && fits("a\nc\n", &["a", "...", "c"]) && fits("a\nb\n", &["...", "b"])
    );
    assert!(!fits("a\nb\nc\n", &["a", "c"]) && !fits("a\nb\n", &["a", "...", "c"]) && !fits("a\nb\n", &["a"]));
}

/// The rows of the table below a header.
fn table(header: &str) -> Vec<&'static str> {
    let (_, below) = README.split_once(header).unwrap_or_else(|| panic!("the README has no table {header}"));
    below.trim_start().lines().skip(1).take_while(|line| line.starts_with('|')).collect()
}

fn assert_table(header: &str, rows: &[String]) {
    assert_eq!(table(header), rows, "the rows below {header} should be\n{}\n", rows.join("\n"));
}

fn row<const N: usize>(cells: [String; N]) -> String {
    format!("| {} |", cells.join(" | "))
}

/// Defaults that follow something else than KL(theta||ref), as the catalogue has them.
#[test]
fn the_defaults_are_those_of_the_catalogue() {
    let header = "| framework | option = value | placement | on | follows |\n";
    let is_shown = |entry: &&Entry| table(header).iter().any(|row| row.starts_with(&head(entry)));
    let shown = listed(entries().iter().filter(is_shown));
    assert!(shown.len() >= 12);
    let rows: Vec<String> = shown
        .iter()
        .map(|listed| {
            let (entry, follows) = (listed.entry, listed.follows.to_string());
            assert!(entry.is_default() && follows != "KL(theta||ref)", "{}", entry.name());
            let on = if entry.is_enabled_by_default() { "on" } else { "" };
            format!("{} {} | {on} | {} |", head(entry), entry.placement, escaped(&follows))
        })
        .collect();
    assert_table(header, &rows);
    let frameworks: HashSet<&str> =
        entries().iter().map(|entry| &entry.framework[..]).filter(|name| *name != "paper").collect();
    assert!(README.contains(&format!("the KL terms of {} frameworks", frameworks.len())));
}

fn head(entry: &Entry) -> String {
    let Entry { framework, option, value, .. } = entry;
    format!("| {framework} | `{} = {}` |", escaped(option), escaped(value))
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}

/// pi_theta is N(0, 1); pi_ref is 2% wider and its mean is elsewhere.
fn at(mu_ref: f64) -> Problem {
    Distributions { mu_ref, sigma_ref: 1.02, ..Distributions::default() }.problem().expect("it is in range")
}

fn nats(problem: &Problem) -> String {
    format!("{:.4}", theory::kl(Divergence::Forward, problem))
}

#[test]
fn the_bias_and_the_noise_over_kl_are_those_of_a_sweep() {
    let rows = [0.04, 0.14, 0.46, 1.44].map(|mu_ref| {
        let (problem, estimators) = (at(mu_ref), named(&["k2", "k3", "k3_in_reward"]));
        let rows: Vec<_> = sweep::rows(&estimators, &problem, None).into_iter().map(|at| at.row).collect();
        let bias = |index: usize| rows[index].relative_bias.expect("KL has a gradient");
        let samples = |index: usize| rows[index].samples_for_10_percent.expect("KL has a gradient").to_string();
        row([
            mu_ref.to_string(),
            nats(&problem),
            format!("{:.2}, {:.2}", bias(2), bias(3)),
            format!("{:.2}, {:.2}", bias(4), bias(5)),
            samples(0),
            samples(2),
        ])
    });
    let header = "| mu_ref | KL(theta\\|\\|ref), nat | bias of `k3` | bias of `k3_in_reward` | samples, `k2` | samples, `k3` |\n";
    assert_table(header, &rows);
}

#[test]
fn what_a_lambda_gains_is_what_theory_says() {
    let settings = [("the article's", Problem::default())].into_iter();
    let settings = settings.chain([("mu_ref 0.04", at(0.04)), ("mu_ref 0.14", at(0.14)), ("mu_ref 1.44", at(1.44))]);
    let rows: Vec<String> = settings
        .map(|(name, problem)| {
            let estimators = named(&["k2", "k2_lambda", "k2_mean_baseline", "k2_lambda_printed"]);
            let rows = theory::rows(&estimators, &problem, 50_000);
            let stdev = |index: usize| rows[index].stdev_one_sample.finite().expect("k2 has a variance");
            let over_k2 = |index: usize| format!("{:.3}, {:.3}", stdev(index) / stdev(0), stdev(index + 1) / stdev(1));
            row([name.to_owned(), nats(&problem), over_k2(2), over_k2(4), over_k2(6)])
        })
        .collect();
    let header = "| settings | KL(theta\\|\\|ref), nat | `k2_lambda` | `k2_mean_baseline` | `k2_lambda_printed` |\n";
    assert_table(header, &rows);
}

/// One column of the row of an estimator in the file that `make sweep` writes beside the README's figure of tokens.
fn of_tokens(kl: f64, estimator: &str, column: &str) -> f64 {
    let mut file = csv::Reader::from_path(root().join("output/tokens/sweep.csv")).expect("it is there");
    let headers = file.headers().expect("it has a header").clone();
    let at = |record: &csv::StringRecord, column: &str| {
        let place = headers.iter().position(|header| header == column).unwrap_or_else(|| panic!("no column {column}"));
        record[place].to_owned()
    };
    let number = |text: String| text.parse::<f64>().expect("it is a number");
    let rows = file.records().map(|record| record.expect("it is CSV"));
    let mut its = rows.filter(|row| at(row, "estimator") == estimator && number(at(row, "kl")) == kl);
    number(at(&its.next().expect("the sweep has that point"), column))
}

#[test]
fn the_numbers_of_tokens_are_those_of_the_sweep() {
    let rows = [0.001, 0.01, 0.1].map(|kl| {
        let bias = |estimator| format!("{:.3}", of_tokens(kl, estimator, "relative_bias"));
        let noise = |estimator| format!("{:.1}", of_tokens(kl, estimator, "relative_stdev_one_sample"));
        let strength = format!("{:.3}", of_tokens(kl, "k3_in_reward", "strength"));
        let [k2, k1_to_go, full, full_to_go] = ["k2", "k1_to_go", "kl_full", "kl_full_to_go"].map(noise);
        row([kl.to_string(), bias("k3"), bias("kl_full"), strength, k2, k1_to_go, full, full_to_go])
    });
    let header = "| KL per token, nat | bias of `k3` | best per token | strength of `k3_in_reward` | noise of `k2` | of \
                  `k1_to_go` | of `kl_full` | of `kl_full_to_go` |\n";
    assert_table(header, &rows);
}

/// What the file holds is what the program computes: here the exact means of one point, over its seeds.
#[test]
fn the_sweep_of_tokens_is_that_of_the_program() {
    let point = Made { vocabulary: 32, kl: 0.01, old_kl: None, max_length: Some(16), seed: 42 };
    let estimators = named(&["k3", "k1_to_go"]);
    let of_seed = |seed: i64| {
        let problem = Made { seed: 42 + seed, ..point }.problem().expect("it is in reach");
        softmax::theory(&estimators, &problem, Aggregate::TokenSum, NonZeroUsize::MIN, &|| ())
            .rows(&estimators, &problem)
    };
    let rows = tokens::rows(point, &(0..20).map(of_seed).collect::<Vec<_>>());
    for row in rows {
        let computed = row.relative_bias.median.expect("the mean is exact");
        let written = of_tokens(0.01, &row.estimator, "relative_bias");
        // Exponentials and logarithms are the platform's.
        assert!((computed - written).abs() < 1e-9, "{}: {computed}, and the file has {written}", row.estimator);
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files, and headings of the README.
#[test]
fn what_it_links_to_is_there() {
    let headings: Vec<String> = README
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .map(|heading| heading.to_lowercase().replace(' ', "-").replace(['\'', ',', '?'], ""))
        .collect();
    for link in README.split("](").skip(1).map(|rest| rest.split(')').next().expect("a split has a first part")) {
        let is_there = match link.strip_prefix('#') {
            Some(heading) => headings.iter().any(|known| known == heading),
            None => link.starts_with("https://") || root().join(link).exists(),
        };
        assert!(is_there, "{link}");
    }
}

/// As `make measure` has written it, which takes a minute.
#[cfg(feature = "libtorch")]
#[test]
fn the_table_of_a_real_model_is_that_of_its_file() {
    let rows = read_rows(Path::new("output/measured/measure.csv")).unwrap();
    let table = measured_markdown(&rows);
    assert!(rows.len() == 12 && README.contains(&table), "{table}");
}

/// The numbers of the section on training: ends with beta 0.1, and at 0.1 nat.
#[test]
fn trainings_end_where_it_says() {
    let made = Made { vocabulary: 50, kl: 0.1, old_kl: None, max_length: None, seed: 42 };
    let reference = made.problem().unwrap().reference;
    let reward = Reward::made(MadeReward::Dense, &reference, 42).unwrap();
    let objective = Objective::new(reference.clone(), reward, 0.1).unwrap();
    let start = objective.judge(&reference);
    let estimators: [Estimator; 4] = named(&["k2", "k3", "chi2", "k1"]).try_into().unwrap();
    let [k2, k3, _, k1] = estimators.each_ref().map(|one| objective.end(one, Aggregate::TokenSum).place().unwrap());
    let [budget_k2, budget_k3, budget_chi2, _] =
        estimators.each_ref().map(|one| objective.end_at_kl(one, Aggregate::TokenSum, 0.1).reward.unwrap_or(f64::NAN));
    let text = README.split_whitespace().collect::<Vec<_>>().join(" ");
    let gap = objective.end(&estimators[1], Aggregate::TokenSum).gap.unwrap();
    let largest = objective.optimum().objective.unwrap() - start.objective;
    for sentence in [
        format!("of {largest:.2} at the start"),
        format!(
            "at a reward of {:.3} and {:.2} nat, where the optimum has {:.3} and {:.2} nat",
            k3[1], k3[0], k2[1], k2[0]
        ),
        format!("the best answer, {:.1} nat away", k1[0]),
        format!(
            "a reward of {budget_k2:.3}, `k3` {budget_k3:.3} and `chi2` {budget_chi2:.3}, from {:.3} at the reference",
            start.reward
        ),
        format!("its end has {gap:.4}"),
    ] {
        assert!(text.contains(&sentence), "{sentence}");
    }
}
