//! How often a quantity has which value, in bins of equal ratios.

use super::result::Bin;
use multiversion::multiversion;
use serde::{Deserialize, Serialize};

/// Bins in a power of two: a value in the middle of a bin is at most a part 1 / (2 * 32) away from any other.
const BITS: u32 = 5;

/// Values nearer to 0, or farther from it, count in the last bins.
const SMALLEST: f64 = 1.0 / (1_u128 << 127) as f64;
const LARGEST: f64 = (1_u128 << 127) as f64;

/// Counts of numbers of both signs in bins that do not depend on them, so that counts of shares add up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Histogram {
    zeros: u64,
    negative: Bins,
    positive: Bins,
}

/// Counts of magnitudes, from a first bin on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Bins {
    first: usize,
    counts: Vec<u64>,
}

/// One past the last bin.
const END: usize = (LARGEST.to_bits() >> (52 - BITS)) as usize + 1;

/// So many numbers are looked at together.
const BLOCK: usize = 256;

/// What there is in a block: how many zeros, and for each sign the first and the last of its bins; where there is none, the first
/// is beyond the last.
#[derive(Clone, Copy)]
struct Extent {
    zeros: u64,
    negative: [usize; 2],
    positive: [usize; 2],
    /// Whether all are above 0.
    is_positive: bool,
}

/// The bins of numbers, of those below 0 with a minus, and 0 for 0 and for what is no number.
#[multiversion(targets("x86_64+avx2+fma"))]
fn places(values: &[f64], places: &mut [i32]) -> Extent {
    let mut zeros = 0;
    for (place, &value) in places.iter_mut().zip(values) {
        let magnitude = value.abs();
        let clamped = if magnitude < SMALLEST { SMALLEST } else { magnitude };
        let clamped = if clamped > LARGEST { LARGEST } else { clamped };
        let bin = (clamped.to_bits() >> (52 - BITS)) as i64;
        let above = if value > 0.0 { bin } else { 0 };
        *place = (if value < 0.0 { -bin } else { above }) as i32;
        zeros += u64::from(value == 0.0);
    }
    let (least, largest) = (least_of(places, |place| place), -least_of(places, |place| -place));
    // Of most quantities no number is below 0.
    let is_positive = least > 0;
    let first_above = || least_of(places, |place| if place > 0 { place } else { i32::MAX });
    let first_below = || least_of(places, |place| if place < 0 { -place } else { i32::MAX });
    let [above, below] = if is_positive { [least, i32::MAX] } else { [first_above(), first_below()] };
    let extent = |first: i32, last: i32| [first, last.max(0)].map(|place| place as usize);
    Extent { zeros, negative: extent(below, -least), positive: extent(above, largest), is_positive }
}

#[inline(always)]
fn least_of(places: &[i32], of: impl Fn(i32) -> i32) -> i32 {
    places.iter().fold(i32::MAX, |least, &place| least.min(of(place)))
}

fn lower_end(index: usize) -> f64 {
    f64::from_bits((index as u64) << (52 - BITS))
}

impl Bins {
    fn add(&mut self, index: usize, count: u64) {
        self.make_room([index, index]);
        self.counts[index - self.first] += count;
    }

    /// Counts a block without a 0, for which there is room.
    fn add_block(&mut self, indices: &[i32], [least, largest]: [usize; 2]) {
        // Equal numbers would wait for each other.
        if least == largest {
            return self.add(least, indices.len() as u64);
        }
        let (first, counts) = (self.first, &mut *self.counts);
        indices.iter().for_each(|&index| counts[index as usize - first] += 1);
    }

    /// Makes room for the bins from a first to a last one, if any.
    fn make_room(&mut self, [from, to]: [usize; 2]) {
        if from > to || from >= self.first && to < self.first + self.counts.len() {
            return;
        }
        if self.counts.is_empty() {
            self.first = from;
        }
        // No more than is asked for: of each step there are several histograms.
        let (first, end) = (self.first.min(from), (self.first + self.counts.len()).max(to + 1));
        if end - first == self.counts.len() {
            return;
        }
        let mut wider = vec![0; end - first];
        wider[self.first - first..][..self.counts.len()].copy_from_slice(&self.counts);
        (self.first, self.counts) = (first, wider);
    }

    fn merge(&mut self, other: &Self) {
        if let Some(last) = other.counts.len().checked_sub(1) {
            self.make_room([other.first, other.first + last]);
        }
        let counted = other.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        counted.for_each(|(place, &count)| self.add(other.first + place, count));
    }

    /// The bins that are not empty, from the smallest magnitude on.
    fn bins(&self) -> impl DoubleEndedIterator<Item = Bin> {
        let counted = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        counted.map(|(place, &count)| Bin {
            from: lower_end(self.first + place),
            to: lower_end(self.first + place + 1),
            count,
        })
    }
}

impl Histogram {
    /// Counts numbers, those that are NaN nowhere; gives a number that none of them is above.
    pub(super) fn add(&mut self, values: &[f64]) -> f64 {
        let (mut memory, mut highest) = ([0; BLOCK], 0);
        for block in values.chunks(BLOCK) {
            let indices = &mut memory[..block.len()];
            let extent = places(block, indices);
            self.add_block(indices, extent);
            highest = highest.max(extent.positive[1]);
        }
        if highest >= END - 1 { f64::INFINITY } else { lower_end(highest + 1) }
    }

    fn add_block(&mut self, indices: &[i32], Extent { zeros, negative, positive, is_positive }: Extent) {
        self.zeros += zeros;
        self.negative.make_room(negative);
        self.positive.make_room(positive);
        match is_positive {
            true => self.positive.add_block(indices, positive),
            false => self.add_signed(indices),
        }
    }

    /// Counts a block for which there is room.
    fn add_signed(&mut self, indices: &[i32]) {
        let firsts = [self.negative.first, self.positive.first];
        let counts = [&mut *self.negative.counts, &mut *self.positive.counts];
        for &index in indices.iter().filter(|index| **index != 0) {
            let sign = usize::from(index > 0);
            counts[sign][index.unsigned_abs() as usize - firsts[sign]] += 1;
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.zeros += other.zeros;
        self.negative.merge(&other.negative);
        self.positive.merge(&other.positive);
    }

    /// How many bins are held.
    pub(super) fn room(&self) -> usize {
        self.negative.counts.len() + self.positive.counts.len()
    }

    /// How many numbers were counted.
    pub(super) fn count(&self) -> u64 {
        let counts = self.negative.counts.iter().chain(&self.positive.counts);
        counts.fold(self.zeros, |sum, count| sum.saturating_add(*count))
    }

    /// Whether its bins are those of numbers.
    pub(super) fn is_whole(&self) -> bool {
        [&self.negative, &self.positive].iter().all(|bins| bins.first <= END && bins.counts.len() <= END - bins.first)
    }

    /// The bins that are not empty, in rising order.
    pub(super) fn bins(&self) -> Vec<Bin> {
        let below = self.negative.bins().rev().map(|bin| Bin { from: -bin.to, to: -bin.from, count: bin.count });
        let zero = Some(Bin { from: 0.0, to: 0.0, count: self.zeros }).filter(|bin| bin.count > 0);
        below.chain(zero).chain(self.positive.bins()).collect()
    }

    /// The value of this rank in rising order, counted from 0: the middle of its bin.
    pub(super) fn ranked(&self, rank: u64) -> f64 {
        let mut below = 0;
        let bins = self.bins();
        let found = bins.iter().find(|bin| {
            below += bin.count;
            below > rank
        });
        found.or(bins.last()).map_or(f64::NAN, |bin| f64::midpoint(bin.from, bin.to))
    }

    /// The sum of so many of the largest behind those that are known, each in the middle of its bin, but none above these.
    pub(super) fn sum_of_next(&self, known: &[f64], count: u64) -> f64 {
        let (mut before, mut left) = (known.len() as u64, count);
        let most = known.last().copied().unwrap_or(f64::INFINITY);
        let taken = self.bins().into_iter().rev().map(|bin| {
            let skipped = bin.count.min(before);
            before -= skipped;
            let taken = (bin.count - skipped).min(left);
            left -= taken;
            taken as f64 * f64::midpoint(bin.from, bin.to).min(most)
        });
        taken.sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ranks_are_within_half_a_bin_and_shares_add_up(
            mut values in prop::collection::vec((-1.0..1.0f64, -60..60i32).prop_map(|(m, e)| m * 2f64.powi(e)), 1..60),
        ) {
            let of = |values: &[f64]| {
                let mut histogram = Histogram::default();
                histogram.add(values);
                histogram
            };
            let whole = of(&values);
            let mut merged = of(&values[values.len() / 2..]);
            merged.merge(&of(&values[..values.len() / 2]));
            prop_assert_eq!(whole.bins(), merged.bins());
            values.sort_by(f64::total_cmp);
            for (rank, value) in values.iter().enumerate() {
                let found = whole.ranked(rank as u64);
                prop_assert!((found - value).abs() <= value.abs() / 64.0, "{} for {}", found, value);
            }
            prop_assert_eq!(whole.bins().iter().map(|bin| bin.count).sum::<u64>(), values.len() as u64);
        }
    }

    #[test]
    fn the_largest_are_summed_from_the_top() {
        let mut histogram = Histogram::default();
        histogram.add(&(1..=1000).map(f64::from).collect::<Vec<_>>());
        let exact: f64 = (991..=1000).map(f64::from).sum();
        assert!((histogram.sum_of_next(&[], 10) / exact - 1.0).abs() < 1.0 / 64.0);
        assert!((histogram.sum_of_next(&[1000.0, 999.0], 8) / (exact - 1999.0) - 1.0).abs() < 1.0 / 64.0);
        assert_eq!(histogram.sum_of_next(&[1000.0], 1), histogram.sum_of_next(&[], 1), "in the same bin");
        histogram.add(&[0.0, f64::INFINITY]);
        assert_eq!(histogram.bins()[0], Bin { from: 0.0, to: 0.0, count: 1 });
        assert!(histogram.ranked(1001) > 1e38);
    }
}
