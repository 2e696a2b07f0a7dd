//! Tables with a row a token: rows that follow each other with one value in the column of the sequence, and one in that of the
//! step, are that sequence.

use super::LONGEST;
use super::columns::{Columns, Fields, Slot};
use super::files::Entry;
use super::json;
use super::lines::LIMITS;
use super::sequence::{name_of, step_of};
use super::source::{Broken, Part, Progress, Source, Worker, io_reason};
use super::value::{Kind, Value};
use crate::audit::{Kind as Odd, Place, Sink, Texts};
use ::csv::{ErrorKind, Reader, StringRecord};
use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::ops::ControlFlow;

/// So many tokens are worked at together, or a sequence that has more.
const TOGETHER: usize = 1 << 15;

/// Of more sequences it is not told whether one comes again, so that their names take little memory.
const MOST_NAMES: usize = 1 << 20;

/// The cells of a sequence in a column.
#[derive(Clone, Debug, Default)]
struct Cells {
    numbers: Vec<f64>,
    /// The first cell that holds no number.
    fault: Option<String>,
    texts: Vec<String>,
}

/// A sequence.
#[derive(Debug)]
struct Tokens {
    place: Place,
    fields: Fields<Cells>,
    length: usize,
    /// Whether rows of it stand before those of the sequence before.
    is_split: bool,
}

/// A table.
pub(super) struct Table<'a> {
    entry: &'a Entry,
    reader: Reader<Bounded<'a>>,
    /// Where each column belongs.
    slots: Vec<Option<Slot>>,
    /// A sequence without a token.
    empty: Fields<Cells>,
    /// The sequence that the next row may belong to.
    current: Option<Tokens>,
    /// The hashes of the names and steps of those before; not of all where there are very many.
    names: HashSet<u64>,
    hasher: RandomState,
    broken: Option<Broken>,
    is_at_end: bool,
}

/// Reads no more than so many bytes a row: a quote that is not closed would take in all that follows.
struct Bounded<'a> {
    reader: Box<dyn Read + Send + 'a>,
    left: usize,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other(format!("a row has more than {} bytes", LIMITS.line)));
        }
        let read = self.reader.read(buffer)?;
        self.left = self.left.saturating_sub(read);
        Ok(read)
    }
}

fn open<'a>(entry: &'a Entry, progress: Progress<'a>) -> Result<(Reader<Bounded<'a>>, Vec<String>), String> {
    let reader = entry.open(progress).map_err(|error| io_reason(&error))?;
    let mut reader = Reader::from_reader(Bounded { reader, left: LIMITS.line });
    let header = reader.headers().map_err(|error| reason(&error))?;
    let keys = header.iter().map(|key| key.trim().trim_start_matches('\u{feff}').to_owned()).collect();
    Ok((reader, keys))
}

fn reason(error: &::csv::Error) -> String {
    match error.kind() {
        ErrorKind::Io(error) => io_reason(error),
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("the row has {len} cells; {expected_len} as in the first would be right")
        }
        ErrorKind::Utf8 { .. } => "the row is no text in UTF-8".into(),
        _ => "the row is none of a table".into(),
    }
}

/// The names of the columns.
///
/// # Errors
/// What is wrong with the file.
pub(super) fn keys(entry: &Entry) -> Result<Vec<String>, String> {
    let (_, keys) = open(entry, &|_| ())?;
    match &keys[..] {
        [] => Err("it is empty".into()),
        [alone] if alone.contains([';', '\t']) => {
            let separator = if alone.contains('\t') { "a tab" } else { "a semicolon" };
            Err(format!("its columns have {separator} between them; a comma would be right"))
        }
        _ => Ok(keys),
    }
}

impl<'a> Table<'a> {
    /// # Errors
    /// What is wrong with the file, or its columns.
    pub fn new(entry: &'a Entry, columns: &Columns, progress: Progress<'a>) -> Result<Self, String> {
        let (reader, keys) = open(entry, progress)?;
        let slots: Vec<_> = keys.iter().map(|key| columns.slot(key)).collect();
        columns.check(|role| slots.contains(&Some(Slot::LogProbs(role))))?;
        if !slots.contains(&Some(Slot::Sequence)) {
            return Err("there is no column that says to which sequence a row belongs".into());
        }
        let mut empty = Fields::new(columns);
        slots.iter().flatten().for_each(|slot| empty.put(*slot, Cells::default()));
        Ok(Self {
            entry,
            reader,
            slots,
            empty,
            current: None,
            names: HashSet::new(),
            hasher: RandomState::new(),
            broken: None,
            is_at_end: false,
        })
    }

    /// The next sequences; none where there is something else to say before, or at the end.
    fn sequences(&mut self) -> Vec<Tokens> {
        let (mut sequences, mut tokens) = (Vec::new(), 0);
        let mut row = StringRecord::new();
        while tokens < TOGETHER && self.broken.is_none() && !self.is_at_end {
            self.reader.get_mut().left = LIMITS.line;
            let line = self.reader.position().line().saturating_sub(1);
            match self.reader.read_record(&mut row) {
                Ok(true) => {
                    let line = row.position().map_or(line, |position| position.line().saturating_sub(1));
                    sequences.extend(self.put(&row, line));
                    tokens += 1;
                }
                Ok(false) => self.is_at_end = true,
                Err(error) => {
                    self.is_at_end = error.is_io_error();
                    let line = error.position().map_or(line, |position| position.line().saturating_sub(1));
                    let place = Place::file(self.entry.name.clone()).at_line(line);
                    self.broken = Some(Broken::new(place, reason(&error)));
                }
            }
        }
        if self.is_at_end {
            sequences.extend(self.current.take());
        }
        sequences
    }

    /// Puts a row to its sequence; gives the sequence before, if it is another one.
    fn put(&mut self, row: &StringRecord, line: u64) -> Option<Tokens> {
        let cells = || self.slots.iter().zip(row).filter_map(|(slot, cell)| Some(((*slot)?, cell)));
        let is_same = |tokens: &mut Tokens| {
            cells().filter(|(slot, _)| matches!(slot, Slot::Sequence | Slot::Step)).all(|(slot, cell)| {
                tokens.fields.get_mut(slot).is_some_and(|cells| cells.texts.first().is_some_and(|text| text == cell))
            })
        };
        let before = self.current.take_if(|tokens| !is_same(tokens));
        let (entry, empty, names) = (self.entry, &self.empty, &mut self.names);
        let tokens = self.current.get_or_insert_with(|| {
            let place = Place::file(entry.name.clone()).at_line(line);
            let name = cells().filter(|(slot, _)| matches!(slot, Slot::Sequence | Slot::Step)).map(|(_, cell)| cell);
            let hash = self.hasher.hash_one(name.collect::<Vec<_>>());
            let is_split = names.contains(&hash) || names.len() < MOST_NAMES && !names.insert(hash);
            Tokens { place, fields: empty.clone(), length: 0, is_split }
        });
        tokens.length += 1;
        if tokens.length <= LONGEST {
            for (slot, cell) in cells() {
                if let Some(cells) = tokens.fields.get_mut(slot) {
                    cells.put(slot, cell);
                }
            }
        }
        before
    }
}

impl Cells {
    fn put(&mut self, slot: Slot, cell: &str) {
        match slot {
            Slot::Texts => self.texts.push(cell.to_owned()),
            Slot::Sequence | Slot::Step if self.texts.is_empty() => self.texts.push(cell.to_owned()),
            Slot::Sequence | Slot::Step => {}
            Slot::LogProbs(_) | Slot::Mask(_) => match number(cell.trim()) {
                Some(number) => self.numbers.push(number),
                None if self.fault.is_none() => {
                    let cell: String = cell.chars().take(40).collect();
                    self.fault = Some(format!("holds {cell:?} at token {}", self.numbers.len() + 1));
                }
                None => {}
            },
        }
    }
}

/// What JSON or Python calls a number; an empty cell is none that is there.
fn number(cell: &str) -> Option<f64> {
    match cell {
        "" | "nan" | "None" => Some(f64::NAN),
        "inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        "True" => Some(1.0),
        "False" => Some(0.0),
        _ => json::number(cell),
    }
}

impl Value for Cells {
    fn numbers(&self, into: &mut Vec<f64>) -> Result<Kind, String> {
        into.extend(&self.numbers);
        self.fault.clone().map_or(Ok(Kind::List), Err)
    }

    fn integer(&self) -> Option<i64> {
        self.texts.first().and_then(|text| json::Json(text.trim()).integer())
    }

    fn name(&self) -> Option<Cow<'_, str>> {
        self.texts.first().map(|text| Cow::Borrowed(text.as_str()))
    }

    fn is_missing(&self) -> bool {
        false
    }
}

impl<'a> Source<'a> for Table<'a> {
    fn next(&mut self) -> Option<Box<dyn Part + 'a>> {
        loop {
            let sequences = self.sequences();
            if !sequences.is_empty() {
                return Some(Box::new(Sequences { entry: self.entry, sequences }));
            }
            if let Some(broken) = self.broken.take() {
                return Some(Box::new(broken));
            }
            if self.is_at_end {
                return None;
            }
        }
    }
}

/// Some sequences of a table.
struct Sequences<'a> {
    entry: &'a Entry,
    sequences: Vec<Tokens>,
}

impl Part for Sequences<'_> {
    fn give(&self, worker: &mut Worker, sink: &mut dyn Sink) -> ControlFlow<()> {
        self.sequences.iter().try_for_each(|tokens| self.give_tokens(tokens, worker, sink))
    }
}

impl Sequences<'_> {
    fn give_tokens(&self, tokens: &Tokens, worker: &mut Worker, sink: &mut dyn Sink) -> ControlFlow<()> {
        let Tokens { place, fields, length, is_split } = tokens;
        if *is_split {
            sink.odd(Odd::Split, place.clone());
        }
        if *length > LONGEST {
            return sink.unreadable(place.clone(), format!("the sequence has more than {LONGEST} tokens"));
        }
        if let Err(reason) = worker.sequence.fill(worker.columns, fields) {
            return sink.unreadable(place.clone(), reason);
        }
        let name = name_of(fields.sequence.as_ref());
        let texts = fields.texts.as_ref().map_or(Texts::None, |cells| Texts::List(&cells.texts));
        let step = step_of(fields.step.as_ref(), &self.entry.step);
        sink.take(&worker.sequence.record(step, name.as_deref(), texts, place.clone()))
    }
}
