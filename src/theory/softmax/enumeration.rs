//! Every sequence that can be drawn, one after the other.

use super::tables::Tables;
use crate::policy::{Problem, Softmax};

/// So many parts are enumerated apart, whatever the number of threads: their sums are added in order.
pub(super) const PARTS: usize = 16;

/// Hands each sequence of a part, as entries, and its probability under the policy that draws, to `visit`.
pub(super) fn enumerate(
    problem: &Problem<Softmax>,
    tables: &Tables,
    part: usize,
    mut visit: impl FnMut(&[usize], f64),
) {
    let mut walk = Walk { policy: &problem.policy, tables, part, branch: 0, entries: Vec::new(), visit: &mut visit };
    walk.from(0, 1.0);
}

struct Walk<'a> {
    policy: &'a Softmax,
    tables: &'a Tables,
    part: usize,
    /// Which of the branches at [`Self::splits`] comes next.
    branch: usize,
    entries: Vec<usize>,
    visit: &'a mut dyn FnMut(&[usize], f64),
}

impl Walk<'_> {
    /// Every sequence that goes on from a row.
    fn from(&mut self, row: usize, probability: f64) {
        for token in 0..self.policy.vocabulary() {
            let entry = row * self.policy.vocabulary() + token;
            let next = self.policy.next(row, token).filter(|_| self.entries.len() + 1 < self.policy.max_length());
            if self.belongs_elsewhere(next.is_some()) {
                continue;
            }
            let probability = probability * self.tables.behaviour[entry];
            self.entries.push(entry);
            match next {
                Some(next) => self.from(next, probability),
                None => (self.visit)(&self.entries, probability),
            }
            self.entries.pop();
        }
    }

    /// Sequences are shared out by their first two tokens, or by the first where that is the last.
    fn belongs_elsewhere(&mut self, goes_on: bool) -> bool {
        let is_split = match self.entries.len() {
            0 => !goes_on,
            1 => true,
            _ => false,
        };
        self.branch += usize::from(is_split);
        is_split && self.branch % PARTS != self.part
    }
}
