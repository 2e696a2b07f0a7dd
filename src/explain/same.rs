//! Whether two losses have the same coefficient.

use super::subject::Subject;
use crate::estimator::expr::{Changing, Expr};

/// The coefficient of a loss at many places, with samples of pi_theta: what tells it from those of others.
#[derive(Clone, Debug)]
pub struct Fingerprint {
    subject: Subject,
    seen: Vec<Changing>,
}

impl Fingerprint {
    /// Of a loss at a single step.
    pub fn of(loss: &Expr) -> Self {
        let loss = &super::sampled(loss);
        let subject = Subject::of(loss);
        let loss = subject.loss(loss);
        let at = |(log_prob, d)| loss.changing_coefficient([log_prob, d, 0.0].map(|log| Changing::new(log, 0.0)));
        Self { subject, seen: places().map(at).collect() }
    }

    /// Whether the coefficients are equal but for rounding.
    pub fn is_that_of(&self, other: &Self) -> bool {
        let same = |(a, b): (&Changing, &Changing)| {
            // A dozen roundings.
            let rounding = 1e-14 * (a.size + b.size);
            (a.value - b.value).abs() <= rounding || !rounding.is_finite()
        };
        self.subject == other.subject && self.seen.iter().zip(&other.seen).all(same)
    }
}

/// Values of log pi_theta and D, at no place where a clamp is likely to end.
fn places() -> impl Iterator<Item = (f64, f64)> {
    let d = (-200..=200).map(|step| 0.3137 * f64::from(step) + 0.0123);
    d.flat_map(|d| [-1.0, -2.75].map(|log_prob| (log_prob, d)))
}
