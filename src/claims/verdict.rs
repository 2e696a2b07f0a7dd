//! Whether an equation holds, as far as its sides are known.

use super::equations::{Kind, Relation};
use crate::estimator::Parameter;
use crate::policy::Problem;
use crate::theory::{Known, Moment};

/// Sides that agree say that an equation holds where what they are known to within is no larger a part of them than this.
pub const TOLERANCE: f64 = 1e-4;

/// Whether the relation holds between the sides; none where rounding drowns what would tell. `least` is how small a side may
/// be that is not 0.
///
/// What is infinite equals nothing, and cannot be said to be unequal; what is beyond floats cannot be compared.
pub(super) fn verdict(relation: Relation, left: Known, right: Known, least: f64) -> Option<bool> {
    let (a, b) = match (left.value, right.value) {
        (Moment::Finite(a), Moment::Finite(b)) => (a, b),
        (Moment::Infinite, Moment::Infinite | Moment::Finite(_)) | (Moment::Finite(_), Moment::Infinite) => {
            return Some(false);
        }
        _ => return None,
    };
    let within = left.within + right.within;
    if (a - b).abs() > within {
        return Some(relation == Relation::Unequal);
    }
    let both_may_be_0 = a.abs() <= left.within && b.abs() <= right.within;
    let size = if both_may_be_0 { least } else { a.abs().max(b.abs()) };
    match relation {
        Relation::Equal => (within <= TOLERANCE * size).then_some(true),
        // However near to each other they are, they need not be equal.
        Relation::Unequal => None,
    }
}

/// How small a side may be that is not 0, in order of magnitude. The gradient with respect to mu is odd in the gap of the
/// means, and everything else vanishes with that gap's square and the difference of the widths; where these are 0, so is the
/// side, which may then be compared with 1.
pub(super) fn least(kind: Kind, parameter: Parameter, problem: &Problem) -> f64 {
    let [sigma, tau] = [problem.policy.sigma(), problem.reference.sigma()];
    let gap = (problem.policy.mu() - problem.reference.mu()).abs() / sigma;
    let size = match (kind, parameter) {
        (Kind::Gradient, Parameter::Mu) => gap,
        _ => gap * gap + (sigma - tau).abs() / sigma,
    };
    if size > 0.0 { size.min(1.0) } else { 1.0 }
}
