//! A pair that is made: a reference as natural text has it, and policies at a given divergence from it.

use super::LONGEST;
use super::root::root;
use crate::experiment::{InvalidSetting, Setting};
use crate::policy::{Problem, Softmax};
use crate::theory::softmax::kl;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use rand_distr::{Distribution, StandardNormal};
use std::ops::RangeInclusive;

/// How many tokens a made categorical may have.
const CATEGORICAL: RangeInclusive<usize> = 2..=1_000_000;
/// How many tokens a made sequence may have, the end among them.
const SEQUENCE: RangeInclusive<usize> = 3..=2000;
/// Below it the rounding of logits would be more of a divergence than is promised.
const LEAST_KL: f64 = 1e-10;

/// A pair of policies with a given divergence, by a seed.
///
/// The reference has the frequencies of natural text, which are as 1 over the rank (Zipf). A categorical's tokens come by their
/// ranks. In a sequence each row gives the ranks to the tokens in an order of its own, and its end has the probability 2 /
/// `max_length`, but at most 2/3.
///
/// theta = ref + t noise and old = theta + u noise, with noise of a standard normal for each logit, and t and u so that the
/// divergences per token (of a sequence, over its mean length) are those asked for, to 1e-9 of themselves.
///
/// The orders and the two noises come from three streams of ChaCha8 that the seed opens: pairs of one seed differ in t and u
/// alone, and theta does not depend on `old_kl`. The streams are the same on every platform, and stay so as long as rand and
/// rand_distr keep their algorithms, whose versions `Cargo.lock` fixes. Logarithms and exponentials are the platform's, so that
/// the last digits of logits may differ between platforms. Threads play no part.
///
/// # Formula
/// Logits -log rank; that of the end is log(H p / (1 - p)), with p its probability and H the sum of 1 / rank.
///
/// ```
/// use klgrad::pair::Made;
/// use klgrad::theory::softmax::kl;
///
/// let made = Made { vocabulary: 50, kl: 0.01, old_kl: Some(0.001), max_length: Some(20), seed: 1 };
/// let problem = made.problem().unwrap();
/// let (of_a_sequence, mean_length) = kl(&problem.policy, &problem.reference);
/// assert!((of_a_sequence / mean_length / 0.01 - 1.0).abs() < 1e-9);
/// // The end has a probability of 2/20.
/// assert!((problem.reference.log_probs()[49].exp() - 0.1).abs() < 1e-15);
/// let refusal = Made { kl: 20.0, max_length: None, ..made }.problem().unwrap_err();
/// assert!(refusal.to_string().starts_with("kl is 20.0, but a vocabulary of 50 with the seed 1 was not found to reach more than"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Made {
    /// How many tokens there are, the end of a sequence among them: 2 to 1,000,000 of a categorical, 3 to 2000 of a sequence.
    pub vocabulary: usize,
    /// KL(theta||ref) per token, 1e-10 or more.
    pub kl: f64,
    /// KL(old||theta) per token; none where theta draws the samples.
    pub old_kl: Option<f64>,
    /// After how many tokens a sequence is cut; none makes a categorical.
    pub max_length: Option<usize>,
    /// Of the orders and the noises.
    pub seed: i64,
}

/// What is drawn, each from a stream of its own.
#[derive(Clone, Copy)]
enum Drawn {
    Orders,
    Noise,
    OldNoise,
}

impl Made {
    /// The pair.
    ///
    /// # Errors
    /// The first setting that is out of its range, or a divergence that this vocabulary and seed do not reach.
    pub fn problem(&self) -> Result<Problem<Softmax>, InvalidSetting> {
        self.check()?;
        let reference = self.reference();
        let policy = self.moved(&reference, Drawn::Noise, Setting::Kl, self.kl)?;
        Ok(match self.old_kl {
            Some(old_kl) => {
                let behaviour = self.moved(&policy, Drawn::OldNoise, Setting::OldKl, old_kl)?;
                Problem { policy, reference, behaviour }
            }
            None => Problem::on_policy(policy, reference),
        })
    }

    pub(crate) fn check(&self) -> Result<(), InvalidSetting> {
        let (kind, vocabularies) =
            if self.max_length.is_some() { ("sequence", SEQUENCE) } else { ("categorical", CATEGORICAL) };
        check_range(Setting::Vocabulary, self.vocabulary, vocabularies, &format!(" for a made {kind}"))?;
        if let Some(max_length) = self.max_length {
            check_range(Setting::MaxLength, max_length, 1..=LONGEST, "")?;
        }
        check_kl(Setting::Kl, self.kl)?;
        self.old_kl.map_or(Ok(()), |old_kl| check_kl(Setting::OldKl, old_kl))
    }

    fn stream(&self, drawn: Drawn) -> ChaCha8Rng {
        let mut stream = ChaCha8Rng::seed_from_u64(self.seed as u64);
        stream.set_stream(drawn as u64);
        stream
    }

    fn reference(&self) -> Softmax {
        let by_rank = |tokens: usize| (1..=tokens).map(|rank| -(rank as f64).ln()).collect::<Vec<_>>();
        let Some(max_length) = self.max_length else { return self.policy(by_rank(self.vocabulary)) };
        let mut tokens = by_rank(self.vocabulary - 1);
        let end = end_logit(max_length, &tokens);
        let mut orders = self.stream(Drawn::Orders);
        let mut logits = Vec::with_capacity(self.vocabulary * self.vocabulary);
        for _ in 0..self.vocabulary {
            tokens.shuffle(&mut orders);
            logits.extend(&tokens);
            logits.push(end);
        }
        self.policy(logits)
    }

    fn policy(&self, logits: Vec<f64>) -> Softmax {
        let policy = match self.max_length {
            Some(max_length) => Softmax::sequence(logits, self.vocabulary, max_length),
            None => Softmax::categorical(logits),
        };
        policy.expect("a made policy has its shape, and finite logits")
    }

    /// The policy at this divergence from another one, in the direction of noise.
    fn moved(&self, from: &Softmax, drawn: Drawn, setting: Setting, target: f64) -> Result<Softmax, InvalidSetting> {
        let noise: Vec<f64> = StandardNormal.sample_iter(self.stream(drawn)).take(from.logits().len()).collect();
        let at = |size: f64| {
            self.policy(from.logits().iter().zip(&noise).map(|(logit, noise)| logit + size * noise).collect())
        };
        let per_token = |size| {
            let (divergence, mean_length) = kl(&at(size), from);
            divergence / mean_length
        };
        let bound = largest_of_categorical(from, &noise).filter(|largest| target >= *largest);
        let size = bound.map_or_else(|| root(target, per_token), Err);
        size.map(at).map_err(|largest| self.out_of_reach(setting, target, largest))
    }

    fn out_of_reach(&self, setting: Setting, target: f64, largest: f64) -> InvalidSetting {
        let Self { vocabulary, seed, .. } = self;
        let digits = 2_i32.saturating_sub(largest.log10().floor() as i32).max(0) as usize;
        let reason = format!(
            "is {target:?}, but a vocabulary of {vocabulary} with the seed {seed} was not found to reach more than about \
             {largest:.digits$}; less would be right, or another vocabulary or seed"
        );
        InvalidSetting::new(setting, reason)
    }
}

/// What KL(pi||from) tends to where a categorical moves in the direction of noise for ever: it draws the token that the noise
/// favours most.
fn largest_of_categorical(from: &Softmax, noise: &[f64]) -> Option<f64> {
    let favoured = (0..noise.len()).max_by(|&a, &b| noise[a].total_cmp(&noise[b]))?;
    (!from.is_sequence()).then(|| -from.log_probs()[favoured])
}

/// That of a token with this end's probability, beside tokens with these logits.
fn end_logit(max_length: usize, tokens: &[f64]) -> f64 {
    let probability = (2.0 / max_length as f64).min(2.0 / 3.0);
    let others: f64 = tokens.iter().map(|logit| logit.exp()).sum();
    (others * probability / (1.0 - probability)).ln()
}

fn check_range(setting: Setting, value: usize, range: RangeInclusive<usize>, of: &str) -> Result<(), InvalidSetting> {
    match range.contains(&value) {
        true => Ok(()),
        false => Err(InvalidSetting::new(
            setting,
            format!("is {value}, but must be from {} to {}{of}", range.start(), range.end()),
        )),
    }
}

fn check_kl(setting: Setting, value: f64) -> Result<(), InvalidSetting> {
    match value.is_finite() && value >= LEAST_KL {
        true => Ok(()),
        false => Err(InvalidSetting::new(
            setting,
            format!("is {value:?}, but a divergence per token must be finite, and {LEAST_KL:e} or more"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const SEQUENCE_OF_30: Made = Made { vocabulary: 30, kl: 0.01, old_kl: None, max_length: Some(8), seed: 1 };

    fn per_token(policy: &Softmax, other: &Softmax) -> f64 {
        let (divergence, mean_length) = kl(policy, other);
        divergence / mean_length
    }

    /// t of theta = ref + t noise, by the standard deviation of their difference.
    fn size(policy: &Softmax, other: &Softmax) -> f64 {
        let squares = policy.logits().iter().zip(other.logits()).map(|(a, b)| (a - b).powi(2));
        (squares.sum::<f64>() / policy.logits().len() as f64).sqrt()
    }

    proptest! {
        #[test]
        fn divergences_are_those_asked_for(
            vocabulary in 3..60_usize,
            exponents in prop::array::uniform2(-10.0..-1.0_f64),
            max_length in prop::option::of(1..30_usize),
            seed in any::<i64>(),
        ) {
            let [asked, old_asked] = exponents.map(|exponent| 10_f64.powf(exponent));
            let made = Made { vocabulary, kl: asked, old_kl: Some(old_asked), max_length, seed };
            let Problem { policy, reference, behaviour } = made.problem().unwrap();
            prop_assert!((per_token(&policy, &reference) / asked - 1.0).abs() < 1e-9);
            prop_assert!((per_token(&behaviour, &policy) / old_asked - 1.0).abs() < 1e-9);
            // The same reference and theta, without an old policy.
            prop_assert_eq!(Made { old_kl: None, ..made }.problem().unwrap(), Problem::on_policy(policy, reference));
        }
    }

    #[test]
    fn two_tokens_that_the_noise_hardly_tells_apart_come_to_the_least_divergence_too() {
        for seed in 0..2000 {
            let made = Made { vocabulary: 2, kl: LEAST_KL, old_kl: None, max_length: None, seed };
            let problem = made.problem().unwrap();
            assert!((per_token(&problem.policy, &problem.reference) / LEAST_KL - 1.0).abs() < 1e-9, "seed {seed}");
        }
    }

    #[test]
    fn a_categorical_reference_is_zipfs() {
        let made = Made { vocabulary: 4, max_length: None, ..SEQUENCE_OF_30 };
        let of_rank = |rank: f64| 1.0 / rank / (1.0 + 1.0 / 2.0 + 1.0 / 3.0 + 1.0 / 4.0);
        for (log_prob, rank) in made.problem().unwrap().reference.log_probs().iter().zip([1.0, 2.0, 3.0, 4.0]) {
            assert!((log_prob.exp() - of_rank(rank)).abs() < 1e-15);
        }
    }

    #[test]
    fn each_row_of_a_sequence_orders_zipfs_tokens_in_its_own_way() {
        let reference = SEQUENCE_OF_30.problem().unwrap().reference;
        let tokens: Vec<Vec<u64>> =
            reference.logits().chunks(30).map(|row| row[..29].iter().map(|logit| logit.to_bits()).collect()).collect();
        let orders: BTreeSet<_> = tokens.iter().collect();
        assert_eq!(orders.len(), 30);
        let ranks: BTreeSet<_> = (1..30).map(|rank| (-f64::from(rank).ln()).to_bits()).collect();
        assert!(tokens.into_iter().all(|row| row.into_iter().collect::<BTreeSet<_>>() == ranks));
    }

    #[test]
    fn a_sequence_ends_with_two_over_its_longest_length() {
        for (max_length, probability) in [(1, 2.0 / 3.0), (2, 2.0 / 3.0), (3, 2.0 / 3.0), (4, 0.5), (1000, 0.002)] {
            let reference = Made { max_length: Some(max_length), ..SEQUENCE_OF_30 }.problem().unwrap().reference;
            for row in reference.log_probs().chunks(30) {
                assert!((row[29].exp() / probability - 1.0).abs() < 1e-13, "{max_length}");
            }
        }
    }

    /// KL is t^2 / 2 times the variance of the noise under the reference, at first.
    #[test]
    fn the_noise_is_that_of_a_standard_normal() {
        let made = Made { vocabulary: 100_000, kl: 1e-6, old_kl: Some(1e-6), max_length: None, seed: 7 };
        let Problem { policy, reference, behaviour } = made.problem().unwrap();
        let noise = |from: &Softmax, to: &Softmax| {
            let size = size(to, from);
            to.logits().iter().zip(from.logits()).map(move |(to, from)| (to - from) / size).collect::<Vec<_>>()
        };
        let noises = [noise(&reference, &policy), noise(&policy, &behaviour)];
        let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / 1e5;
        for noise in &noises {
            assert!(mean(&mut noise.iter().copied()).abs() < 0.015);
            assert!((mean(&mut noise.iter().map(|x| x.powi(4))) - 3.0).abs() < 0.15);
        }
        assert!(mean(&mut noises[0].iter().zip(&noises[1]).map(|(a, b)| a * b)).abs() < 0.015);
    }

    #[test]
    fn a_seed_gives_one_direction_for_every_divergence_and_another_seed_another() {
        let direction = |made: Made| {
            let Problem { policy, reference, .. } = made.problem().unwrap();
            let size = size(&policy, &reference);
            policy.logits().iter().zip(reference.logits()).map(|(a, b)| (a - b) / size).collect::<Vec<_>>()
        };
        let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9);
        let [here, there] = [0.01, 0.3].map(|kl| direction(Made { kl, ..SEQUENCE_OF_30 }));
        assert!(near(&here, &there));
        let others = direction(Made { seed: 2, ..SEQUENCE_OF_30 });
        assert!(!near(&here, &others));
        assert_ne!(
            Made { seed: 2, ..SEQUENCE_OF_30 }.problem().unwrap().reference,
            SEQUENCE_OF_30.problem().unwrap().reference
        );
    }

    #[test]
    fn a_categorical_comes_near_its_largest_divergence_and_not_beyond() {
        let made = Made { vocabulary: 50, kl: 1.0, old_kl: None, max_length: None, seed: 1 };
        let refusal = Made { kl: 10.0, ..made }.problem().unwrap_err().to_string();
        let largest: f64 = refusal.split("about ").nth(1).unwrap().split(';').next().unwrap().parse().unwrap();
        assert!(Made { kl: largest - 0.01, ..made }.problem().is_ok(), "{refusal}");
        assert!(Made { kl: largest + 0.01, ..made }.problem().is_err(), "{refusal}");
    }

    #[test]
    fn what_is_out_of_range_is_named_with_what_would_be_right() {
        let categorical = Made { max_length: None, ..SEQUENCE_OF_30 };
        for (made, words) in [
            (
                Made { vocabulary: 1, ..categorical },
                "vocabulary is 1, but must be from 2 to 1000000 for a made categorical",
            ),
            (Made { vocabulary: 1_000_001, ..categorical }, "vocabulary is 1000001, but must be from 2 to 1000000"),
            (
                Made { vocabulary: 2, ..SEQUENCE_OF_30 },
                "vocabulary is 2, but must be from 3 to 2000 for a made sequence",
            ),
            (Made { vocabulary: 2001, ..SEQUENCE_OF_30 }, "vocabulary is 2001, but"),
            (Made { max_length: Some(0), ..SEQUENCE_OF_30 }, "max_length is 0, but must be from 1 to 1000000"),
            (Made { max_length: Some(1_000_001), ..SEQUENCE_OF_30 }, "max_length is 1000001, but"),
            (
                Made { kl: 0.0, ..categorical },
                "kl is 0.0, but a divergence per token must be finite, and 1e-10 or more",
            ),
            (Made { kl: f64::NAN, ..categorical }, "kl is NaN, but"),
            (Made { kl: f64::INFINITY, ..categorical }, "kl is inf, but"),
            (Made { old_kl: Some(-1.0), ..categorical }, "old_kl is -1.0, but"),
            (
                Made { kl: 30.0, ..SEQUENCE_OF_30 },
                "kl is 30.0, but a vocabulary of 30 with the seed 1 was not found to reach",
            ),
            (
                Made { old_kl: Some(99.0), ..categorical },
                "old_kl is 99.0, but a vocabulary of 30 with the seed 1 was not",
            ),
        ] {
            let refusal = made.problem().unwrap_err().to_string();
            assert!(refusal.starts_with(words), "{refusal}");
        }
    }
}
