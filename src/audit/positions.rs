//! KL by the position of a token in its sequence.

use super::moments::{Counts, Moments};
use super::reduce::sums_of_both;
use super::result::Position;
use super::seen::Seen;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use std::ops::Range;

/// Bins in a power of two.
const BINS: u32 = 2;

/// Sums of k1, k2, k3 in bins of positions: one for each of the first four, two in each power of two beyond.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Positions {
    bins: Vec<(Counts, [Moments; 3])>,
}

/// Where a bin begins.
fn start(bin: usize) -> usize {
    const SINGLE: usize = 2 * BINS as usize;
    match bin {
        ..SINGLE => bin,
        _ => {
            let (octave, place) = (bin / BINS as usize - 1, bin % BINS as usize);
            (BINS as usize + place) << octave
        }
    }
}

/// How many positions a bin has.
fn width(bin: usize) -> usize {
    start(bin + 1) - start(bin)
}

/// The bins of a sequence's tokens.
fn bins(length: usize) -> impl Iterator<Item = Range<usize>> {
    (0..)
        .map(start)
        .take_while(move |&start| start < length)
        .zip((1..).map(start))
        .map(move |(from, to)| from..to.min(length))
}

/// The sums of k1, k2 and k3 in the bins of a sequence, from its D and k3.
pub(super) fn sums(log_ratio: &[f64], k3: &[f64], into: &mut Vec<[f64; 3]>) {
    into.clear();
    into.extend(bins(k3.len()).map(|bin| sums_of_both(&log_ratio[bin.clone()], &k3[bin])));
}

impl Positions {
    pub(super) fn add(&mut self, seen: &Seen) {
        if self.bins.len() < seen.sums_by_position.len() {
            self.bins.resize_with(seen.sums_by_position.len(), Default::default);
        }
        let sums = bins(seen.k3.len()).zip(&seen.sums_by_position);
        for (place, ((counts, moments), (bin, sums))) in self.bins.iter_mut().zip(sums).enumerate() {
            counts.add(bin.len());
            moments.iter_mut().zip(sums).for_each(|(moments, &sum)| moments.add(sum, bin.len(), width(place)));
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        let length = self.bins.len().max(other.bins.len());
        self.bins.resize_with(length, Default::default);
        for ((counts, moments), (other_counts, other_moments)) in self.bins.iter_mut().zip(&other.bins) {
            counts.merge(other_counts);
            moments.iter_mut().zip(other_moments).for_each(|(own, other)| own.merge(other));
        }
    }

    pub(super) fn means(&self) -> Vec<Position> {
        let of = |(bin, (counts, moments)): (usize, &(Counts, [Moments; 3]))| {
            let estimates = moments.each_ref().map(|moments| moments.estimate(counts, width(bin)));
            Position {
                from: start(bin) as u64,
                to: start(bin + 1) as u64,
                tokens: counts.tokens,
                means: estimates.map(|estimate| estimate.mean),
                standard_errors: estimates.map(|estimate| estimate.standard_error),
            }
        };
        self.bins.iter().enumerate().map(of).collect()
    }
}

impl Serialize for Position {
    /// With positions that count from 1, as those of `tokens.csv` do, and both ends among them.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Position", 6)?;
        fields.serialize_field("from", &(self.from + 1))?;
        fields.serialize_field("to", &self.to)?;
        fields.serialize_field("tokens", &self.tokens)?;
        for (name, mean) in ["k1", "k2", "k3"].into_iter().zip(&self.means) {
            fields.serialize_field(name, mean)?;
        }
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_told_as_people_count() {
        let position =
            Position { from: 4, to: 6, tokens: 9, means: [Some(-0.5), Some(0.25), None], standard_errors: [None; 3] };
        let expected = r#"{"from":5,"to":6,"tokens":9,"k1":-0.5,"k2":0.25,"k3":null}"#;
        assert_eq!(serde_json::to_string(&position).unwrap(), expected);
    }

    #[test]
    fn bins_grow_with_the_position() {
        let starts: Vec<usize> = (0..12).map(start).collect();
        assert_eq!(starts, [0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48]);
    }
}
