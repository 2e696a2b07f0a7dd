//! A sequence that is put together from the fields of a file.

use super::columns::{Columns, Fields};
use super::value::{Kind, LOST, Value};
use crate::audit::{Place, Record, Step, Texts};
use std::borrow::Cow;

/// The numbers of a sequence, in memory that the next one uses again.
#[derive(Debug, Default)]
pub(super) struct Sequence {
    log_probs: [Vec<f64>; 4],
    is_there: [bool; 4],
    mask: Vec<bool>,
    has_mask: bool,
    /// One mask before it is multiplied.
    values: Vec<f64>,
}

impl Sequence {
    /// Takes the log-probabilities and masks of the fields.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn fill<V: Value>(&mut self, columns: &Columns, fields: &Fields<V>) -> Result<(), String> {
        self.is_there =
            fields.log_probs.each_ref().map(|value| value.as_ref().is_some_and(|value| !value.is_missing()));
        columns.check(|role| self.is_there[role])?;
        for (role, value) in fields.log_probs.iter().enumerate() {
            let Some(value) = value.as_ref().filter(|_| self.is_there[role]) else { continue };
            let key = columns.log_probs[role].as_deref().unwrap_or_default();
            self.log_probs[role].clear();
            match value.numbers(&mut self.log_probs[role]) {
                Ok(Kind::List) => {}
                Ok(Kind::One) => return Err(format!("{key} is one number; a list with one a token would be right")),
                Err(reason) if reason == LOST => return Err(format!("{key} {reason}")),
                Err(reason) => return Err(format!("{key} {reason}; a list of numbers would be right")),
            }
        }
        self.fill_mask(columns, fields)
    }

    fn fill_mask<V: Value>(&mut self, columns: &Columns, fields: &Fields<V>) -> Result<(), String> {
        let tokens = self.is_there.iter().position(|is_there| *is_there).map_or(0, |role| self.log_probs[role].len());
        self.has_mask = !columns.masks.is_empty();
        self.mask.clear();
        self.mask.resize(tokens, true);
        for (mask, value) in columns.masks.iter().zip(&fields.masks) {
            match value.as_ref().filter(|value| !value.is_missing()) {
                Some(value) => {
                    self.values.clear();
                    value.numbers(&mut self.values).map_err(|reason| format!("{mask} {reason}"))?;
                    mask.apply(&self.values, &mut self.mask)?;
                }
                None if mask.is_optional => {}
                None => return Err(format!("the mask {mask} is missing")),
            }
        }
        Ok(())
    }

    /// How many tokens it has.
    pub fn length(&self) -> usize {
        self.mask.len()
    }

    /// The record of what was taken last.
    pub fn record<'a>(&'a self, step: Step, name: Option<&'a str>, texts: Texts<'a>, place: Place) -> Record<'a> {
        let log_probs = std::array::from_fn(|role| self.is_there[role].then_some(self.log_probs[role].as_slice()));
        Record { log_probs, mask: self.has_mask.then_some(&self.mask), step, name, texts, place }
    }
}

/// The step that the field says, by a whole number or by its name, else that of the file.
pub(super) fn step_of<V: Value>(field: Option<&V>, of_file: &Step) -> Step {
    let number = || field?.integer().map(Step::Number);
    let name = || Some(Step::Name(field?.name()?.into_owned()));
    number().or_else(name).unwrap_or_else(|| of_file.clone())
}

/// What the field calls the sequence.
pub(super) fn name_of<V: Value>(field: Option<&V>) -> Option<Cow<'_, str>> {
    field.and_then(Value::name)
}
