//! The estimators: what is averaged over a draw from pi_theta, and then differentiated.
//!
//! With D = log pi_theta(x) - log pi_ref(x) and the ratio r = pi_ref(x) / pi_theta(x) = exp(-D):
//!
//! | name         | value             | its own expectation     | the gradient it is meant to follow |
//! |--------------|-------------------|-------------------------|------------------------------------|
//! | `k1`         | D                 | KL(pi_theta\|\|pi_ref)  | that of KL(pi_theta\|\|pi_ref)     |
//! | `k2`         | D^2 / 2           | neither                 | that of KL(pi_theta\|\|pi_ref)     |
//! | `k3`         | r - 1 - log r     | KL(pi_theta\|\|pi_ref)  | that of KL(pi_theta\|\|pi_ref)     |
//! | `reverse_k1` | r log r           | KL(pi_ref\|\|pi_theta)  | that of KL(pi_ref\|\|pi_theta)     |
//! | `reverse_k2` | r                 | 1                       | that of KL(pi_ref\|\|pi_theta)     |
//!
//! Source: Yang (2025), its section on theory; k1, k2 and k3 are Schulman's (2020).

use crate::policy::Normal;
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
}

impl fmt::Display for Parameter {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::Mu => "mu",
            Self::Sigma => "sigma",
        })
    }
}

/// An estimator of a KL divergence, used as a loss.
#[derive(Debug)]
pub struct Estimator {
    /// Its name in the article's program.
    pub name: &'static str,
    /// The divergence whose gradient it is meant to follow.
    pub divergence: Divergence,
    /// Its value at each sample x of pi_theta, as `loss(x, pi_theta, pi_ref)`; same shape as x.
    pub loss: fn(&Tensor, &Normal, &Normal) -> Tensor,
}

/// Every estimator, in the article's order.
pub static ESTIMATORS: [Estimator; 5] = [
    Estimator { name: "k1", divergence: Divergence::Forward, loss: k1_loss },
    Estimator { name: "k2", divergence: Divergence::Forward, loss: k2_loss },
    Estimator { name: "k3", divergence: Divergence::Forward, loss: k3_loss },
    Estimator { name: "reverse_k1", divergence: Divergence::Reverse, loss: reverse_k1_loss },
    Estimator { name: "reverse_k2", divergence: Divergence::Reverse, loss: reverse_k2_loss },
];

impl Estimator {
    /// The estimator of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ESTIMATORS.iter().find(|estimator| estimator.name == name)
    }
}

fn k1_loss(x: &Tensor, pi_theta: &Normal, pi_ref: &Normal) -> Tensor {
    pi_theta.log_prob(x) - pi_ref.log_prob(x)
}

fn k2_loss(x: &Tensor, pi_theta: &Normal, pi_ref: &Normal) -> Tensor {
    0.5 * (pi_theta.log_prob(x) - pi_ref.log_prob(x)).pow_tensor_scalar(2)
}

fn k3_loss(x: &Tensor, pi_theta: &Normal, pi_ref: &Normal) -> Tensor {
    let ratio = (pi_ref.log_prob(x) - pi_theta.log_prob(x)).exp();
    &ratio - 1.0 - ratio.log()
}

fn reverse_k1_loss(x: &Tensor, pi_theta: &Normal, pi_ref: &Normal) -> Tensor {
    let ratio = (pi_ref.log_prob(x) - pi_theta.log_prob(x)).exp();
    ratio * (pi_ref.log_prob(x) - pi_theta.log_prob(x))
}

fn reverse_k2_loss(x: &Tensor, pi_theta: &Normal, pi_ref: &Normal) -> Tensor {
    (pi_ref.log_prob(x) - pi_theta.log_prob(x)).exp()
}
