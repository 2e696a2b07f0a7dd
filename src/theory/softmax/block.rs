//! Sequences of tokens on their way through a tape.

use super::tables::Tables;
use super::vocabulary_sums::VocabularySums;
use crate::estimator::expr::{Evaluated, Expr, Steps, Tape};
use std::ops::Range;

/// How many steps are evaluated together: as many as stay in the processor's cache.
const STEPS: usize = 512;

/// Several sequences, one after the other, and the tape that evaluates expressions on them.
pub(crate) struct Block<'a> {
    tables: &'a Tables,
    sums: &'a VocabularySums,
    tape: Tape,
    log_prob: Vec<f64>,
    log_ratio: Vec<f64>,
    log_rho: Vec<f64>,
    full: Vec<Vec<f64>>,
    pub(crate) steps: Drawn,
}

/// What was drawn: entries, and where each sequence ends; and how much each sequence counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drawn {
    pub(crate) entries: Vec<usize>,
    pub(crate) ends: Vec<usize>,
    pub(crate) weights: Vec<f64>,
}

impl Drawn {
    /// The steps of each sequence.
    pub(crate) fn sequences(&self) -> impl Iterator<Item = (Range<usize>, f64)> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).zip(&self.weights).map(|((start, &end), &weight)| (start..end, weight))
    }
}

impl<'a> Block<'a> {
    pub(crate) fn new(expressions: &[Expr], tables: &'a Tables, sums: &'a VocabularySums) -> Self {
        let full = vec![Vec::new(); sums.len()];
        let [log_prob, log_ratio, log_rho] = [const { Vec::new() }; 3];
        Self { tables, sums, tape: Tape::new(expressions), log_prob, log_ratio, log_rho, full, steps: Drawn::default() }
    }

    /// Adds a sequence; whether the block is full.
    pub(crate) fn push(&mut self, entries: &[usize], weight: f64) -> bool {
        let Tables { vocabulary, log_prob, log_ratio, log_rho, .. } = self.tables;
        self.log_prob.extend(entries.iter().map(|&entry| log_prob[entry]));
        self.log_ratio.extend(entries.iter().map(|&entry| log_ratio[entry]));
        self.log_rho.extend(entries.iter().map(|&entry| log_rho[entry]));
        for (to, values) in self.full.iter_mut().zip(&self.sums.values) {
            to.extend(entries.iter().map(|&entry| values[entry / vocabulary]));
        }
        self.steps.entries.extend_from_slice(entries);
        self.steps.ends.push(self.steps.entries.len());
        self.steps.weights.push(weight);
        self.steps.entries.len() >= STEPS
    }

    /// Hands what was added to `visit`, evaluated, and empties the block.
    pub(crate) fn take(&mut self, visit: impl FnOnce(&Drawn, &mut Evaluated)) {
        if !self.steps.entries.is_empty() {
            let logs = Steps::samples(&self.log_prob, &self.log_ratio, &self.log_rho);
            let steps = logs.in_sequences(&self.steps.ends).with_full(&self.full);
            visit(&self.steps, &mut self.tape.evaluate(steps));
        }
        [&mut self.log_prob, &mut self.log_ratio, &mut self.log_rho].into_iter().for_each(Vec::clear);
        self.full.iter_mut().for_each(Vec::clear);
        self.steps.entries.clear();
        self.steps.ends.clear();
        self.steps.weights.clear();
    }
}
