//! `audit.json`: what an audit says, and the summary that it was made from.

use super::result::Audit;
use super::summary::Summary;
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::Path;

/// The form of the file.
const SCHEMA: &str = "klgrad.audit.1";

/// Writes the file: `schema`, what the audit says, and as `state` the summary, from which summaries of shares are made one.
///
/// # Errors
/// What serde or the writer reports.
pub fn write_json(audit: &Audit, summary: &Summary, mut to: impl Write) -> Result<()> {
    #[derive(serde::Serialize)]
    struct Said<'a> {
        schema: &'a str,
        #[serde(flatten)]
        audit: &'a Audit,
    }
    let said = serde_json::to_string_pretty(&Said { schema: SCHEMA, audit })?;
    let open = said.strip_suffix("\n}").expect("a pretty object ends on a line of its own");
    write!(to, "{open},\n  \"state\": ")?;
    // The state is for programs: a number a line would be a million lines.
    serde_json::to_writer(&mut to, summary).map_err(io::Error::from)?;
    Ok(to.write_all(b"\n}\n")?)
}

/// The summary in such a file.
///
/// # Errors
/// Names the file, and what would be right.
pub fn read_summary(path: &Path) -> Result<Summary> {
    #[derive(Deserialize)]
    struct Held {
        schema: String,
        state: Summary,
    }
    let name = path.display();
    let file = File::open(path).with_context(|| format!("{name} cannot be read"))?;
    let right = "the audit.json that klgrad audit --output writes would be right";
    let held: Held =
        serde_json::from_reader(BufReader::new(file)).with_context(|| format!("{name} is no audit; {right}"))?;
    if held.schema != SCHEMA {
        bail!("{name} has the form {}, and {SCHEMA} is known; {right}", held.schema);
    }
    ensure!(held.state.is_whole(), "{name} was changed: what its state holds does not belong together; {right}");
    Ok(held.state)
}
