//! The exact numbers at a point of the grid.

use crate::estimator::{Divergence, Estimator, Parameter};
use crate::experiment::Experiment;
use crate::theory::{self, Moment, Moments, kl, kl_gradient};
use serde::Serialize;

/// One estimator and parameter at one point. The settings stand first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Mean of pi_theta.
    pub mu_theta: f64,
    /// Standard deviation of pi_theta.
    pub sigma_theta: f64,
    /// Mean of pi_ref.
    pub mu_ref: f64,
    /// Standard deviation of pi_ref.
    pub sigma_ref: f64,
    /// KL(pi_theta||pi_ref), in nats.
    pub forward_kl: f64,
    /// KL(pi_ref||pi_theta), in nats.
    pub reverse_kl: f64,
    /// Name of the estimator.
    pub estimator: &'static str,
    /// The parameter of pi_theta.
    pub parameter: Parameter,
    /// E\[c s\].
    pub expected_gradient: Moment,
    /// |E\[c s\] - g| / |g|, g the gradient of the divergence it is meant for; none where g is 0.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub relative_bias: Option<Moment>,
    /// Standard deviation of c s, over |g|; none where g is 0.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub relative_stdev_one_sample: Option<Moment>,
    /// The number of samples whose mean has a standard error of a tenth of |g|; none where g is 0.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub samples_for_10_percent: Option<Moment>,
}

/// The rows of every estimator at a point: for each of them mu, then sigma.
pub fn rows(point: &Experiment) -> Vec<Row> {
    let [forward_kl, reverse_kl] = Divergence::ALL.map(|divergence| kl(divergence, point));
    let pairs = point.estimators().iter().flat_map(|&estimator| Parameter::ALL.map(|parameter| (estimator, parameter)));
    pairs.map(|(estimator, parameter)| row(estimator, parameter, point, forward_kl, reverse_kl)).collect()
}

fn row(estimator: &Estimator, parameter: Parameter, point: &Experiment, forward_kl: f64, reverse_kl: f64) -> Row {
    let Moments { mean, variance } = theory::moments(estimator, parameter, point);
    let truth = kl_gradient(estimator.divergence, parameter, point);
    let over_truth = |moment: Moment| (truth != 0.0).then(|| moment.map(|value| (value / truth).abs()));
    let relative_stdev = over_truth(variance.map(f64::sqrt));
    Row {
        mu_theta: point.mu_theta,
        sigma_theta: point.sigma_theta,
        mu_ref: point.mu_ref,
        sigma_ref: point.sigma_ref,
        forward_kl,
        reverse_kl,
        estimator: estimator.name,
        parameter,
        expected_gradient: mean,
        relative_bias: over_truth(mean.map(|mean| mean - truth)),
        relative_stdev_one_sample: relative_stdev,
        samples_for_10_percent: relative_stdev.map(|stdev| stdev.map(|stdev| (stdev / 0.1).powi(2).ceil().max(1.0))),
    }
}
