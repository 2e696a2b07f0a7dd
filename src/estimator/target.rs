//! What a gradient is of, and with respect to what it is taken.

use serde::{Deserialize, Serialize};
use std::fmt;

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
