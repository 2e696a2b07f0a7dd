//! Logs that are one JSON text: an object that is a sequence or a batch of such, or a list of objects.

use super::batch;
use super::files::Entry;
use super::json::{self, Fault};
use super::lines::{add, give_object};
use super::source::{Part, Progress, Worker, io_reason};
use crate::audit::{Place, Sink};
use std::io::Read;
use std::ops::ControlFlow;

/// A longer text is not read: as lines it could be.
const LONGEST: u64 = 64 << 20;

/// A file that is one text.
pub(super) struct Document<'a> {
    pub entry: &'a Entry,
    pub progress: Progress<'a>,
}

impl Part for Document<'_> {
    fn give(&self, worker: &mut Worker, sink: &mut dyn Sink) -> ControlFlow<()> {
        let file = || Place::file(self.entry.name.clone());
        let text = match text(self.entry, self.progress) {
            Ok(text) => text,
            Err(reason) => return sink.unreadable(file(), reason),
        };
        let text = list(&text).unwrap_or(&text);
        if text.starts_with('{') {
            return give_object(text, "file", self.entry, file(), worker, sink);
        }
        let (mut sequence, mut flow) = (0, ControlFlow::Continue(()));
        let visited = json::items(text, |item| {
            flow = give_object(item, "sequence", self.entry, file().at_sequence(sequence), worker, sink);
            sequence += batch::sequences(item, worker.columns);
            flow.is_continue()
        });
        flow?;
        match visited {
            Ok(()) => flow,
            Err(Fault::Cut) => sink.unreadable(file().at_sequence(sequence), "the file is cut short".into()),
            Err(Fault::Wrong) => sink.unreadable(file().at_sequence(sequence), "the file is no JSON list".into()),
        }
    }
}

/// The batches that the trainer of Atropos writes, all under one key.
fn list(text: &str) -> Option<&str> {
    json::list_of(text, "batch")
}

fn text(entry: &Entry, progress: Progress) -> Result<String, String> {
    let reader = entry.open(progress).map_err(|error| io_reason(&error))?;
    let mut text = Vec::new();
    reader.take(LONGEST + 1).read_to_end(&mut text).map_err(|error| io_reason(&error))?;
    if text.len() as u64 > LONGEST {
        return Err(format!("the file has more than {LONGEST} bytes; an object a line, as .jsonl, would be right"));
    }
    let text = String::from_utf8(text).map_err(|_| "the file is no text in UTF-8".to_owned())?;
    Ok(text.trim_start_matches('\u{feff}').trim().to_owned())
}

/// The keys of the object, or of the first one in the list.
///
/// # Errors
/// What is wrong with the file where there are none.
pub(super) fn keys(entry: &Entry) -> Result<Vec<String>, String> {
    let text = text(entry, &|_| ())?;
    let mut keys = Vec::new();
    // What is wrong with an object is said when it is read.
    let mut look = |object: &str| {
        let _ = json::fields(object, |key, _| add(key, &mut keys));
    };
    let text = list(&text).unwrap_or(&text);
    if text.starts_with('{') {
        look(text);
    } else {
        let _ = json::items(text, |item| {
            look(item);
            false
        });
    }
    if keys.is_empty() { Err("it has no JSON object".into()) } else { Ok(keys) }
}
