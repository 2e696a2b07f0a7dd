//! A mean over tokens, and its standard error over sequences.

use super::exact::Exact;
use super::result::Estimate;
use serde::{Deserialize, Serialize};

/// How many sequences and tokens there are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) sequences: u64,
    pub(super) tokens: u64,
    /// The sum of the squares of the numbers of tokens.
    squares: u128,
}

impl Counts {
    pub(super) fn add(&mut self, tokens: usize) {
        self.sequences += 1;
        self.tokens += tokens as u64;
        self.squares += (tokens as u128).pow(2);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.sequences += other.sequences;
        self.tokens += other.tokens;
        self.squares += other.squares;
    }
}

/// Sums over sequences of what was summed over the tokens of each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Moments {
    sum: Exact,
    squares: Exact,
    by_length: Exact,
}

impl Moments {
    /// The sum over the tokens of a sequence.
    pub(super) fn add(&mut self, sum: f64, tokens: usize) {
        self.sum.add(sum);
        self.squares.add(sum * sum);
        self.by_length.add(sum * tokens as f64);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.sum.merge(&other.sum);
        self.squares.merge(&other.squares);
        self.by_length.merge(&other.by_length);
    }

    /// The sum over all tokens.
    pub(super) fn total(&self) -> f64 {
        self.sum.value()
    }

    /// The mean over tokens and over sequences.
    ///
    /// # Formula
    /// With the sum S_i and the number n_i of tokens of each of m sequences, the mean over tokens is the ratio R = sum S / sum n,
    /// and its standard error, to first order, sqrt(m / (m - 1) sum (S_i - R n_i)^2) / sum n.
    ///
    /// Source: Cochran (1977), *Sampling Techniques*, section 2.11.
    pub(super) fn estimate(&self, counts: &Counts) -> Estimate {
        let (m, n, total) = (counts.sequences as f64, counts.tokens as f64, self.total());
        let mean = total / n;
        let left = self.squares.value() - 2.0 * mean * self.by_length.value() + mean * mean * counts.squares as f64;
        let error = (m / (m - 1.0) * left.max(0.0)).sqrt() / n;
        Estimate {
            mean: finite(mean),
            standard_error: finite(error).filter(|_| counts.sequences > 1 && left.is_finite()),
            per_sequence: finite(total / m),
        }
    }
}

/// None where it is no number, or beyond them.
pub(super) fn finite(number: f64) -> Option<f64> {
    Some(number).filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_error_is_that_of_a_ratio() {
        let (mut counts, mut moments) = (Counts::default(), Moments::default());
        for (sum, tokens) in [(1.0, 2), (4.0, 3), (-1.0, 1), (2.5, 4)] {
            counts.add(tokens);
            moments.add(sum, tokens);
        }
        let estimate = moments.estimate(&counts);
        let mean = 0.65;
        assert!((estimate.mean.unwrap() - mean).abs() < 1e-15);
        assert!((estimate.per_sequence.unwrap() - 1.625).abs() < 1e-15);
        let left: f64 = [1.0 - 2.0 * mean, 4.0 - 3.0 * mean, -1.0 - mean, 2.5 - 4.0 * mean].iter().map(|x| x * x).sum();
        assert!((estimate.standard_error.unwrap() - (4.0 / 3.0 * left).sqrt() / 10.0).abs() < 1e-15);
    }

    #[test]
    fn one_sequence_has_no_standard_error() {
        let (mut counts, mut moments) = (Counts::default(), Moments::default());
        counts.add(3);
        moments.add(f64::INFINITY, 3);
        assert_eq!(moments.estimate(&counts), Estimate { mean: None, standard_error: None, per_sequence: None });
    }
}
