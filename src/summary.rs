//! Gradients, the truth and theory -> one row for each estimator and parameter.

use crate::estimator::{Divergence, Estimator, Parameter};
use crate::experiment::Experiment;
use crate::gradients::{Gradients, Series};
use crate::statistics::{mean, population_stdev};
use crate::theory::{self, Moment, Moments};
use serde::{Deserialize, Serialize};
use std::io;

/// One estimator's gradient with respect to one parameter, over all trials.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Name of the estimator.
    pub estimator: String,
    /// The divergence whose gradient it is meant to follow.
    pub divergence: Divergence,
    /// The parameter of pi_theta.
    pub parameter: Parameter,
    /// The gradient of that divergence.
    #[serde(deserialize_with = "crate::maybe_number::or_nan")]
    pub true_gradient: f64,
    /// Mean over the trials.
    #[serde(deserialize_with = "crate::maybe_number::or_nan")]
    pub mean_gradient: f64,
    /// mean_gradient - true_gradient.
    #[serde(deserialize_with = "crate::maybe_number::or_nan")]
    pub bias: f64,
    /// Population standard deviation over the trials.
    #[serde(deserialize_with = "crate::maybe_number::or_nan")]
    pub stdev: f64,
    /// |bias| / |true_gradient|; none where the true gradient is 0.
    #[serde(with = "crate::maybe_number")]
    pub bias_over_true: Option<f64>,
    /// stdev / |true_gradient|; none where the true gradient is 0.
    #[serde(with = "crate::maybe_number")]
    pub stdev_over_true: Option<f64>,
    /// A trial's expected gradient, by theory. Where a baseline is estimated from the trial's own draw of n samples, to
    /// the order 1/n.
    pub expected_gradient: Moment,
    /// A trial's standard deviation, by theory; a baseline counts with its exact lambda.
    pub expected_stdev: Moment,
    /// (mean_gradient - expected_gradient) / standard error, that of the mean of so many trials by theory; none where
    /// that is 0 or not finite.
    #[serde(with = "crate::maybe_number")]
    pub z_score: Option<f64>,
}

/// A row for each series of the experiment, in their order. `truth` is indexed by divergence, then parameter.
///
/// # Errors
/// The gradients cannot be read.
pub fn summarise(gradients: &mut Gradients, experiment: &Experiment, truth: [[f32; 2]; 2]) -> io::Result<Vec<Row>> {
    let estimators = experiment.estimators().iter().flat_map(|&estimator| [estimator; 2]);
    let row = |(series, estimator): (io::Result<Series>, &Estimator)| {
        let series = series?;
        let true_gradient = truth[estimator.divergence as usize][series.parameter as usize];
        Ok(row(&series, estimator, experiment, true_gradient.into()))
    };
    gradients.all_series().zip(estimators).map(row).collect()
}

fn row(series: &Series, estimator: &Estimator, experiment: &Experiment, true_gradient: f64) -> Row {
    let gradients = series.gradients.iter().copied().map(f64::from);
    let mean_gradient = mean(gradients.clone());
    let stdev = population_stdev(gradients);
    let bias = mean_gradient - true_gradient;
    let over_true = |value: f64| (true_gradient != 0.0).then(|| value / true_gradient.abs());
    let (expected_gradient, expected_stdev) = expectation(estimator, series.parameter, experiment);
    let standard_error = expected_stdev.finite().map(|stdev| stdev / (series.gradients.len() as f64).sqrt());
    let z_score = standard_error.zip(expected_gradient.finite()).map(|(error, mean)| (mean_gradient - mean) / error);
    Row {
        estimator: series.estimator.clone(),
        divergence: estimator.divergence,
        parameter: series.parameter,
        true_gradient,
        mean_gradient,
        bias,
        stdev,
        bias_over_true: over_true(bias.abs()),
        stdev_over_true: over_true(stdev),
        expected_gradient,
        expected_stdev,
        z_score: z_score.filter(|z_score| z_score.is_finite()),
    }
}

/// A trial's expected gradient and its standard deviation, for the 32-bit settings that engines compute with.
fn expectation(estimator: &Estimator, parameter: Parameter, experiment: &Experiment) -> (Moment, Moment) {
    let settings = experiment.as_held();
    let Moments { mean, variance } = theory::moments(estimator, parameter, &settings);
    let bias = theory::own_draw_bias(estimator, parameter, &settings);
    let trial_stdev = |variance: f64| (variance / settings.sample_size as f64).sqrt();
    (mean.map(|mean| mean + bias), variance.map(trial_stdev))
}
