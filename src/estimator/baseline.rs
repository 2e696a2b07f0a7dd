//! Baselines: a number lambda that is subtracted from the log-ratio of k2, to lower its noise.
//!
//! lambda s has the mean 0 (it is a control variate), so (D - lambda) s follows the gradient of KL for every constant
//! lambda. Its variance is least, per component i of the gradient, at
//!
//! lambda_i* = E\[s_i^2 D\] / E\[s_i^2\],
//!
//! and the sum of the components' variances, for one lambda, at E\[|s|^2 D\] / E\[|s|^2\]. The article's supplement prints
//! both with D^2 in place of D. All of these are a mean of a power of D with weights w(s), taken over a draw:
//!
//! lambda = sum w D^p / sum w.
//!
//! Where that draw is the one that is differentiated, lambda s no longer has the mean 0, and the gradient is biased by
//! the order of 1 / sample size. Source: Yang (2025), its supplement.

use crate::engine::TorchNormal;
use tch::Tensor;

/// How lambda is estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Baseline {
    /// The weights w.
    pub weight: Weight,
    /// p in D^p.
    pub power_of_d: u32,
    /// The draw over which the sums run.
    pub draw: Draw,
}

/// The weights of the mean that a baseline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// s_i^2: a lambda for each component i.
    Component,
    /// |s|^2, the sum over the components: one lambda.
    Norm,
    /// 1: one lambda, the mean.
    One,
}

/// The draw that a baseline is estimated from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draw {
    /// The trial's own.
    Own,
    /// The previous trial's; the first trial has lambda 0.
    Previous,
}

/// (D - lambda)^2 / 2 at each sample x, whose gradient is (D - lambda) s; same shape as x.
pub fn corrected_k2_loss(x: &Tensor, pi_theta: &TorchNormal, pi_ref: &TorchNormal, lambda: f64) -> Tensor {
    0.5 * (pi_theta.log_prob(x) - pi_ref.log_prob(x) - lambda).pow_tensor_scalar(2)
}
