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
//! Source: Yang (2025), its section on theory; k1, k2 and k3 are Schulman's (2020).

use crate::policy::Normal;
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
    /// Its gradient coefficient c, a sum of terms.
    pub coefficient: &'static [Term],
    value: fn(&Tensor, &Normal, &Normal) -> Tensor,
}

/// Every estimator; the article's five come first, in its order.
pub static ESTIMATORS: [Estimator; 10] = [
    Estimator {
        name: "k1",
        divergence: Divergence::Forward,
        placement: Placement::Loss,
        value: k1_loss,
        coefficient: &[term(1.0, 0, 0)],
    },
    Estimator {
        name: "k2",
        divergence: Divergence::Forward,
        placement: Placement::Loss,
        value: k2_loss,
        coefficient: &[term(1.0, 1, 0)],
    },
    Estimator {
        name: "k3",
        divergence: Divergence::Forward,
        placement: Placement::Loss,
        value: k3_loss,
        coefficient: &[term(1.0, 0, 0), term(-1.0, 0, 1)],
    },
    Estimator {
        name: "reverse_k1",
        divergence: Divergence::Reverse,
        placement: Placement::Loss,
        value: reverse_k1_loss,
        coefficient: &[term(-1.0, 0, 1), term(1.0, 1, 1)],
    },
    Estimator {
        name: "reverse_k2",
        divergence: Divergence::Reverse,
        placement: Placement::Loss,
        value: reverse_k2_loss,
        coefficient: &[term(-1.0, 0, 1)],
    },
    Estimator {
        name: "k1_in_reward",
        divergence: Divergence::Forward,
        placement: Placement::Reward,
        value: k1_loss,
        coefficient: &[term(1.0, 1, 0)],
    },
    Estimator {
        name: "k2_in_reward",
        divergence: Divergence::Forward,
        placement: Placement::Reward,
        value: k2_loss,
        coefficient: &[term(0.5, 2, 0)],
    },
    Estimator {
        name: "k3_in_reward",
        divergence: Divergence::Forward,
        placement: Placement::Reward,
        value: k3_loss,
        coefficient: &[term(1.0, 0, 1), term(-1.0, 0, 0), term(1.0, 1, 0)],
    },
    Estimator {
        name: "reverse_k1_in_reward",
        divergence: Divergence::Reverse,
        placement: Placement::Reward,
        value: reverse_k1_loss,
        coefficient: &[term(-1.0, 1, 1)],
    },
    Estimator {
        name: "reverse_k2_in_reward",
        divergence: Divergence::Reverse,
        placement: Placement::Reward,
        value: reverse_k2_loss,
        coefficient: &[term(1.0, 0, 1)],
    },
];

const fn term(weight: f64, power_of_d: u32, power_of_r: u32) -> Term {
    Term { weight, power_of_d, power_of_r }
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

    /// The gradient coefficient c where the log-ratio is D.
    pub fn coefficient_at(&self, d: f64) -> f64 {
        let value =
            |term: &Term| term.weight * d.powi(term.power_of_d as i32) * (-d * f64::from(term.power_of_r)).exp();
        self.coefficient.iter().map(value).sum()
    }

    /// What is differentiated at each sample x of pi_theta; same shape as x.
    pub fn loss(&self, x: &Tensor, pi_theta: &Normal, pi_ref: &Normal) -> Tensor {
        let value = (self.value)(x, pi_theta, pi_ref);
        match self.placement {
            Placement::Loss => value,
            Placement::Reward => value.detach() * pi_theta.log_prob(x),
        }
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
