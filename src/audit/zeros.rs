//! Columns that hold zeros in place of numbers that nobody computed.

use super::kept::Kept;
use super::place::Place;
use super::problem::Kind;
use super::record::Role;
use super::summary::{Noted, Summary};
use serde::{Deserialize, Serialize};

/// A column without numbers may have some at one in so many tokens, and another policy is not sure of more than that.
const ONE_IN: u64 = 1000;

/// How many tokens count, and at how many of them each role is exactly 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Zeros {
    tokens: u64,
    zeros: [u64; 4],
}

impl Zeros {
    pub(super) fn add(&mut self, kept: &Kept) {
        self.tokens += (kept.len() + kept.faults.len()) as u64;
        self.zeros.iter_mut().zip(kept.zeros).for_each(|(own, zeros)| *own += zeros);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.tokens += other.tokens;
        self.zeros.iter_mut().zip(other.zeros).for_each(|(own, other)| *own += other);
    }
}

/// A column that holds nothing but zeros.
#[derive(Clone, Debug, PartialEq)]
pub struct ZeroFilled {
    /// Whose it is.
    pub role: Role,
    /// At how many tokens it is 0.
    pub zeros: u64,
    /// Of how many that count.
    pub tokens: u64,
    /// The first where another policy is not sure.
    pub first: Place,
}

impl Summary {
    /// A column that is exactly 0 at all tokens, or all but a thousandth, of which another policy is not sure: what trainers
    /// write for what they skip. At the tokens that are sure it looks like log-probabilities, and is none.
    pub fn zero_filled(&self) -> Option<ZeroFilled> {
        let Zeros { tokens, zeros } = self.zeros;
        let of = |role: Role| {
            let Noted { count, first, .. } = self.problems.get(&(Kind::Zero, Some(role), String::new()))?;
            let zeros = zeros[role as usize];
            let is_filled = tokens.saturating_sub(zeros) <= tokens / ONE_IN && *count > tokens / ONE_IN;
            is_filled.then(|| ZeroFilled { role, zeros, tokens, first: first.clone() })
        };
        Role::ALL.into_iter().find_map(of)
    }

    /// Notes that such a column was left out.
    pub fn note_left_out(&mut self, column: ZeroFilled) {
        self.note(Kind::ZeroFilled, Some(column.role), column.zeros, column.first, "");
    }
}
