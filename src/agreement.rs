//! The check of a run against theory: does every estimator's mean gradient lie where it has to?

use crate::check::Check;
use crate::estimator::{Draw, Estimator, Parameter};
use crate::experiment::Experiment;
use crate::summary::Row;
use crate::theory::{self, deviation_limit};

/// The probability that the check of a whole run fails although all is right: at most this.
pub const FALSE_ALARM: f64 = 1e-6;

/// Tests the mean gradient of each row against its expectation.
///
/// A mean misses where it lies farther from its expectation than the limit that [`deviation_limit`] gives for an equal
/// share of [`FALSE_ALARM`], plus what the engine's rounding to 32 bits and the terms beyond 1/n of a baseline's bias may
/// add. Rows whose variance is infinite, for which there is no limit, are left out.
pub fn check(rows: &[Row], experiment: &Experiment) -> Check {
    let mut check = Check::default();
    for row in rows {
        match verdict(row, experiment, FALSE_ALARM / rows.len() as f64) {
            Verdict::Agrees => check.compared += 1,
            Verdict::Misses(why) => {
                check.compared += 1;
                check.misses.push(why);
            }
            Verdict::LeftOut(why) => check.left_out.push(why),
        }
    }
    check
}

/// Whether there is any estimator that [`check`] would not leave out.
pub fn can_check(experiment: &Experiment) -> bool {
    let pairs = experiment.estimators().iter().flat_map(|estimator| Parameter::ALL.map(|p| (estimator, p)));
    pairs.into_iter().any(|(estimator, parameter)| limit(estimator, parameter, experiment, FALSE_ALARM).is_some())
}

enum Verdict {
    Agrees,
    Misses(String),
    LeftOut(String),
}

fn verdict(row: &Row, experiment: &Experiment, probability: f64) -> Verdict {
    let (name, parameter) = (&row.estimator, row.parameter);
    let tested = Estimator::named(name).and_then(|estimator| {
        let limit = limit(estimator, parameter, experiment, probability)?;
        Some((estimator, limit, row.expected_gradient.finite()?, row.expected_stdev.finite()?))
    });
    let Some((estimator, limit, expected, stdev)) = tested else {
        let stdev = row.expected_stdev;
        return Verdict::LeftOut(format!("{name}, {parameter}: left out, its standard deviation is {stdev}"));
    };
    let standard_error = stdev / (experiment.num_trials as f64).sqrt();
    let allowance = rounding(stdev, expected, experiment) + beyond_first_order(estimator, parameter, stdev, experiment);
    let distance = (row.mean_gradient - expected).abs();
    // Not a number misses, too.
    if distance <= limit * standard_error + allowance {
        return Verdict::Agrees;
    }
    let in_errors = if standard_error > 0.0 { distance / standard_error } else { f64::INFINITY };
    Verdict::Misses(format!(
        "{name}, {parameter}: mean gradient is {:.6}, expected {expected:.6}: {in_errors:.1} standard errors away, where \
         {limit:.1} are the limit",
        row.mean_gradient
    ))
}

fn limit(estimator: &Estimator, parameter: Parameter, experiment: &Experiment, probability: f64) -> Option<f64> {
    let settings = experiment.as_held();
    let samples = experiment.sample_size as f64 * experiment.num_trials as f64;
    let coefficient = theory::coefficient(estimator, parameter, &settings)?;
    deviation_limit(&coefficient, parameter, &settings, samples, probability)
}

/// What 32-bit floats may add to a mean gradient: 16 roundings of 2^-24 of one sample's root mean square, as many times
/// over as x - mu and x - m lose digits because the means are large beside the standard deviations.
fn rounding(stdev: f64, expected: f64, experiment: &Experiment) -> f64 {
    let one_sample = (experiment.sample_size as f64 * stdev * stdev + expected * expected).sqrt();
    let largest = experiment.mu_theta.abs().max(experiment.mu_ref.abs());
    let condition = 1.0 + largest / experiment.sigma_theta.min(experiment.sigma_ref);
    16.0 * 2f64.powi(-24) * condition * one_sample
}

/// What the order 1/n^2 may add to the bias of a baseline that is estimated from its own draw of n samples: 30 times
/// 1/n^2 of one sample's standard deviation. Its factors are ratios of moments such as E\[s^6\] / E\[s^2\]^3 = 15.
fn beyond_first_order(estimator: &Estimator, parameter: Parameter, stdev: f64, experiment: &Experiment) -> f64 {
    if estimator.baseline.is_none_or(|baseline| baseline.draw == Draw::Previous) {
        return 0.0;
    }
    let count = experiment.sample_size as f64;
    let first_order = theory::own_draw_bias(estimator, parameter, &experiment.as_held()).abs();
    30.0 / count * (first_order + stdev / count.sqrt())
}
