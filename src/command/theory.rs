//! `klgrad theory`: the exact rows of every estimator.

use super::Usage;
use super::terminal::{print, print_text, warn, width};
use super::tokens::tokens;
use crate::cli::{Format, Theory};
use anyhow::Result;
use klgrad::estimator::Estimator;
use klgrad::experiment::{Run, check_estimators};
use klgrad::policy::Problem;
use klgrad::theory::{self, Moment, Row, quadrature};
use klgrad::{export, report};
use std::process::ExitCode;

/// The form of a row in JSON.
const SCHEMA: &str = "klgrad.theory.1";

pub fn theory(args: Theory) -> Result<ExitCode> {
    if args.tokens.pair.is_some() || args.tokens.vocabulary.is_some() {
        return tokens(args);
    }
    let sample_size = args.sample_size.unwrap_or(Run::default().sample_size);
    let problem = args.distributions.problem()?;
    let estimators = args.estimators.or_all(sample_size)?;
    check_estimators(&estimators, sample_size).map_err(Usage::from)?;
    let rows = theory::rows(&estimators, &problem, sample_size);
    estimators.iter().filter_map(|estimator| undefined(estimator, &rows, &problem)).for_each(|text| warn(&text));
    match args.format {
        Format::Text => {
            let table = report::theory(&rows, sample_size, width());
            print_text(&(report::distributions(&problem) + "\n" + &table))?;
        }
        Format::Csv => print(&export::csv(&rows)?)?,
        Format::Json => print(&export::json(SCHEMA, &rows)?)?,
        Format::Markdown => print(&report::theory_markdown(&rows, sample_size))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// For which samples an estimator's gradient is not a number, where there are some.
fn undefined(estimator: &Estimator, rows: &[Row], problem: &Problem) -> Option<String> {
    let name = estimator.name();
    rows.iter().find(|row| row.estimator == name && row.expected_gradient == Moment::Undefined)?;
    let samples = quadrature::undefined(problem, estimator.expression())?;
    Some(format!("the gradient of {name} is not a number for samples {samples}: it has neither mean nor variance"))
}
