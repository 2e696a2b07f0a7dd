//! Gradients and the truth -> one row for each estimator and parameter.

use crate::estimator::{Divergence, Estimator, Parameter};
use crate::gradients::{Gradients, Series};
use crate::statistics::{mean, population_stdev};
use serde::{Deserialize, Serialize};

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
    pub true_gradient: f64,
    /// Mean over the trials.
    pub mean_gradient: f64,
    /// mean_gradient - true_gradient.
    pub bias: f64,
    /// Population standard deviation over the trials.
    pub stdev: f64,
    /// |bias| / |true_gradient|; none where the true gradient is 0.
    pub bias_over_true: Option<f64>,
    /// stdev / |true_gradient|; none where the true gradient is 0.
    pub stdev_over_true: Option<f64>,
}

/// A row for each series, in their order. `truth` is indexed by divergence, then parameter.
pub fn summarise(gradients: &Gradients, estimators: &[&Estimator], truth: [[f32; 2]; 2]) -> Vec<Row> {
    let divergences = estimators.iter().flat_map(|estimator| [estimator.divergence; 2]);
    let row = |(series, divergence): (&Series, Divergence)| {
        row(series, divergence, truth[divergence as usize][series.parameter as usize].into())
    };
    gradients.0.iter().zip(divergences).map(row).collect()
}

fn row(series: &Series, divergence: Divergence, true_gradient: f64) -> Row {
    let gradients = series.gradients.iter().copied().map(f64::from);
    let mean_gradient = mean(gradients.clone());
    let stdev = population_stdev(gradients);
    let bias = mean_gradient - true_gradient;
    let over_true = |value: f64| (true_gradient != 0.0).then(|| value / true_gradient.abs());
    Row {
        estimator: series.estimator.clone(),
        divergence,
        parameter: series.parameter,
        true_gradient,
        mean_gradient,
        bias,
        stdev,
        bias_over_true: over_true(bias.abs()),
        stdev_over_true: over_true(stdev),
    }
}
