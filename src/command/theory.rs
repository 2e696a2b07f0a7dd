//! `klgrad theory`: the exact rows of every estimator.

use super::Usage;
use super::terminal::{print, print_text, width};
use crate::cli::{Format, Theory};
use anyhow::Result;
use klgrad::estimator::{Definition, Parameter};
use klgrad::experiment::Experiment;
use klgrad::theory::{self, Moment, Row};
use klgrad::{export, report};
use serde::Serialize;
use std::process::ExitCode;

pub fn theory(args: Theory) -> Result<ExitCode> {
    let (format, definitions) = (args.format, args.estimator.clone());
    let experiment = Experiment::try_from(args)?;
    refuse_equal_names(&definitions)?;
    let of_table = |&estimator| Parameter::ALL.map(|parameter| theory::row(estimator, parameter, &experiment));
    let of_user = |definition| theory::rows_of_definition(definition, &experiment);
    let rows: Vec<Row> =
        experiment.estimators().iter().flat_map(of_table).chain(definitions.iter().flat_map(of_user)).collect();
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

fn refuse_equal_names(definitions: &[Definition]) -> Result<(), Usage> {
    let names: Vec<&str> = definitions.iter().map(Definition::name).collect();
    match names.iter().enumerate().find(|(index, name)| names[..*index].contains(name)) {
        Some((_, name)) => Err(Usage(format!("--estimator defines {name} twice; another name would be right"))),
        None => Ok(()),
    }
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
