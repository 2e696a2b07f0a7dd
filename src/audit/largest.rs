//! The largest of many numbers.

use super::packed;
use super::reduce::{extremes, largest};
use serde::{Deserialize, Serialize};

/// So many numbers are looked at together, of which most often none is large enough.
const TOGETHER: usize = 64;

/// Up to `most` of the largest numbers that were added, in whatever order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Largest {
    most: usize,
    #[serde(with = "packed")]
    values: Vec<f64>,
    /// What is not larger than that is not among them.
    #[serde(skip, default = "lowest")]
    least: f64,
}

fn lowest() -> f64 {
    f64::NEG_INFINITY
}

impl Largest {
    pub(super) fn new(most: usize) -> Self {
        Self { most, values: Vec::new(), least: lowest() }
    }

    /// None yet, of which only those count that would be among these.
    pub(super) fn emptied(&self) -> Self {
        Self { most: self.most, values: Vec::new(), least: self.least }
    }

    #[inline]
    pub(super) fn add(&mut self, value: f64) {
        if value > self.least {
            self.values.push(value);
            // A quarter more than has to be kept, so that it is seldom cut.
            if self.values.len() > self.most + self.most / 4 {
                self.cut();
            }
        }
    }

    pub(super) fn extend(&mut self, values: &[f64]) {
        for some in values.chunks(TOGETHER) {
            if largest(some) > self.least {
                some.iter().for_each(|&value| self.add(value));
            }
        }
    }

    /// Adds the numbers with the other sign.
    pub(super) fn extend_negated(&mut self, values: &[f64]) {
        for some in values.chunks(TOGETHER) {
            if -extremes(some).least > self.least {
                some.iter().for_each(|&value| self.add(-value));
            }
        }
    }

    /// Whether a number of that size would be among them.
    pub(super) fn admits(&self, value: f64) -> bool {
        value > self.least
    }

    pub(super) fn merge(&mut self, other: &Self) {
        // No more than is asked for: of each step there are several of these.
        let count = other.values.iter().filter(|value| self.admits(**value)).count();
        self.values.reserve_exact(count);
        self.extend(&other.values);
    }

    fn cut(&mut self) {
        if self.values.len() > self.most {
            let (_, &mut least, _) = self.values.select_nth_unstable_by(self.most - 1, |a, b| b.total_cmp(a));
            self.values.truncate(self.most);
            self.least = least;
        }
    }

    /// How many are kept, whatever waits to be cut.
    pub(super) fn room(&self) -> usize {
        self.values.len().min(self.most)
    }

    /// Takes no more room than that.
    pub(super) fn tighten(&mut self) {
        self.cut();
        self.values.shrink_to_fit();
    }

    /// The same, sorted from the largest on, and no more than have to be kept.
    pub(super) fn tidy(&mut self) {
        self.cut();
        self.values.sort_by(|a, b| b.total_cmp(a));
    }

    /// Them, from the largest on.
    pub(super) fn sorted(&self) -> Vec<f64> {
        let mut tidy = self.clone();
        tidy.tidy();
        tidy.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn they_are_the_largest(values in prop::collection::vec(-5..5i32, 0..200), most in 1..20usize, cut in 0..200usize) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let mut shares = [Largest::new(most), Largest::new(most)];
            values.iter().enumerate().for_each(|(place, &value)| shares[usize::from(place < cut)].add(value));
            let [mut merged, other] = shares;
            merged.merge(&other);
            let mut sorted = values;
            sorted.sort_by(|a, b| b.total_cmp(a));
            sorted.truncate(most);
            prop_assert_eq!(merged.sorted(), sorted);
        }
    }
}
