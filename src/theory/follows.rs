//! Which gradient an estimator follows, found by comparing numbers where none is special.

use super::{Moments, kl_gradient, quadrature};
use crate::estimator::expr::Expr;
use crate::estimator::{Divergence, Parameter};
use crate::policy::{Normal, Problem};
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
            Self::Forward => "KL(theta||ref)",
            Self::Reverse => "KL(ref||theta)",
            Self::Difference => "KL(theta||ref) - KL(ref||theta)",
            Self::Other => "other",
        })
    }
}

impl Serialize for Follows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Two problems, drawn at random once: mean and standard deviation of the policy, of the reference and of another policy that
/// draws.
const PROBLEMS: [[[f64; 2]; 3]; 2] =
    [[[0.3745, 1.4754], [-0.8681, 1.1976], [0.1527, 1.5302]], [[-0.6879, 0.7801], [0.1163, 0.8662], [-0.4491, 0.8217]]];

/// What rounding moves a mean by, as a part of the standard deviation.
const ROUNDING: f64 = 1e-11;

/// Which gradient E\[c s\] of each loss is, with respect to each parameter: a property of the loss, and not of the settings at
/// hand, at which a gradient may be 0, or drowned by rounding, or equal to another one by chance. It is decided at two
/// problems of this module.
///
/// Samples of the policy itself and samples of another one make a difference: k2 follows KL(pi_theta||pi_ref) with the
/// former, and with the latter only where a weight, `sg(rho) * k2`, corrects for them. The value of `logp`, which depends on
/// the unit of x, counts as it is at these problems.
///
/// ```
/// use klgrad::estimator::Estimator;
/// use klgrad::theory::{Follows, follows};
///
/// let losses = ["k2", "sg_rho_k2"].map(|name| Estimator::named(name).unwrap().expression().clone());
/// assert_eq!(follows(&losses, true), [[Follows::Forward; 2]; 2]);
/// assert_eq!(follows(&losses, false), [[Follows::Other; 2], [Follows::Forward; 2]]);
/// ```
pub fn follows(losses: &[Expr], is_on_policy: bool) -> Vec<[Follows; 2]> {
    let problems = PROBLEMS.map(|[policy, reference, other]| {
        let normal = |[mu, sigma]: [f64; 2]| Normal::new(mu, sigma).expect("the standard deviations are positive");
        let behaviour = if is_on_policy { policy } else { other };
        Problem { policy: normal(policy), reference: normal(reference), behaviour: normal(behaviour) }
    });
    let moments = problems.each_ref().map(|problem| quadrature::moments(problem, losses));
    let candidates = [Follows::Zero, Follows::Forward, Follows::Reverse, Follows::Difference];
    let of = |loss: usize, parameter: Parameter| {
        let is = |candidate: &Follows| {
            let mut places = problems.iter().zip(&moments);
            places.all(|(problem, moments)| {
                equal(moments[loss][parameter as usize], candidate.gradient(parameter, problem))
            })
        };
        candidates.into_iter().find(is).unwrap_or(Follows::Other)
    };
    (0..losses.len()).map(|loss| Parameter::ALL.map(|parameter| of(loss, parameter))).collect()
}

/// Whether the mean is that, but for rounding.
fn equal(Moments { mean, variance }: Moments, gradient: f64) -> bool {
    let stdev = variance.finite().map_or(1.0, f64::sqrt);
    mean.finite().is_some_and(|mean| (mean - gradient).abs() <= ROUNDING * stdev)
}

impl Follows {
    /// The gradient of that name; not a number for `Other`, which equals nothing.
    fn gradient(self, parameter: Parameter, problem: &Problem) -> f64 {
        let of = |divergence| kl_gradient(divergence, parameter, problem);
        match self {
            Self::Zero => 0.0,
            Self::Forward => of(Divergence::Forward),
            Self::Reverse => of(Divergence::Reverse),
            Self::Difference => of(Divergence::Forward) - of(Divergence::Reverse),
            Self::Other => f64::NAN,
        }
    }
}
