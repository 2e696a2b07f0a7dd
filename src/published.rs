//! The numbers that the article prints (its section on the experiment), and the check against them.

use crate::check::Check;
use crate::estimator::{Divergence, Parameter};
use crate::experiment::Experiment;
use crate::summary::Row;
use std::collections::HashSet;

/// What the article prints of one estimator and parameter, to the printed digit: the mean gradient to 6 decimals,
/// |bias|/|true| and stdev/|true| to 4.
struct Published {
    estimator: &'static str,
    parameter: Parameter,
    mean_gradient: f64,
    bias_over_true: f64,
    stdev_over_true: f64,
}

const PUBLISHED: [Published; 10] = [
    published("k1", Parameter::Mu, 0.000137, 1.0002, 0.0054),
    published("k2", Parameter::Mu, -0.826291, 0.0002, 0.0065),
    published("k3", Parameter::Mu, -0.999618, 0.2095, 0.026),
    published("k1", Parameter::Sigma, -0.000104, 0.9994, 0.0359),
    published("k2", Parameter::Sigma, -0.173379, 0.001, 0.0686),
    published("k3", Parameter::Sigma, -1.209091, 5.9667, 0.4311),
    published("reverse_k1", Parameter::Mu, -2.718389, 1.7184, 0.1081),
    published("reverse_k2", Parameter::Mu, -0.999755, 0.0002, 0.0231),
    published("reverse_k1", Parameter::Sigma, -4.496196, 2.7159, 0.3419),
    published("reverse_k2", Parameter::Sigma, -1.208987, 0.0008, 0.0636),
];

/// The true gradients that it prints, to 6 decimals.
const TRUE_GRADIENTS: [(Divergence, Parameter, f64); 4] = [
    (Divergence::Forward, Parameter::Mu, -0.826446),
    (Divergence::Forward, Parameter::Sigma, -0.173554),
    (Divergence::Reverse, Parameter::Mu, -1.0),
    (Divergence::Reverse, Parameter::Sigma, -1.21),
];

const fn published(
    estimator: &'static str,
    parameter: Parameter,
    mean_gradient: f64,
    bias_over_true: f64,
    stdev_over_true: f64,
) -> Published {
    Published { estimator, parameter, mean_gradient, bias_over_true, stdev_over_true }
}

/// The mean gradient that the article prints of an estimator and parameter.
pub fn mean_gradient(estimator: &str, parameter: Parameter) -> Option<f64> {
    let number = PUBLISHED.iter().find(|number| (number.estimator, number.parameter) == (estimator, parameter));
    number.map(|number| number.mean_gradient)
}

/// Compares the rows of a run on the article's settings with what the article prints. A number is reproduced where it is
/// the same when rounded as printed, or lies within `tolerance` of the printed one. All five estimators have 34 numbers
/// together; one of the experiment without a row misses.
pub fn check(rows: &[Row], experiment: &Experiment, tolerance: f64) -> Check {
    let mut check = Check::of(rows, experiment);
    let mut comparisons = Vec::new();
    let mut seen = HashSet::new();
    for row in rows {
        if seen.insert((row.divergence, row.parameter)) {
            comparisons.extend(compare_truth(row, tolerance));
        }
        comparisons.extend(compare_estimates(row, tolerance));
    }
    check.compared += comparisons.len();
    check.misses.extend(comparisons.into_iter().flatten());
    check
}

/// A comparison for the true gradient of the row: none where it is reproduced, else the miss.
fn compare_truth(row: &Row, tolerance: f64) -> Option<Option<String>> {
    let (.., expected) = TRUE_GRADIENTS.iter().find(|(d, p, _)| (*d, *p) == (row.divergence, row.parameter))?;
    Some(miss(row, "true gradient", Some(row.true_gradient), Printed { number: *expected, decimals: 6 }, tolerance))
}

/// The comparisons for the estimates of the row.
fn compare_estimates(row: &Row, tolerance: f64) -> Vec<Option<String>> {
    let of_row = |number: &&Published| (number.estimator, number.parameter) == (row.estimator.as_str(), row.parameter);
    let Some(number) = PUBLISHED.iter().find(of_row) else { return Vec::new() };
    let miss =
        |quantity, measured, number, decimals| miss(row, quantity, measured, Printed { number, decimals }, tolerance);
    vec![
        miss("mean gradient", Some(row.mean_gradient), number.mean_gradient, 6),
        miss("bias/true", row.bias_over_true, number.bias_over_true, 4),
        miss("stdev/true", row.stdev_over_true, number.stdev_over_true, 4),
    ]
}

/// A number to so many decimals.
struct Printed {
    number: f64,
    decimals: usize,
}

impl Printed {
    fn print(&self, number: f64) -> String {
        format!("{number:.*}", self.decimals)
    }
}

/// Says by how much the measured number misses the printed one; none where it is reproduced.
fn miss(row: &Row, quantity: &str, measured: Option<f64>, printed: Printed, tolerance: f64) -> Option<String> {
    let (estimator, parameter, expected) = (&row.estimator, row.parameter, printed.print(printed.number));
    let Some(measured) = measured else {
        return Some(format!("{estimator}, {parameter}: {quantity} is undefined, published as {expected}"));
    };
    let (distance, measured) = ((measured - printed.number).abs(), printed.print(measured));
    let reproduced = measured == expected || distance <= tolerance;
    (!reproduced).then(|| {
        format!(
            "{estimator}, {parameter}: {quantity} is {measured}, published as {expected}: it misses by {distance:.1e}"
        )
    })
}
