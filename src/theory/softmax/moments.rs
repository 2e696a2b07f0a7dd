//! Mean and variance of estimators' gradients.

use super::block::{Block, Drawn};
use super::enumeration::{PARTS, enumerate};
use super::sent::Sent;
use super::square::{sorted, square};
use super::sums::Sums;
use super::tables::{Tables, dot};
use super::vocabulary_sums::VocabularySums;
use crate::estimator::expr::{Evaluated, Expr, Tape};
use crate::in_order::in_order;
use crate::policy::{Problem, Softmax};
use std::num::NonZeroUsize;

/// The moments of the gradient of one sample with respect to all logits.
#[derive(Clone, Debug)]
pub struct Moments {
    /// The expected gradient, row by row.
    pub mean: Vec<f64>,
    /// How far rounding may have moved it.
    pub(crate) rounding: f64,
    /// The mean over what is drawn of the sum of a sequence's gradient coefficients.
    pub(crate) coefficients: f64,
    /// E\[|gradient|^2\]; none where it is not known.
    pub square: Option<f64>,
}

impl Moments {
    /// The trace of the covariance matrix, the sum of the variances of all components. Of a gradient that does not vary,
    /// rounding leaves a rest, which is 0.
    pub fn variance(&self) -> Option<f64> {
        let squared: f64 = dot(&self.mean, &self.mean);
        let rest = |square: f64| 1e3 * f64::EPSILON * square;
        self.square.map(|square| if square - squared <= rest(square) { 0.0 } else { square - squared })
    }

    /// Of a loss that is multiplied by a number.
    pub(super) fn times(self, factor: f64) -> Self {
        Self {
            mean: self.mean.into_iter().map(|mean| factor * mean).collect(),
            rounding: factor * self.rounding,
            coefficients: factor * self.coefficients,
            square: self.square.map(|square| factor * factor * square),
        }
    }
}

/// Exactly, by enumeration of every sequence; `advance` is called after each of the [`parts`].
///
/// # Formula
/// E[g] and E[|g|^2] are sums over all sequences, weighted by their probabilities under the policy that draws.
pub(crate) fn enumerated(
    losses: &[Expr],
    problem: &Problem<Softmax>,
    tables: &Tables,
    threads: NonZeroUsize,
    advance: &dyn Fn(),
) -> Vec<Moments> {
    let groups = losses.chunks(group(tables.entries()));
    groups.flat_map(|losses| of_group(losses, problem, tables, threads, advance)).collect()
}

/// In how many parts so many losses are enumerated.
pub(crate) fn parts(losses: usize, entries: usize) -> usize {
    losses.div_ceil(group(entries)) * PARTS
}

/// So many estimators are enumerated together that each part's sums stay within some megabytes.
fn group(entries: usize) -> usize {
    const NUMBERS: usize = 4_000_000;
    (NUMBERS / entries).max(1)
}

fn of_group(
    losses: &[Expr],
    problem: &Problem<Softmax>,
    tables: &Tables,
    threads: NonZeroUsize,
    advance: &dyn Fn(),
) -> Vec<Moments> {
    let sums = VocabularySums::of(&Tape::new(losses).fulls(), tables);
    let part = |part: usize| {
        let mut visit = Visit::new(losses.len(), tables, &sums);
        let mut block = Block::new(losses, tables, &sums);
        enumerate(problem, tables, part, |entries, probability| {
            if block.push(entries, probability) {
                block.take(|drawn, evaluated| visit.add(drawn, evaluated));
            }
        });
        block.take(|drawn, evaluated| visit.add(drawn, evaluated));
        visit.gathered
    };
    let mut total = vec![(Sums::new(tables, &sums), 0.0); losses.len()];
    in_order(PARTS, threads, part, |gathered| {
        for ((to, square), (from, added)) in total.iter_mut().zip(&gathered) {
            to.merge(from);
            *square += added;
        }
        advance();
    });
    let moments = |(of_loss, square): (Sums, f64)| {
        let (rounding, coefficients) = (of_loss.rounding(), of_loss.coefficients());
        Moments { mean: of_loss.gradient(tables, &sums), rounding, coefficients, square: Some(square) }
    };
    total.into_iter().map(moments).collect()
}

/// What is gathered of each estimator: its sums, and the sum of the squared norms.
struct Visit<'a> {
    tables: &'a Tables,
    sums: &'a VocabularySums,
    gathered: Vec<(Sums, f64)>,
}

impl<'a> Visit<'a> {
    fn new(count: usize, tables: &'a Tables, sums: &'a VocabularySums) -> Self {
        Self { tables, sums, gathered: vec![(Sums::new(tables, sums), 0.0); count] }
    }

    fn add(&mut self, drawn: &Drawn, evaluated: &mut Evaluated) {
        let order = sorted(drawn);
        for (index, (of_loss, squares)) in self.gathered.iter_mut().enumerate() {
            let sent = Sent::by(evaluated, index, self.sums.len());
            for (steps, weight) in drawn.sequences() {
                of_loss.add(steps.clone(), &drawn.entries, &sent, weight, self.tables);
                *squares += weight * square(&order[steps], &drawn.entries, &sent, self.tables, self.sums);
            }
        }
    }
}
