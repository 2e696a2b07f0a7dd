//! Which gradient an estimator follows, found by comparing numbers.

use super::{Moment, Term, gradient_moments, kl_gradient};
use crate::estimator::{Divergence, Parameter};
use crate::experiment::Settings;
use serde::{Serialize, Serializer};
use std::fmt;

/// The gradient that an expected gradient is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follows {
    /// None: it is 0.
    Zero,
    /// That of KL(pi_theta||pi_ref).
    Forward,
    /// That of KL(pi_ref||pi_theta).
    Reverse,
    /// That of KL(pi_theta||pi_ref) - KL(pi_ref||pi_theta).
    Difference,
    /// None of these.
    Other,
}

impl fmt::Display for Follows {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::Zero => "zero",
            Self::Forward => "forward",
            Self::Reverse => "reverse",
            Self::Difference => "forward-reverse",
            Self::Other => "other",
        })
    }
}

impl Serialize for Follows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Two further settings, drawn at random once: what holds by chance at the settings at hand (a gradient that is 0
/// because the means agree) does not hold there.
const ELSEWHERE: [[f64; 4]; 2] = [[0.3745, 1.4754, -0.8681, 1.1976], [-0.6879, 0.7801, 0.1163, 0.8662]];

/// Which gradient E\[c s\] is, at these settings and at two others. A baseline, lambda E\[s\] = 0, does not change it.
pub fn follows(coefficient: &[Term], parameter: Parameter, settings: &Settings) -> Follows {
    follows_mean(parameter, settings, |settings| gradient_moments(coefficient, parameter, settings).mean)
}

/// Which gradient it is whose mean is given at any settings.
pub(super) fn follows_mean(parameter: Parameter, settings: &Settings, mean: impl Fn(&Settings) -> Moment) -> Follows {
    let elsewhere = ELSEWHERE.map(|[mu_theta, sigma_theta, mu_ref, sigma_ref]| Settings {
        mu_theta,
        sigma_theta,
        mu_ref,
        sigma_ref,
        ..settings.clone()
    });
    let everywhere = [settings].into_iter().chain(&elsewhere);
    let is = |candidate: &Follows| {
        everywhere.clone().all(|settings| {
            matches!(mean(settings), Moment::Finite(mean) if equal(mean, candidate.gradient(parameter, settings), settings))
        })
    };
    [Follows::Zero, Follows::Forward, Follows::Reverse, Follows::Difference]
        .into_iter()
        .find(is)
        .unwrap_or(Follows::Other)
}

impl Follows {
    /// The gradient of that name; not a number for `Other`, which equals nothing.
    fn gradient(self, parameter: Parameter, settings: &Settings) -> f64 {
        let of = |divergence| kl_gradient(divergence, parameter, settings);
        match self {
            Self::Zero => 0.0,
            Self::Forward => of(Divergence::Forward),
            Self::Reverse => of(Divergence::Reverse),
            Self::Difference => of(Divergence::Forward) - of(Divergence::Reverse),
            Self::Other => f64::NAN,
        }
    }
}

/// Equal to rounding: to 1e-9 of the larger, as far as moments are exact where the means are hundreds of standard
/// deviations apart, or to some tens of thousands of roundings of 1/sigma, the order of gradients.
fn equal(a: f64, b: f64, settings: &Settings) -> bool {
    let unit = 1.0 / settings.sigma_theta;
    (a - b).abs() <= (1e-9 * a.abs().max(b.abs())).max(1e-12 * unit)
}
