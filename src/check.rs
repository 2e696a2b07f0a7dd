//! The outcome of a check: what was compared, and what missed.

use crate::estimator::{Estimator, Parameter};
use crate::experiment::Experiment;
use crate::summary::Row;

/// The outcome of a check.
#[derive(Debug, Default, PartialEq)]
pub struct Check {
    /// How many numbers were compared.
    pub compared: usize,
    /// How many of them were tested only loosely, within limits that a number may be far off in.
    pub loose: usize,
    /// A sentence for each of them that missed.
    pub misses: Vec<String>,
    /// A sentence for each number that could not be compared, or only loosely.
    pub remarks: Vec<String>,
}

impl Check {
    /// A check that has compared nothing yet, but has a miss for each estimator and parameter of the experiment that has
    /// no row.
    pub(crate) fn of(rows: &[Row], experiment: &Experiment) -> Self {
        let names = experiment.estimators().iter().map(Estimator::name);
        let all = names.flat_map(|name| Parameter::ALL.map(|parameter| (name, parameter)));
        let has_row = |&(name, parameter): &(&str, Parameter)| {
            rows.iter().any(|row| (row.estimator.as_str(), row.parameter) == (name, parameter))
        };
        let misses: Vec<String> = all
            .filter(|series| !has_row(series))
            .map(|(name, parameter)| format!("{name}, {parameter}: has no row to compare"))
            .collect();
        Self { compared: misses.len(), misses, ..Self::default() }
    }
}
