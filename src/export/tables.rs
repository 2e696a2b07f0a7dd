//! Rows of any kind as CSV or JSON, and `summary.csv` read back.

use super::output::{cannot_read, read_text};
use crate::summary::Row;
use anyhow::{Context, Result, anyhow, bail, ensure};
use csv::{DeserializeErrorKind, StringRecord};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::Write;
use std::path::Path;

/// The rows as CSV, with the names of their fields as header.
pub fn csv(rows: &[impl Serialize]) -> Result<String> {
    let mut bytes = Vec::new();
    write_rows(rows, &mut bytes)?;
    Ok(String::from_utf8(bytes)?)
}

/// The rows as a list of JSON objects, each with the name of its form as `schema`. JSON has null for what is infinite or has
/// no value.
pub fn json(schema: &str, rows: &[impl Serialize]) -> Result<String> {
    #[derive(Serialize)]
    struct Object<'a, Row> {
        schema: &'a str,
        #[serde(flatten)]
        row: &'a Row,
    }
    let objects: Vec<_> = rows.iter().map(|row| Object { schema, row }).collect();
    Ok(serde_json::to_string_pretty(&objects)? + "\n")
}

/// Writes the rows, with the names of their fields as header.
pub fn write_rows(rows: &[impl Serialize], writer: &mut dyn Write) -> Result<()> {
    let mut csv = csv::Writer::from_writer(writer);
    rows.iter().try_for_each(|row| csv.serialize(row))?;
    Ok(csv.flush()?)
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
    let text = read_text(path)?;
    ensure!(
        text.is_empty() || text.ends_with('\n'),
        "{} ends within its last line; write it again with `klgrad reproduce`",
        path.display()
    );
    Ok(text)
}

/// The rows of a CSV file that has at least one.
fn rows<'t, T: DeserializeOwned + 't>(path: &Path, text: &'t str) -> Result<impl Iterator<Item = Result<T>> + 't> {
    let mut csv = csv::Reader::from_reader(text.as_bytes());
    let header = csv.headers().with_context(|| cannot_read(path))?.clone();
    refuse_separator(path, &header)?;
    let path = path.display().to_string();
    let mut rows = csv.into_deserialize().peekable();
    ensure!(rows.peek().is_some(), "{path} has no rows below its header; write it again with `klgrad reproduce`");
    Ok(rows.map(move |row| row.map_err(|error| explain(&path, &header, &error))))
}

/// Refuses a file that has another separator than commas.
///
/// # Errors
/// Names the file and its separator.
pub(super) fn refuse_separator(path: &Path, header: &StringRecord) -> Result<()> {
    let [only] = header.iter().collect::<Vec<_>>()[..] else { return Ok(()) };
    match [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")].iter().find(|(separator, _)| only.contains(*separator)) {
        Some((_, name)) => bail!("{} has {name} between its fields, where commas would be right", path.display()),
        None => Ok(()),
    }
}

/// A row that could not be read, in one sentence.
pub(super) fn explain(path: &str, header: &StringRecord, error: &csv::Error) -> anyhow::Error {
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
