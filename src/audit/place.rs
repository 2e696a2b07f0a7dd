//! Where something stands in the files, and to which step of training it belongs.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;

/// A place in the files; its numbers count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file, as the user named it.
    pub file: String,
    /// The line, in a file of lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The sequence in the file, in a file of other than lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// The token in the sequence, as the file has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<u64>,
}

impl Place {
    /// A file as a whole.
    pub fn file(file: String) -> Self {
        Self { file, line: None, sequence: None, token: None }
    }

    /// A line of it, counted from 0.
    pub fn at_line(self, line: u64) -> Self {
        Self { line: Some(line + 1), ..self }
    }

    /// A sequence of it, counted from 0.
    pub fn at_sequence(self, sequence: u64) -> Self {
        Self { sequence: Some(sequence + 1), ..self }
    }

    /// A token of the sequence, counted from 0.
    pub fn at_token(self, token: usize) -> Self {
        Self { token: Some(token as u64 + 1), ..self }
    }
}

impl Ord for Place {
    /// Files in natural order, and within a file from its start.
    fn cmp(&self, other: &Self) -> Ordering {
        let place = |place: &Self| (place.line, place.sequence, place.token);
        natural(&self.file, &other.file).then_with(|| place(self).cmp(&place(other)))
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&self.file)?;
        let parts = [("line", self.line), ("sequence", self.sequence), ("token", self.token)];
        parts
            .iter()
            .filter_map(|(name, number)| Some((name, (*number)?)))
            .try_for_each(|(name, number)| write!(formatter, ", {name} {number}"))
    }
}

/// The order of names in which numbers within them count as numbers: `step_9` before `step_10`.
pub(crate) fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let ((text_a, number_a, rest_a), (text_b, number_b, rest_b)) = (split(left), split(right));
        let digits = |number: &str| number.trim_start_matches('0').to_owned();
        let (value_a, value_b) = (digits(number_a), digits(number_b));
        let order = text_a.cmp(text_b).then(value_a.len().cmp(&value_b.len())).then(value_a.cmp(&value_b));
        if order.is_ne() || rest_a.is_empty() && rest_b.is_empty() {
            // Where only zeros in front differ, the texts themselves decide.
            return order.then_with(|| rest_a.cmp(rest_b)).then_with(|| a.cmp(b));
        }
        (left, right) = (rest_a, rest_b);
    }
}

/// What stands before the first number, that number, and what follows.
fn split(text: &str) -> (&str, &str, &str) {
    let start = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    let (before, rest) = text.split_at(start);
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (number, rest) = rest.split_at(end);
    (before, number, rest)
}

/// The step of training that a sequence belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Step {
    /// Its number.
    Number(i64),
    /// Its name, or else that of the file, where no number is known.
    Name(String),
}

impl Ord for Step {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.cmp(b),
            (Self::Number(_), Self::Name(_)) => Ordering::Less,
            (Self::Name(_), Self::Number(_)) => Ordering::Greater,
            (Self::Name(a), Self::Name(b)) => natural(a, b),
        }
    }
}

impl PartialOrd for Step {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Number(step) => step.fmt(formatter),
            Self::Name(file) => formatter.write_str(file),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_count_as_numbers() {
        let mut names =
            ["step_10.jsonl", "step_9.jsonl", "a", "step_09.jsonl", "step_9", "step_9.jsonl2", "b1c10", "b1c9", ""];
        names.sort_by(|a, b| natural(a, b));
        let expected =
            ["", "a", "b1c9", "b1c10", "step_9", "step_09.jsonl", "step_9.jsonl", "step_9.jsonl2", "step_10.jsonl"];
        assert_eq!(names, expected);
    }

    #[test]
    fn a_place_is_counted_from_one() {
        let place = Place::file("a.jsonl".into()).at_line(3).at_token(0);
        assert_eq!(place.to_string(), "a.jsonl, line 4, token 1");
    }
}
