//! KL by the position of a token in its sequence.

use super::moments::{Counts, Moments};
use super::reduce::sum;
use super::result::Position;
use super::seen::Seen;
use serde::{Deserialize, Serialize};

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

impl Positions {
    pub(super) fn add(&mut self, seen: &Seen) {
        let length = seen.log_ratio.len();
        for bin in (0..).take_while(|&bin| start(bin) < length) {
            let (from, to) = (start(bin), start(bin + 1).min(length));
            if bin == self.bins.len() {
                self.bins.push(Default::default());
            }
            let (counts, moments) = &mut self.bins[bin];
            counts.add(to - from);
            for (moments, k) in moments.iter_mut().zip([&seen.log_ratio, &seen.k2, &seen.k3]) {
                moments.add(sum(&k[from..to]), to - from);
            }
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
            let estimates = moments.each_ref().map(|moments| moments.estimate(counts));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_grow_with_the_position() {
        let starts: Vec<usize> = (0..12).map(start).collect();
        assert_eq!(starts, [0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48]);
    }
}
