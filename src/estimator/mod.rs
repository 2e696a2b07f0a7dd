//! The estimators: what is averaged over a draw from pi_theta, in the loss or in the reward.
//!
//! With D = log pi_theta(x) - log pi_ref(x), the ratio r = pi_ref(x) / pi_theta(x) = exp(-D) and the score
//! s = grad log pi_theta(x), every estimator K(D) sends c s to the policy, c its gradient coefficient:
//!
//! | name         | value K       | its own expectation    | c in the loss (dK/dD) | c in the reward (K) |
//! |--------------|---------------|------------------------|-----------------------|---------------------|
//! | `k1`         | D             | KL(pi_theta\|\|pi_ref) | 1                     | D                   |
//! | `k2`         | D^2 / 2       | neither                | D                     | D^2 / 2             |
//! | `k3`         | r - 1 - log r | KL(pi_theta\|\|pi_ref) | 1 - r                 | r - 1 + D           |
//! | `reverse_k1` | r log r       | KL(pi_ref\|\|pi_theta) | -r (1 - D)            | -r D                |
//! | `reverse_k2` | r             | 1                      | -r                    | r                   |
//!
//! In the loss, the mean of K is differentiated. In the reward (`k1_in_reward` and so on), r <- r - beta K, the value is
//! a constant and the gradient that of the score-function estimator: the mean of K log pi_theta is differentiated.
//!
//! `k2_lambda` and the like are k2 in the loss with a number subtracted from D; see [`Baseline`].
//!
//! Source: Yang (2025), its section on theory and its supplement; k1, k2 and k3 are Schulman's (2020).

mod baseline;
mod definition;
pub mod expr;

pub use baseline::{Baseline, Draw, Weight, corrected_k2_loss};
pub use definition::{Definition, InvalidDefinition, Table};

use crate::engine::TorchNormal;
use crate::theory::Term;
use serde::{Deserialize, Serialize};
use std::fmt;
use tch::Tensor;

/// One of the two directions of the KL divergence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Divergence {
    /// KL(pi_theta||pi_ref).
    Forward,
    /// KL(pi_ref||pi_theta).
    Reverse,
}

impl Divergence {
    /// Both, in the article's order.
    pub const ALL: [Self; 2] = [Self::Forward, Self::Reverse];
}

/// A parameter of pi_theta, with respect to which the gradient is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Parameter {
    /// The mean.
    Mu,
    /// The standard deviation.
    Sigma,
}

impl Parameter {
    /// Both, in the order in which gradients are stored.
    pub const ALL: [Self; 2] = [Self::Mu, Self::Sigma];

    /// Its name in a sentence.
    pub fn long_name(self) -> &'static str {
        match self {
            Self::Mu => "mean",
            Self::Sigma => "standard deviation",
        }
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::Mu => "mu",
            Self::Sigma => "sigma",
        })
    }
}

/// Where an estimator is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// In the loss: its value is differentiated.
    Loss,
    /// In the reward: its value is a constant that weighs the score.
    Reward,
}

/// An estimator of a KL divergence, in one placement.
#[derive(Debug)]
pub struct Estimator {
    /// Its name: the article's, with `_in_reward` in the reward.
    pub name: &'static str,
    /// The divergence whose gradient it is meant to follow.
    pub divergence: Divergence,
    /// Where it is used.
    pub placement: Placement,
    /// The loss of a sample in the language of [`expr`], without a baseline.
    pub expression: &'static str,
    /// Its gradient coefficient c, a sum of terms; where it has a baseline, c before lambda is subtracted.
    pub coefficient: &'static [Term],
    /// What is subtracted from c.
    pub baseline: Option<Baseline>,
    pub(crate) value: Value,
}

/// Every estimator; the article's five come first, in its order.
pub static ESTIMATORS: [Estimator; 15] = [
    in_loss("k1", Divergence::Forward, "D", k1_loss, &[ONE]),
    in_loss("k2", Divergence::Forward, "D^2 / 2", k2_loss, &[D]),
    in_loss("k3", Divergence::Forward, "expm1(-D) + D", k3_loss, &[ONE, R.times(-1.0)]),
    in_loss("reverse_k1", Divergence::Reverse, "-r * D", reverse_k1_loss, &[R.times(-1.0), RD]),
    in_loss("reverse_k2", Divergence::Reverse, "r", reverse_k2_loss, &[R.times(-1.0)]),
    in_reward("k1_in_reward", Divergence::Forward, "reward(k1)", k1_loss, &[D]),
    in_reward("k2_in_reward", Divergence::Forward, "reward(k2)", k2_loss, &[D_SQUARED.times(0.5)]),
    in_reward("k3_in_reward", Divergence::Forward, "reward(k3)", k3_loss, &[R, ONE.times(-1.0), D]),
    in_reward("reverse_k1_in_reward", Divergence::Reverse, "reward(reverse_k1)", reverse_k1_loss, &[RD.times(-1.0)]),
    in_reward("reverse_k2_in_reward", Divergence::Reverse, "reward(reverse_k2)", reverse_k2_loss, &[R]),
    k2_with_baseline("k2_lambda", Weight::Component, 1, Draw::Own),
    k2_with_baseline("k2_lambda_shared", Weight::Norm, 1, Draw::Previous),
    k2_with_baseline("k2_lambda_printed", Weight::Component, 2, Draw::Own),
    k2_with_baseline("k2_lambda_shared_printed", Weight::Norm, 2, Draw::Previous),
    k2_with_baseline("k2_mean_baseline", Weight::One, 1, Draw::Own),
];

const ONE: Term = term(0, 0);
const D: Term = term(1, 0);
const D_SQUARED: Term = term(2, 0);
const R: Term = term(0, 1);
const RD: Term = term(1, 1);

const fn term(power_of_d: u32, power_of_r: u32) -> Term {
    Term { weight: 1.0, power_of_d, power_of_r }
}

type Value = fn(&Tensor, &TorchNormal, &TorchNormal) -> Tensor;

const fn in_loss(
    name: &'static str,
    divergence: Divergence,
    expression: &'static str,
    value: Value,
    coefficient: &'static [Term],
) -> Estimator {
    Estimator { name, divergence, placement: Placement::Loss, expression, coefficient, baseline: None, value }
}

const fn in_reward(
    name: &'static str,
    divergence: Divergence,
    expression: &'static str,
    value: Value,
    coefficient: &'static [Term],
) -> Estimator {
    Estimator { placement: Placement::Reward, ..in_loss(name, divergence, expression, value, coefficient) }
}

const fn k2_with_baseline(name: &'static str, weight: Weight, power_of_d: u32, draw: Draw) -> Estimator {
    let baseline = Some(Baseline { weight, power_of_d, draw });
    Estimator { baseline, ..in_loss(name, Divergence::Forward, "k2", k2_loss, &[D]) }
}

impl Estimator {
    /// The five that the article's experiment has, in its order.
    pub fn articles() -> &'static [Self] {
        &ESTIMATORS[..5]
    }

    /// The estimator of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ESTIMATORS.iter().find(|estimator| estimator.name == name)
    }

    /// The gradient coefficient c where the log-ratio is D, without a baseline.
    pub fn coefficient_at(&self, d: f64) -> f64 {
        let value =
            |term: &Term| term.weight * d.powi(term.power_of_d as i32) * (-d * f64::from(term.power_of_r)).exp();
        self.coefficient.iter().map(value).sum()
    }

    /// What is differentiated at each sample x of pi_theta, without a baseline; same shape as x.
    pub fn loss(&self, x: &Tensor, pi_theta: &TorchNormal, pi_ref: &TorchNormal) -> Tensor {
        let value = (self.value)(x, pi_theta, pi_ref);
        match self.placement {
            Placement::Loss => value,
            Placement::Reward => value.detach() * pi_theta.log_prob(x),
        }
    }
}

fn k1_loss(x: &Tensor, pi_theta: &TorchNormal, pi_ref: &TorchNormal) -> Tensor {
    pi_theta.log_prob(x) - pi_ref.log_prob(x)
}

fn k2_loss(x: &Tensor, pi_theta: &TorchNormal, pi_ref: &TorchNormal) -> Tensor {
    0.5 * (pi_theta.log_prob(x) - pi_ref.log_prob(x)).pow_tensor_scalar(2)
}

fn k3_loss(x: &Tensor, pi_theta: &TorchNormal, pi_ref: &TorchNormal) -> Tensor {
    let ratio = (pi_ref.log_prob(x) - pi_theta.log_prob(x)).exp();
    &ratio - 1.0 - ratio.log()
}

fn reverse_k1_loss(x: &Tensor, pi_theta: &TorchNormal, pi_ref: &TorchNormal) -> Tensor {
    let ratio = (pi_ref.log_prob(x) - pi_theta.log_prob(x)).exp();
    ratio * (pi_ref.log_prob(x) - pi_theta.log_prob(x))
}

fn reverse_k2_loss(x: &Tensor, pi_theta: &TorchNormal, pi_ref: &TorchNormal) -> Tensor {
    (pi_ref.log_prob(x) - pi_theta.log_prob(x)).exp()
}
