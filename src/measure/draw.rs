//! Sequences of the policy, the same for a seed on any number of threads.

use super::Sequence;
use crate::model::{Cache, LanguageModel};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;
use tch::{Device, Kind, Tensor, no_grad_guard};

/// So many sequences at most are drawn side by side. The last bits of logits, and with them in rare cases a token, depend on it.
const SIDE_BY_SIDE: usize = 64;

/// What is drawn.
#[derive(Clone, Debug)]
pub struct Sampling {
    /// The tokens of each prompt; sequence n goes on from prompt n modulo their number.
    pub prompts: Vec<Vec<i64>>,
    /// How many sequences there are in all.
    pub sequences: usize,
    /// The longest response.
    pub max_new_tokens: usize,
    /// The tokens that end a sequence, and count; none where it always is of the greatest length.
    pub ends: Vec<i64>,
    /// The seed.
    pub seed: u64,
}

impl Sampling {
    /// Which sequences are drawn side by side: those whose prompts are of the same length, so that none needs padding.
    pub(super) fn batches(&self) -> Vec<Vec<usize>> {
        let mut by_length: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for sequence in 0..self.sequences {
            by_length.entry(self.prompt(sequence).len()).or_default().push(sequence);
        }
        by_length.values().flat_map(|members| members.chunks(SIDE_BY_SIDE)).map(<[usize]>::to_vec).collect()
    }

    /// Draws these sequences, token by token from the softmax of the logits, at temperature 1.
    pub(super) fn draw(&self, members: &[usize], model: &dyn LanguageModel) -> Vec<Sequence> {
        let _no_grad = no_grad_guard();
        let mut drawn: Vec<Sequence> = members.iter().map(|&sequence| self.begin(sequence)).collect();
        let mut random: Vec<ChaCha8Rng> = members.iter().map(|&sequence| self.random(sequence)).collect();
        let mut unfinished: Vec<usize> = (0..members.len()).collect();
        let mut cache = Cache::default();
        let device = model.parameters()[0].1.device();
        let mut input = rows(drawn.iter().map(|sequence| &sequence.tokens[..]), device);
        for _ in 0..self.max_new_tokens {
            let logits = model.next_logits(&input, &mut cache);
            let uniform: Vec<f64> = unfinished.iter().map(|&row| uniform(&mut random[row])).collect();
            let tokens = choose(&logits, &uniform);
            unfinished.iter().zip(&tokens).for_each(|(&row, &token)| drawn[row].tokens.push(token));
            let goes_on = |place: &usize| !self.ends.contains(&tokens[*place]);
            let kept: Vec<usize> = (0..tokens.len()).filter(goes_on).collect();
            if kept.is_empty() {
                break;
            }
            if kept.len() < tokens.len() {
                let places: Vec<i64> = kept.iter().map(|&place| place as i64).collect();
                cache.keep(&Tensor::from_slice(&places).to_device(device));
            }
            input = rows(kept.iter().map(|&place| &tokens[place..=place]), device);
            unfinished = kept.into_iter().map(|place| unfinished[place]).collect();
        }
        drawn
    }

    fn prompt(&self, sequence: usize) -> &[i64] {
        &self.prompts[sequence % self.prompts.len()]
    }

    fn begin(&self, sequence: usize) -> Sequence {
        let prompt = self.prompt(sequence);
        Sequence { tokens: prompt.to_vec(), start: prompt.len(), old: None }
    }

    /// Each sequence has a stream of its own.
    fn random(&self, sequence: usize) -> ChaCha8Rng {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(sequence as u64);
        random
    }
}

/// Lists of the same length as the rows of a tensor.
fn rows<'a>(lists: impl ExactSizeIterator<Item = &'a [i64]>, device: Device) -> Tensor {
    let count = lists.len() as i64;
    Tensor::from_slice(&lists.flatten().copied().collect::<Vec<_>>()).view([count, -1]).to_device(device)
}

/// Inverts the cumulative probabilities of each row at a number from 0 to 1.
fn choose(logits: &Tensor, uniform: &[f64]) -> Vec<i64> {
    let cumulative = logits.softmax(-1, Kind::Double).cumsum(-1, Kind::Double);
    let last = cumulative.size()[1] - 1;
    // The probabilities add up to 1 but for rounding.
    let levels = cumulative.narrow(-1, last, 1) * Tensor::from_slice(uniform).view([-1, 1]).to_device(logits.device());
    let tokens = levels.searchsorted(&cumulative, false, true, "right", None::<Tensor>).clamp_max(last);
    Vec::try_from(tokens.flatten(0, -1)).expect("a flat tensor of 64-bit integers is a vector")
}

/// In [0, 1), with 53 bits.
fn uniform(random: &mut ChaCha8Rng) -> f64 {
    (random.next_u64() >> 11) as f64 * 2.0_f64.powi(-53)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the boundaries of a token, the lower one is its own; a token without probability is never drawn.
    #[test]
    fn a_number_from_0_to_1_chooses_a_token() {
        let logits = Tensor::from_slice(&[0.25f64.ln(), f64::NEG_INFINITY, 0.25f64.ln(), 0.5f64.ln()]);
        let uniform = [0.0, 0.1, 0.26, 0.49, 0.51, 0.999_999];
        let logits = logits.repeat([6, 1]);
        assert_eq!(choose(&logits, &uniform), [0, 0, 2, 2, 3, 3]);
    }

    #[test]
    fn side_by_side_stand_prompts_of_the_same_length() {
        let sampling = Sampling {
            prompts: vec![vec![1, 2], vec![3], vec![4, 5]],
            sequences: 200,
            max_new_tokens: 1,
            ends: Vec::new(),
            seed: 1,
        };
        let batches = sampling.batches();
        assert!(batches.iter().all(|batch| batch.len() <= SIDE_BY_SIDE && batch.windows(2).all(|two| two[0] < two[1])));
        assert!(batches.iter().all(|batch| batch.iter().all(|n| (n % 3 == 1) == (batch[0] % 3 == 1))));
        let mut all = batches.concat();
        all.sort_unstable();
        assert_eq!(all, (0..200).collect::<Vec<_>>());
    }
}
