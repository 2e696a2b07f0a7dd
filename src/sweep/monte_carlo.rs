//! The same numbers by sampling: an experiment at a point of the grid.

use super::{At, Point};
use crate::estimator::{Estimator, Parameter};
use crate::experiment::{Experiment, Run};
use crate::gradients::{Gradients, Series};
use crate::policy::Problem;
use crate::statistics::{mean, population_stdev};
use crate::theory::kl_gradient;
use serde::Serialize;
use std::io;

/// One estimator and parameter, measured at one point.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measurement<'a> {
    /// Samples in a trial.
    pub sample_size: usize,
    /// Trials.
    pub num_trials: usize,
    /// Seed of the point.
    pub seed: i64,
    /// Name of the estimator.
    pub estimator: &'a str,
    /// The parameter of pi_theta.
    pub parameter: Parameter,
    /// Mean of the trials' gradients.
    pub mean_gradient: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// |mean_gradient - g| / |g|, g the gradient of the divergence it is meant for; none where g is 0.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub relative_bias: Option<f64>,
    /// Its standard error.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub relative_bias_error: Option<f64>,
    /// Standard deviation of one sample's gradient, over |g|; none where g is 0.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub relative_stdev_one_sample: Option<f64>,
    /// Its standard error.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub relative_stdev_error: Option<f64>,
}

/// What the gradients of an experiment's trials say. The distributions, and the truth, are as engines hold them: rounded to
/// 32 bits.
///
/// # Formula
/// One sample's standard deviation is sqrt(n) times that of a trial of n samples, and the standard error of a standard
/// deviation s of T trials s sqrt((kurtosis - 1) / (4 T)).
///
/// # Errors
/// The gradients cannot be read.
pub fn measure<'a>(
    estimators: &'a [Estimator],
    point: &Experiment,
    gradients: &mut Gradients,
) -> io::Result<Vec<At<Measurement<'a>>>> {
    let held = point.held();
    let of_series = estimators.iter().flat_map(|estimator| [estimator; 2]);
    let pairs = gradients.all_series().zip(of_series);
    let at = |(series, estimator): (io::Result<Series>, &'a Estimator)| {
        Ok(At { point: Point::from(&held), row: measurement(&series?, estimator, point.run(), &held) })
    };
    pairs.map(at).collect()
}

fn measurement<'a>(series: &Series, estimator: &'a Estimator, run: &Run, held: &Problem) -> Measurement<'a> {
    let &Run { sample_size, num_trials, seed } = run;
    let values = series.gradients.iter().copied().map(f64::from);
    let (centre, stdev) = (mean(values.clone()), population_stdev(values.clone()));
    let trials = values.len() as f64;
    let kurtosis = mean(values.map(|value| ((value - centre) / stdev).powi(4)));
    let one_sample = stdev * (sample_size as f64).sqrt();
    let truth = kl_gradient(estimator.aim(), series.parameter, held);
    let over_truth = |value: f64| (truth != 0.0).then(|| (value / truth).abs());
    let standard_error = stdev / trials.sqrt();
    Measurement {
        sample_size,
        num_trials,
        seed,
        estimator: estimator.name(),
        parameter: series.parameter,
        mean_gradient: centre,
        standard_error,
        relative_bias: over_truth(centre - truth),
        relative_bias_error: over_truth(standard_error),
        relative_stdev_one_sample: over_truth(one_sample),
        relative_stdev_error: over_truth(one_sample * ((kurtosis - 1.0) / (4.0 * trials)).sqrt()),
    }
}
