//! Where a coefficient is infinite at a sample.

use super::panels::kinks;
use crate::estimator::expr::{Expr, Shape, Steps, Tape};
use crate::policy::Logs;

/// Between what orders the worst singularity of a coefficient is: one of order q is like |z - z0|^-q, and its power p has an
/// integral only where p q < 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Singularity {
    pub(super) least: f64,
    pub(super) most: f64,
}

/// That of a loss.
///
/// It is at one of the places that the shape names, a divisor's zero for example. Its order there is measured, as another part
/// of the expression may mask it or vanish too: farther from it and nearer to it. What is a singularity seen from afar may be
/// none, as of `1 / ((D - 1)^2 + 1e-12)`; then only that is known on which the two agree.
pub(super) fn worst(loss: &Expr, shape: &Shape, edges: &[f64], logs: &Logs) -> Singularity {
    let none = Singularity { least: 0.0, most: 0.0 };
    if !shape.may_be_singular {
        return none;
    }
    let mut tape = Tape::new(std::slice::from_ref(loss));
    let places = kinks(std::slice::from_ref(shape), edges, logs);
    places
        .into_iter()
        .map(|place| measured(&mut tape, place, logs))
        .fold(none, |a, b| Singularity { least: a.least.max(b.least), most: a.most.max(b.most) })
}

fn measured(tape: &mut Tape, place: f64, logs: &Logs) -> Singularity {
    // An order is measured to some thousandths; a logarithm beside a power is seen as a part of it, of a twentieth so near.
    const ROUNDING: f64 = 0.01;
    const LOGARITHM: f64 = 0.06;
    let afar = order(tape, place, [1e-5, 1e-7], logs);
    let near = order(tape, place, [1e-8, 1e-10], logs);
    Singularity { least: afar.min(near) + ROUNDING, most: afar.max(near) + LOGARITHM }
}

fn order(tape: &mut Tape, place: f64, [far, near]: [f64; 2], logs: &Logs) -> f64 {
    let mut beside = |distance: f64| {
        let [a, b] = [place - distance, place + distance].map(|z| logs.at(z));
        let [log_prob, log_ratio, log_rho] = [0, 1, 2].map(|log| [a[log], b[log]]);
        let mut block = tape.evaluate(Steps::samples(&log_prob, &log_ratio, &log_rho));
        let finite = block.coefficients(0).iter().filter(|coefficient| coefficient.is_finite());
        finite.fold(0.0, |largest: f64, coefficient| largest.max(coefficient.abs()))
    };
    let growth = beside(near) / beside(far);
    if growth.is_finite() && growth > 0.0 { growth.ln() / (far / near).ln() } else { 0.0 }
}
