//! All files, read by several threads.

use super::choice::Choice;
use super::columns::Columns;
use super::csv::{self, Table};
use super::document::{self, Document};
use super::files::{Entry, Files};
use super::format::Format;
use super::lines::{self, LIMITS, Lines};
use super::npz::{self, InArchive};
use super::pt::{self, Pickled};
use super::safetensors::{self, InFile};
use super::source::{Broken, Part, Progress, Source, Whole, Worker, io_reason};
use crate::audit::{Place, Sink};
use anyhow::{Result, anyhow, bail, ensure};
use std::panic::resume_unwind;
use std::slice;
use std::sync::Mutex;
use std::thread;

impl Columns {
    /// Decides which columns are which, by the names in all files that have log-probabilities.
    ///
    /// # Errors
    /// What is wrong with the choice, or missing; or why the columns of no file could be seen.
    pub fn choose(files: &Files, choice: &Choice) -> Result<Self> {
        let seen: Vec<_> = files.entries().iter().map(|entry| (entry, keys(entry))).collect();
        let with_keys = || seen.iter().filter_map(|(entry, keys)| Some((*entry, keys.as_ref().ok()?)));
        let mut logs: Vec<_> = with_keys().filter(|(_, keys)| keys.iter().any(|key| choice.may_be_log(key))).collect();
        if logs.is_empty() {
            logs = with_keys().take(1).collect();
        }
        let Some((first, keys)) = logs.first() else {
            let reason = seen.into_iter().find_map(|(entry, keys)| Some(format!("{}: {}", entry.name, keys.err()?)));
            bail!(reason.unwrap_or_else(|| "there is no file".to_owned()));
        };
        ensure!(
            !is_audit(keys),
            "{}: it is an audit, and no log; --merge, which adds up audits, would be right",
            first.name
        );
        let mut all = Vec::new();
        logs.iter().flat_map(|(_, keys)| keys.iter()).for_each(|key| lines::add(key, &mut all));
        let mut chosen = choice.columns(all).map_err(|error| anyhow!("{}: {error}", first.name))?;
        // The tokens of arrays are not read.
        chosen.texts = chosen.texts.filter(|_| !logs.iter().all(|(entry, _)| entry.format.is_of_arrays()));
        for (entry, _) in &logs {
            check_table(&chosen, entry.format).map_err(|error| anyhow!("{}: {error}", entry.name))?;
        }
        let is_other = |keys: &[String]| !chosen.log_probs.iter().flatten().any(|key| keys.contains(key));
        let others = with_keys().filter(|(entry, keys)| entry.is_of_folder && is_other(keys));
        let skipped = others.map(|(entry, _)| entry.name.clone()).collect();
        Ok(Self { skipped, ..chosen })
    }
}

/// Whether the keys are those of an audit.json.
fn is_audit(keys: &[String]) -> bool {
    ["schema", "columns", "problems", "state"].iter().all(|key| keys.iter().any(|known| known == key))
}

/// That something tells the sequences of a table apart.
fn check_table(columns: &Columns, format: Format) -> Result<()> {
    ensure!(
        format != Format::Csv || columns.sequence.is_some(),
        "no column says to which sequence a token belongs; --sequence KEY, or a column sequence, would be right"
    );
    Ok(())
}

/// The keys of a file.
fn keys(entry: &Entry) -> Result<Vec<String>, String> {
    entry.check_packing()?;
    match entry.format {
        Format::Lines => lines::keys(entry),
        Format::Json => document::keys(entry),
        Format::Safetensors => safetensors::keys(entry),
        Format::Npz => npz::keys(entry),
        Format::Torch => pt::keys(entry),
        Format::Csv => csv::keys(entry),
    }
}

/// The parts of a file.
fn source<'a>(entry: &'a Entry, columns: &Columns, progress: Progress<'a>) -> Box<dyn Source<'a> + 'a> {
    let opened: Result<Box<dyn Source>, String> = match entry.format {
        Format::Lines => match entry.open(progress) {
            Ok(reader) => Ok(Box::new(Lines::new(entry, reader, LIMITS))),
            Err(error) => Err(io_reason(&error)),
        },
        Format::Json => Ok(Box::new(Whole(Some(Document { entry, progress })))),
        Format::Safetensors => InFile::safetensors(entry, columns, progress).map(|source| Box::new(source) as _),
        Format::Npz => InArchive::new(entry, columns, progress).map(|source| Box::new(source) as _),
        Format::Csv => Table::new(entry, columns, progress).map(|source| Box::new(source) as _),
        Format::Torch => Pickled::new(entry, columns, progress).map(|source| Box::new(source) as _),
    };
    opened.unwrap_or_else(|reason| {
        progress(entry.bytes);
        Box::new(Whole(Some(Broken::new(Place::file(entry.name.clone()), reason))))
    })
}

/// The parts of all files.
struct Parts<'a> {
    entries: slice::Iter<'a, Entry>,
    source: Option<Box<dyn Source<'a> + 'a>>,
    columns: &'a Columns,
    progress: Progress<'a>,
    is_stopped: bool,
}

impl<'a> Parts<'a> {
    fn next(&mut self) -> Option<Box<dyn Part + 'a>> {
        while !self.is_stopped {
            if let Some(part) = self.source.as_mut().and_then(|source| source.next()) {
                return Some(part);
            }
            let entry = self.entries.next()?;
            if self.columns.skipped.contains(&entry.name) {
                (self.progress)(entry.bytes);
            } else {
                self.source = Some(source(entry, self.columns, self.progress));
            }
        }
        None
    }
}

/// Reads the files on a thread for each sink, and gives the sinks back. Which sequence goes to which sink, and in what order,
/// is left to chance. `progress` is told how many more bytes of [`Files::bytes`] were read, from any thread.
///
/// What cannot be read is told to a sink, and reading goes on behind it. Where a sink breaks, all threads end.
///
/// # Panics
/// Where a sink does.
pub fn read<S: Sink>(files: &Files, columns: &Columns, sinks: Vec<S>, progress: &(dyn Fn(u64) + Sync)) -> Vec<S> {
    let parts = Parts { entries: files.entries().iter(), source: None, columns, progress, is_stopped: false };
    let parts = Mutex::new(parts);
    thread::scope(|scope| {
        let threads: Vec<_> = sinks.into_iter().map(|sink| scope.spawn(|| work(&parts, columns, sink))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

/// Takes part after part.
fn work<S: Sink>(parts: &Mutex<Parts>, columns: &Columns, mut sink: S) -> S {
    let mut worker = Worker::new(columns);
    // Where a thread has panicked, the others need not go on.
    while let Some(part) = parts.lock().ok().and_then(|mut parts| parts.next()) {
        if part.give(&mut worker, &mut sink).is_break() {
            parts.lock().map(|mut parts| parts.is_stopped = true).unwrap_or_default();
        }
    }
    sink
}
