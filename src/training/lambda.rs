//! Numbers that are subtracted from the gradient coefficients of a penalty, weighted means over a draw: see [`Baseline`].
//!
//! Each token of the draw is a sample, and its score has components in its own row alone.
//!
//! [`Baseline`]: crate::estimator::Baseline

use crate::estimator::{Draw, Weight, WeightedMean};
use crate::theory::softmax::Tables;

/// A lambda for each entry, from draw to draw.
#[derive(Clone, Debug)]
pub(super) struct Lambda {
    mean: WeightedMean,
    /// Of the draw before, and of this one.
    previous: Vec<f64>,
    own: Vec<f64>,
}

impl Lambda {
    pub(super) fn new(mean: WeightedMean, entries: usize) -> Self {
        Self { mean, previous: vec![0.0; entries], own: vec![0.0; entries] }
    }

    /// That the tokens which come now are of a new draw.
    pub(super) fn next_draw(&mut self) {
        std::mem::swap(&mut self.previous, &mut self.own);
    }

    /// lambda times the sum of the scores of the tokens, componentwise; `counts` has of each entry the weights of its tokens.
    pub(super) fn times_scores(&mut self, counts: &[f64], tables: &Tables) -> Vec<f64> {
        self.own = of_draw(self.mean, counts, tables);
        let lambda = if self.mean.draw == Draw::Previous { &self.previous } else { &self.own };
        let scores = tables.pull_back(counts.to_vec());
        lambda.iter().zip(scores).map(|(lambda, score)| lambda * score).collect()
    }
}

/// sum w D^p / sum w of each entry; 0 where nothing weighs.
///
/// # Formula
/// The component of entry (s, k) of the score of token j from row s is 1 less pi(k|s) where j is k, else -pi(k|s); the square of
/// its norm is 1 - 2 pi(j|s) + sum_i pi(i|s)^2.
fn of_draw(mean: WeightedMean, counts: &[f64], tables: &Tables) -> Vec<f64> {
    let power = |entry: usize| tables.log_ratio[entry].powi(mean.power_of_d as i32);
    let shared = |weight: &dyn Fn(usize) -> f64| {
        let [mut sum, mut total] = [0.0; 2];
        for (entry, count) in counts.iter().enumerate().filter(|(_, count)| **count != 0.0) {
            sum += count * weight(entry) * power(entry);
            total += count * weight(entry);
        }
        vec![ratio(sum, total); counts.len()]
    };
    match mean.weight {
        Weight::One => shared(&|_| 1.0),
        Weight::Norm => shared(&|entry| 1.0 - 2.0 * tables.policy[entry] + tables.squares[entry / tables.vocabulary]),
        Weight::Component => {
            let mut lambda = Vec::with_capacity(counts.len());
            for (row, counts) in counts.chunks(tables.vocabulary).enumerate() {
                let first = row * tables.vocabulary;
                let values: Vec<f64> = counts.iter().enumerate().map(|(k, count)| count * power(first + k)).collect();
                let (all, of_row): (f64, f64) = (counts.iter().sum(), values.iter().sum());
                for (k, (count, value)) in counts.iter().zip(&values).enumerate() {
                    let p = tables.policy[first + k];
                    let [hit, miss] = [(1.0 - p).powi(2), p * p];
                    let sum = hit * value + miss * (of_row - value);
                    lambda.push(ratio(sum, hit * count + miss * (all - count)));
                }
            }
            lambda
        }
    }
}

fn ratio(sum: f64, total: f64) -> f64 {
    if total == 0.0 { 0.0 } else { sum / total }
}
