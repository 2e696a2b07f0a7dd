//! Settings at which the sides of an inequality are exactly equal.

use crate::estimator::Parameter;
use crate::policy::Problem;
use serde::{Serialize, Serializer};
use std::fmt;

/// What two distributions have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coincidence {
    /// Their means.
    Means,
    /// Their standard deviations.
    StandardDeviations,
    /// Both.
    Distributions,
}

impl Coincidence {
    pub(super) fn is_there(self, Problem { policy, reference, .. }: &Problem) -> bool {
        let [means, stdevs] = [policy.mu() == reference.mu(), policy.sigma() == reference.sigma()];
        match self {
            Self::Means => means,
            Self::StandardDeviations => stdevs,
            Self::Distributions => means && stdevs,
        }
    }
}

impl fmt::Display for Coincidence {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::Means => "equal means",
            Self::StandardDeviations => "equal standard deviations",
            Self::Distributions => "equal distributions",
        })
    }
}

impl Serialize for Coincidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Where sides are equal, for each parameter, and nowhere else among numbers that floats hold.
pub(super) type EqualWhere = fn(Parameter) -> &'static [Coincidence];

/// Of an equation, which is to hold everywhere.
pub(super) fn nowhere(_: Parameter) -> &'static [Coincidence] {
    &[]
}

/// Of 0 and the gradient of KL(pi_theta||pi_ref).
///
/// # Formula
/// With g the gap of the means, that is g / tau^2, and (sigma^2 - tau^2) / (sigma tau^2).
pub(super) fn of_zero(parameter: Parameter) -> &'static [Coincidence] {
    match parameter {
        Parameter::Mu => &[Coincidence::Means],
        Parameter::Sigma => &[Coincidence::StandardDeviations],
    }
}

/// Of the gradients of the two divergences.
///
/// # Formula
/// They differ by g (1 / sigma^2 - 1 / tau^2), and by ((sigma^2 - tau^2)^2 + g^2 tau^2) / (sigma^3 tau^2).
pub(super) fn of_directions(parameter: Parameter) -> &'static [Coincidence] {
    match parameter {
        Parameter::Mu => &[Coincidence::Means, Coincidence::StandardDeviations],
        Parameter::Sigma => &[Coincidence::Distributions],
    }
}

/// Of sides that differ by E\[s D^2\] / 2 or by E_ref\[s D\].
///
/// # Formula
/// With L = log(tau / sigma) and numbers p and q that are rational in mu, m, sigma and tau, these are g (p L + q) with respect
/// to mu, and p L + q with respect to sigma. L is 0 or transcendental, as the logarithm of a rational number, so that p L + q
/// is 0 only where both terms are; which leaves equal means, and equal distributions.
pub(super) fn of_second_term(parameter: Parameter) -> &'static [Coincidence] {
    match parameter {
        Parameter::Mu => &[Coincidence::Means],
        Parameter::Sigma => &[Coincidence::Distributions],
    }
}
