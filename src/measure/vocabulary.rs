//! Sums over the whole vocabulary.

use super::logs::WholeLogs;
use crate::estimator::expr::{Expr, Steps, Tape};

/// What losses sum over the vocabulary, `full(x)`.
#[derive(Clone, Debug)]
pub(super) struct VocabularySums {
    tape: Tape,
    count: usize,
}

impl VocabularySums {
    /// Of these x, as [`Tape::fulls`] gives them.
    pub(super) fn of(summed: &[Expr]) -> Self {
        Self { tape: Tape::new(summed), count: summed.len() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// For each sum its value at each token, and its derivatives with respect to log pi_theta of every token of the vocabulary in
    /// that place, place by place.
    ///
    /// # Formula
    /// F = sum_k pi(k) x(k), and dF/d log pi(k) = pi(k) (x + dx/d log pi)(k). As if each log pi stood alone: that they add up to 1
    /// is for the softmax to know.
    pub(super) fn evaluate(&mut self, logs: &WholeLogs) -> Vec<(Vec<f64>, Vec<f64>)> {
        let mut sums = vec![(Vec::new(), Vec::new()); self.count];
        // Only where pi_theta draws may x have to do with the policy that draws.
        let log_rho = vec![0.0; logs.vocabulary];
        let places = logs.log_prob.chunks(logs.vocabulary).zip(logs.log_ratio.chunks(logs.vocabulary));
        for (log_prob, log_ratio) in places {
            let mut evaluated = self.tape.evaluate(Steps::samples(log_prob, log_ratio, &log_rho));
            for (sum, (values, slopes)) in sums.iter_mut().enumerate() {
                let x = evaluated.values(sum).to_vec();
                let slope = evaluated.coefficients(sum);
                let weighted =
                    |x: f64, log_prob: f64| if log_prob == f64::NEG_INFINITY { 0.0 } else { log_prob.exp() * x };
                values.push(x.iter().zip(log_prob).map(|(x, log_prob)| weighted(*x, *log_prob)).sum());
                let terms = x.iter().zip(slope).zip(log_prob);
                slopes.extend(terms.map(|((x, slope), log_prob)| weighted(x + slope, *log_prob)));
            }
        }
        sums
    }
}
