//! Rows of arrays, which a thread brings into memory and gives one by one.

use super::arrays::{Cells, Column, Table};
use super::columns::{Columns, Slot};
use super::source::{Part, Worker, io_reason};
use crate::audit::{Record, Sink, Step, Texts};
use std::fs::File;
use std::io;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

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
            return sink.unreadable(self.table.place(self.rows.start), io_reason(&error));
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
                // A table has none of these.
                Cells::Other(_) => {}
            }
        }
        Ok(())
    }

    /// Gives a row, which is counted from the first of these.
    fn give_row(&self, row: u64, columns: &Columns, memory: &mut Memory, sink: &mut dyn Sink) -> ControlFlow<()> {
        let Memory { numbers, texts, mask, .. } = memory;
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
            place: self.table.place(self.rows.start + row),
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
                return sink.unreadable(record.place, reason);
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
