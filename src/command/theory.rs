//! `klgrad theory`: the exact rows of every estimator.

use super::Usage;
use super::terminal::{print, print_text, width};
use crate::cli::{Format, Theory};
use anyhow::Result;
use klgrad::experiment::check_estimators;
use klgrad::theory::{self, Moment, Row};
use klgrad::{export, report};
use serde::Serialize;
use std::process::ExitCode;

pub fn theory(args: Theory) -> Result<ExitCode> {
    let problem = args.distributions.problem()?;
    let estimators = args.estimators.or_all(args.sample_size)?;
    check_estimators(&estimators, args.sample_size).map_err(Usage::from)?;
    let rows = theory::rows(&estimators, &problem, args.sample_size);
    match args.format {
        Format::Text => {
            let table = report::theory(&rows, args.sample_size, width());
            print_text(&(report::distributions(&problem) + "\n" + &table))?;
        }
        Format::Csv => print(&export::csv(&rows)?)?,
        Format::Json => print(&json(&rows)?)?,
        Format::Markdown => print(&report::theory_markdown(&rows, args.sample_size))?,
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
