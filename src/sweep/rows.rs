//! The exact numbers at a point of the grid.

use super::{At, Point};
use crate::estimator::{Divergence, Estimator, Parameter};
use crate::policy::Problem;
use crate::theory::{self, Moment, Moments, kl, kl_gradient};
use serde::Serialize;

/// One estimator and parameter at one point.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row<'a> {
    /// KL(pi_theta||pi_ref), in nats.
    pub kl: f64,
    /// KL(pi_ref||pi_theta), in nats.
    pub kl_ref: f64,
    /// Name of the estimator.
    pub estimator: &'a str,
    /// The parameter of pi_theta.
    pub parameter: Parameter,
    /// E\[c s\]; with a baseline that of a trial, or, where trials have no size, with the exact lambda.
    pub expected_gradient: Moment,
    /// |expected_gradient - g| / |g|, g the gradient of the divergence it is meant for; none where g is 0.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub relative_bias: Option<Moment>,
    /// Standard deviation of c s, over |g|; none where g is 0. With a baseline, that of a trial times the root of its size.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub relative_stdev_one_sample: Option<Moment>,
    /// The number of samples whose mean has a standard error of a tenth of |g|; none where g is 0.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub samples_for_10_percent: Option<Moment>,
}

/// The rows of every estimator at a point: for each of them mu, then sigma. A baseline is estimated from trials of
/// `sample_size` samples, and is the exact lambda where that is none.
pub fn rows<'a>(estimators: &'a [Estimator], problem: &Problem, sample_size: Option<usize>) -> Vec<At<Row<'a>>> {
    let point = Point::from(problem);
    let moments = match sample_size {
        Some(sample_size) => of_trials(estimators, problem, sample_size),
        None => theory::moments(estimators, problem),
    };
    let moments = moments.into_iter().flatten();
    let series = estimators.iter().flat_map(|estimator| Parameter::ALL.map(|parameter| (estimator, parameter)));
    let row = |((estimator, parameter), moments)| row(estimator, parameter, moments, problem);
    series.zip(moments).map(|series| At { point, row: row(series) }).collect()
}

/// Mean and variance of trials, the variance times their size.
fn of_trials(estimators: &[Estimator], problem: &Problem, sample_size: usize) -> Vec<[Moments; 2]> {
    let of_sample = |Moments { mean, variance }: Moments| Moments {
        mean,
        variance: variance.map(|variance| variance * sample_size as f64),
    };
    let moments = theory::trial_moments(estimators, problem, sample_size).into_iter();
    moments.map(|of_both| of_both.map(of_sample)).collect()
}

fn row<'a>(estimator: &'a Estimator, parameter: Parameter, moments: Moments, problem: &Problem) -> Row<'a> {
    let truth = kl_gradient(estimator.aim(), parameter, problem);
    let over_truth = |moment: Moment| (truth != 0.0).then(|| moment.map(|value| (value / truth).abs()));
    let relative_stdev = over_truth(moments.variance.map(f64::sqrt));
    Row {
        kl: kl(Divergence::Forward, problem),
        kl_ref: kl(Divergence::Reverse, problem),
        estimator: estimator.name(),
        parameter,
        expected_gradient: moments.mean,
        relative_bias: over_truth(moments.mean.map(|mean| mean - truth)),
        relative_stdev_one_sample: relative_stdev,
        samples_for_10_percent: relative_stdev.map(|stdev| stdev.map(|stdev| (stdev / 0.1).powi(2).ceil().max(1.0))),
    }
}
