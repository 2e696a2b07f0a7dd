//! `klgrad sweep`: the grid, its file, its figures, and samples on top of theory.

use crate::{files, gradients_of, klgrad, named, stdout, succeed};
use klgrad::engine::Engine;
use klgrad::estimator::{Estimator, Parameter};
use klgrad::experiment::{Distributions, Run};
use klgrad::export::csv;
use klgrad::figure::Format;
use klgrad::policy::Problem;
use klgrad::sweep::{self, At, Measurement, Row, Sweep};
use klgrad::theory::{self, Moment};
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

const HEADER: &str = "mu_theta,sigma_theta,mu_ref,sigma_ref,mu_old,sigma_old,kl,kl_ref,estimator,parameter,\
                      expected_gradient,relative_bias,relative_stdev_one_sample,samples_for_10_percent";

fn sweep_into(folder: &Path, args: &str) -> Command {
    let mut command = klgrad(&format!("sweep {args}"));
    command.arg("--output").arg(folder);
    command
}

type Record = HashMap<String, String>;

fn records(path: &Path) -> Vec<Record> {
    let mut csv = csv::Reader::from_path(path).unwrap();
    csv.deserialize().map(|record| record.unwrap()).collect()
}

fn number(record: &Record, column: &str) -> f64 {
    record[column].parse().unwrap_or_else(|_| panic!("{column} is '{}'", record[column]))
}

/// As a file holds it: what is beyond floats, and what has no value, is NaN.
fn as_written(moment: Option<Moment>) -> f64 {
    match moment {
        Some(Moment::Finite(value)) => value,
        Some(Moment::Infinite) => f64::INFINITY,
        Some(Moment::Overflow | Moment::Unresolved | Moment::Undefined) | None => f64::NAN,
    }
}

/// Relative 1e-12; equal where they are not finite.
fn close(a: f64, b: f64) -> bool {
    if b.is_finite() { (a - b).abs() <= 1e-12 * b.abs() } else { a.total_cmp(&b).is_eq() }
}

pub fn over(ranges: &[&str], base: Distributions, run: Run, estimators: &[&str]) -> Sweep {
    let ranges = ranges.iter().map(|range| range.parse().unwrap()).collect();
    Sweep::new(base, run, named(estimators), ranges).unwrap()
}

/// The rows of every point, as engines hold it where trials have a size.
pub fn exact(sweep: &Sweep, sample_size: Option<usize>) -> Vec<At<Row<'_>>> {
    let at = |(index, problem)| match sample_size {
        Some(_) => sweep.experiment(index, problem).held(),
        None => problem,
    };
    sweep
        .problems()
        .enumerate()
        .map(at)
        .flat_map(|problem| sweep::rows(sweep.estimators(), &problem, sample_size))
        .collect()
}

/// The same by samples.
pub fn measured(sweep: &Sweep) -> Vec<At<Measurement<'_>>> {
    let at = |(index, problem)| {
        let point = sweep.experiment(index, problem);
        sweep::measure(sweep.estimators(), &point, &mut gradients_of(Engine::Score, &point)).unwrap()
    };
    sweep.problems().enumerate().flat_map(at).collect()
}

#[test]
fn a_row_has_theory_at_its_settings() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("monte_carlo.csv"), "of an earlier grid").unwrap();
    let output = succeed(&mut sweep_into(folder.path(), "--over mu-ref=0:3:4"));
    let all = Estimator::all();
    let count = 2 * all.len();
    assert!(stdout(&output).starts_with(&format!("{} rows at 4 points", 4 * count)), "{}", stdout(&output));
    assert_eq!(files(folder.path()), ["sweep.csv", "sweep.png", "sweep.svg"], "what an earlier grid measured is gone");
    let text = fs::read_to_string(folder.path().join("sweep.csv")).unwrap();
    assert_eq!(text.lines().next(), Some(HEADER));

    let rows = records(&folder.path().join("sweep.csv"));
    assert_eq!(rows.len(), 4 * count);
    // The article's settings are the second point.
    let rows_there = &rows[count..2 * count];
    let exact = theory::moments(&all, &Problem::default()).into_iter().flatten();
    let series = all.iter().flat_map(|estimator| Parameter::ALL.map(|parameter| (estimator, parameter)));
    for ((row, exact), (estimator, parameter)) in rows_there.iter().zip(exact).zip(series) {
        assert_eq!(["mu_ref", "mu_old", "sigma_old"].map(|column| number(row, column)), [1.0, 0.0, 1.0]);
        assert_eq!((row["estimator"].as_str(), &row["parameter"]), (estimator.name(), &parameter.to_string()));
        let has = |column: &str, expected: Option<Moment>| {
            assert!(close(number(row, column), as_written(expected)), "{column} of {row:?}: {expected:?}");
        };
        has("expected_gradient", Some(exact.mean));
        let truth = theory::kl_gradient(estimator.aim(), parameter, &Problem::default());
        has("relative_bias", Some(exact.mean.map(|mean| ((mean - truth) / truth).abs())));
        let stdev = exact.variance.map(|variance| variance.sqrt() / truth.abs());
        has("relative_stdev_one_sample", Some(stdev));
        let (samples, needed) = (number(row, "samples_for_10_percent"), stdev.map(|stdev| 100.0 * stdev * stdev));
        match needed {
            Moment::Finite(needed) => {
                let most = (1.0 + needed) * (1.0 + 1e-12);
                assert!(samples.fract() == 0.0 && samples >= 1.0, "{row:?}");
                assert!(samples >= needed * (1.0 - 1e-12) && samples <= most, "{row:?}: {needed}");
            }
            _ => has("samples_for_10_percent", Some(needed)),
        }
    }
    // By hand: k3 follows the other divergence.
    let k3_sigma = &rows_there[5];
    assert_eq!((k3_sigma["estimator"].as_str(), k3_sigma["parameter"].as_str()), ("k3", "sigma"));
    let bias = (1.0 - 2.21) / (1.0 / 1.21 - 1.0) - 1.0;
    assert!((number(k3_sigma, "expected_gradient") - (1.0 - 2.21)).abs() < 1e-10, "{k3_sigma:?}");
    assert!((number(k3_sigma, "relative_bias") - bias).abs() < 1e-10, "{k3_sigma:?}, not {bias}");
    // At equal means the true gradient with respect to mu is 0.
    assert_eq!((rows[0]["parameter"].as_str(), rows[0]["relative_bias"].as_str()), ("mu", "NaN"));
}

#[test]
fn what_is_infinite_is_said_to_be() {
    let sweep = over(&["sigma-ref=1.3:1.5:2"], Distributions::default(), Run::default(), &["k3"]);
    let rows = exact(&sweep, None);
    let csv = csv(&rows).unwrap();
    let samples: Vec<_> = csv.lines().skip(1).map(|row| row.rsplit(',').next().unwrap()).collect();
    assert!(samples[..2].iter().all(|count| *count != "inf") && samples[2..] == ["inf", "inf"], "{samples:?}");
    let svg = sweep::draw(&sweep, &rows, &[], Format::Svg).unwrap();
    assert!(String::from_utf8(svg).unwrap().contains("infinite variance"), "the region is named");
}

#[test]
fn two_settings_make_a_grid_and_a_map_for_each_estimator() {
    let sweep =
        over(&["mu-ref=0:1:3", "sigma-ref=1:1.2:2"], Distributions::default(), Run::default(), &["k3", "k2_in_reward"]);
    let rows = exact(&sweep, None);
    let points: Vec<_> = rows.iter().step_by(4).map(|row| (row.point.mu_ref, row.point.sigma_ref)).collect();
    assert_eq!(points, [(0.0, 1.0), (0.5, 1.0), (1.0, 1.0), (0.0, 1.2), (0.5, 1.2), (1.0, 1.2)]);
    let svg = String::from_utf8(sweep::draw(&sweep, &rows, &[], Format::Svg).unwrap()).unwrap();
    for text in ["k3", "k2_in_reward", "mu_ref", "sigma_ref", "relative bias, mu"] {
        assert!(svg.contains(text), "{text}");
    }
}

/// Each mean lies within 5.5 standard errors of theory: 4e-8 each. A reference with lighter tails than the policy, so that
/// a standard deviation has a standard error. In trials of 16 `k2_lambda` loses a sixth of the gradient.
#[test]
fn samples_agree_with_theory() {
    for (num_trials, sample_size, names) in [(200, 500, &["k2", "k3"][..]), (400, 16, &OF_TRIALS)] {
        let base = Distributions { sigma_ref: 0.9, ..Distributions::default() };
        let sweep = over(&["mu-ref=0.5:1:2"], base, Run { num_trials, sample_size, seed: 3 }, names);
        let (rows, measured) = (exact(&sweep, Some(sample_size)), measured(&sweep));
        assert_eq!((rows.len(), measured.len()), (4 * names.len(), 4 * names.len()));
        for (row, measured) in rows.iter().zip(&measured) {
            assert_eq!((row.point, row.row.estimator), (measured.point, measured.row.estimator));
            let (row, measured) = (&row.row, &measured.row);
            assert_eq!(row.parameter, measured.parameter);
            let distance = measured.mean_gradient - row.expected_gradient.finite().unwrap();
            assert!(distance.abs() < 5.5 * measured.standard_error, "{row:?} {measured:?}");
            let stdev = row.relative_stdev_one_sample.and_then(Moment::finite).unwrap();
            let spread = measured.relative_stdev_one_sample.unwrap() - stdev;
            assert!(spread.abs() < 5.5 * measured.relative_stdev_error.unwrap(), "{row:?} {measured:?}");
        }
    }
}

/// Whose gradients are those of trials.
const OF_TRIALS: [&str; 4] = ["k2_lambda", "k2_lambda_shared", "k2_leave_one_out", "k2"];

#[test]
fn samples_have_a_file_and_marks_in_the_figure() {
    let folder = tempfile::tempdir().unwrap();
    let grid = format!("--quiet --over mu-ref=0.5:1:2 --sigma-ref 0.9 --estimators {}", OF_TRIALS.join(","));
    succeed(&mut sweep_into(folder.path(), &format!("{grid} --trials 40 --sample-size 16 --seed 3")));
    assert_eq!(files(folder.path()), ["monte_carlo.csv", "sweep.csv", "sweep.png", "sweep.svg"]);
    let base = Distributions { sigma_ref: 0.9, ..Distributions::default() };
    let sweep = over(&["mu-ref=0.5:1:2"], base, Run { num_trials: 40, sample_size: 16, seed: 3 }, &OF_TRIALS);
    let read = |file: &str| fs::read_to_string(folder.path().join(file)).unwrap();
    assert_eq!(read("monte_carlo.csv"), csv(&measured(&sweep)).unwrap());
    assert_eq!(read("sweep.csv"), csv(&exact(&sweep, Some(16))).unwrap());
    let figure = read("sweep.svg");
    assert!(figure.contains("(dots: measured in trials of 16 samples, with two standard errors)"));
    // A dot is a polygon of its own, an error bar three lines: there are more of both than without samples.
    let without = sweep::draw(&sweep, &exact(&sweep, Some(16)), &[], Format::Svg).unwrap();
    let [with, without] = [figure, String::from_utf8(without).unwrap()].map(|svg| svg.matches("<poly").count());
    assert!(with > without + 8, "{with} shapes, {without} without samples");
}
