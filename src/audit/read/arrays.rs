//! Arrays with a row a sequence, read some rows at a time.

use super::LONGEST;
use super::columns::{Columns, Slot};
use super::files::Entry;
use super::source::{Broken, Part, Progress, Worker};
use crate::audit::{Place, Record, Sink, Step, Texts};
use crate::stored::{Number, shape_text};
use std::fs::File;
use std::io;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

/// So many numbers of a column are worked at together: they stay in the processor's cache.
const TOGETHER: u64 = 1 << 15;

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
}

/// An array that is used.
#[derive(Debug)]
struct Column {
    slot: Slot,
    array: Array,
    /// How many cells a row has.
    width: usize,
    /// How many cells lie between the first of one row and the first of the next.
    pitch: usize,
    /// Whether there is one row for all.
    is_shared: bool,
}

/// The arrays of a file that are used.
pub(super) struct Table<'a> {
    pub entry: &'a Entry,
    columns: Vec<Column>,
    /// How many sequences there are.
    pub rows: u64,
    pub progress: Progress<'a>,
}

/// Some rows of a table.
pub(super) struct Rows<'a> {
    pub table: Arc<Table<'a>>,
    pub rows: Range<u64>,
    pub bytes: Bytes,
}

/// Where the bytes of rows are.
pub(super) enum Bytes {
    /// In the file, where each thread reads them for itself.
    InFile(Arc<File>),
    /// Of each column that is used, here.
    Read(Vec<Vec<u8>>),
}

impl Cells {
    pub fn size(self) -> usize {
        match self {
            Self::Number(number) => number.size(),
            Self::Text(characters) => 4 * characters,
        }
    }
}

impl Column {
    /// Where in the array these rows are; there is at least one.
    fn bytes_of(&self, rows: &Range<u64>) -> Range<u64> {
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
        let used: Vec<_> = used.filter(|(slot, _)| *slot != Slot::Texts).collect();
        let is_there = |role| used.iter().any(|(slot, _)| *slot == Slot::LogProbs(role));
        chosen.check(is_there)?;
        let missing = chosen
            .masks
            .iter()
            .enumerate()
            .find(|(place, mask)| !mask.is_optional && !used.iter().any(|(slot, _)| *slot == Slot::Mask(*place)));
        if let Some((_, mask)) = missing {
            return Err(format!("there is no mask {mask}"));
        }
        let rows = rows(&used)?;
        let columns = used.into_iter().map(|(slot, array)| column(slot, array, rows)).collect::<Result<Vec<_>, _>>()?;
        // Rows without a token have nothing to be read, and may be said to be any number.
        let is_empty = columns.iter().any(|column| column.width == 0);
        Ok(Self { entry, columns, rows: if is_empty { 0 } else { rows }, progress })
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

    fn place(&self, row: u64) -> Place {
        Place::file(self.entry.name.clone()).at_sequence(row)
    }

    /// Tells the progress that these rows are.
    fn tell(&self, rows: &Range<u64>) {
        let bytes = |row: u64| (u128::from(self.entry.bytes) * u128::from(row) / u128::from(self.rows.max(1))) as u64;
        (self.progress)(bytes(rows.end) - bytes(rows.start));
    }
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
    match (slot, array.cells) {
        (Slot::LogProbs(_) | Slot::Mask(_), Cells::Text(_)) => {
            Err(format!("{} holds texts; numbers would be right", array.key))
        }
        _ => Ok(Column { slot, array, width, pitch, is_shared }),
    }
}

/// The memory of a thread for rows: the numbers of each column, and the mask.
#[derive(Debug, Default)]
pub(super) struct Memory {
    bytes: Vec<u8>,
    numbers: Vec<Vec<f64>>,
    texts: Vec<String>,
    mask: Vec<bool>,
}

impl Part for Rows<'_> {
    fn give(&self, worker: &mut Worker, sink: &mut dyn Sink) -> ControlFlow<()> {
        let columns = worker.columns;
        let memory = &mut worker.memory;
        if let Err(error) = self.fill(memory) {
            return sink.unreadable(self.table.place(self.rows.start), format!("the file cannot be read: {error}"));
        }
        let given = (0..self.rows.end - self.rows.start).try_for_each(|row| self.give_row(row, columns, memory, sink));
        self.table.tell(&self.rows);
        given
    }
}

impl Rows<'_> {
    /// Brings the numbers of all columns into memory.
    fn fill(&self, memory: &mut Memory) -> io::Result<()> {
        memory.numbers.resize_with(self.table.columns.len(), Vec::new);
        memory.texts.clear();
        for (place, column) in self.table.columns.iter().enumerate() {
            let bytes = match &self.bytes {
                Bytes::Read(columns) => &columns[place],
                Bytes::InFile(file) => {
                    let Range { start, end } = column.bytes_of(&self.rows);
                    memory.bytes.resize((end - start) as usize, 0);
                    read_at(file, &mut memory.bytes, column.array.start + start)?;
                    &memory.bytes
                }
            };
            memory.numbers[place].clear();
            match column.array.cells {
                Cells::Number(number) => number.widen(bytes, &mut memory.numbers[place]),
                Cells::Text(characters) => memory.texts.extend(bytes.chunks_exact((4 * characters).max(1)).map(text)),
            }
        }
        Ok(())
    }

    /// Gives a row, which is counted from the first of these.
    fn give_row(&self, row: u64, columns: &Columns, memory: &mut Memory, sink: &mut dyn Sink) -> ControlFlow<()> {
        let Memory { numbers, texts, mask, .. } = memory;
        let place = self.table.place(self.rows.start + row);
        let of_row = |place: usize| {
            let Column { width, pitch, is_shared, .. } = self.table.columns[place];
            let start = if is_shared { 0 } else { row as usize * pitch };
            numbers[place].get(start..start + width).unwrap_or_default()
        };
        let mut record = Record {
            log_probs: [None; 4],
            mask: None,
            step: self.table.entry.step.clone(),
            name: None,
            texts: Texts::None,
            place: place.clone(),
        };
        let mut name = None;
        for (place, column) in self.table.columns.iter().enumerate() {
            let whole = || of_row(place).first().filter(|number| number.fract() == 0.0);
            match column.slot {
                Slot::LogProbs(role) => record.log_probs[role] = Some(of_row(place)),
                Slot::Step => record.step = whole().map_or(record.step, |step| Step::Number(*step as i64)),
                Slot::Sequence if matches!(column.array.cells, Cells::Text(_)) => {
                    name = texts.get(if column.is_shared { 0 } else { row as usize }).cloned();
                }
                Slot::Sequence => name = of_row(place).first().map(f64::to_string),
                Slot::Mask(_) | Slot::Texts => {}
            }
        }
        mask.clear();
        mask.resize(record.log_probs.iter().flatten().next().map_or(0, |numbers| numbers.len()), true);
        for (place_of_column, column) in self.table.columns.iter().enumerate() {
            let Slot::Mask(which) = column.slot else { continue };
            if let Err(reason) = columns.masks[which].apply(of_row(place_of_column), mask) {
                return sink.unreadable(place, reason);
            }
        }
        record.mask = (!columns.masks.is_empty()).then_some(mask);
        record.name = name.as_deref();
        sink.take(&record)
    }
}

/// A text of numpy, which zeros fill up.
fn text(bytes: &[u8]) -> String {
    let characters = bytes.as_chunks().0.iter().map(|code| u32::from_le_bytes(*code));
    characters
        .take_while(|code| *code != 0)
        .map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

#[cfg(unix)]
pub(super) fn read_at(file: &File, bytes: &mut [u8], start: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, start)
}

#[cfg(windows)]
pub(super) fn read_at(file: &File, mut bytes: &mut [u8], mut start: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, start)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => (bytes, start) = (&mut bytes[read..], start + read as u64),
        }
    }
    Ok(())
}
