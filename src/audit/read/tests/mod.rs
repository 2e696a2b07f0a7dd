//! Tests of the readers: files are written, read, and compared with what was meant.

mod arrays;
mod batch;
mod choice;
mod csv;
mod files;
mod json;
mod lines;
mod npz;
mod pt;
mod shapes;

use super::{Choice, Columns, Files, read};
use crate::audit::{Place, Record, Sink, Step};
use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;
use tempfile::TempDir;

/// A record that a sink has kept.
#[derive(Clone, Debug, PartialEq)]
struct Kept {
    log_probs: [Option<Vec<f64>>; 4],
    mask: Option<Vec<bool>>,
    step: Step,
    name: Option<String>,
    texts: Option<Vec<String>>,
    place: Place,
}

/// What was read, in the order of the files.
#[derive(Debug, Default)]
struct All {
    records: Vec<Kept>,
    /// The place and the reason.
    unreadable: Vec<(Place, String)>,
    /// How many records are enough.
    limit: Option<usize>,
}

impl Sink for All {
    fn take(&mut self, record: &Record) -> ControlFlow<()> {
        self.records.push(Kept {
            log_probs: record.log_probs.map(|values| values.map(<[f64]>::to_vec)),
            mask: record.mask.map(<[bool]>::to_vec),
            step: record.step.clone(),
            name: record.name.map(str::to_owned),
            texts: record.texts.decode(),
            place: record.place.clone(),
        });
        if self.limit == Some(self.records.len()) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn unreadable(&mut self, place: Place, reason: String) -> ControlFlow<()> {
        self.unreadable.push((place, reason));
        ControlFlow::Continue(())
    }
}

impl All {
    /// The records' numbers of a role.
    fn of(&self, role: usize) -> Vec<Vec<f64>> {
        self.records.iter().filter_map(|record| record.log_probs[role].clone()).collect()
    }

    /// What was said of the files, a line each, with names instead of paths.
    fn said(&self) -> Vec<String> {
        let name = |place: &Place| match place.file.rsplit_once('/') {
            Some((_, name)) => Place { file: name.to_owned(), ..place.clone() },
            None => place.clone(),
        };
        self.unreadable.iter().map(|(place, reason)| format!("{}: {reason}", name(place))).collect()
    }
}

/// A folder with these files, and their paths.
fn folder(files: &[(&str, &[u8])]) -> (TempDir, Vec<PathBuf>) {
    let folder = TempDir::new().expect("there is room for a folder");
    let write = |(name, bytes): &(&str, &[u8])| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("it is in the folder")).expect("there is room for a folder");
        fs::write(&path, bytes).expect("there is room for a file");
        path
    };
    let paths = files.iter().map(write).collect();
    (folder, paths)
}

fn read_paths(paths: &[PathBuf], choice: &Choice) -> anyhow::Result<All> {
    let files = Files::find(paths)?;
    let columns = Columns::choose(&files, choice)?;
    Ok(read_with(&files, &columns))
}

/// Reads by two threads.
fn read_with(files: &Files, columns: &Columns) -> All {
    let mut all = All::default();
    for sink in read(files, columns, vec![All::default(), All::default()], &|_| ()) {
        all.records.extend(sink.records);
        all.unreadable.extend(sink.unreadable);
    }
    all.records.sort_by(|a, b| a.place.cmp(&b.place));
    all.unreadable.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// Reads a file of this name by the names of its columns.
fn read_bytes(name: &str, bytes: &[u8]) -> All {
    let (_folder, paths) = folder(&[(name, bytes)]);
    read_paths(&paths, &Choice::default()).expect("its columns are known")
}

/// Columns of klgrad's own names for the old policy, the reference and a mask.
fn own_columns() -> Columns {
    Choice::default().columns(["old_logp", "ref_logp", "mask"].map(str::to_owned).to_vec()).expect("they are enough")
}
