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
pub(super) const LEAST_KL: f64 = 1e-10;

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
