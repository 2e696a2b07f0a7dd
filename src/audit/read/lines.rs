//! Logs of a JSON object a line: one thread cuts a file into blocks of whole lines, and all of them parse blocks.

use super::batch::Batch;
use super::columns::Fields;
use super::files::Entry;
use super::json::{self, Fault, Json};
use super::sequence::{name_of, step_of};
use super::source::{Broken, Part, Source, Worker, io_reason};
use crate::audit::{Place, Sink, Texts};
use memchr::{memchr, memchr_iter, memrchr};
use std::io::Read;
use std::mem;
use std::ops::ControlFlow;

/// How much is read at once, and which line is too long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub block: usize,
    pub line: usize,
}

/// A line of 64 MB has the log-probabilities of some 800,000 tokens.
pub(super) const LIMITS: Limits = Limits { block: 4 << 20, line: 64 << 20 };

/// The keys of so many lines decide: one of them may lack a column.
const LOOKED_AT: usize = 16;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A file that is cut into blocks.
pub(super) struct Lines<'a> {
    entry: &'a Entry,
    reader: Box<dyn Read + Send + 'a>,
    limits: Limits,
    /// What follows the last whole line.
    tail: Vec<u8>,
    /// The number of the next line.
    line: u64,
    /// What is to be said before the next block.
    broken: Option<Broken>,
    /// Whether the rest of a line is passed over.
    is_skipping: bool,
    is_at_end: bool,
}

/// Some whole lines.
pub(super) struct Block<'a> {
    entry: &'a Entry,
    first_line: u64,
    limit: usize,
    text: Vec<u8>,
}

impl<'a> Lines<'a> {
    pub fn new(entry: &'a Entry, reader: Box<dyn Read + Send + 'a>, limits: Limits) -> Self {
        let (tail, line) = (Vec::new(), 0);
        Self { entry, reader, limits, tail, line, broken: None, is_skipping: false, is_at_end: false }
    }

    /// The next block; none where there is something else to say before, or at the end.
    pub fn block(&mut self) -> Option<Block<'a>> {
        let mut text = mem::take(&mut self.tail);
        while !self.is_at_end {
            let before = text.len();
            self.read_more(&mut text);
            if self.is_skipping {
                self.skip(&mut text);
            }
            if let Some(end) = memrchr(b'\n', text.get(before..).unwrap_or_default()) {
                self.tail = text.split_off(before + end + 1);
                break;
            }
            if text.len() > self.limits.line {
                self.broken = Some(self.broken(self.line, too_long(self.limits.line)));
                self.is_skipping = true;
                return None;
            }
        }
        let first_line = self.line;
        self.line += memchr_iter(b'\n', &text).count() as u64;
        (!text.is_empty()).then_some(Block { entry: self.entry, first_line, limit: self.limits.line, text })
    }

    /// Appends what is read; at a fault, leaves the whole lines.
    fn read_more(&mut self, text: &mut Vec<u8>) {
        let wanted = self.limits.block;
        text.reserve(wanted);
        match (&mut self.reader).take(wanted as u64).read_to_end(text) {
            Ok(read) => self.is_at_end = read < wanted,
            Err(error) => {
                self.is_at_end = true;
                text.truncate(memrchr(b'\n', text).map_or(0, |end| end + 1));
                let line = self.line + memchr_iter(b'\n', text).count() as u64;
                self.broken = Some(self.broken(line, io_reason(&error)));
            }
        }
    }

    /// Drops what still belongs to a line that is too long.
    fn skip(&mut self, text: &mut Vec<u8>) {
        match memchr(b'\n', text) {
            Some(end) => {
                text.drain(..=end);
                self.is_skipping = false;
                self.line += 1;
            }
            None => text.clear(),
        }
    }

    fn broken(&self, line: u64, reason: String) -> Broken {
        Broken::new(Place::file(self.entry.name.clone()).at_line(line), reason)
    }
}

impl<'a> Source<'a> for Lines<'a> {
    fn next(&mut self) -> Option<Box<dyn Part + 'a>> {
        loop {
            if let Some(broken) = self.broken.take() {
                return Some(Box::new(broken));
            }
            if let Some(block) = self.block() {
                return Some(Box::new(block));
            }
            if self.is_at_end && self.broken.is_none() {
                return None;
            }
        }
    }
}

fn too_long(limit: usize) -> String {
    format!("the line has more than {limit} bytes")
}

impl Block<'_> {
    /// Each line that is not blank, with its number.
    pub fn lines(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let text = if self.first_line == 0 { self.text.strip_prefix(BYTE_ORDER_MARK) } else { None };
        let text = text.unwrap_or(&self.text);
        let mut start = 0;
        let lines = memchr_iter(b'\n', text).chain([text.len()]).map(move |end| {
            let line = &text[start..end];
            start = end + 1;
            line.trim_ascii()
        });
        (self.first_line..).zip(lines).filter(|(_, line)| !line.is_empty())
    }

    fn give_line(&self, place: Place, line: &[u8], worker: &mut Worker, sink: &mut dyn Sink) -> ControlFlow<()> {
        if line.len() > self.limit {
            return sink.unreadable(place, too_long(self.limit));
        }
        match str::from_utf8(line) {
            Ok(line) => give_object(line, "line", self.entry, place, worker, sink),
            Err(_) => sink.unreadable(place, "the line is no text in UTF-8".into()),
        }
    }
}

impl Part for Block<'_> {
    fn give(&self, worker: &mut Worker, sink: &mut dyn Sink) -> ControlFlow<()> {
        let file = Place::file(self.entry.name.clone());
        self.lines().try_for_each(|(number, line)| self.give_line(file.clone().at_line(number), line, worker, sink))
    }
}

/// Gives the sequence that a JSON object holds, or those of a batch.
pub(super) fn give_object(
    text: &str,
    what: &str,
    entry: &Entry,
    place: Place,
    worker: &mut Worker,
    sink: &mut dyn Sink,
) -> ControlFlow<()> {
    let columns = worker.columns;
    let mut fields = Fields::new(columns);
    match json::fields(text, |key, value| fields.put_known(columns, key, value)) {
        Ok(()) => give_sequences(&fields, entry, place, worker, sink),
        Err(Fault::Cut) => sink.unreadable(place, format!("the {what} is cut short")),
        Err(Fault::Wrong) => sink.unreadable(place, format!("the {what} is no JSON object")),
    }
}

fn give_sequences(
    fields: &Fields<Json>,
    entry: &Entry,
    place: Place,
    worker: &mut Worker,
    sink: &mut dyn Sink,
) -> ControlFlow<()> {
    match Batch::of(fields) {
        Ok(None) => give_fields(fields, entry, place, worker, sink),
        Ok(Some(batch)) => (0..batch.sequences).try_for_each(|sequence| {
            // Of a list of batches the place has the first sequence of this one, counted from 1.
            let before = place.sequence.map_or(0, |first| first - 1);
            let place = place.clone().at_sequence(before + sequence as u64);
            give_fields(&batch.fields(sequence), entry, place, worker, sink)
        }),
        Err(reason) => sink.unreadable(place, reason),
    }
}

fn give_fields(
    fields: &Fields<Json>,
    entry: &Entry,
    place: Place,
    worker: &mut Worker,
    sink: &mut dyn Sink,
) -> ControlFlow<()> {
    if let Err(reason) = worker.sequence.fill(worker.columns, fields) {
        return sink.unreadable(place, reason);
    }
    let name = name_of(fields.sequence.as_ref());
    let texts = fields.texts.filter(|texts| texts.0.starts_with('[')).map_or(Texts::None, |texts| Texts::Json(texts.0));
    let step = step_of(fields.step.as_ref(), &entry.step);
    sink.take(&worker.sequence.record(step, name.as_deref(), texts, place))
}

/// The keys of the first lines.
///
/// # Errors
/// What is wrong with the file where there are none.
pub(super) fn keys(entry: &Entry) -> Result<Vec<String>, String> {
    let reader = entry.open(&|_| ()).map_err(|error| io_reason(&error))?;
    let mut lines = Lines::new(entry, reader, Limits { block: 1 << 16, ..LIMITS });
    let block = loop {
        match lines.block() {
            Some(block) => break block,
            None if lines.is_at_end => return Err(lines.broken.map_or("it is empty".into(), |broken| broken.reason)),
            None => {}
        }
    };
    let mut keys = Vec::new();
    for (_, line) in block.lines().take(LOOKED_AT) {
        // What is wrong with a line is said when it is read.
        let _ = str::from_utf8(line).map(|line| json::fields(line, |key, _| add(key, &mut keys)));
    }
    if keys.is_empty() { Err("its first line is no JSON object".into()) } else { Ok(keys) }
}

/// Adds a key that is not there yet.
pub(super) fn add(key: &str, keys: &mut Vec<String>) {
    if !keys.iter().any(|known| known == key) {
        keys.push(key.to_owned());
    }
}
