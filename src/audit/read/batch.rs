//! JSON objects that hold several sequences: their columns are lists with a list for each.

use super::columns::{Columns, Fields};
use super::json::{self, Json};
use super::triples;

/// An object of more sequences is not read: lines of one each could be.
const MOST: usize = 1 << 16;

/// The columns of several sequences.
pub(super) struct Batch<'a> {
    fields: Fields<Column<'a>>,
    /// How many sequences there are.
    pub sequences: usize,
}

/// What a field has for each sequence.
enum Column<'a> {
    Each(Vec<&'a str>),
    /// One value for all.
    Shared(Json<'a>),
}

impl<'a> Batch<'a> {
    /// What the fields hold; none where they are of one sequence.
    ///
    /// # Errors
    /// That there are too many.
    pub fn of(fields: &Fields<Json<'a>>) -> Result<Option<Self>, String> {
        let Some(first) = fields.log_probs.iter().flatten().find(|value| is_of_lists(value)) else { return Ok(None) };
        let sequences = items(first.0).len();
        match sequences {
            // The list of one that some wrap a sequence in.
            0 | 1 => Ok(None),
            2..=MOST => Ok(Some(Self { fields: fields.map(|value| column(value, sequences)), sequences })),
            _ => Err(format!("it holds more than {MOST} sequences; an object for each, as .jsonl, would be right")),
        }
    }

    /// The fields of a sequence.
    pub fn fields(&self, sequence: usize) -> Fields<Json<'a>> {
        self.fields.map(|column| match column {
            Column::Each(items) => Json(items[sequence]),
            Column::Shared(value) => *value,
        })
    }
}

/// How many sequences the object has.
pub(super) fn sequences(text: &str, columns: &Columns) -> u64 {
    let mut fields = Fields::new(columns);
    let _ = json::fields(text, |key, value| fields.put_known(columns, key, value));
    Batch::of(&fields).ok().flatten().map_or(1, |batch| batch.sequences as u64)
}

fn column<'a>(value: &Json<'a>, sequences: usize) -> Column<'a> {
    let items = if value.0.starts_with('[') { items(value.0) } else { Vec::new() };
    if items.len() == sequences { Column::Each(items) } else { Column::Shared(*value) }
}

/// Whether it is a list that begins with a list, which is more than a token.
fn is_of_lists(value: &Json) -> bool {
    let begins = value.0.strip_prefix('[').is_some_and(|inner| inner.trim_ascii_start().starts_with('['));
    begins && !triples::is_of_triples(value.0)
}

/// The values of a list, as far as they are asked for.
fn items(list: &str) -> Vec<&str> {
    let mut items = Vec::new();
    // What is wrong with the list is said where its numbers are read.
    let _ = json::items(list, |item| {
        items.push(item);
        items.len() <= MOST
    });
    items
}
