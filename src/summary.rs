//! Gradients, the truth and theory -> one row for each estimator and parameter.

use crate::estimator::{Divergence, Draw, Estimator, Parameter};
use crate::experiment::Experiment;
use crate::gradients::{Gradients, Series};
use crate::policy::Problem;
use crate::statistics::{mean, population_stdev};
use crate::theory::{self, Moment, Moments, kl_gradient};
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
    /// A trial's expected gradient, by theory.
    pub expected_gradient: Moment,
    /// A trial's standard deviation, by theory.
    pub expected_stdev: Moment,
    /// (mean_gradient - expected_gradient) / standard error, that of the mean of so many trials by theory; none where
    /// that is 0 or not finite, and for a baseline of the previous draw, whose trials are not independent.
    #[serde(with = "crate::maybe_number")]
    pub z_score: Option<f64>,
}

/// A row for each series of the experiment, in their order. Theory is that of the distributions as engines hold them.
///
/// # Errors
/// The gradients cannot be read.
pub fn summarise(gradients: &mut Gradients, experiment: &Experiment) -> io::Result<Vec<Row>> {
    let held = experiment.held();
    let mut moments =
        theory::trial_moments(experiment.estimators(), &held, experiment.run().sample_size).into_iter().flatten();
    let estimators = experiment.estimators().iter().flat_map(|estimator| [estimator; 2]);
    let row = |(series, estimator): (io::Result<Series>, &Estimator)| {
        let series = series?;
        let moments = moments.next().expect("there are moments for each series");
        Ok(row(&series, estimator, moments, &held))
    };
    gradients.all_series().zip(estimators).map(row).collect()
}

fn row(series: &Series, estimator: &Estimator, expected: Moments, held: &Problem) -> Row {
    let true_gradient = kl_gradient(estimator.aim(), series.parameter, held);
    let gradients = series.gradients.iter().copied().map(f64::from);
    let mean_gradient = mean(gradients.clone());
    let stdev = population_stdev(gradients);
    let over_true = |value: f64| (true_gradient != 0.0).then(|| value / true_gradient.abs());
    let (expected_gradient, expected_stdev) = (expected.mean, expected.variance.map(f64::sqrt));
    let standard_error = expected_stdev.finite().map(|stdev| stdev / (series.gradients.len() as f64).sqrt());
    let has_independent_trials = estimator.baseline().is_none_or(|baseline| baseline.mean().draw == Draw::Own);
    let z_score = standard_error.zip(expected_gradient.finite()).map(|(error, mean)| (mean_gradient - mean) / error);
    Row {
        estimator: series.estimator.clone(),
        divergence: estimator.aim(),
        parameter: series.parameter,
        true_gradient,
        mean_gradient,
        bias: mean_gradient - true_gradient,
        stdev,
        bias_over_true: over_true((mean_gradient - true_gradient).abs()),
        stdev_over_true: over_true(stdev),
        expected_gradient,
        expected_stdev,
        z_score: z_score.filter(|z_score| z_score.is_finite() && has_independent_trials),
    }
}
