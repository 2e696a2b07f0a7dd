//! The tokens of a sequence that count and can be used.

use super::fault::{fault, is_clean};
use super::problem::Kind;
use super::record::{Record, Role};
use super::roles::Roles;

/// The log-probabilities of the tokens that count, one after the other; refilled for each sequence.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    /// For each role that is present.
    log_probs: [Vec<f64>; 4],
    /// Which token of the record each is.
    pub(super) tokens: Vec<u32>,
    /// How many tokens the mask leaves out.
    pub(super) masked_out: u64,
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
        self.log_probs.iter_mut().for_each(Vec::clear);
        let columns = columns(record, roles)?;
        let length = columns.first().map_or(0, |(_, column)| column.len());
        match record.mask {
            Some(mask) => (0..length).filter(|&token| mask[token]).for_each(|token| self.take(token, &columns)),
            None => (0..length).for_each(|token| self.take(token, &columns)),
        }
        let counted = self.tokens.len() + self.faults.len();
        self.masked_out = (length - counted) as u64;
        Ok(())
    }

    #[inline]
    fn take(&mut self, token: usize, columns: &[(Role, &[f64])]) {
        if !is_clean(columns.iter().map(|(_, column)| column[token])) {
            let log_probs: Vec<f64> = columns.iter().map(|(_, column)| column[token]).collect();
            if let Some((place, kind)) = fault(&log_probs) {
                return self.faults.push((token as u32, columns[place].0, kind));
            }
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

/// The columns of the roles that are present, of one length.
fn columns<'a>(record: &Record<'a>, roles: Roles) -> Result<Vec<(Role, &'a [f64])>, (Kind, Role)> {
    let column = |role: Role| Ok((role, record.log_probs[role as usize].ok_or((Kind::NoColumn, role))?));
    let columns: Vec<(Role, &[f64])> = roles.iter().map(column).collect::<Result<_, _>>()?;
    let length = record.mask.map(<[bool]>::len).or(columns.first().map(|(_, column)| column.len()));
    match columns.iter().find(|(_, column)| Some(column.len()) != length) {
        Some(&(role, _)) => Err((Kind::LengthsDiffer, role)),
        None => Ok(columns),
    }
}
