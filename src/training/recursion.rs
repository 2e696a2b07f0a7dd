//! Means over the sequences of a policy, exactly: by recursion over positions, so that none is enumerated.

use crate::policy::Softmax;
use crate::theory::softmax::{dot, positions, probabilities};

/// A policy, and how often it comes to each row.
pub(super) struct Walk<'a> {
    policy: &'a Softmax,
    /// pi of each token in each row.
    pub(super) probabilities: Vec<f64>,
    /// m_t(s), the probability that token t is drawn from a row.
    positions: Vec<Vec<f64>>,
    /// n(s) = sum_t m_t(s).
    pub(super) visits: Vec<f64>,
}

impl<'a> Walk<'a> {
    pub(super) fn of(policy: &'a Softmax) -> Self {
        let probabilities = probabilities(policy);
        let positions: Vec<Vec<f64>> = positions(policy, &probabilities).collect();
        let visits = (0..policy.rows()).map(|row| positions.iter().map(|at| at[row]).sum()).collect();
        Self { policy, probabilities, positions, visits }
    }

    pub(super) fn mean_length(&self) -> f64 {
        self.visits.iter().sum()
    }

    /// E\[sum_t x(s_t, k_t)\] = sum_s n(s) sum_k pi(k|s) x(s, k).
    pub(super) fn mean(&self, x: &[f64]) -> f64 {
        let vocabulary = self.policy.vocabulary();
        let rows = self.probabilities.chunks(vocabulary).zip(x.chunks(vocabulary));
        self.visits.iter().zip(rows).map(|(visits, (p, x))| visits * dot(p, x)).sum()
    }

    /// The policy gradient E\[(X - b) w(length) sum_t s_t\], with X = sum_t x(s_t, k_t) and s_t the score of a token: for w = 1
    /// and every b it is the gradient of E\[X\], x held constant.
    ///
    /// # Formula
    /// The gradient at entry (s, k) is pi(k|s) (H(s, k) - sum_j pi(j|s) H(s, j)), with H the [`Self::credit`].
    pub(super) fn gradient(&self, x: &[f64], baseline: f64, weight: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut gradient = self.advantages(self.credit(x, baseline, weight));
        gradient.iter_mut().zip(&self.probabilities).for_each(|(h, p)| *h *= p);
        gradient
    }

    /// Numbers of entries, less their means in each row.
    pub(super) fn advantages(&self, mut credit: Vec<f64>) -> Vec<f64> {
        let vocabulary = self.policy.vocabulary();
        for (row, p) in credit.chunks_mut(vocabulary).zip(self.probabilities.chunks(vocabulary)) {
            let mean = dot(row, p);
            row.iter_mut().for_each(|h| *h -= mean);
        }
        credit
    }

    /// What the draw of token k from row s is followed by, summed over positions.
    ///
    /// # Formula
    /// Let m_t(s) be the probability of row s at position t and M_t(s) the mean there of what was added before, less b. Let
    /// W_t(s) and Q_t(s) be the means, from position t on, of the weight and of the weight times what is still added. After
    /// token k at position t they are w(t + 1) and 0 where the sequence ends, else W_(t+1)(k + 1) and Q_(t+1)(k + 1); with
    /// these W' and Q',
    ///
    /// H(s, k) = sum_t m_t(s) (x(s, k) W' + Q') + M_t(s) W',
    ///
    /// W_t(s) = sum_k pi(k|s) W', and Q_t(s) = sum_k pi(k|s) (x(s, k) W' + Q').
    pub(super) fn credit(&self, x: &[f64], baseline: f64, weight: impl Fn(usize) -> f64) -> Vec<f64> {
        let vocabulary = self.policy.vocabulary();
        let past = self.past(x, baseline);
        let mut credit = vec![0.0; x.len()];
        let mut later = vec![(0.0, 0.0); self.policy.rows()];
        for (t, (at, past)) in self.positions.iter().zip(&past).enumerate().rev() {
            let is_last = t + 1 == self.positions.len();
            let mut now = vec![(0.0, 0.0); later.len()];
            for (entry, p) in self.probabilities.iter().enumerate() {
                let (row, token) = (entry / vocabulary, entry % vocabulary);
                let next = self.policy.next(row, token).filter(|_| !is_last);
                let (w, q) = next.map_or_else(|| (weight(t + 1), 0.0), |next| later[next]);
                let sum = x[entry] * w + q;
                credit[entry] += at[row] * sum + past[row] * w;
                now[row].0 += p * w;
                now[row].1 += p * sum;
            }
            later = now;
        }
        credit
    }

    /// M_t(s): M_0 is -b at the start, and M_(t+1)(k + 1) = sum_s pi(k|s) (M_t(s) + m_t(s) x(s, k)).
    fn past(&self, x: &[f64], baseline: f64) -> Vec<Vec<f64>> {
        let vocabulary = self.policy.vocabulary();
        let mut start = vec![0.0; self.policy.rows()];
        start[0] = -baseline;
        let mut past = vec![start];
        for at in &self.positions[1..] {
            let before = (&self.positions[past.len() - 1], &past[past.len() - 1]);
            let mut now = vec![0.0; at.len()];
            for row in (0..at.len()).filter(|&row| before.0[row] > 0.0) {
                let entries = row * vocabulary..(row + 1) * vocabulary;
                for ((now, p), x) in now[1..].iter_mut().zip(&self.probabilities[entries.clone()]).zip(&x[entries]) {
                    *now += p * (before.1[row] + before.0[row] * x);
                }
            }
            past.push(now);
        }
        past
    }
}
