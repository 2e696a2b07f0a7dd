//! Tables and text at the width of a terminal, and at full width elsewhere.

use crate::{experiment, klgrad, problem, stdout, succeed};
use console::measure_text_width;
use klgrad::claims::claims;
use klgrad::estimator::{Divergence, Estimator, Parameter};
use klgrad::experiment::Run;
use klgrad::policy::Problem;
use klgrad::report;
use klgrad::summary;
use klgrad::theory::{self, Moment, Row};

/// The article's samples in a trial, which are the default.
const SAMPLE_SIZE: usize = 50_000;

/// The widths at which each table was looked at.
const WIDTHS: [usize; 3] = [60, 80, 100];

/// The article's, and some that give wide and infinite numbers.
fn some_problems() -> [Problem; 3] {
    [Problem::default(), problem(0.0, 1.0, -12.5, 1.2), problem(1e-9, 2e-5, 0.0, 3e-5)]
}

/// Of every estimator, with the article's samples.
pub fn rows(problem: &Problem) -> Vec<Row> {
    theory::rows(&Estimator::all(), problem, SAMPLE_SIZE)
}

/// No line is wider than that, and the numbers are those of the table at full width.
fn assert_fits(fitted: &str, full: &str, width: usize) {
    for line in fitted.lines() {
        assert!(measure_text_width(line) <= width, "{} columns at {width}: {line}", measure_text_width(line));
    }
    assert_eq!(numbers(fitted), numbers(full), "at {width}");
}

/// What has six decimals, or is not finite, sorted.
fn numbers(text: &str) -> Vec<&str> {
    let is_number = |word: &&str| word.parse::<f64>().is_ok_and(|number| word.len() >= 8 || !number.is_finite());
    let mut numbers: Vec<_> = text.split_whitespace().filter(is_number).collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn theory_fits_the_terminal() {
    for problem in some_problems() {
        let rows = rows(&problem);
        let full = report::theory(&rows, SAMPLE_SIZE, None);
        assert!(numbers(&full).len() >= 4 * rows.len(), "{full}");
        for width in WIDTHS {
            assert_fits(&report::theory(&rows, SAMPLE_SIZE, Some(width)), &full, width);
        }
        assert_eq!(report::theory(&rows, SAMPLE_SIZE, Some(200)), full);
    }
}

#[test]
fn claims_fit_the_terminal() {
    for problem in some_problems() {
        let claims = claims(&problem);
        let full = report::claims(&claims, None);
        assert!(numbers(&full).len() >= 2 * claims.len(), "{full}");
        for width in WIDTHS {
            let fitted = report::claims(&claims, Some(width));
            assert_fits(&fitted, &full, width);
            let words = fitted.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(claims.iter().all(|claim| words.contains(claim.statement)), "{fitted}");
        }
    }
}

#[test]
fn the_notation_breaks_between_definitions() {
    assert_eq!(report::notation(None).lines().count(), 1);
    let notation = report::notation(Some(60));
    assert!(notation.lines().all(|line| line.len() <= 60), "{notation}");
    assert!(notation.lines().rev().skip(1).all(|line| line.ends_with(',')), "{notation}");
}

#[test]
fn the_report_of_a_run_fits_the_terminal() {
    let rows = ["k2", "k2_lambda_shared_printed"].map(|estimator| summary::Row {
        estimator: estimator.to_owned(),
        divergence: Divergence::Forward,
        parameter: Parameter::Sigma,
        true_gradient: -1.25e-7,
        mean_gradient: -0.5,
        bias: -0.5,
        stdev: 0.25,
        bias_over_true: Some(4e6),
        stdev_over_true: Some(2e6),
        expected_gradient: Moment::Finite(-1.234567e-10),
        expected_stdev: Moment::Infinite,
        z_score: None,
    });
    for width in WIDTHS {
        for report in [report::tables, report::expectations] {
            assert_fits(&report::fold(&report(&rows, Some(width)), Some(width)), &report(&rows, None), width);
        }
    }
}

#[test]
fn one_is_singular() {
    let settings = |run, names: &[&str]| report::settings(&experiment(Problem::default(), run, names));
    let one = settings(Run { num_trials: 1, sample_size: 1, seed: 42 }, &["k1"]);
    assert!(one.ends_with("\n1 trial of 1 sample, seed 42, estimator k1\n"), "{one}");
    let two = settings(Run { num_trials: 2, sample_size: 2, seed: 42 }, &["k1", "k2"]);
    assert!(two.ends_with("\n2 trials of 2 samples, seed 42, estimators k1, k2\n"), "{two}");
}

#[test]
fn text_breaks_between_words() {
    let text = "a line of words\n\n  an indented line that fits\nthe number -0.826446 stays whole: 数字\n";
    let folded = "a line of words\n\n  an indented line that fits\nthe number -0.826446 stays\nwhole: 数字\n";
    assert_eq!(report::fold(text, Some(32)), folded);
    assert_eq!(report::fold(text, None), text);
    let marked = "a is not known\n  a formula and below it a caret\n  ^\n";
    assert_eq!(report::fold(marked, Some(16)), marked);
}

#[test]
fn where_there_is_no_terminal_nothing_is_fitted() {
    let article = Problem::default();
    let theory = report::distributions(&article) + "\n" + &report::theory(&rows(&article), SAMPLE_SIZE, None);
    assert_eq!(stdout(&succeed(klgrad("theory").env("COLUMNS", "40"))), theory);
    assert_eq!(theory.lines().map(measure_text_width).max(), Some(162));
    assert!(theory.starts_with("pi_theta = N(0.0, 1.0^2), pi_ref = N(1.0, 1.1^2)\n"), "{theory}");
    assert!(theory.contains("k3_in_reward") && theory.contains("KL(theta||ref) - KL(ref||theta)"), "{theory}");
    let table = report::claims(&claims(&article), None);
    assert!(table.contains("corrected: E[grad (r log r)] = E[r (-s) (1 + log r)]"), "{table}");
    assert!(table.ends_with("4 of 39 equations do not hold here as printed\n"), "{table}");
    assert_eq!(table.lines().map(measure_text_width).max(), Some(143));
}
