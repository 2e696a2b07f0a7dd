//! Sequences of a policy, the same for a seed and a trial on every machine and any number of threads.

use crate::policy::Softmax;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

/// What a trial drew: the entries of all tokens, and where each sequence ends.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sequences {
    pub(crate) entries: Vec<usize>,
    pub(crate) ends: Vec<usize>,
}

/// Draws tokens by inverting the cumulative probabilities of each row.
pub(crate) struct Draw<'a> {
    policy: &'a Softmax,
    cumulative: Vec<f64>,
}

impl<'a> Draw<'a> {
    pub(crate) fn new(policy: &'a Softmax, probabilities: &[f64]) -> Self {
        let sums = |row: &[f64]| {
            let running = row.iter().scan(0.0, |sum, probability| {
                *sum += probability;
                Some(*sum)
            });
            running.collect::<Vec<f64>>()
        };
        Self { policy, cumulative: probabilities.chunks(policy.vocabulary()).flat_map(sums).collect() }
    }

    /// So many sequences. Each trial has a stream of random numbers of its own.
    pub(crate) fn sequences(&self, count: usize, seed: i64, trial: u64) -> Sequences {
        let mut random = ChaCha8Rng::seed_from_u64(seed as u64);
        // The first streams are those of made policies.
        random.set_stream((1 << 32) + trial);
        let mut drawn = Sequences::default();
        for _ in 0..count {
            self.sequence(&mut random, &mut drawn);
        }
        drawn
    }

    fn sequence(&self, random: &mut ChaCha8Rng, to: &mut Sequences) {
        let mut row = Some(0);
        for _ in 0..self.policy.max_length() {
            let Some(from) = row else { break };
            let token = self.token(from, uniform(random));
            to.entries.push(from * self.policy.vocabulary() + token);
            row = self.policy.next(from, token);
        }
        to.ends.push(to.entries.len());
    }

    fn token(&self, row: usize, uniform: f64) -> usize {
        let cumulative = &self.cumulative[row * self.policy.vocabulary()..][..self.policy.vocabulary()];
        // The probabilities add up to 1 but for rounding.
        let level = uniform * cumulative[cumulative.len() - 1];
        cumulative.partition_point(|sum| *sum <= level).min(cumulative.len() - 1)
    }
}

/// In [0, 1), with 53 bits.
fn uniform(random: &mut ChaCha8Rng) -> f64 {
    (random.next_u64() >> 11) as f64 * 2.0_f64.powi(-53)
}
