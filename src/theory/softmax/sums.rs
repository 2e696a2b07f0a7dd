//! What adds up to the gradient of an estimator over sequences.

use super::sent::Sent;
use super::tables::{Tables, pairwise_sum};
use super::vocabulary_sums::VocabularySums;
use std::ops::Range;

/// A weighted sum of gradients, before it is pulled back to the logits: that is linear, and done once.
#[derive(Clone, Debug)]
pub(crate) struct Sums {
    /// Of each entry, the sum of the coefficients of its tokens.
    coefficients: Vec<f64>,
    /// Of each sum over the vocabulary and each row, what has come to it.
    full: Vec<Vec<f64>>,
    /// The sum of the sizes of all coefficients.
    size: f64,
}

impl Sums {
    pub(crate) fn new(tables: &Tables, sums: &VocabularySums) -> Self {
        let full = vec![vec![0.0; tables.squares.len()]; sums.len()];
        Self { coefficients: vec![0.0; tables.entries()], full, size: 0.0 }
    }

    /// Adds what the steps of a sequence send: to their entries, and to what they sum over the vocabulary.
    pub(crate) fn add(&mut self, steps: Range<usize>, entries: &[usize], sent: &Sent, weight: f64, tables: &Tables) {
        for (&entry, coefficient) in entries[steps.clone()].iter().zip(&sent.coefficients[steps.clone()]) {
            self.coefficients[entry] += weight * coefficient;
            self.size += (weight * coefficient).abs();
        }
        for (to, outer) in self.full.iter_mut().zip(&sent.full) {
            let Some(outer) = outer else { continue };
            for (entry, outer) in entries[steps.clone()].iter().zip(&outer[steps.clone()]) {
                to[entry / tables.vocabulary] += weight * outer;
                self.size += (weight * outer).abs();
            }
        }
    }

    /// Adds what every entry sends, weighted.
    pub(crate) fn add_all<'s>(
        &mut self,
        weights: &[f64],
        coefficients: &[f64],
        full: impl Iterator<Item = &'s Vec<f64>>,
        vocabulary: usize,
    ) {
        for ((to, weight), coefficient) in self.coefficients.iter_mut().zip(weights).zip(coefficients) {
            *to += weight * coefficient;
            self.size += (weight * coefficient).abs();
        }
        for (to, outer) in self.full.iter_mut().zip(full) {
            for ((entry, weight), outer) in weights.iter().enumerate().zip(outer) {
                to[entry / vocabulary] += weight * outer;
                self.size += (weight * outer).abs();
            }
        }
    }

    /// Adds another sum.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.coefficients.iter_mut().zip(&other.coefficients).for_each(|(to, from)| *to += from);
        for (to, from) in self.full.iter_mut().zip(&other.full) {
            to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        }
        self.size += other.size;
    }

    /// The sum of all coefficients.
    pub(crate) fn coefficients(&self) -> f64 {
        pairwise_sum(&self.coefficients)
    }

    /// How far rounding may have moved the gradient.
    ///
    /// Blocks of sums, whose terms are rounded a few times each, are added: a thousand roundings of the sum of the sizes
    /// are more than they lose.
    pub(crate) fn rounding(&self) -> f64 {
        1e3 * f64::EPSILON * self.size
    }

    /// The gradient with respect to all logits.
    pub(crate) fn gradient(self, tables: &Tables, sums: &VocabularySums) -> Vec<f64> {
        let mut gradient = tables.pull_back(self.coefficients);
        for (outer, of_sum) in self.full.iter().zip(&sums.gradients) {
            let rows = gradient.chunks_mut(tables.vocabulary).zip(of_sum.chunks(tables.vocabulary));
            for ((to, of_row), outer) in rows.zip(outer).filter(|(_, outer)| **outer != 0.0) {
                to.iter_mut().zip(of_row).for_each(|(to, slope)| *to += outer * slope);
            }
        }
        gradient
    }
}
