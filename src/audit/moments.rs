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
    /// Times how many tokens there are beyond a usual number of them.
    by_length: Exact,
}

impl Moments {
    /// The sum over the tokens of a sequence. Their number is `usual`, which is the same for all sequences, or another.
    pub(super) fn add(&mut self, sum: f64, tokens: usize, usual: usize) {
        self.sum.add(sum);
        self.squares.add_product(sum, sum);
        if tokens != usual {
            self.by_length.add_product(sum, tokens as f64 - usual as f64);
        }
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
    pub(super) fn estimate(&self, counts: &Counts, usual: usize) -> Estimate {
        let (m, n, total) = (counts.sequences as f64, counts.tokens as f64, self.total());
        let mean = total / n;
        let left = self.left(mean, counts, usual);
        let error = (m / (m - 1.0) * left.max(0.0)).sqrt() / n;
        Estimate {
            mean: finite(mean),
            standard_error: finite(error).filter(|_| counts.sequences > 1 && left.is_finite()),
            per_sequence: finite(total / m),
        }
    }
}

impl Moments {
    /// sum (S_i - R n_i)^2, of whose terms most cancels where sequences are alike: without a rounding until the end.
    fn left(&self, mean: f64, counts: &Counts, usual: usize) -> f64 {
        let mut lengths = Exact::default();
        let low = counts.squares & u128::from(u32::MAX);
        [counts.squares - low, low].into_iter().for_each(|part| lengths.add(part as f64));
        let mut of_mean = Exact::default();
        of_mean.add_multiple(mean, &lengths);
        let mut by_length = self.by_length.clone();
        by_length.add_multiple(usual as f64, &self.sum);
        let mut left = self.squares.clone();
        left.add_multiple(-2.0 * mean, &by_length);
        left.add_multiple(mean, &of_mean);
        left.value()
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
        for usual in [0, 3] {
            let (mut counts, mut moments) = (Counts::default(), Moments::default());
            for (sum, tokens) in [(1.0, 2), (4.0, 3), (-1.0, 1), (2.5, 4)] {
                counts.add(tokens);
                moments.add(sum, tokens, usual);
            }
            let estimate = moments.estimate(&counts, usual);
            let mean = 0.65;
            assert!((estimate.mean.unwrap() - mean).abs() < 1e-15);
            assert!((estimate.per_sequence.unwrap() - 1.625).abs() < 1e-15);
            let left: f64 =
                [1.0 - 2.0 * mean, 4.0 - 3.0 * mean, -1.0 - mean, 2.5 - 4.0 * mean].iter().map(|x| x * x).sum();
            assert!((estimate.standard_error.unwrap() - (4.0 / 3.0 * left).sqrt() / 10.0).abs() < 1e-15);
        }
    }

    #[test]
    fn sequences_that_are_nearly_alike_keep_their_error() {
        let (mut counts, mut moments) = (Counts::default(), Moments::default());
        for by in [-1.0, 1.0, 0.0, 0.0] {
            counts.add(8);
            moments.add(4.0 + by * 2f64.powi(-30), 8, 0);
        }
        // A variance of 2/3 of 2^-60, over four sequences of eight tokens.
        let expected = (2.0_f64 / 3.0 / 4.0).sqrt() * 2f64.powi(-30) / 8.0;
        assert!((moments.estimate(&counts, 0).standard_error.unwrap() / expected - 1.0).abs() < 1e-12);
    }

    #[test]
    fn one_sequence_has_no_standard_error() {
        let (mut counts, mut moments) = (Counts::default(), Moments::default());
        counts.add(3);
        moments.add(f64::INFINITY, 3, 0);
        assert_eq!(moments.estimate(&counts, 0), Estimate { mean: None, standard_error: None, per_sequence: None });
    }
}
