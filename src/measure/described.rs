//! `run.json` of a measurement: what it was, so that it can be told whether another is the same.

use super::Targets;
use crate::estimator::Estimator;
use crate::export::{digest, settings_that_differ};
use crate::libtorch::Libtorch;
use anyhow::{Context, Result, anyhow};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// The form of the file.
const SCHEMA: &str = "klgrad.measure.1";

/// The settings of a measurement, and what ran it.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    schema: &'static str,
    /// The folders as the user named them.
    folders: [String; 2],
    /// The digests of their files.
    policy: BTreeMap<String, String>,
    reference: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sampling: Option<Drawn>,
    /// The digest of the file that the sequences came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    samples: Option<String>,
    estimators: Vec<String>,
    /// The formulas of those that have no name of their own in klgrad.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    expressions: BTreeMap<String, String>,
    device: String,
    precision: String,
    klgrad: &'static str,
    libtorch: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    vector_kernels: Option<String>,
}

/// What the file holds.
#[derive(Serialize)]
struct Described<'a> {
    #[serde(flatten)]
    run: &'a Run,
    targets: &'a Targets,
}

/// How sequences are drawn.
#[derive(Clone, Debug, Serialize)]
struct Drawn {
    /// The digest of the file.
    prompts: String,
    sequences: usize,
    max_new_tokens: usize,
    ignore_eos: bool,
    seed: i64,
}

/// Where the sequences come from.
#[derive(Clone, Copy, Debug)]
pub enum Origin<'a> {
    /// The policy draws them.
    Drawn {
        /// The file of prompts.
        prompts: &'a Path,
        /// Sequences in all.
        sequences: usize,
        /// The longest response.
        max_new_tokens: usize,
        /// Whether sequences go on behind an end.
        ignore_eos: bool,
        /// The seed.
        seed: i64,
    },
    /// They are in this file.
    File(&'a Path),
}

impl Run {
    /// By this version of klgrad, on this libtorch.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn new(
        [policy, reference]: [&Path; 2],
        origin: Origin,
        estimators: &[Estimator],
        device: &str,
        precision: &str,
    ) -> Result<Self> {
        let (sampling, samples) = match origin {
            Origin::File(path) => (None, Some(digest(path)?)),
            Origin::Drawn { prompts, sequences, max_new_tokens, ignore_eos, seed } => {
                let prompts = digest(prompts)?;
                (Some(Drawn { prompts, sequences, max_new_tokens, ignore_eos, seed }), None)
            }
        };
        let of_user = estimators.iter().filter(|estimator| Estimator::named(estimator.name()).is_none());
        let libtorch = Libtorch::here().expect("models are built with libtorch alone");
        Ok(Self {
            schema: SCHEMA,
            folders: [policy, reference].map(|folder| folder.display().to_string()),
            policy: digests(policy)?,
            reference: digests(reference)?,
            sampling,
            samples,
            estimators: estimators.iter().map(|estimator| estimator.name().to_owned()).collect(),
            expressions: of_user.map(|e| (e.name().to_owned(), e.expression().to_string())).collect(),
            device: device.to_owned(),
            precision: precision.to_owned(),
            klgrad: env!("CARGO_PKG_VERSION"),
            libtorch: libtorch.version,
            vector_kernels: libtorch.vector_kernels,
        })
    }

    /// Writes it as JSON, with what the estimators were held against.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(&self, targets: &Targets, writer: &mut dyn Write) -> Result<()> {
        serde_json::to_writer_pretty(&mut *writer, &Described { run: self, targets })?;
        Ok(writeln!(writer)?)
    }

    /// As one line of text.
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers are JSON")
    }

    /// What is different in the run that a text describes: a phrase for each setting.
    ///
    /// # Errors
    /// The text does not describe a measurement.
    pub fn differences(&self, there: &str) -> Result<Vec<String>> {
        let there: Map<String, Value> =
            serde_json::from_str(there).context("does not hold the settings of a measurement")?;
        match there.get("schema") {
            Some(schema) if schema == SCHEMA => {
                // The same model may lie elsewhere, or be named otherwise.
                let folders = there.get("folders").and_then(|folders| serde_json::from_value(folders.clone()).ok());
                let here = Self { folders: folders.unwrap_or_else(|| self.folders.clone()), ..self.clone() };
                Ok(settings_that_differ(&here, &there))
            }
            _ => Err(anyhow!("does not hold the settings of a measurement in the form {SCHEMA}")),
        }
    }
}

fn digests(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut digests = BTreeMap::new();
    for entry in folder.read_dir().with_context(|| format!("cannot read the folder {}", folder.display()))? {
        let path = entry?.path();
        let is_model = path.extension().is_some_and(|end| end == "safetensors" || end == "json");
        if is_model && path.is_file() {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            digests.insert(name, digest(&path)?);
        }
    }
    Ok(digests)
}
