//! Arrays with a row a sequence, read some rows at a time.

use super::LONGEST;
use super::columns::{Columns, Slot};
use super::files::Entry;
use super::source::{Broken, Progress};
use crate::audit::Place;
use crate::stored::{Number, shape_text};
use std::ops::Range;

/// So many numbers of a column are worked at together: they stay in the processor's cache.
const TOGETHER: u64 = 1 << 12;

/// More rows are not worked at together, however short they are: their names are texts.
const MOST_ROWS: u64 = 1 << 12;

/// An array of a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Array {
    pub key: String,
    pub shape: Vec<usize>,
    pub cells: Cells,
    /// Where in the file, or in the unpacked member of an archive, its first byte is.
    pub start: u64,
    /// How many cells lie between the first of one row and the first of the next; none where rows follow each other.
    pub pitch: Option<usize>,
}

/// What an array holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cells {
    Number(Number),
    /// Texts of so many characters of four bytes, as numpy has them.
    Text(usize),
    /// What is not read, and why.
    Other(&'static str),
}

/// An array that is used.
#[derive(Debug)]
pub(super) struct Column {
    pub slot: Slot,
    pub array: Array,
    /// How many cells a row has.
    pub width: usize,
    /// How many cells lie between the first of one row and the first of the next.
    pub pitch: usize,
    /// Whether there is one row for all.
    pub is_shared: bool,
}

/// The arrays of a file that are used.
pub(super) struct Table<'a> {
    pub entry: &'a Entry,
    pub columns: Vec<Column>,
    /// How many sequences there are.
    pub rows: u64,
    /// How many bytes the progress is told for all of them.
    pub bytes: u64,
    pub progress: Progress<'a>,
}

impl Cells {
    pub fn size(self) -> usize {
        match self {
            Self::Number(number) => number.size(),
            Self::Text(characters) => 4 * characters,
            Self::Other(_) => 0,
        }
    }
}

impl Column {
    /// Where in the array these rows are; there is at least one.
    pub fn bytes_of(&self, rows: &Range<u64>) -> Range<u64> {
        let [width, pitch] = [self.width, self.pitch].map(|cells| (cells * self.array.cells.size()) as u64);
        if self.is_shared { 0..width } else { rows.start * pitch..(rows.end - 1) * pitch + width }
    }

    /// How many rows are whole in so many bytes.
    fn whole_rows(&self, bytes: u64, rows: u64) -> u64 {
        let [width, pitch] = [self.width, self.pitch].map(|cells| (cells * self.array.cells.size()) as u64);
        match bytes.checked_sub(width) {
            None => 0,
            Some(_) if self.is_shared || pitch == 0 => rows,
            Some(rest) => rest / pitch + 1,
        }
    }
}

impl<'a> Table<'a> {
    /// Takes the arrays that are used.
    ///
    /// # Errors
    /// Where their shapes do not fit together, or too little is there to compare.
    pub fn new(entry: &'a Entry, arrays: Vec<Array>, chosen: &Columns, progress: Progress<'a>) -> Result<Self, String> {
        let used = arrays.into_iter().filter_map(|array| Some((chosen.slot(&array.key)?, array)));
        // Without its name a sequence can be read all the same.
        let is_needless =
            |slot, cells| slot == Slot::Texts || slot == Slot::Sequence && matches!(cells, Cells::Other(_));
        let used: Vec<_> = used.filter(|(slot, array)| !is_needless(*slot, array.cells)).collect();
        let is_there = |role| used.iter().any(|(slot, _)| *slot == Slot::LogProbs(role));
        chosen.check(is_there)?;
        let missing = chosen
            .masks
            .iter()
            .enumerate()
            .find(|(place, mask)| !mask.is_optional && !used.iter().any(|(slot, _)| *slot == Slot::Mask(*place)));
        if let Some((_, mask)) = missing {
            return Err(format!("the mask {mask} is missing"));
        }
        used.iter().try_for_each(check_cells)?;
        let rows = rows(&used)?;
        let columns = used.into_iter().map(|(slot, array)| column(slot, array, rows)).collect::<Result<Vec<_>, _>>()?;
        // Rows without a token have nothing to be read, and may be said to be any number.
        let is_empty = columns.iter().any(|column| column.width == 0);
        Ok(Self { entry, columns, rows: if is_empty { 0 } else { rows }, bytes: entry.bytes, progress })
    }

    pub fn arrays(&self) -> impl Iterator<Item = &Array> {
        self.columns.iter().map(|column| &column.array)
    }

    /// Whether this array has one row for all.
    pub fn is_shared(&self, key: &str) -> bool {
        self.columns.iter().any(|column| column.array.key == key && column.is_shared)
    }

    /// Where in each array the rows are.
    pub fn bytes_of(&self, rows: &Range<u64>) -> impl Iterator<Item = Range<u64>> {
        self.columns.iter().map(|column| column.bytes_of(rows))
    }

    /// How many rows lie before this byte of the file.
    pub fn rows_before(&self, end: u64) -> u64 {
        let rows = |column: &Column| column.whole_rows(end.saturating_sub(column.array.start), self.rows);
        self.columns.iter().map(rows).min().unwrap_or(0).min(self.rows)
    }

    /// The next rows that are worked at together.
    pub fn next_rows(&self, start: u64, end: u64) -> Range<u64> {
        let widest = self.columns.iter().map(|column| column.pitch).max().unwrap_or(1).max(1) as u64;
        start..(start + (TOGETHER / widest).clamp(1, MOST_ROWS)).min(end)
    }

    pub fn broken(&self, row: u64, reason: impl Into<String>) -> Broken {
        Broken::new(self.place(row), reason.into())
    }

    pub fn place(&self, row: u64) -> Place {
        Place::file(self.entry.name.clone()).at_sequence(row)
    }

    /// Tells the progress that these rows are.
    pub fn tell(&self, rows: &Range<u64>) {
        let bytes = |row: u64| (u128::from(self.bytes) * u128::from(row) / u128::from(self.rows.max(1))) as u64;
        (self.progress)(bytes(rows.end) - bytes(rows.start));
    }
}

/// That an array holds what is read there.
fn check_cells((slot, array): &(Slot, Array)) -> Result<(), String> {
    let reason = match (slot, array.cells) {
        (_, Cells::Other(reason)) => reason,
        (Slot::LogProbs(_) | Slot::Mask(_) | Slot::Step, Cells::Text(_)) => "holds texts; numbers would be right",
        _ => return Ok(()),
    };
    Err(format!("{} {reason}", array.key))
}

/// How many rows the log-probabilities have: a list is one row.
fn rows(used: &[(Slot, Array)]) -> Result<u64, String> {
    let mut log_probs = used.iter().filter(|(slot, _)| matches!(slot, Slot::LogProbs(_))).map(|(_, array)| array);
    let count = |array: &Array| match array.shape[..] {
        [_] => Ok(1),
        [rows, _] => Ok(rows as u64),
        _ => Err(format!("{} has the shape {}; (batch, time) would be right", array.key, shape_text(&array.shape))),
    };
    let Some(first) = log_probs.next() else { return Ok(0) };
    let rows = count(first)?;
    for other in log_probs {
        if count(other)? != rows {
            let [a, b] = [first, other].map(|array| format!("{} the shape {}", array.key, shape_text(&array.shape)));
            return Err(format!("{a} and {b} have different numbers of rows"));
        }
    }
    Ok(rows)
}

fn column(slot: Slot, array: Array, rows: u64) -> Result<Column, String> {
    let (width, is_shared) = match (slot, &array.shape[..]) {
        (_, []) => (1, true),
        (Slot::LogProbs(_) | Slot::Mask(_), [width]) if rows == 1 => (*width, false),
        (_, [1]) => (1, true),
        (_, [count]) if *count as u64 == rows => (1, false),
        (_, [count, width]) if *count as u64 == rows => (*width, false),
        (_, shape) => {
            return Err(format!("{} has the shape {}; {rows} rows would be right", array.key, shape_text(shape)));
        }
    };
    let pitch = array.pitch.unwrap_or(width);
    if width.max(pitch) > LONGEST {
        return Err(format!("{} has rows of {width} tokens; {LONGEST} or fewer would be right", array.key));
    }
    if pitch == 0 && rows > 1 && matches!(slot, Slot::LogProbs(_)) {
        return Err(format!("{} has one row, shown {rows} times; a row for each sequence would be right", array.key));
    }
    Ok(Column { slot, array, width, pitch, is_shared })
}
