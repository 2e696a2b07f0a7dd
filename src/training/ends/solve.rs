//! The policy of one lambda.

use super::answers::{Answers, normalised};
use super::inverse::Inverse;
use crate::explain::Penalty;
use std::iter::zip;

/// A policy at which each answer's coefficient is what its reward asks for.
#[derive(Clone)]
pub(super) struct Solved {
    /// D of each answer.
    pub(super) log_ratios: Vec<f64>,
    /// (R - lambda) / beta of each answer, what c has to be.
    pub(super) asked: Vec<f64>,
    /// The answers at which c is no matter of lambda, as it is constant there, or has a jump between rising stretches.
    pub(super) free: Vec<usize>,
}

/// From (R - lambda) / beta of the best answer, m, and from the log-ratios next to it on either side.
///
/// # Formula
/// The sum of the probabilities rises with m. Between two neighbouring floats m it passes 1. What the log-ratios do between
/// these is rounding, or answers move at one m where c is constant: there they share one level, cut off by their bounds.
pub(super) fn solve(answers: &Answers, penalty: &Penalty, beta: f64) -> Solved {
    let Answers { log_ref, .. } = answers;
    let gaps = answers.gaps(penalty, beta);
    let inverse = Inverse::new(penalty, log_ref);
    let at = |m: f64| inverse.solve(&gaps.iter().map(|gap| m - gap).collect::<Vec<f64>>());
    let best = gaps.iter().position(|gap| *gap == 0.0).expect("the gap of the best answer is 0");
    let [low, high] = inverse.bounds(best);
    let m = neighbours([low.next_down(), high], |m| sum(log_ref, &at(m)) < 1.0);
    let [lower, upper] = m.map(at);
    let level = |level: f64| -> Vec<f64> {
        zip(&lower, &upper).map(|(lower, upper)| level.max(*lower).min(lower.max(*upper))).collect()
    };
    let highest = upper.iter().copied().fold(0.0, f64::max);
    let [reached, _] = neighbours([-1500.0, highest], |to| sum(log_ref, &level(to)) < 1.0);
    let log_ratios = level(reached);
    let is_free = |answer: &usize| is_between(lower[*answer], log_ratios[*answer], upper[*answer]);
    let free = (0..log_ref.len()).filter(is_free).collect();
    let asked = gaps.iter().map(|gap| m[1] - gap).collect();
    Solved { log_ratios: normalised(log_ref, log_ratios), asked, free }
}

/// Whether it is away from both of two numbers, by more than rounding; either may be infinite.
fn is_between(lower: f64, d: f64, upper: f64) -> bool {
    let part = |a: f64, b: f64| b - a > 1e-6 * (1.0 + d.abs());
    part(lower, d) && part(d, upper)
}

fn sum(log_ref: &[f64], log_ratios: &[f64]) -> f64 {
    zip(log_ref, log_ratios).map(|(log_ref, d)| (log_ref + d).exp()).sum()
}

/// Next to 0 floats are closer than any log-ratio is known.
const LEAST: f64 = 1e-22;

/// The neighbouring floats of which the first is low and the second is not.
fn neighbours([mut low, mut high]: [f64; 2], is_low: impl Fn(f64) -> bool) -> [f64; 2] {
    loop {
        let middle = low / 2.0 + high / 2.0;
        if middle <= low || middle >= high || high - low < LEAST {
            return [low, high];
        }
        *(if is_low(middle) { &mut low } else { &mut high }) = middle;
    }
}
