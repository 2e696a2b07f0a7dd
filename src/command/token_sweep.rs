//! `klgrad sweep` over softmax policies.

use super::Usage;
use super::sampling::Asked;
use super::terminal::print_text;
use crate::cli;
use anyhow::{Context, Result};
use klgrad::experiment::InvalidSetting;
use klgrad::export::{self, Output};
use klgrad::figure::Format;
use klgrad::pair::Made;
use klgrad::report::{self, Progress};
use klgrad::sweep::tokens::{self, Row, TokenSweep};
use std::process::ExitCode;

const ROWS: &str = "sweep.csv";
const FIGURE_PNG: &str = "sweep.png";
const FIGURE_SVG: &str = "sweep.svg";
const FILES: [&str; 3] = [ROWS, FIGURE_PNG, FIGURE_SVG];

pub fn token_sweep(args: cli::Sweep) -> Result<ExitCode> {
    let (output, quiet, trials, sample_size) = (args.output.clone(), args.quiet, args.num_trials, args.sample_size);
    let sweep = args.tokens()?;
    export::prepare_folder(&output, &FILES)?;
    let points = sweep.points();
    let progress = Progress::new("points", (!quiet).then_some(points.len()));
    let mut rows = Vec::new();
    for &point in &points {
        rows.extend(at(&sweep, point, trials, sample_size)?);
        progress.advance();
    }
    drop(progress);
    let figure = |format| tokens::draw(&sweep, &rows, format).context("cannot draw the figure");
    export::write(&[
        Output::new(output.join(ROWS), |writer| export::write_rows(&rows, writer)),
        Output::of_bytes(output.join(FIGURE_PNG), figure(Format::Png)?),
        Output::of_bytes(output.join(FIGURE_SVG), figure(Format::Svg)?),
    ])?;
    if !quiet {
        let points = report::counted(points.len(), "point");
        let names = FILES.join(", ");
        print_text(&format!("{} rows at {points}; in {}: {names}\n", rows.len(), output.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The rows of a point, over its seeds.
fn at(sweep: &TokenSweep, point: Made, trials: Option<usize>, sample_size: Option<usize>) -> Result<Vec<Row>, Usage> {
    let mut of_seeds = Vec::new();
    for made in sweep.seeds(point) {
        let problem = made.problem().map_err(|error| out_of_reach(sweep, error))?;
        let asked = Asked {
            problem: &problem,
            estimators: sweep.estimators(),
            aggregate: sweep.aggregate(),
            sample_size,
            seed: made.seed,
            shows_progress: false,
        };
        of_seeds.push(asked.rows(&asked.theory(), trials)?);
    }
    Ok(tokens::rows(point, &of_seeds))
}

/// A setting that is in range, and cannot be reached at some point.
fn out_of_reach(sweep: &TokenSweep, error: InvalidSetting) -> Usage {
    match sweep.ranges().iter().find(|range| range.setting == error.setting) {
        Some(range) => {
            Usage(format!("--over {range}: {} {}", error.setting.to_string().replace('_', "-"), error.reason))
        }
        None => error.into(),
    }
}
