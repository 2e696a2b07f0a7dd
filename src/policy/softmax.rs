//! Softmax policies: one token of a vocabulary, or a sequence of tokens.

use std::fmt;

/// A policy whose parameters are logits: a categorical distribution, or sequences of tokens by a bigram model with an end.
///
/// It has rows of V logits, of which each is a softmax over V tokens. A *categorical* has one row and draws one token. A
/// *sequence* has V rows, the first for the start and one for each token but the last; the last token ends the sequence. A
/// sequence that has not ended after `max_length` tokens is cut, as in a rollout; the end counts as a token where it is drawn.
///
/// # Formula
/// log pi(k | row) = logit(row, k) - log sum_j exp(logit(row, j)); the next row after token k is k + 1.
///
/// ```
/// use klgrad::policy::Softmax;
///
/// let categorical = Softmax::categorical(vec![0.0, 1.0, 2.0]).unwrap();
/// assert_eq!((categorical.rows(), categorical.vocabulary(), categorical.max_length()), (1, 3, 1));
/// // Two tokens and an end, which has the odds of one of them.
/// let sequence = Softmax::sequence(vec![0.0; 9], 3, 20).unwrap();
/// assert_eq!((sequence.rows(), sequence.next(0, 1), sequence.next(0, 2)), (3, Some(2), None));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Softmax {
    logits: Vec<f64>,
    vocabulary: usize,
    max_length: usize,
    /// Of each row, log sum_j exp(logit).
    log_sums: Vec<f64>,
}

/// Logits that make no policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidLogits {
    /// There are fewer than two tokens, so that nothing is drawn.
    Vocabulary(usize),
    /// The rows of a sequence are not as many as its columns.
    Shape {
        /// Numbers that are there.
        count: usize,
        /// Of which each row has so many.
        vocabulary: usize,
    },
    /// Sequences may have no token.
    MaxLength,
    /// A logit is infinite or not a number, in that row and column.
    Entry(usize, usize, String),
    /// The last column, which is the end of a sequence, cannot be drawn in that row.
    NoEnd(usize),
}

impl fmt::Display for InvalidLogits {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Vocabulary(count) => {
                write!(formatter, "has a vocabulary of {count}; 2 tokens or more would be right")
            }
            Self::Shape { count, vocabulary } => write!(
                formatter,
                "has {count} logits in rows of {vocabulary}; a sequence has a row for the start and one for each token but \
                 the last, which is the end, so that {vocabulary} rows would be right"
            ),
            Self::MaxLength => {
                formatter.write_str("has a max_length of 0; a sequence of 1 token or more would be right")
            }
            Self::Entry(row, column, logit) => write!(
                formatter,
                "has the logit {logit} in row {row}, column {column} (counted from 0), so that a probability is 0 or \
                 undefined and a KL divergence infinite; a finite logit would be right"
            ),
            Self::NoEnd(row) => write!(
                formatter,
                "has the logit -inf in the last column of row {row} (counted from 0), which is the end of a sequence: it \
                 cannot end there; a finite logit would be right"
            ),
        }
    }
}

impl std::error::Error for InvalidLogits {}

impl Softmax {
    /// One token of a vocabulary of as many as there are logits.
    ///
    /// # Errors
    /// There are fewer than two logits, or one is not finite.
    pub fn categorical(logits: Vec<f64>) -> Result<Self, InvalidLogits> {
        let vocabulary = logits.len();
        Self::new(logits, vocabulary, 1)
    }

    /// Sequences of at most `max_length` tokens; `logits` has a row of `vocabulary` numbers for the start, and one for each
    /// token but the last, which is the end.
    ///
    /// # Errors
    /// The logits are not `vocabulary` squared, one is not finite, or no sequence may have a token.
    pub fn sequence(logits: Vec<f64>, vocabulary: usize, max_length: usize) -> Result<Self, InvalidLogits> {
        if vocabulary.checked_mul(vocabulary) != Some(logits.len()) {
            return Err(InvalidLogits::Shape { count: logits.len(), vocabulary });
        }
        Self::new(logits, vocabulary, max_length)
    }

    fn new(logits: Vec<f64>, vocabulary: usize, max_length: usize) -> Result<Self, InvalidLogits> {
        if vocabulary < 2 {
            return Err(InvalidLogits::Vocabulary(vocabulary));
        }
        if max_length == 0 {
            return Err(InvalidLogits::MaxLength);
        }
        let is_sequence = logits.len() > vocabulary;
        if let Some(place) = logits.iter().position(|logit| !logit.is_finite()) {
            let (row, column, logit) = (place / vocabulary, place % vocabulary, logits[place]);
            let ends = is_sequence && column == vocabulary - 1 && logit == f64::NEG_INFINITY;
            let entry = InvalidLogits::Entry(row, column, logit.to_string());
            return Err(if ends { InvalidLogits::NoEnd(row) } else { entry });
        }
        let log_sums = logits.chunks(vocabulary).map(log_sum).collect();
        Ok(Self { logits, vocabulary, max_length, log_sums })
    }

    /// Row by row.
    pub fn logits(&self) -> &[f64] {
        &self.logits
    }

    /// How many tokens there are, the end of a sequence among them.
    pub fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    /// How many rows of logits there are: 1, or as many as tokens.
    pub fn rows(&self) -> usize {
        self.log_sums.len()
    }

    /// After how many tokens a sequence is cut; 1 for a categorical.
    pub fn max_length(&self) -> usize {
        self.max_length
    }

    /// Whether it draws sequences, and not one token.
    pub fn is_sequence(&self) -> bool {
        self.rows() > 1
    }

    /// The row of the token after this one; none where the sequence has ended.
    pub fn next(&self, _row: usize, token: usize) -> Option<usize> {
        (self.is_sequence() && token + 1 < self.vocabulary).then_some(token + 1)
    }

    /// log pi of each token in each row, row by row.
    pub fn log_probs(&self) -> Vec<f64> {
        let rows = self.logits.chunks(self.vocabulary).zip(&self.log_sums);
        rows.flat_map(|(row, log_sum)| row.iter().map(move |logit| logit - log_sum)).collect()
    }

    /// log pi - log q of each token in each row, row by row, for another policy q of the same shape. It does not cancel where
    /// the two are nearly equal.
    ///
    /// # Formula
    /// With d the difference of the logits, less a constant, it is d less its own log of sum_j q_j exp(d_j), which is log1p of
    /// sum_j q_j expm1(d_j).
    ///
    /// # Panics
    /// Where the two have not the same shape.
    pub fn log_ratios(&self, other: &Self) -> Vec<f64> {
        assert_eq!(self.logits.len(), other.logits.len(), "two policies have the same shape");
        let mut ratios: Vec<f64> = self.logits.iter().zip(&other.logits).map(|(a, b)| a - b).collect();
        for (row, differences) in ratios.chunks_mut(self.vocabulary).enumerate() {
            let logits = &other.logits[row * self.vocabulary..][..self.vocabulary];
            let middle = middle(differences);
            differences.iter_mut().for_each(|difference| *difference -= middle);
            let shift = change_of_log_sum(differences, logits, other.log_sums[row])
                .unwrap_or(self.log_sums[row] - other.log_sums[row] - middle);
            differences.iter_mut().for_each(|difference| *difference -= shift);
        }
        ratios
    }
}

/// log sum_j exp(x_j), which no exponential overflows.
fn log_sum(logits: &[f64]) -> f64 {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest + logits.iter().map(|logit| (logit - largest).exp()).sum::<f64>().ln()
}

/// Of the range of these differences. A constant that is added to logits is no change of a policy.
fn middle(differences: &[f64]) -> f64 {
    let [least, most] = [f64::min, f64::max].map(|of_two| differences.iter().copied().reduce(of_two).unwrap_or(0.0));
    least / 2.0 + most / 2.0
}

/// By how much a log-sum grows where these differences are added to the logits; none where they are so large that the
/// difference of the log-sums is as exact.
fn change_of_log_sum(differences: &[f64], logits: &[f64], log_sum: f64) -> Option<f64> {
    const SMALL: f64 = 1.0;
    let is_small = differences.iter().all(|difference| difference.abs() <= SMALL);
    let terms = logits.iter().zip(differences).map(|(logit, d)| (logit - log_sum).exp() * d.exp_m1());
    is_small.then(|| terms.sum::<f64>().ln_1p())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The log-ratio of policies whose logits differ by 1e-9 has the digits of the difference, not those of the logs; nor
        /// those of a constant, by which logits differ from their log-softmax, say.
        #[test]
        fn a_small_log_ratio_keeps_its_digits(logits in prop::collection::vec(-5.0..5.0_f64, 2..20), size in 1e-12..1e-3_f64, constant in prop::sample::select(vec![0.0, 64.0])) {
            let noise = |place: usize| (place as f64 * 1.7 + 0.3).sin();
            let moved = logits.iter().enumerate().map(|(place, logit)| logit + size * noise(place) + constant).collect();
            let [policy, reference] = [moved, logits].map(|logits| Softmax::categorical(logits).unwrap());
            let ratios = policy.log_ratios(&reference);
            // As sum_k pi_ref exp(D) = 1.
            let weighted = reference.log_probs().into_iter().zip(&ratios).map(|(log_prob, d)| log_prob.exp() * d.exp_m1());
            // A few roundings of terms of that size.
            prop_assert!(weighted.sum::<f64>().abs() < 20.0 * f64::EPSILON * size);
        }

        #[test]
        fn log_ratios_are_differences_of_log_probs(a in prop::collection::vec(-30.0..30.0_f64, 9), b in prop::collection::vec(-30.0..30.0_f64, 9)) {
            let [a, b] = [a, b].map(|logits| Softmax::sequence(logits, 3, 4).unwrap());
            for ((d, a), b) in a.log_ratios(&b).iter().zip(a.log_probs()).zip(b.log_probs()) {
                prop_assert!((d - (a - b)).abs() < 1e-13 * (1.0 + a.abs() + b.abs()));
            }
        }
    }

    #[test]
    fn what_makes_no_policy_is_named() {
        for (policy, words) in [
            (Softmax::categorical(vec![0.0]), "a vocabulary of 1; 2 tokens or more"),
            (Softmax::categorical(vec![0.0, f64::NEG_INFINITY]), "the logit -inf in row 0, column 1"),
            (Softmax::sequence(vec![0.0; 6], 3, 2), "6 logits in rows of 3;"),
            (Softmax::sequence(vec![0.0; 9], 3, 0), "a max_length of 0"),
            (Softmax::sequence(vec![0.0, 0.0, 0.0, f64::NEG_INFINITY], 2, 2), "cannot end there"),
            (Softmax::sequence(vec![0.0, f64::NAN, 0.0, 0.0], 2, 2), "the logit NaN in row 0, column 1"),
        ] {
            let refusal = policy.unwrap_err().to_string();
            assert!(refusal.contains(words), "{refusal}");
        }
    }
}
