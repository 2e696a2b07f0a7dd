//! `run.json`: what a run was, so that it can be told whether another is the same.

use crate::engine::Engine;
use crate::experiment::Settings;
use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::{Map, Value};
use std::fs;
use std::io::Write;
use std::path::Path;

/// The settings of a run, and what ran it. Runs that are equal in this write equal files.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    #[serde(flatten)]
    settings: Settings,
    engine: Engine,
    klgrad: &'static str,
    libtorch: &'static str,
}

impl Run {
    /// By this version of klgrad, and the libtorch that it was built with.
    pub fn new(settings: &Settings, engine: Engine) -> Self {
        let (klgrad, libtorch) = (env!("CARGO_PKG_VERSION"), env!("KLGRAD_LIBTORCH_VERSION"));
        Self { settings: settings.clone(), engine, klgrad, libtorch }
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    /// What the writer reports.
    pub fn write(&self, writer: &mut dyn Write) -> Result<()> {
        serde_json::to_writer_pretty(&mut *writer, self)?;
        Ok(writeln!(writer)?)
    }

    /// What is different in the run that a file describes: a phrase for each setting.
    ///
    /// # Errors
    /// The file cannot be read, or holds no such description.
    pub fn differences(&self, path: &Path) -> Result<Vec<String>> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let there: Map<String, Value> = serde_json::from_str(&text)
            .with_context(|| format!("{} does not hold the settings of a run", path.display()))?;
        let Value::Object(here) = serde_json::to_value(self)? else { unreachable!("a struct is an object") };
        let differs = here.iter().filter(|(name, value)| there.get(*name) != Some(value));
        let phrase = |(name, value): (&String, &Value)| match there.get(name) {
            Some(other) => format!("{name} is {other} there, {value} here"),
            None => format!("{name} is missing there, {value} here"),
        };
        Ok(differs.map(phrase).collect())
    }
}
