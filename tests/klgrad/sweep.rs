//! `klgrad sweep`: the grid, its file, its figures, and samples on top of theory.

use crate::{files, klgrad, named, stdout, succeed};
use klgrad::estimator::{Estimator, Parameter};
use klgrad::experiment::{Distributions, Run};
use klgrad::export::csv;
use klgrad::figure::Format;
use klgrad::policy::Problem;
use klgrad::sweep::{self, Sweep};
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

#[test]
fn a_row_has_theory_at_its_settings() {
    let folder = tempfile::tempdir().unwrap();
    let output = succeed(&mut sweep_into(folder.path(), "--over mu-ref=0:3:4"));
    let all = Estimator::all();
    let count = 2 * all.len();
    assert!(stdout(&output).starts_with(&format!("{} rows at 4 points", 4 * count)), "{}", stdout(&output));
    assert_eq!(files(folder.path()), ["sweep.csv", "sweep.png", "sweep.svg"]);
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
    let range = "sigma-ref=1.3:1.5:2".parse().unwrap();
    let sweep = Sweep::new(Distributions::default(), Run::default(), named(&["k3"]), vec![range]).unwrap();
    let rows: Vec<_> = sweep.problems().flat_map(|problem| sweep::rows(sweep.estimators(), &problem, None)).collect();
    let csv = csv(&rows).unwrap();
    let samples: Vec<_> = csv.lines().skip(1).map(|row| row.rsplit(',').next().unwrap()).collect();
    assert!(samples[..2].iter().all(|count| *count != "inf") && samples[2..] == ["inf", "inf"], "{samples:?}");
    let svg = sweep::draw(&sweep, &rows, &[], Format::Svg).unwrap();
    assert!(String::from_utf8(svg).unwrap().contains("infinite variance"), "the region is named");
}

#[test]
fn two_settings_make_a_grid_and_a_map_for_each_estimator() {
    let folder = tempfile::tempdir().unwrap();
    let args = "--quiet --over mu-ref=0:1:3 --over sigma-ref=1:1.2:2 --estimators k3,k2_in_reward";
    succeed(&mut sweep_into(folder.path(), args));
    let rows = records(&folder.path().join("sweep.csv"));
    let points: Vec<_> = rows.iter().step_by(4).map(|row| (number(row, "mu_ref"), number(row, "sigma_ref"))).collect();
    assert_eq!(points, [(0.0, 1.0), (0.5, 1.0), (1.0, 1.0), (0.0, 1.2), (0.5, 1.2), (1.0, 1.2)]);
    let svg = fs::read_to_string(folder.path().join("sweep.svg")).unwrap();
    for text in ["k3", "k2_in_reward", "mu_ref", "sigma_ref", "relative bias, mu"] {
        assert!(svg.contains(text), "{text}");
    }
}

/// Each mean lies within 5.5 standard errors of theory: 4e-8 each. A reference with lighter tails than the policy, so that
/// a standard deviation has a standard error. In trials of 16 `k2_lambda` loses a sixth of the gradient.
#[test]
fn samples_agree_with_theory() {
    let folder = tempfile::tempdir().unwrap();
    let grid = "--quiet --over mu-ref=0.5:1:2 --sigma-ref 0.9 --seed 3";
    for run in [
        "--trials 200 --sample-size 500 --estimators k2,k3",
        "--trials 400 --sample-size 16 --estimators k2_lambda,k2_lambda_shared,k2_leave_one_out,k2",
    ] {
        succeed(&mut sweep_into(folder.path(), &format!("{grid} {run}")));
        assert_eq!(files(folder.path()), ["monte_carlo.csv", "sweep.csv", "sweep.png", "sweep.svg"]);
        let [rows, measured] = ["sweep.csv", "monte_carlo.csv"].map(|file| records(&folder.path().join(file)));
        assert_eq!(rows.len(), measured.len());
        for (row, measured) in rows.iter().zip(&measured) {
            assert!(["mu_ref", "estimator", "parameter"].iter().all(|column| row[*column] == measured[*column]));
            let distance = number(measured, "mean_gradient") - number(row, "expected_gradient");
            assert!(distance.abs() < 5.5 * number(measured, "standard_error"), "{row:?} {measured:?}");
            let spread = number(measured, "relative_stdev_one_sample") - number(row, "relative_stdev_one_sample");
            assert!(spread.abs() < 5.5 * number(measured, "relative_stdev_error"), "{row:?} {measured:?}");
        }
    }
    let figure = fs::read_to_string(folder.path().join("sweep.svg")).unwrap();
    assert!(figure.contains("(dots: measured in trials of 16 samples, with two standard errors)"));
    // A dot is a polygon of its own, an error bar three lines: there are more of both than without samples.
    let with = figure.matches("<poly").count();
    succeed(&mut sweep_into(
        folder.path(),
        "--quiet --over mu-ref=0.5:1:2 --sigma-ref 0.9 --estimators k2_lambda,k2_lambda_shared,k2_leave_one_out,k2",
    ));
    assert_eq!(
        files(folder.path()),
        ["sweep.csv", "sweep.png", "sweep.svg"],
        "measurements of an earlier grid are gone"
    );
    let without = fs::read_to_string(folder.path().join("sweep.svg")).unwrap().matches("<poly").count();
    assert!(with > without + 8, "{with} shapes, {without} without samples");
}
