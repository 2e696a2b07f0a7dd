//! `klgrad theory` of softmax policies.

use super::Usage;
use super::sampling::Asked;
use super::terminal::{print, print_text, width};
use crate::cli::{Format, Theory, TokenArgs};
use anyhow::Result;
use klgrad::agreement::check_tokens;
use klgrad::engine::softmax::{Measured, MeasuredRow, Trials};
use klgrad::estimator::Estimator;
use klgrad::experiment::check_token_estimators;
use klgrad::pair::{self, Made};
use klgrad::policy::{Problem, Softmax};
use klgrad::theory::softmax::{self, Row};
use klgrad::{export, report};
use serde::Serialize;
use std::process::ExitCode;

/// The form of a row in JSON, without and with what was measured.
const SCHEMA: &str = "klgrad.theory.softmax.1";
const MEASURED_SCHEMA: &str = "klgrad.theory.softmax.measured.1";

pub fn tokens(args: Theory) -> Result<ExitCode> {
    // A file that cannot be written should not cost the time of theory.
    args.output.as_deref().map_or(Ok(()), pair::check_extension).map_err(|error| Usage(error.to_string()))?;
    let problem = problem(&args.tokens)?;
    let estimators = args.estimators.or(Estimator::of_tokens(problem.policy.is_sequence()))?;
    check_token_estimators(&estimators).map_err(Usage::from)?;
    let asked = Asked {
        problem: &problem,
        estimators: &estimators,
        aggregate: args.aggregate.into(),
        sample_size: args.sample_size,
        seed: args.tokens.seed,
        shows_progress: true,
    };
    let engine = args.engine.engine()?;
    let trials = args.num_trials.map(|count| asked.trials(count, engine)).transpose()?;
    let theory = asked.theory();
    let rows = asked.rows(&theory, None)?;
    let measured = trials.map(|trials| (asked.run(&trials, &theory, &theory.losses), trials));
    if let Some(path) = &args.output {
        pair::write(path, &problem)?;
    }
    match args.format {
        Format::Text => print_text(&text(&asked, &theory, &rows, measured.as_ref()))?,
        Format::Markdown => print(&report::tokens_markdown(&rows, asked.is_sequence()))?,
        Format::Csv | Format::Json => {
            print_rows(args.format, &rows, measured.as_ref().map(|(measured, _)| &measured[..]))?
        }
    }
    match &measured {
        Some((measured, trials)) if args.check => outcome(&rows, measured, trials.count),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn problem(args: &TokenArgs) -> Result<Problem<Softmax>> {
    let &TokenArgs { ref pair, vocabulary, kl, old_kl, max_length, seed } = args;
    match (pair, vocabulary, kl) {
        (Some(path), ..) => pair::read(path, max_length),
        (None, Some(vocabulary), Some(kl)) => {
            let made = Made { vocabulary, kl, old_kl, max_length, seed };
            Ok(made.problem().map_err(Usage::from)?)
        }
        _ => unreachable!("the arguments ask for a file, or for a vocabulary and a divergence"),
    }
}

fn text(asked: &Asked, theory: &softmax::Theory, rows: &[Row], measured: Option<&(Vec<Measured>, Trials)>) -> String {
    let sampled = asked.own_trials(None).map_or(String::new(), |trials| asked.sizes(&trials));
    let mut text = report::policies(asked.problem, &theory.target) + "\n";
    text += &report::tokens(rows, asked.is_sequence(), width());
    text += &report::notes(rows, theory, asked.aggregate, &sampled, width());
    if let Some((measured, trials)) = measured {
        text += &format!("\nMeasured by {}, in {}, with standard errors:\n", trials.engine, asked.sizes(trials));
        text += &report::measured(rows, measured, asked.is_sequence(), width());
    }
    text
}

/// A row beside what was measured of it.
#[derive(Serialize)]
struct Line<'a> {
    theory: &'a Row,
    measured: MeasuredRow,
}

fn print_rows(format: Format, rows: &[Row], measured: Option<&[Measured]>) -> Result<()> {
    let is_csv = matches!(format, Format::Csv);
    let text = match measured {
        None if is_csv => export::csv(rows)?,
        None => export::json(SCHEMA, rows)?,
        Some(measured) => {
            let lines = rows.iter().zip(measured);
            let lines: Vec<Line> = lines.map(|(theory, measured)| Line { theory, measured: measured.row() }).collect();
            if is_csv { export::csv(&lines)? } else { export::json(MEASURED_SCHEMA, &lines)? }
        }
    };
    print(&text)
}

/// What the check says.
fn outcome(rows: &[Row], measured: &[Measured], trials: usize) -> Result<ExitCode> {
    let check = check_tokens(rows, measured, trials);
    for line in check.remarks.iter().chain(&check.misses) {
        print_text(&format!("{line}\n"))?;
    }
    let agreeing = check.compared - check.misses.len();
    print_text(&format!("{agreeing} of {} measured numbers agree with exact theory\n", check.compared))?;
    Ok(if check.misses.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
