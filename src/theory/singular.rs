//! Where a coefficient is infinite at a sample.

use super::panels::kinks;
use crate::estimator::expr::{Expr, Shape, Steps, Tape};
use crate::policy::Logs;

/// The order q of the worst singularity of a coefficient, next to which it is like |z - z0|^-q; 0 where it has none.
///
/// Its power p has an integral only where p q < 1. A singularity is at one of the places that the shape names, a divisor's
/// zero for example; its order there is measured, as another part of the expression may mask it or vanish too.
pub(super) fn worst_order(loss: &Expr, shape: &Shape, edges: &[f64], logs: &Logs) -> f64 {
    if !shape.may_be_singular {
        return 0.0;
    }
    let mut tape = Tape::new(std::slice::from_ref(loss));
    let places = kinks(std::slice::from_ref(shape), edges, logs);
    places.into_iter().map(|place| order(&mut tape, place, logs)).fold(0.0, f64::max)
}

fn order(tape: &mut Tape, place: f64, logs: &Logs) -> f64 {
    const FAR: f64 = 1e-5;
    const NEAR: f64 = 1e-7;
    let mut beside = |distance: f64| {
        let [a, b] = [place - distance, place + distance].map(|z| logs.at(z));
        let [log_prob, log_ratio, log_rho] = [0, 1, 2].map(|log| [a[log], b[log]]);
        let mut block = tape.evaluate(Steps::samples(&log_prob, &log_ratio, &log_rho));
        let finite = block.coefficients(0).iter().filter(|coefficient| coefficient.is_finite());
        finite.fold(0.0, |largest: f64, coefficient| largest.max(coefficient.abs()))
    };
    let growth = beside(NEAR) / beside(FAR);
    if growth.is_finite() && growth > 0.0 { growth.ln() / (FAR / NEAR).ln() } else { 0.0 }
}
