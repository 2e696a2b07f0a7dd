//! `gradients.csv`: a row for each trial, estimator and parameter, trial after trial.

use super::tables::explain;
use crate::estimator::Parameter;
use crate::gradients::Gradients;
use anyhow::{Context, Result, bail, ensure};
use csv::StringRecord;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// The names of the columns.
pub(super) const HEADER: [&str; 4] = ["trial", "estimator", "parameter", "gradient"];

/// A row. Floats are written as the shortest decimal that reads back as the same float.
#[derive(Serialize, Deserialize)]
pub(super) struct Row<'a> {
    pub trial: usize,
    #[serde(borrow)]
    pub estimator: Cow<'a, str>,
    pub parameter: Parameter,
    pub gradient: f32,
}

/// Reads `gradients.csv`, series in the order of the first trial.
///
/// # Errors
/// Names the file, the line and what would be right there.
pub fn read_gradients(path: &Path) -> Result<Gradients> {
    let names = names(path)?;
    let mut gradients = Gradients::of_series(names.clone(), path.parent().unwrap_or(Path::new(".")));
    let mut trials = Trials::open(path, names)?;
    while let Some(trial) = trials.next()? {
        gradients.push(trial)?;
    }
    ensure!(
        trials.length == trials.whole_lines,
        "{}, line {}: the file ends within the line; write it again with `klgrad reproduce`",
        path.display(),
        trials.rows.csv.position().line()
    );
    if let Some((estimator, parameter)) = trials.missing() {
        bail!(
            "{} ends within trial {}, before {estimator}, {parameter}; write it again with `klgrad reproduce`",
            path.display(),
            trials.count
        );
    }
    Ok(gradients)
}

/// The series of the first trial.
fn names(path: &Path) -> Result<Vec<(String, Parameter)>> {
    let mut names = Vec::new();
    let mut rows = Rows::open(path, u64::MAX)?;
    while let Some(row) = rows.next()? {
        let name = (row.estimator.into_owned(), row.parameter);
        if row.trial != 0 || names.contains(&name) {
            break;
        }
        names.push(name);
    }
    ensure!(
        !names.is_empty(),
        "{} has no rows of a trial 0 below its header; write it again with `klgrad reproduce`",
        path.display()
    );
    Ok(names)
}

/// The whole trials of a file, one after the other, whose series are known.
pub(super) struct Trials {
    rows: Rows,
    names: Vec<(String, Parameter)>,
    trial: Vec<f32>,
    /// Trials read so far.
    pub count: usize,
    /// Where the last of them ends, in bytes.
    pub end: u64,
    /// Of the file, and up to its last end of a line, in bytes.
    length: u64,
    whole_lines: u64,
}

impl Trials {
    /// Of a file whose last line may have been cut short; that one does not count.
    pub fn open(path: &Path, names: Vec<(String, Parameter)>) -> Result<Self> {
        let (length, whole_lines) = whole_lines(path).with_context(|| format!("cannot read {}", path.display()))?;
        let rows = Rows::open(path, whole_lines)?;
        let end = rows.csv.position().byte();
        Ok(Self { rows, names, trial: Vec::new(), count: 0, end, length, whole_lines })
    }

    /// The next whole trial.
    pub fn next(&mut self) -> Result<Option<&[f32]>> {
        self.trial.clear();
        for (estimator, parameter) in &self.names {
            let Some(row) = self.rows.next()? else { return Ok(None) };
            let in_place = row.trial == self.count && row.estimator == *estimator && row.parameter == *parameter;
            if !in_place {
                let found = format!("trial {} of {}, {}", row.trial, row.estimator, row.parameter);
                let (line, path) = (self.rows.record.position().map_or(0, csv::Position::line), &self.rows.path);
                bail!(
                    "{path}, line {line}: {found}, where trial {} of {estimator}, {parameter} has to come next",
                    self.count
                );
            }
            self.trial.push(row.gradient);
        }
        self.count += 1;
        self.end = self.rows.csv.position().byte();
        Ok(Some(&self.trial))
    }

    /// The series that a file lacks that ends within a trial.
    fn missing(&self) -> Option<&(String, Parameter)> {
        (!self.trial.is_empty()).then(|| self.names.get(self.trial.len())).flatten()
    }
}

/// The rows of a file up to a number of bytes.
struct Rows {
    path: String,
    csv: csv::Reader<std::io::Take<BufReader<File>>>,
    header: StringRecord,
    record: StringRecord,
}

impl Rows {
    fn open(path: &Path, bytes: u64) -> Result<Self> {
        let path_text = path.display().to_string();
        let file = File::open(path).with_context(|| format!("cannot read {path_text}"))?;
        let mut csv = csv::Reader::from_reader(BufReader::new(file).take(bytes));
        let header = csv.headers().with_context(|| format!("cannot read {path_text}"))?.clone();
        Ok(Self { path: path_text, csv, header, record: StringRecord::new() })
    }

    fn next(&mut self) -> Result<Option<Row<'_>>> {
        let Self { path, csv, header, record } = self;
        let read = csv.read_record(record);
        if !read.map_err(|error| explain(path, header, &error))? {
            return Ok(None);
        }
        record.deserialize(Some(header)).map(Some).map_err(|error| explain(path, header, &error))
    }
}

/// The length of a file, and that up to its last end of a line.
fn whole_lines(path: &Path) -> std::io::Result<(u64, u64)> {
    const BLOCK: u64 = 1 << 12;
    let mut file = File::open(path)?;
    let length = file.seek(SeekFrom::End(0))?;
    let mut end = length;
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        let mut block = vec![0; (end - start) as usize];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut block)?;
        if let Some(last) = block.iter().rposition(|&byte| byte == b'\n') {
            return Ok((length, start + last as u64 + 1));
        }
        end = start;
    }
    Ok((length, 0))
}
