//! One token of a categorical with a reward for each.

use super::end::End;
use super::kind::Ends;
use crate::explain::Penalty;
use crate::policy::Softmax;
use std::fmt;

/// The answers that a policy chooses from: their log-probabilities in the reference, and their rewards.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    pub(super) log_ref: Vec<f64>,
    pub(super) rewards: Vec<f64>,
}

/// Why rewards do not go with a reference.
#[derive(Clone, Debug, PartialEq)]
pub enum InvalidAnswers {
    /// The reference draws sequences.
    Sequence,
    /// There are so many rewards, and so many answers.
    Count(usize, usize),
    /// The reward of this answer is not finite.
    Reward(usize, f64),
}

impl Answers {
    /// A reward for each token of the reference.
    ///
    /// # Errors
    /// The reference is no categorical, the rewards are not as many as its tokens, or one is not finite.
    pub fn new(reference: &Softmax, rewards: &[f64]) -> Result<Self, InvalidAnswers> {
        if reference.is_sequence() {
            return Err(InvalidAnswers::Sequence);
        }
        if rewards.len() != reference.vocabulary() {
            return Err(InvalidAnswers::Count(rewards.len(), reference.vocabulary()));
        }
        if let Some(place) = rewards.iter().position(|reward| !reward.is_finite()) {
            return Err(InvalidAnswers::Reward(place, rewards[place]));
        }
        Ok(Self { log_ref: reference.log_probs(), rewards: rewards.to_vec() })
    }

    /// Where ascent on E\[R\] - beta loss ends, with the coefficient of the loss.
    ///
    /// # Panics
    /// Where beta is negative or not finite.
    pub fn ends(&self, penalty: &Penalty, beta: f64) -> Ends {
        assert!(beta >= 0.0 && beta.is_finite(), "beta is {beta}");
        match beta {
            0.0 => Ends::of(self, &Penalty::none(), beta),
            _ => Ends::of(self, penalty, beta),
        }
    }

    /// The optimum of E\[R\] - beta KL(theta||ref), which is pi_ref e^(R/beta) / Z.
    ///
    /// # Panics
    /// Where beta is not positive.
    pub fn optimum(&self, beta: f64) -> End {
        assert!(beta > 0.0 && beta.is_finite(), "beta is {beta}");
        End::new(self, beta, self.log_ratios_of_optimum(beta))
    }

    pub(super) fn log_ratios_of_optimum(&self, beta: f64) -> Vec<f64> {
        normalised(&self.log_ref, self.lost(beta).iter().map(|gap| -gap).collect())
    }

    pub(super) fn best(&self) -> f64 {
        self.rewards.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    /// By how much c has to be larger at the best answer than at each. A constant c is larger nowhere: there the rewards count
    /// alone, however large beta is.
    pub(super) fn gaps(&self, penalty: &Penalty, beta: f64) -> Vec<f64> {
        self.lost(if penalty.is_constant() { self.spread() } else { beta })
    }

    /// By how much each reward is below the best, as a multiple of a unit.
    fn lost(&self, unit: f64) -> Vec<f64> {
        let best = self.best();
        self.rewards.iter().map(|reward| (best - reward) / unit).collect()
    }

    /// From the least reward to the best; 1 where they are the same.
    pub(super) fn spread(&self) -> f64 {
        let least = self.rewards.iter().copied().fold(f64::INFINITY, f64::min);
        if self.best() > least { self.best() - least } else { 1.0 }
    }

    /// All but one.
    pub(super) fn without(&self, answer: usize) -> Self {
        let others = |numbers: &[f64]| [&numbers[..answer], &numbers[answer + 1..]].concat();
        Self { log_ref: others(&self.log_ref), rewards: others(&self.rewards) }
    }
}

/// Log-ratios less the number that makes the probabilities sum to 1.
pub(super) fn normalised(log_ref: &[f64], log_ratios: Vec<f64>) -> Vec<f64> {
    let logs = || log_ref.iter().zip(&log_ratios).map(|(log_ref, d)| log_ref + d);
    let largest = logs().fold(f64::NEG_INFINITY, f64::max);
    let log_sum = largest + logs().map(|log| (log - largest).exp()).sum::<f64>().ln();
    log_ratios.into_iter().map(|d| d - log_sum).collect()
}

impl fmt::Display for InvalidAnswers {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Sequence => formatter.write_str(
                "the reference draws sequences, and ends are known for one token; a categorical would be right",
            ),
            Self::Count(rewards, answers) => {
                write!(formatter, "there are {rewards} rewards for {answers} tokens; one for each token would be right")
            }
            Self::Reward(place, reward) => write!(
                formatter,
                "the reward of token {place} (counted from 0) is {reward}; a finite number would be right"
            ),
        }
    }
}

impl std::error::Error for InvalidAnswers {}
