//! The tokens of a sequence that count and can be used.

use super::fault::{BLOCK, are_sound, fault, is_care_needed};
use super::problem::Kind;
use super::record::{Record, Role};
use super::roles::Roles;
use std::ops::Range;

/// The log-probabilities of the tokens that count, one after the other; refilled for each sequence.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    /// For each role that is present.
    log_probs: [Vec<f64>; 4],
    /// Which token of the record each is.
    pub(super) tokens: Vec<u32>,
    /// How many tokens the mask leaves out.
    pub(super) masked_out: u64,
    /// At how many of those that it does not leave out each role is exactly 0.
    pub(super) zeros: [u64; 4],
    /// How many tokens at the end are exactly 0 in all columns, where there is no mask.
    pub(super) padding: usize,
    /// What is wrong with tokens that the mask does not leave out: the token, whose log-probability, and the kind.
    pub(super) faults: Vec<(u32, Role, Kind)>,
}

impl Kept {
    /// Takes what counts of a record.
    ///
    /// # Errors
    /// Why nothing of it can be used, as a kind and the role that is to blame.
    pub(super) fn fill(&mut self, record: &Record, roles: Roles) -> Result<(), (Kind, Role)> {
        self.tokens.clear();
        self.faults.clear();
        self.masked_out = 0;
        self.zeros = [0; 4];
        self.padding = 0;
        self.log_probs.iter_mut().for_each(Vec::clear);
        let columns = columns(record, roles)?;
        let length = columns.first().map_or(0, |(_, column)| column.len());
        match record.mask {
            Some(mask) => runs(mask).for_each(|run| self.take_run(run, &columns)),
            None => {
                let is_zero = |token: &usize| columns.iter().all(|(_, column)| column[*token] == 0.0);
                self.padding = (0..length).rev().take_while(is_zero).count();
                self.take_run(0..length, &columns);
            }
        }
        let counted = self.tokens.len() + self.faults.len();
        self.masked_out = (length - counted) as u64;
        Ok(())
    }

    /// Takes tokens that count, which stand one after the other.
    fn take_run(&mut self, run: Range<usize>, columns: &[(Role, &[f64])]) {
        let log_probs: Vec<&[f64]> = columns.iter().map(|(_, column)| *column).collect();
        if are_sound(&log_probs, run.clone()) {
            return self.take_all(run, columns);
        }
        for (role, column) in columns {
            let zeros = column[run.clone()].iter().filter(|log_prob| **log_prob == 0.0);
            self.zeros[*role as usize] += zeros.count() as u64;
        }
        for start in run.clone().step_by(BLOCK) {
            let block = start..run.end.min(start + BLOCK);
            match is_care_needed(&log_probs, block.clone()) {
                true => block.for_each(|token| self.take(token, columns)),
                false => self.take_all(block, columns),
            }
        }
    }

    /// Takes tokens without a fault.
    fn take_all(&mut self, tokens: Range<usize>, columns: &[(Role, &[f64])]) {
        self.tokens.extend(tokens.clone().map(|token| token as u32));
        for (role, column) in columns {
            self.log_probs[*role as usize].extend_from_slice(&column[tokens.clone()]);
        }
    }

    fn take(&mut self, token: usize, columns: &[(Role, &[f64])]) {
        let log_probs: Vec<f64> = columns.iter().map(|(_, column)| column[token]).collect();
        if let Some((place, kind)) = fault(&log_probs) {
            return self.faults.push((token as u32, columns[place].0, kind));
        }
        self.tokens.push(token as u32);
        columns.iter().for_each(|(role, column)| self.log_probs[*role as usize].push(column[token]));
    }

    /// How many tokens are kept.
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The log-probabilities under the policy of a role that is present.
    pub(super) fn of(&self, role: Role) -> &[f64] {
        &self.log_probs[role as usize]
    }
}

/// Roles with their columns.
type Columns<'a> = Vec<(Role, &'a [f64])>;

/// The columns of the roles that are present, of one length.
fn columns<'a>(record: &Record<'a>, roles: Roles) -> Result<Columns<'a>, (Kind, Role)> {
    let column = |role: Role| Ok((role, record.log_probs[role as usize].ok_or((Kind::NoColumn, role))?));
    let columns = roles.iter().map(column).collect::<Result<Columns, _>>()?;
    let length = record.mask.map(<[bool]>::len).or(columns.first().map(|(_, column)| column.len()));
    match columns.iter().find(|(_, column)| Some(column.len()) != length) {
        Some(&(role, _)) => Err((Kind::LengthsDiffer, role)),
        None => Ok(columns),
    }
}

/// The runs of tokens that count.
fn runs(mask: &[bool]) -> impl Iterator<Item = Range<usize>> {
    let mut place = 0;
    std::iter::from_fn(move || {
        let start = place + mask[place..].iter().position(|&counts| counts)?;
        place = mask[start..].iter().position(|&counts| !counts).map_or(mask.len(), |length| start + length);
        Some(start..place)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_the_tokens_that_count() {
        let of = |mask: &[u8]| runs(&mask.iter().map(|&counts| counts == 1).collect::<Vec<_>>()).collect::<Vec<_>>();
        assert_eq!(of(&[0, 1, 1, 0, 0, 1]), [1..3, 5..6]);
        assert_eq!(of(&[1, 1]), [0..2; 1]);
        assert!(of(&[0, 0]).is_empty() && of(&[]).is_empty());
    }
}
