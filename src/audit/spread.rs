//! How the numbers of tokens are spread: what a mean does not tell.

use super::histogram::Histogram;
use super::largest::Largest;
use super::map::squares;
use super::result::Tail;
use super::seen::Seen;
use super::values::Values;
use crate::statistics::pareto_k;
use serde::{Deserialize, Serialize};

/// One in so many tokens is among the largest.
const ONE_IN: u64 = 1000;

/// So many of the largest are kept, which are 0.1% of a million.
const MOST_LARGEST: usize = 1000;

/// Of a step so many ratios are kept and one more, which is the tail of a million.
const MOST_OF_STEP: usize = 3000;

/// Numbers of which the largest 0.1% are asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Top {
    largest: Largest,
    bins: Histogram,
}

impl Top {
    fn new() -> Self {
        Self { largest: Largest::new(MOST_LARGEST), bins: Histogram::default() }
    }

    /// None yet, of which only those count as the largest that would be among these.
    fn emptied(&self) -> Self {
        Self { largest: self.largest.emptied(), bins: Histogram::default() }
    }

    /// Adds numbers of which none is below 0.
    fn add(&mut self, values: &[f64]) {
        let below = self.bins.add(values);
        if self.largest.admits(below) {
            self.largest.extend(values);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.largest.merge(&other.largest);
        self.bins.merge(&other.bins);
    }

    /// Which part of their sum the largest 0.1% of so many numbers are, rounded up: exactly up to a million numbers, then within
    /// a part 1/64 of it, and never more than all.
    pub(super) fn share(&self, count: u64, sum: f64) -> Option<f64> {
        let asked = count.div_ceil(ONE_IN);
        let (each, rest) = (self.largest.sorted(), asked.saturating_sub(MOST_LARGEST as u64));
        let largest: f64 = each.iter().take(asked as usize).sum();
        let behind = if rest > 0 { self.bins.sum_of_next(&each, rest) } else { 0.0 };
        Some((largest + behind) / sum).filter(|share| share.is_finite()).map(|share| share.min(1.0))
    }

    /// How few of the largest numbers are more than a part of a sum, and which part they are; none where those that are kept
    /// are not enough.
    pub(super) fn fewest(&self, part: f64, sum: f64) -> Option<(u64, f64)> {
        let mut shares = self.largest.sorted().into_iter().scan(0.0, |total, value| {
            *total += value;
            Some(*total / sum)
        });
        (1..).zip(&mut shares).find(|(_, share)| *share > part)
    }
}

/// The numbers of the tokens of a step, or of all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Spread {
    /// D.
    pub(super) log_ratios: Values,
    /// k3.
    pub(super) k3: Top,
    /// c^2 of each loss.
    pub(super) losses: Vec<Top>,
    tails: Tails,
    #[serde(skip)]
    scratch: Vec<f64>,
}

impl Spread {
    pub(super) fn new(losses: usize) -> Self {
        Self {
            log_ratios: Values::default(),
            k3: Top::new(),
            losses: vec![Top::new(); losses],
            tails: Tails::new(MOST_OF_STEP),
            scratch: Vec::new(),
        }
    }

    /// Of no token, to be added to this one: what this one would not keep is not kept.
    pub(super) fn emptied(&self) -> Self {
        Self {
            log_ratios: self.log_ratios.emptied(),
            k3: self.k3.emptied(),
            losses: self.losses.iter().map(Top::emptied).collect(),
            tails: self.tails.emptied(),
            scratch: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, seen: &Seen) {
        // Without a reference D is not a number, and k3 neither, which counts nowhere.
        if seen.has_reference() {
            self.log_ratios.add(&seen.log_ratio);
        }
        self.k3.add(&seen.k3);
        for (top, (_, coefficients)) in self.losses.iter_mut().zip(&seen.losses) {
            squares(coefficients, &mut self.scratch);
            top.add(&self.scratch);
        }
        self.tails.add(seen);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.log_ratios.merge(&other.log_ratios);
        self.k3.merge(&other.k3);
        self.losses.iter_mut().zip(&other.losses).for_each(|(own, other)| own.merge(other));
        self.tails.merge(&other.tails);
        let tops = [&mut self.k3].into_iter().chain(&mut self.losses).map(|top| &mut top.largest);
        tops.chain([&mut self.tails.r, &mut self.tails.rho]).for_each(Largest::tighten);
    }

    /// How many numbers are kept, which sequences can only add to, and which do not depend on their order: values that are kept
    /// one by one, which are few over all steps, do not count, since they become bins.
    pub(super) fn room(&self) -> usize {
        let tops = [&self.k3].into_iter().chain(&self.losses).map(|top| top.largest.room() + top.bins.room());
        let values = self.log_ratios.bins().map_or(0, Histogram::room);
        tops.sum::<usize>() + values + self.tails.r.room() + self.tails.rho.room()
    }

    pub(super) fn tidy(&mut self) {
        self.scratch = Vec::new();
        self.log_ratios.tidy();
        self.k3.largest.tidy();
        self.losses.iter_mut().for_each(|top| top.largest.tidy());
        self.tails.tidy();
    }

    pub(super) fn tail(&self, count: u64) -> Tail {
        self.tails.tail(count)
    }

    /// Whether it is of so many losses, and its bins are where bins can be.
    pub(super) fn is_whole(&self, losses: usize) -> bool {
        let tops = [&self.k3].into_iter().chain(&self.losses);
        let mut bins = tops.map(|top| &top.bins).chain(self.log_ratios.bins());
        self.losses.len() == losses && bins.all(Histogram::is_whole)
    }
}

/// The logarithms of the largest ratios r = exp(-D) and rho.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tails {
    r: Largest,
    rho: Largest,
}

impl Tails {
    /// Of so long a tail, at most.
    pub(super) fn new(most: usize) -> Self {
        Self { r: Largest::new(most + 1), rho: Largest::new(most + 1) }
    }

    /// None yet, of which only those count that would be among these.
    pub(super) fn emptied(&self) -> Self {
        Self { r: self.r.emptied(), rho: self.rho.emptied() }
    }

    pub(super) fn add(&mut self, seen: &Seen) {
        // log(r) is -D.
        if self.r.admits(-seen.log_ratios.least) {
            self.r.extend_negated(&seen.log_ratio);
        }
        if self.rho.admits(seen.log_rhos.largest) {
            self.rho.extend(&seen.log_rho);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.r.merge(&other.r);
        self.rho.merge(&other.rho);
    }

    pub(super) fn tidy(&mut self) {
        self.r.tidy();
        self.rho.tidy();
    }

    pub(super) fn tail(&self, count: u64) -> Tail {
        let index = |largest: &Largest| pareto_k(&largest.sorted(), count);
        Tail { r: index(&self.r), rho: index(&self.rho) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn top_shares_beyond_a_million_take_the_largest_as_they_are() {
        let count = 1_500_000;
        for (heavy, power) in [(1.0, 4.0), (1.3, 1.0), (1.49, 0.3)] {
            // Each of the largest lies low in its bin, whose middle is above it.
            let largest = |i: u32| heavy * (f64::from(1500 - i) / 1500.0).powf(power) * f64::from(1 << 20);
            let mut values: Vec<f64> = (0..1500).map(largest).collect();
            values.resize(count, 1e-9);
            let sum: f64 = values.iter().sum();
            let exact = values[..1500].iter().sum::<f64>() / sum;
            let mut top = Top::new();
            top.add(&values);
            let found = top.share(count as u64, sum).unwrap();
            assert!(found <= 1.0 && (found / exact - 1.0).abs() < 1.0 / 64.0, "{found}, not {exact}");
        }
        // All but a few carry nothing, and these stand just above the lower end of their bin.
        let mut top = Top::new();
        let values: Vec<f64> = (0..count).map(|i| if i < 900 { 1.001 } else { 1e-12 }).collect();
        top.add(&values);
        let found = top.share(count as u64, values.iter().sum()).unwrap();
        assert!(found <= 1.0 && found > 0.999_999, "{found}");
    }
}
