//! `gradients.csv`: a row for each trial, estimator and parameter, trial after trial.

use super::output::{cannot_read, open_file};
use super::tables::{explain, refuse_separator};
use crate::estimator::Parameter;
use crate::gradients::{Gradients, Name};
use anyhow::{Context, Result, bail, ensure};
use csv::StringRecord;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::env;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// The names of the columns.
pub(super) const HEADER: [&str; 4] = ["trial", "estimator", "parameter", "gradient"];

/// A row. Floats are written as the shortest decimal that reads back as the same float.
#[derive(Serialize, Deserialize)]
struct Row<'a> {
    trial: usize,
    #[serde(borrow)]
    estimator: Cow<'a, str>,
    parameter: Parameter,
    #[serde(deserialize_with = "crate::maybe_number::or_nan")]
    gradient: f32,
}

/// Writes the rows of one trial: a gradient for each series.
pub(super) fn write_trial<W: Write>(
    csv: &mut csv::Writer<W>,
    names: &[Name],
    trial: usize,
    gradients: &[f32],
) -> csv::Result<()> {
    names.iter().zip(gradients).try_for_each(|((estimator, parameter), &gradient)| {
        csv.serialize(Row { trial, estimator: Cow::Borrowed(estimator), parameter: *parameter, gradient })
    })
}

/// Writes `gradients.csv`.
///
/// # Errors
/// The gradients cannot be read back from their file, or what the writer reports.
pub(super) fn write_gradients(gradients: &mut Gradients, writer: &mut dyn Write) -> Result<()> {
    let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(writer);
    csv.write_record(HEADER)?;
    let names = gradients.names().to_vec();
    gradients.for_each_trial(|trial, row| anyhow::Ok(write_trial(&mut csv, &names, trial, row)?))?;
    Ok(csv.flush()?)
}

/// Reads `gradients.csv`, whose rows may be in any order; the series come in that of their first rows.
///
/// # Errors
/// Names the file, the line and what would be right there.
pub fn read_gradients(path: &Path) -> Result<Gradients> {
    let names = names(path)?;
    let mut gradients = Gradients::of_series(names.clone(), &env::temp_dir());
    let mut trials = Trials::open(path, names)?;
    while let Some(trial) = trials.next()? {
        gradients.push(trial).context(NO_ROOM)?;
    }
    ensure!(
        trials.length == trials.whole_lines,
        "{} ends within its last line; write it again with `klgrad reproduce`",
        path.display()
    );
    if trials.out_of_place.is_some() {
        return super::unordered::read(path);
    }
    if let Some((estimator, parameter)) = trials.missing() {
        bail!(
            "{} ends within trial {}, before {estimator}, {parameter}; write it again with `klgrad reproduce`",
            path.display(),
            trials.count
        );
    }
    Ok(gradients)
}

/// Why gradients cannot be kept for being read again.
pub(super) const NO_ROOM: &str = "cannot keep the trials in a temporary file; TMPDIR names the folder for it";

/// The series of the first trial.
fn names(path: &Path) -> Result<Vec<Name>> {
    let mut names = Vec::new();
    let mut rows = Rows::open(path, u64::MAX)?;
    while let Some((trial, name, _)) = rows.next()? {
        if trial != 0 && !names.is_empty() || names.contains(&name) {
            break;
        }
        names.push(name);
    }
    ensure!(
        !names.is_empty(),
        "{} has no rows below its header; write it again with `klgrad reproduce`",
        path.display()
    );
    Ok(names)
}

/// The whole trials of a file, one after the other, whose series are known.
pub(super) struct Trials {
    rows: Rows,
    names: Vec<Name>,
    trial: Vec<f32>,
    /// Trials read so far.
    pub count: usize,
    /// Where the last of them ends, in bytes.
    pub end: u64,
    /// Why the row that ended the reading is not the one that has to come next.
    pub out_of_place: Option<String>,
    /// Of the file, and up to its last end of a line, in bytes.
    length: u64,
    whole_lines: u64,
}

impl Trials {
    /// Of a file whose last line may have been cut short; that one does not count.
    pub fn open(path: &Path, names: Vec<Name>) -> Result<Self> {
        let (length, whole_lines) = whole_lines(path)?;
        let rows = Rows::open(path, whole_lines)?;
        let end = rows.csv.position().byte();
        Ok(Self { rows, names, trial: Vec::new(), count: 0, end, out_of_place: None, length, whole_lines })
    }

    /// The next whole trial. Ends at a row that is out of place.
    pub fn next(&mut self) -> Result<Option<&[f32]>> {
        self.trial.clear();
        for expected in &self.names {
            let Some((trial, name, gradient)) = self.rows.next()? else { return Ok(None) };
            if trial != self.count || name != *expected {
                let ((found, of), (estimator, parameter)) = (name, expected);
                self.out_of_place = Some(format!(
                    "{}: trial {trial} of {found}, {of}, where trial {} of {estimator}, {parameter} has to come next",
                    self.rows.place(),
                    self.count
                ));
                return Ok(None);
            }
            self.trial.push(gradient);
        }
        self.count += 1;
        self.end = self.rows.csv.position().byte();
        Ok(Some(&self.trial))
    }

    /// The series that a file lacks that ends within a trial.
    fn missing(&self) -> Option<&Name> {
        (!self.trial.is_empty()).then(|| self.names.get(self.trial.len())).flatten()
    }
}

/// The rows of a file up to a number of bytes.
pub(super) struct Rows {
    path: String,
    csv: csv::Reader<io::Take<BufReader<File>>>,
    header: StringRecord,
    record: StringRecord,
}

impl Rows {
    pub fn open(path: &Path, bytes: u64) -> Result<Self> {
        let mut csv = csv::Reader::from_reader(BufReader::new(open_file(path)?).take(bytes));
        let header = csv.headers().with_context(|| cannot_read(path))?.clone();
        refuse_separator(path, &header)?;
        Ok(Self { path: path.display().to_string(), csv, header, record: StringRecord::new() })
    }

    /// Trial, series and gradient of the next row.
    pub fn next(&mut self) -> Result<Option<(usize, Name, f32)>> {
        let Self { path, csv, header, record } = self;
        let read = csv.read_record(record);
        if !read.map_err(|error| explain(path, header, &error))? {
            return Ok(None);
        }
        let row: Row = record.deserialize(Some(header)).map_err(|error| explain(path, header, &error))?;
        Ok(Some((row.trial, (row.estimator.into_owned(), row.parameter), row.gradient)))
    }

    /// The file, and the line of the last row.
    fn place(&self) -> String {
        format!("{}, line {}", self.path, self.record.position().map_or(0, csv::Position::line))
    }
}

/// The length of a file, and that up to its last end of a line.
fn whole_lines(path: &Path) -> Result<(u64, u64)> {
    let mut file = open_file(path)?;
    last_line_end(&mut file).with_context(|| cannot_read(path))
}

fn last_line_end(file: &mut File) -> io::Result<(u64, u64)> {
    const BLOCK: u64 = 1 << 12;
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
