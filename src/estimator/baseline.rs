//! Baselines: a number lambda that is subtracted from the gradient coefficient D of k2, to lower its noise.
//!
//! With samples of the policy itself lambda s has the mean 0 (it is a control variate), so (D - lambda) s follows the gradient
//! of KL for every constant lambda. Its variance is least, per component i of the gradient, at
//!
//! lambda_i* = E\[s_i^2 D\] / E\[s_i^2\],
//!
//! and the sum of the components' variances, for one lambda, at E\[|s|^2 D\] / E\[|s|^2\]. The article's supplement prints
//! both with D^2 in place of D. All of these are a mean of a power of D with weights w(s), taken over a draw:
//!
//! lambda = sum w D^p / sum w.
//!
//! # What a lambda of the draw itself costs
//! Where that draw is the one that is differentiated, lambda and s are not independent, and the gradient is biased by the
//! order of 1/n, n the samples of a trial. For pi_theta and its own samples, `k2_lambda` loses exactly 3/(n + 2) of the
//! gradient for the mean and to first order 7/n for the standard deviation; `k2_mean_baseline` loses exactly 1/n. With groups
//! of 16, as group-relative methods have them, that is 17%, 30% and 6%.
//!
//! [`Baseline::LeaveOneOut`] has no bias at any n: the mean over the *other* samples is independent of the sample that it is
//! subtracted at.
//!
//! Sources: Yang (2025), its supplement; leave-one-out: Kool, van Hoof and Welling (2019).

/// How lambda is estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// The same for all samples of a trial.
    Weighted(WeightedMean),
    /// The mean of D over the other samples of the trial, of which there has to be one.
    LeaveOneOut,
}

/// sum w D^p / sum w over a draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightedMean {
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

impl Baseline {
    /// The mean that its sums are of: for leave-one-out, that of all samples of the trial.
    pub fn mean(self) -> WeightedMean {
        match self {
            Self::Weighted(mean) => mean,
            Self::LeaveOneOut => WeightedMean { weight: Weight::One, power_of_d: 1, draw: Draw::Own },
        }
    }
}
