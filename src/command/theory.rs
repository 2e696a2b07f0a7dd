//! `klgrad theory`: the exact rows of every estimator.

use super::terminal::{print, print_text, width};
use crate::cli::{Format, Theory};
use anyhow::Result;
use klgrad::estimator::{ESTIMATORS, Parameter};
use klgrad::experiment::Experiment;
use klgrad::theory::{self, Moment, Row};
use klgrad::{export, report};
use serde::Serialize;
use std::process::ExitCode;

pub fn theory(args: Theory) -> Result<ExitCode> {
    let format = args.format;
    let experiment = Experiment::try_from(args)?;
    let of_estimator = |estimator| Parameter::ALL.map(|parameter| theory::row(estimator, parameter, &experiment));
    let rows: Vec<Row> = ESTIMATORS.iter().flat_map(of_estimator).collect();
    match format {
        Format::Text => {
            let table = report::theory(&rows, experiment.sample_size, width());
            print_text(&(report::distributions(&experiment) + "\n" + &table))?;
        }
        Format::Csv => print(&export::csv(&rows)?)?,
        Format::Json => print(&json(&rows)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A row with its lambda, which the columns of the CSV have no place for.
#[derive(Serialize)]
struct WithLambda<'a> {
    #[serde(flatten)]
    row: &'a Row,
    lambda: Option<Moment>,
}

fn json(rows: &[Row]) -> Result<String> {
    let rows: Vec<_> = rows.iter().map(|row| WithLambda { row, lambda: row.lambda }).collect();
    Ok(serde_json::to_string_pretty(&rows)? + "\n")
}
