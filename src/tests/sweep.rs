//! The file of `klgrad sweep`.

use super::printed::{files, printed_into};
use klgrad::estimator::{Estimator, Parameter};
use klgrad::policy::Problem;
use klgrad::theory::{self, Moment};
use std::collections::HashMap;
use std::fs;
use std::path::Path;

const HEADER: &str = "mu_theta,sigma_theta,mu_ref,sigma_ref,mu_old,sigma_old,kl,kl_ref,estimator,parameter,\
                      expected_gradient,relative_bias,relative_stdev_one_sample,samples_for_10_percent";

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
    fs::write(folder.path().join("monte_carlo.csv"), "of an earlier grid").unwrap();
    let stdout = printed_into(folder.path(), "sweep --over mu-ref=0:3:4");
    let all = Estimator::all();
    let count = 2 * all.len();
    assert!(stdout.starts_with(&format!("{} rows at 4 points", 4 * count)), "{}", stdout);
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
