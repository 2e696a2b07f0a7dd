//! Sequences that are equal to others.

use super::place::Place;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// So many different sequences are told apart; of more, a part that their hashes choose.
const MOST: usize = 1 << 16;

/// The hashes of sequences, how often each came, and where first.
///
/// Where there are too many, only those below a limit are kept, which is halved as often as needed: which those are does not
/// depend on the order.
///
/// Source: Gibbons (2001), *Distinct Sampling for Highly-Accurate Answers to Distinct Values Queries and Event Reports*.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Equal {
    /// Hashes with so many zeros in front are kept.
    zeros: u32,
    #[serde(with = "super::pairs")]
    seen: BTreeMap<u64, (u64, Place)>,
}

impl Equal {
    pub(super) fn add<'a>(&mut self, columns: impl Iterator<Item = &'a [f64]>, place: &Place) {
        let hash = hash(columns);
        if hash.leading_zeros() >= self.zeros {
            self.count(hash, 1, place);
        }
    }

    fn count(&mut self, hash: u64, count: u64, place: &Place) {
        let (seen, first) = self.seen.entry(hash).or_insert_with(|| (0, place.clone()));
        *seen += count;
        if place < first {
            *first = place.clone();
        }
        while self.seen.len() > MOST {
            self.raise(self.zeros + 1);
        }
    }

    fn raise(&mut self, zeros: u32) {
        self.zeros = zeros;
        self.seen.retain(|hash, _| hash.leading_zeros() >= zeros);
    }

    /// None yet, of which only those are kept that these would keep.
    pub(super) fn emptied(&self) -> Self {
        Self { zeros: self.zeros, seen: BTreeMap::new() }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.raise(self.zeros.max(other.zeros));
        for (&hash, (count, place)) in &other.seen {
            if hash.leading_zeros() >= self.zeros {
                self.count(hash, *count, place);
            }
        }
    }

    /// How many sequences are equal to an earlier one, whether that is exact, and where the first stands that has an equal; none
    /// where all differ.
    pub(super) fn found(&self) -> Option<(u64, bool, &Place)> {
        let repeated = || self.seen.values().filter(|(count, _)| *count > 1);
        let count: u64 = repeated().map(|(count, _)| count - 1).sum();
        let first = repeated().map(|(_, place)| place).min()?;
        Some((count << self.zeros, self.zeros == 0, first))
    }
}

/// An odd number without a pattern: the golden ratio's.
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// Of the bits of all numbers, with where each column ends.
fn hash<'a>(columns: impl Iterator<Item = &'a [f64]>) -> u64 {
    let hash = columns.fold(0, |hash, column| mix(hash, hash_of_column(column)));
    // So that the bits in front depend on all of them.
    let hash = (hash ^ (hash >> 32)).wrapping_mul(FACTOR);
    hash ^ (hash >> 29)
}

/// In four strands, which the CPU runs side by side.
fn hash_of_column(column: &[f64]) -> u64 {
    let (fours, rest) = column.as_chunks::<4>();
    let mut strands = [0; 4];
    for four in fours {
        strands.iter_mut().zip(four).for_each(|(strand, number)| *strand = mix(*strand, number.to_bits()));
    }
    let all = strands.into_iter().chain(rest.iter().map(|number| number.to_bits()));
    all.fold(column.len() as u64, mix)
}

fn mix(hash: u64, bits: u64) -> u64 {
    (hash.rotate_left(23) ^ bits).wrapping_mul(FACTOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(sequence: u64) -> Place {
        Place::file("a".to_owned()).at_sequence(sequence)
    }

    #[test]
    fn equal_sequences_are_counted_in_any_order() {
        let sequences = [&[-1.0, -2.0][..], &[-1.0], &[-1.0, -2.0], &[-3.0], &[-1.0, -2.0], &[-1.0]];
        let of = |order: &[u64]| {
            let mut equal = Equal::default();
            order.iter().for_each(|&at| equal.add([sequences[at as usize], &[-4.0]].into_iter(), &place(at)));
            equal
        };
        let all = of(&[0, 1, 2, 3, 4, 5]);
        assert_eq!(all.found(), Some((3, true, &place(0))));
        assert_eq!(all, of(&[5, 3, 1, 4, 2, 0]));
        let mut merged = of(&[5, 2]);
        merged.merge(&of(&[0, 1, 3, 4]));
        assert_eq!(all, merged);
        assert_eq!(of(&[0, 1, 3]).found(), None);
    }

    #[test]
    fn of_too_many_a_part_is_kept() {
        let of = |range: std::ops::Range<u64>| {
            let mut equal = Equal::default();
            for number in range {
                // Each but every tenth is there once.
                let times = if number % 10 == 0 { 3 } else { 1 };
                (0..times).for_each(|_| equal.add([&[number as f64][..]].into_iter(), &place(number)));
            }
            equal
        };
        let count = 3 * MOST as u64;
        let (found, is_exact, _) =
            of(0..count).found().map(|(count, exact, place)| (count, exact, place.clone())).unwrap();
        // Of 40,000 sequences some 5,000 are kept: three standard deviations are 5%.
        assert!(!is_exact && (found as f64 / (count as f64 / 5.0) - 1.0).abs() < 0.06, "{found} of {count}");
        let mut merged = of(count / 3..count);
        merged.merge(&of(0..count / 3));
        assert_eq!(merged, of(0..count));
    }
}
