//! `klgrad sweep`: the grid, its file, its figures, and samples on top of theory.

use crate::{files, gradients_of, klgrad, named, succeed};
use klgrad::engine::Engine;

use klgrad::experiment::{Distributions, Run};
use klgrad::export::csv;
use klgrad::figure::Format;
use klgrad::sweep::{self, At, Measurement, Row, Sweep};
use klgrad::theory::Moment;
use std::fs;
use std::path::Path;
use std::process::Command;

fn sweep_into(folder: &Path, args: &str) -> Command {
    let mut command = klgrad(&format!("sweep {args}"));
    command.arg("--output").arg(folder);
    command
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
