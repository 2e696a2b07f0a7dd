//! What a loss over a sequence makes of the other tokens.

use crate::estimator::expr::{Expr, Steps, Tape, of_one_token};
use std::fmt;

/// What the coefficient of a token depends on, in a sequence of several, with samples of pi_theta.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// On tokens before it.
    pub earlier: bool,
    /// On tokens after it.
    pub later: bool,
    /// It is divided by the number of tokens.
    pub per_length: bool,
}

const D: [f64; 4] = [0.31, -0.22, 0.57, 0.13];
const LOG_PROB: [f64; 4] = [-0.7, -1.9, -1.1, -0.4];

impl Sequence {
    /// None where no part of the loss tells that there is a sequence.
    pub(super) fn of(loss: &Expr) -> Option<Self> {
        if !loss.sees_sequences() {
            return None;
        }
        let base = coefficients(loss, &LOG_PROB, &D);
        let depends = |on: usize, token: usize| {
            let moved = |mut logs: [f64; 4]| {
                logs[on] += 0.05;
                logs
            };
            differs(coefficients(loss, &moved(LOG_PROB), &moved(D))[token], base[token])
        };
        let any =
            |is: fn(usize, usize) -> bool| (0..4).any(|token| (0..4).any(|on| is(on, token) && depends(on, token)));
        // The same four tokens twice have the same means, and twice the length.
        let twice = coefficients(loss, &[LOG_PROB, LOG_PROB].concat(), &[D, D].concat());
        let halved =
            (0..4).all(|token| !differs(2.0 * twice[token], base[token]) && !differs(twice[token], twice[token + 4]));
        let per_length = halved && base.iter().any(|c| *c != 0.0);
        Some(Self { earlier: any(|on, token| on < token), later: any(|on, token| on > token), per_length })
    }
}

fn coefficients(loss: &Expr, log_prob: &[f64], d: &[f64]) -> Vec<f64> {
    let mut tape = Tape::new(std::slice::from_ref(loss));
    let zeros = vec![0.0; d.len()];
    let ends = [d.len()];
    let steps = Steps::samples(log_prob, d, &zeros).in_sequences(&ends);
    // Any numbers that differ from token to token tell on which tokens' sums a coefficient depends.
    let full = of_one_token(&tape.fulls(), steps);
    tape.evaluate(steps.with_full(&full)).coefficients(0).to_vec()
}

fn differs(a: f64, b: f64) -> bool {
    (a - b).abs() > 1e-12 * (a.abs() + b.abs())
}

impl fmt::Display for Sequence {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("the coefficient of a token depends on ")?;
        formatter.write_str(match (self.earlier, self.later) {
            (false, false) => "that token alone",
            (false, true) => "that and the later tokens",
            (true, false) => "that and the earlier tokens",
            (true, true) => "all tokens of the sequence",
        })?;
        formatter.write_str(if self.per_length { ", and is divided by the number of tokens" } else { "" })
    }
}
