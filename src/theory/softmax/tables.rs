//! What a problem of softmax policies says of every token in every row.

use super::visits::probabilities;
use crate::policy::{Problem, Softmax};

/// Numbers for each *entry*, a token in a row: entry = row * V + token.
#[derive(Clone, Debug)]
pub struct Tables {
    pub(crate) vocabulary: usize,
    /// `logp`, `D` and `log(rho)` of each entry.
    pub(crate) log_prob: Vec<f64>,
    pub(crate) log_ratio: Vec<f64>,
    pub(crate) log_rho: Vec<f64>,
    /// The probability of each entry in its row, under the policy and under the one that draws.
    pub(crate) policy: Vec<f64>,
    pub(crate) behaviour: Vec<f64>,
    /// Of each row, the sum of the squares of the policy's probabilities.
    pub(crate) squares: Vec<f64>,
}

impl Tables {
    /// Of a problem.
    pub fn of(problem: &Problem<Softmax>) -> Self {
        let Problem { policy, reference, behaviour } = problem;
        let is_on_policy = problem.is_on_policy();
        let probability = probabilities(policy);
        let squares = |row: &[f64]| row.iter().map(|p| p * p).sum();
        Self {
            vocabulary: policy.vocabulary(),
            log_prob: policy.log_probs(),
            log_ratio: policy.log_ratios(reference),
            log_rho: if is_on_policy { vec![0.0; probability.len()] } else { policy.log_ratios(behaviour) },
            behaviour: if is_on_policy { probability.clone() } else { probabilities(behaviour) },
            squares: probability.chunks(policy.vocabulary()).map(squares).collect(),
            policy: probability,
        }
    }

    /// How many entries there are: logits, with respect to which gradients are taken.
    pub(crate) fn entries(&self) -> usize {
        self.policy.len()
    }

    /// The gradient of a sum over entries of coefficients times log pi.
    ///
    /// # Formula
    /// With h the coefficients, the derivative with respect to the logit of an entry is h less pi times the sum of its row.
    pub(crate) fn pull_back(&self, mut coefficients: Vec<f64>) -> Vec<f64> {
        let rows = coefficients.chunks_mut(self.vocabulary).zip(self.policy.chunks(self.vocabulary));
        for (row, policy) in rows {
            let sum = pairwise_sum(row);
            row.iter_mut().zip(policy).for_each(|(h, p)| *h -= p * sum);
        }
        coefficients
    }
}

/// A sum of blocks of sums, whose rounding grows with the square root of the number of terms.
pub(super) fn pairwise_sum(terms: &[f64]) -> f64 {
    const BLOCK: usize = 128;
    if terms.len() <= BLOCK {
        return terms.iter().sum();
    }
    let (left, right) = terms.split_at(terms.len() / 2);
    pairwise_sum(left) + pairwise_sum(right)
}

/// The inner product.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The distance between two vectors.
pub(crate) fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}
