//! `run.json` of a training: what it was, so that it can be told whether another is the same.

use super::Settings;
use crate::engine::Engine;
use crate::estimator::Estimator;
use crate::export::{digest, settings_that_differ};
use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// The form of the file.
const SCHEMA: &str = "klgrad.train.1";

/// Where a setting comes from that may be made, or read from a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Source {
    /// It is made, with these settings.
    Made(Value),
    /// The digest of the file.
    File {
        /// SHA-256.
        sha256: String,
    },
}

impl Source {
    /// A file.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn file(path: &Path) -> Result<Self> {
        Ok(Self::File { sha256: digest(path)? })
    }
}

/// The settings of a training, and what ran it. Trainings that are equal in this write equal files.
#[derive(Clone, Debug, Serialize)]
pub struct Described {
    schema: &'static str,
    policies: Source,
    max_length: Option<usize>,
    start: String,
    reward: Source,
    beta: f64,
    kl_budget: Option<f64>,
    estimators: Vec<String>,
    /// The formulas of those that have no name of their own in klgrad.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    expressions: BTreeMap<String, String>,
    steps: usize,
    stride: usize,
    /// None of the expected gradient, which draws nothing; nor has it an engine.
    batch: Option<usize>,
    group: usize,
    updates_per_batch: usize,
    optimizer: String,
    learning_rate: f64,
    aggregate: String,
    exact: bool,
    engine: Option<Engine>,
    seeds: Vec<i64>,
    klgrad: &'static str,
}

/// What is asked for beside the settings of runs.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The policies.
    pub policies: Source,
    /// Of sequences.
    pub max_length: Option<usize>,
    /// Where runs start.
    pub start: String,
    /// What is earned.
    pub reward: Source,
    /// What KL costs.
    pub beta: f64,
    /// The KL that ends spend.
    pub kl_budget: Option<f64>,
    /// The estimators.
    pub estimators: &'a [Estimator],
    /// A run each.
    pub seeds: &'a [i64],
}

impl Described {
    /// By this version of klgrad.
    pub fn new(asked: Asked, settings: &Settings) -> Self {
        let of_user = asked.estimators.iter().filter(|estimator| Estimator::named(estimator.name()).is_none());
        Self {
            schema: SCHEMA,
            policies: asked.policies,
            max_length: asked.max_length,
            start: asked.start,
            reward: asked.reward,
            beta: asked.beta,
            kl_budget: asked.kl_budget,
            estimators: asked.estimators.iter().map(|estimator| estimator.name().to_owned()).collect(),
            expressions: of_user.map(|e| (e.name().to_owned(), e.expression().to_string())).collect(),
            steps: settings.steps,
            stride: settings.stride(),
            batch: (!settings.exact).then_some(settings.batch),
            group: settings.group,
            updates_per_batch: settings.updates_per_batch,
            optimizer: settings.optimizer.to_string(),
            learning_rate: settings.learning_rate,
            aggregate: settings.aggregate.to_string(),
            exact: settings.exact,
            engine: (!settings.exact).then_some(settings.engine),
            seeds: asked.seeds.to_vec(),
            klgrad: env!("CARGO_PKG_VERSION"),
        }
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, writer: &mut dyn Write) -> Result<()> {
        serde_json::to_writer_pretty(&mut *writer, self)?;
        Ok(writeln!(writer)?)
    }

    /// As one line of JSON.
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("settings are JSON")
    }

    /// What is different in the training that a text describes: a phrase for each setting.
    ///
    /// # Errors
    /// The text is no such description.
    pub fn differences(&self, there: &str) -> Result<Vec<String>> {
        let there: Map<String, Value> =
            serde_json::from_str(there).context("does not hold the settings of a training")?;
        Ok(settings_that_differ(self, &there))
    }
}
