//! What a sequence earns: a number for each token that it draws from a row, added up.

use crate::policy::Softmax;
use crate::stored::shape_text;
use anyhow::{Result, bail, ensure};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::index;
use rand_distr::{Distribution, StandardNormal};
use std::fmt;

/// A number for each entry of a policy's logits, row by row: R of a sequence is the sum over its tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct Reward(Vec<f64>);

/// A reward that is made by a seed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MadeReward {
    /// A standard normal number for each entry.
    #[default]
    Dense,
    /// 1 for one in twenty of the entries, one at least, at places by chance; 0 for the others.
    Sparse,
    /// 1 over `max_length` for each token but the end, so that longer answers earn more: at most 1. It takes sequences.
    Length,
}

/// The stream of random numbers; those before it are of made policies, and those of samples begin at 2^32.
const STREAM: u64 = 3;

/// The squares of larger ones, which Adam takes, and their multiples would come near to the largest float.
const LARGEST: f64 = 1e100;

/// Of so many entries, one earns something where rewards are sparse.
const SPARSE: usize = 20;

impl Reward {
    /// Of these numbers, row by row, which come in this shape.
    ///
    /// # Errors
    /// The shape is not that of the policy's logits, or a number is none, or beyond 1e100.
    ///
    /// ```
    /// use klgrad::policy::Softmax;
    /// use klgrad::training::Reward;
    ///
    /// let policy = Softmax::categorical(vec![0.0; 3]).unwrap();
    /// assert_eq!(Reward::new(&[3], vec![0.0, 1.0, 2.0], &policy)?.entries(), [0.0, 1.0, 2.0]);
    /// let refusal = Reward::new(&[2], vec![0.0, 1.0], &policy).unwrap_err();
    /// assert_eq!(refusal.to_string(), "reward has the shape (2,) and the policy's logits (3,); the same would be right");
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    pub fn new(shape: &[usize], numbers: Vec<f64>, policy: &Softmax) -> Result<Self> {
        let expected = shape_of(policy);
        ensure!(
            shape == expected,
            "reward has the shape {} and the policy's logits {}; the same would be right",
            shape_text(shape),
            shape_text(&expected)
        );
        if let Some(place) = numbers.iter().position(|number| number.is_nan() || number.abs() > LARGEST) {
            let (row, column) = (place / policy.vocabulary(), place % policy.vocabulary());
            let number = numbers[place];
            bail!(
                "reward is {number:?} in row {row}, column {column} (counted from 0); a number from -{LARGEST:e} to {LARGEST:e} \
                 would be right"
            );
        }
        Ok(Self(numbers))
    }

    /// One that is made, for this policy.
    ///
    /// The numbers come from one stream of ChaCha8 that the seed opens, and are the same on every platform.
    ///
    /// # Errors
    /// The length is rewarded, and there is but one.
    pub fn made(made: MadeReward, policy: &Softmax, seed: i64) -> Result<Self> {
        let mut random = ChaCha8Rng::seed_from_u64(seed as u64);
        random.set_stream(STREAM);
        let count = policy.logits().len();
        Ok(Self(match made {
            MadeReward::Dense => StandardNormal.sample_iter(random).take(count).collect(),
            MadeReward::Sparse => {
                let mut numbers = vec![0.0; count];
                let places = index::sample(&mut random, count, (count / SPARSE).max(1));
                places.into_iter().for_each(|place| numbers[place] = 1.0);
                numbers
            }
            MadeReward::Length => {
                ensure!(
                    policy.is_sequence(),
                    "the reward is {made}, but a categorical draws one token, so that every answer is as long; {} or {} \
                     would be right, or sequences",
                    MadeReward::Dense,
                    MadeReward::Sparse
                );
                let earned = 1.0 / policy.max_length() as f64;
                let goes_on = |entry: usize| policy.next(entry / policy.vocabulary(), entry % policy.vocabulary());
                (0..count).map(|entry| goes_on(entry).map_or(0.0, |_| earned)).collect()
            }
        }))
    }

    /// Row by row.
    pub fn entries(&self) -> &[f64] {
        &self.0
    }

    /// R of a sequence.
    pub(super) fn of(&self, entries: &[usize]) -> f64 {
        entries.iter().map(|&entry| self.0[entry]).sum()
    }

    pub(super) fn largest(&self) -> f64 {
        self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }
}

/// That of the policy's logits, as an array.
fn shape_of(policy: &Softmax) -> Vec<usize> {
    if policy.is_sequence() { vec![policy.rows(), policy.vocabulary()] } else { vec![policy.vocabulary()] }
}

impl fmt::Display for MadeReward {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::Dense => "dense",
            Self::Sparse => "sparse",
            Self::Length => "length",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(vocabulary: usize) -> Softmax {
        Softmax::sequence(vec![0.0; vocabulary * vocabulary], vocabulary, 8).unwrap()
    }

    #[test]
    fn a_dense_reward_is_standard_normal_and_another_one_for_another_seed() {
        let policy = sequence(100);
        let reward = Reward::made(MadeReward::Dense, &policy, 1).unwrap();
        let (count, numbers) = (10_000.0, reward.entries());
        let mean = numbers.iter().sum::<f64>() / count;
        let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
        // Within five standard errors; the seed is fixed, so that this never fails by chance.
        assert!(mean.abs() < 5.0 / count.sqrt() && (variance - 1.0).abs() < 5.0 * (2.0 / count).sqrt());
        assert_eq!(reward, Reward::made(MadeReward::Dense, &policy, 1).unwrap());
        assert_ne!(reward, Reward::made(MadeReward::Dense, &policy, 2).unwrap());
    }

    #[test]
    fn a_sparse_reward_is_one_in_twenty_or_one() {
        for (policy, expected) in [(sequence(10), 5.0), (sequence(3), 1.0)] {
            let reward = Reward::made(MadeReward::Sparse, &policy, 7).unwrap();
            assert!(reward.entries().iter().all(|number| [0.0, 1.0].contains(number)));
            assert_eq!(reward.entries().iter().sum::<f64>(), expected);
        }
    }

    #[test]
    fn a_longer_answer_earns_more() {
        let reward = Reward::made(MadeReward::Length, &sequence(3), 0).unwrap();
        assert_eq!([reward.of(&[2]), reward.of(&[0, 4, 6, 5])], [0.0, 0.375]);
        let categorical = Softmax::categorical(vec![0.0; 3]).unwrap();
        let refusal = Reward::made(MadeReward::Length, &categorical, 0).unwrap_err().to_string();
        assert!(refusal.contains("dense or sparse would be right"), "{refusal}");
    }

    #[test]
    fn a_number_that_is_not_finite_is_named() {
        let refusal = Reward::new(&[3, 3], [vec![0.0; 5], vec![f64::NAN; 4]].concat(), &sequence(3)).unwrap_err();
        assert!(refusal.to_string().starts_with("reward is NaN in row 1, column 2"), "{refusal}");
        let refusal = Reward::new(&[3, 3], [vec![0.0; 8], vec![-1e308]].concat(), &sequence(3)).unwrap_err();
        assert!(refusal.to_string().ends_with("a number from -1e100 to 1e100 would be right"), "{refusal}");
    }
}
