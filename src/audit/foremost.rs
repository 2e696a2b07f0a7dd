//! The tokens and sequences that stand out most.

use super::kept::Kept;
use super::record::{Record, Role};
use super::result::{LargestToken, SequenceToken, WorstSequence};
use super::roles::Roles;
use super::seen::Seen;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// So many tokens are told.
const MOST_TOKENS: usize = 1000;

/// So many sequences are told, and so many tokens of one.
const MOST_SEQUENCES: usize = 10;
const MOST_SHOWN: usize = 10_000;

/// Something that is ranked.
pub(super) trait Ranked {
    /// What it is ranked by, the largest first; at least 0.
    fn size(&self) -> f64;

    /// Equal ones by where they stand.
    fn rank(&self, other: &Self) -> Ordering;
}

/// The `most` foremost of all that were added, in whatever order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Foremost<T> {
    most: usize,
    items: Vec<T>,
    /// What is smaller is not among them.
    #[serde(skip)]
    least: f64,
}

impl<T: Ranked> Foremost<T> {
    fn new(most: usize) -> Self {
        Self { most, items: Vec::new(), least: 0.0 }
    }

    /// None yet, of which only those are kept that may be among these.
    fn emptied(&self) -> Self {
        Self { most: self.most, items: Vec::new(), least: self.least }
    }

    /// Whether one of that size may be among them; one of size 0 never is.
    fn admits(&self, size: f64) -> bool {
        size > 0.0 && size >= self.least
    }

    fn add(&mut self, item: T) {
        self.items.push(item);
        if self.items.len() >= 2 * self.most {
            self.cut();
        }
    }

    pub(super) fn cut(&mut self) {
        self.items.sort_by(T::rank);
        self.items.truncate(self.most);
        if self.items.len() == self.most {
            self.least = self.items[self.most - 1].size();
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        other.items.into_iter().for_each(|item| self.add(item));
    }

    /// Them, the foremost first.
    pub(super) fn sorted(mut self) -> Vec<T> {
        self.cut();
        self.items
    }
}

impl Ranked for LargestToken {
    fn size(&self) -> f64 {
        self.log_ratio.abs()
    }

    fn rank(&self, other: &Self) -> Ordering {
        let by_size = other.size().total_cmp(&self.size());
        by_size.then_with(|| self.step.cmp(&other.step)).then_with(|| self.place.cmp(&other.place))
    }
}

impl Ranked for WorstSequence {
    fn size(&self) -> f64 {
        self.sums[2]
    }

    fn rank(&self, other: &Self) -> Ordering {
        let by_size = other.size().total_cmp(&self.size());
        by_size.then_with(|| self.step.cmp(&other.step)).then_with(|| self.place.cmp(&other.place))
    }
}

/// What stands out, with what the files have beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct StandingOut {
    pub(super) tokens: Foremost<LargestToken>,
    pub(super) sequences: Foremost<WorstSequence>,
}

impl StandingOut {
    pub(super) fn new() -> Self {
        Self { tokens: Foremost::new(MOST_TOKENS), sequences: Foremost::new(MOST_SEQUENCES) }
    }

    /// Nothing yet, of which only that is kept that may be among this.
    pub(super) fn emptied(&self) -> Self {
        Self { tokens: self.tokens.emptied(), sequences: self.sequences.emptied() }
    }

    pub(super) fn add(&mut self, record: &Record, kept: &Kept, seen: &Seen, roles: Roles) {
        if !roles.has(Role::Ref) {
            return;
        }
        let (largest, sums) = (seen.log_ratios.largest_abs(), seen.sums);
        let (has_tokens, is_sequence) = (self.tokens.admits(largest), self.sequences.admits(sums[2]));
        if !has_tokens && !is_sequence {
            return;
        }
        let texts = record.texts.decode();
        // Where there are more texts than tokens, those of the prompt stand in front.
        let length = record.log_probs.iter().flatten().map(|column| column.len()).max().unwrap_or(0);
        let prompt = texts.as_ref().map_or(0, |texts| texts.len().saturating_sub(length));
        let text = |position: usize| texts.as_ref()?.get(prompt + kept.tokens[position] as usize).cloned();
        if has_tokens {
            self.add_tokens(record, kept, seen, text);
        }
        if is_sequence {
            let shown = |position: usize| SequenceToken { log_ratio: seen.log_ratio[position], text: text(position) };
            self.sequences.add(WorstSequence {
                sums,
                step: Some(record.step.clone()),
                name: record.name.map(str::to_owned),
                place: record.place.clone(),
                tokens: (0..kept.len().min(MOST_SHOWN)).map(shown).collect(),
                length: kept.len() as u64,
            });
        }
    }

    fn add_tokens(&mut self, record: &Record, kept: &Kept, seen: &Seen, text: impl Fn(usize) -> Option<String>) {
        for (position, &log_ratio) in seen.log_ratio.iter().enumerate() {
            if self.tokens.admits(log_ratio.abs()) {
                self.tokens.add(LargestToken {
                    log_ratio,
                    log_prob: kept.of(seen.policy())[position],
                    log_ref: kept.of(Role::Ref)[position],
                    position: position as u64,
                    text: text(position),
                    step: Some(record.step.clone()),
                    name: record.name.map(str::to_owned),
                    place: record.place.clone().at_token(kept.tokens[position] as usize),
                });
            }
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.tokens.merge(other.tokens);
        self.sequences.merge(other.sequences);
    }

    pub(super) fn tidy(&mut self) {
        self.tokens.cut();
        self.sequences.cut();
    }
}
