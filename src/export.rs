//! What files hold: gradients and summary as CSV, the settings as JSON; written all or none, and read back.

use crate::engine::Engine;
use crate::estimator::Parameter;
use crate::experiment::Settings;
use crate::gradients::{Gradients, Series};
use crate::summary::Row;
use anyhow::{Context, Result, anyhow, bail, ensure};
use csv::DeserializeErrorKind;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tempfile::NamedTempFile;

/// A gradient for every trial, estimator and parameter.
pub const GRADIENTS: &str = "gradients.csv";
/// A [`Row`] for every estimator and parameter.
pub const SUMMARY: &str = "summary.csv";
/// The settings of the run and the versions that ran it.
pub const RUN: &str = "run.json";

/// Held while files are being written; see [`finish_writing`].
static WRITING: Mutex<()> = Mutex::new(());

/// Waits until no file is half-written, and lets none be begun: for whoever is about to end the process.
pub fn finish_writing() {
    // For good: the process ends.
    std::mem::forget(WRITING.lock());
}

/// Writes all that a file holds.
type Content<'a> = Box<dyn Fn(&mut dyn Write) -> Result<()> + 'a>;

/// A file to be written: its place, and what writes its content.
pub struct Output<'a> {
    path: PathBuf,
    content: Content<'a>,
}

impl<'a> Output<'a> {
    /// A file at `path` with the content that `content` writes.
    pub fn new(path: impl Into<PathBuf>, content: impl Fn(&mut dyn Write) -> Result<()> + 'a) -> Self {
        Self { path: path.into(), content: Box::new(content) }
    }

    /// A file at `path` with these bytes.
    pub fn of_bytes(path: impl Into<PathBuf>, bytes: Vec<u8>) -> Self {
        Self::new(path, move |writer| Ok(writer.write_all(&bytes)?))
    }
}

/// Creates the folder where it is missing, and makes sure that these files can be written in it.
///
/// # Errors
/// Names the folder, or the file, and what is in the way.
pub fn prepare_folder(folder: &Path, files: &[&str]) -> Result<()> {
    let _writing = WRITING.lock();
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot create the output folder {}; name another", folder.display()))?;
    files.iter().try_for_each(|file| refuse_folder(&folder.join(file)))?;
    beside(&folder.join(RUN)).map(drop)
}

/// Writes the files, each beside its place, and moves them there when all are whole. Those that were there before stay
/// as they were where one cannot be written.
///
/// # Errors
/// Names the file that cannot be written.
pub fn write(outputs: &[Output]) -> Result<()> {
    let _writing = WRITING.lock();
    let whole = outputs.iter().map(write_beside).collect::<Result<Vec<_>>>()?;
    outputs.iter().try_for_each(|output| refuse_folder(&output.path))?;
    for (file, output) in whole.into_iter().zip(outputs) {
        let moved = file.persist(&output.path).map_err(|error| error.error);
        moved.with_context(|| format!("cannot replace {}", output.path.display()))?;
    }
    Ok(())
}

fn refuse_folder(path: &Path) -> Result<()> {
    ensure!(!path.is_dir(), "{} is a folder, where a file is to be written; move it away", path.display());
    Ok(())
}

fn write_beside(output: &Output) -> Result<NamedTempFile> {
    let file = beside(&output.path)?;
    fill(file.as_file(), &output.content).with_context(|| format!("cannot write {}", output.path.display()))?;
    Ok(file)
}

fn fill(file: &File, content: &Content) -> Result<()> {
    let mut writer = BufWriter::new(file);
    content(&mut writer)?;
    writer.flush()?;
    Ok(file.sync_all()?)
}

/// An empty file with a temporary name in the folder of `path`, and with the permissions of any new file.
fn beside(path: &Path) -> Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".klgrad-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
        .tempfile_in(folder)
        .with_context(|| format!("cannot write to the folder {}; name another", folder.display()))
}

/// A row of `gradients.csv`. Floats are written as the shortest decimal that reads back as the same float.
#[derive(Serialize, Deserialize)]
struct GradientRow<'a> {
    trial: usize,
    estimator: Cow<'a, str>,
    parameter: Parameter,
    gradient: f32,
}

/// Writes `trial,estimator,parameter,gradient`, trial by trial.
pub fn write_gradients(gradients: &Gradients, writer: &mut dyn Write) -> Result<()> {
    let mut csv = csv::Writer::from_writer(writer);
    let num_trials = gradients.0.first().map_or(0, |series| series.gradients.len());
    for trial in 0..num_trials {
        for series in &gradients.0 {
            let estimator = Cow::Borrowed(series.estimator.as_str());
            let gradient = series.gradients[trial];
            csv.serialize(GradientRow { trial, estimator, parameter: series.parameter, gradient })?;
        }
    }
    Ok(csv.flush()?)
}

/// The rows as CSV, with the names of their fields as header.
pub fn csv(rows: &[impl Serialize]) -> Result<String> {
    let mut bytes = Vec::new();
    write_rows(rows, &mut bytes)?;
    Ok(String::from_utf8(bytes)?)
}

/// Writes the rows, with the names of their fields as header.
pub fn write_rows(rows: &[impl Serialize], writer: &mut dyn Write) -> Result<()> {
    let mut csv = csv::Writer::from_writer(writer);
    rows.iter().try_for_each(|row| csv.serialize(row))?;
    Ok(csv.flush()?)
}

/// The content of `run.json`.
#[derive(Serialize)]
struct Run<'a> {
    #[serde(flatten)]
    settings: &'a Settings,
    engine: Engine,
    klgrad: &'static str,
    libtorch: &'static str,
}

/// Writes the settings, the engine, and the versions of klgrad and of the libtorch that it was built with.
pub fn write_run(settings: &Settings, engine: Engine, writer: &mut dyn Write) -> Result<()> {
    let run = Run { settings, engine, klgrad: env!("CARGO_PKG_VERSION"), libtorch: env!("KLGRAD_LIBTORCH_VERSION") };
    serde_json::to_writer_pretty(&mut *writer, &run)?;
    Ok(writeln!(writer)?)
}

/// Reads `gradients.csv`, series in the order in which they first appear.
///
/// # Errors
/// Names the file, the line and what would be right there.
pub fn read_gradients(path: &Path) -> Result<Gradients> {
    let text = read_whole(path)?;
    let mut all: Vec<Series> = Vec::new();
    for (index, row) in rows::<GradientRow>(path, &text)?.enumerate() {
        let row = row?;
        let of_row = |series: &&mut Series| series.estimator == row.estimator && series.parameter == row.parameter;
        let series = all.iter_mut().find(of_row);
        let next = series.as_ref().map_or(0, |series| series.gradients.len());
        ensure!(
            row.trial == next,
            "{}, line {}: trial {}, where {} has to come next for {}, {}",
            path.display(),
            index + 2,
            row.trial,
            next,
            row.estimator,
            row.parameter
        );
        match series {
            Some(series) => series.gradients.push(row.gradient),
            None => all.push(Series {
                estimator: row.estimator.into_owned(),
                parameter: row.parameter,
                gradients: vec![row.gradient],
            }),
        }
    }
    let num_trials = all[0].gradients.len();
    if let Some(short) = all.iter().find(|series| series.gradients.len() != num_trials) {
        bail!(
            "{} has {num_trials} trials of {}, but {} of {}, {}; write it again with `klgrad reproduce`",
            path.display(),
            all[0].estimator,
            short.gradients.len(),
            short.estimator,
            short.parameter
        );
    }
    Ok(Gradients(all))
}

/// Reads `summary.csv`.
///
/// # Errors
/// Names the file, the line and what would be right there.
pub fn read_summary(path: &Path) -> Result<Vec<Row>> {
    let text = read_whole(path)?;
    rows(path, &text)?.collect()
}

/// The text of a CSV file whose last line is whole.
fn read_whole(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let last_line = text.lines().count();
    ensure!(
        text.is_empty() || text.ends_with('\n'),
        "{}, line {last_line}: the file ends within the line; write it again with `klgrad reproduce`",
        path.display()
    );
    Ok(text)
}

/// The rows of a CSV file that has at least one.
fn rows<'t, T: DeserializeOwned + 't>(path: &Path, text: &'t str) -> Result<impl Iterator<Item = Result<T>> + 't> {
    let path = path.display().to_string();
    let mut csv = csv::Reader::from_reader(text.as_bytes());
    let header = csv.headers().with_context(|| format!("cannot read {path}"))?.clone();
    let mut rows = csv.into_deserialize().peekable();
    ensure!(rows.peek().is_some(), "{path} has no rows below its header; write it again with `klgrad reproduce`");
    Ok(rows.map(move |row| row.map_err(|error| explain(&path, &header, &error))))
}

/// A row that could not be read, in one sentence.
fn explain(path: &str, header: &csv::StringRecord, error: &csv::Error) -> anyhow::Error {
    let line = error.position().map_or(0, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => {
            let column = err.field().and_then(|field| header.get(field as usize));
            let place = column.map_or(String::new(), |column| format!(", column {column}"));
            let problem = match err.kind() {
                DeserializeErrorKind::ParseFloat(_) => "should be a number".to_owned(),
                DeserializeErrorKind::ParseInt(_) => "should be a whole number".to_owned(),
                other => other.to_string(),
            };
            anyhow!("{path}, line {line}{place}: {problem}")
        }
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            anyhow!("{path}, line {line}: the row has {len} fields, the header {expected_len}")
        }
        _ => anyhow!("{path}, line {line}: {error}"),
    }
}
