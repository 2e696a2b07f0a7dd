//! `klgrad sweep`: theory over a grid, as a file and as a figure.

use super::terminal::print_text;
use super::token_sweep::token_sweep;
use crate::cli;
use anyhow::{Context, Result};
use klgrad::engine::Engine;
use klgrad::experiment::Experiment;
use klgrad::export::{self, Output};
use klgrad::figure::Format;
use klgrad::gradients::Gradients;
use klgrad::report::{self, Progress};
use klgrad::sweep::{self, At, Measurement, Row, Sweep};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::thread::available_parallelism;

const ROWS: &str = "sweep.csv";
const MEASUREMENTS: &str = "monte_carlo.csv";
const FIGURE_PNG: &str = "sweep.png";
const FIGURE_SVG: &str = "sweep.svg";

type Exact<'a> = Vec<At<Row<'a>>>;
type Measured<'a> = Vec<At<Measurement<'a>>>;

pub fn sweep(args: cli::Sweep) -> Result<ExitCode> {
    if args.is_of_tokens()? {
        return token_sweep(args);
    }
    let (output, quiet, measures) = (args.output.clone(), args.quiet, args.num_trials.is_some());
    let sweep = args.grid()?;
    let files: &[&str] =
        if measures { &[ROWS, MEASUREMENTS, FIGURE_PNG, FIGURE_SVG] } else { &[ROWS, FIGURE_PNG, FIGURE_SVG] };
    export::prepare_folder(&output, files)?;
    let (rows, measured) = evaluate(&sweep, measures, &output, quiet)?;
    write(&output, &sweep, &rows, &measured)?;
    if !quiet {
        let points = report::counted(sweep.len(), "point");
        let names = files.join(", ");
        print_text(&format!("{} rows at {points}; in {}: {names}\n", rows.len(), output.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn evaluate<'a>(sweep: &'a Sweep, measures: bool, folder: &Path, quiet: bool) -> Result<(Exact<'a>, Measured<'a>)> {
    let progress = Progress::new("points", (!quiet).then_some(sweep.len()));
    let (mut rows, mut measured) = (Vec::new(), Vec::new());
    for (index, problem) in sweep.problems().enumerate() {
        let point = measures.then(|| sweep.experiment(index, problem));
        let held = point.as_ref().map_or(problem, Experiment::held);
        let sample_size = point.as_ref().map(|point| point.run().sample_size);
        rows.extend(sweep::rows(sweep.estimators(), &held, sample_size));
        if let Some(point) = point {
            measured.extend(measure(sweep, &point, folder)?);
        }
        progress.advance();
    }
    Ok((rows, measured))
}

fn write(folder: &Path, sweep: &Sweep, rows: &[At<Row>], measured: &[At<Measurement>]) -> Result<()> {
    let figure = |format| sweep::draw(sweep, rows, measured, format).context("cannot draw the figure");
    let mut outputs = vec![
        Output::new(folder.join(ROWS), |writer| export::write_rows(rows, writer)),
        Output::of_bytes(folder.join(FIGURE_PNG), figure(Format::Png)?),
        Output::of_bytes(folder.join(FIGURE_SVG), figure(Format::Svg)?),
    ];
    if !measured.is_empty() {
        outputs.push(Output::new(folder.join(MEASUREMENTS), |writer| export::write_rows(measured, writer)));
    }
    export::write(&outputs)?;
    // Those of an earlier sweep would not fit to these rows.
    if measured.is_empty() { export::remove(&folder.join(MEASUREMENTS)) } else { Ok(()) }
}

/// An experiment at the point.
fn measure<'a>(sweep: &'a Sweep, point: &Experiment, folder: &Path) -> Result<Measured<'a>> {
    let threads = available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let mut gradients = Gradients::empty(point.estimators(), folder);
    Engine::Score.run(point, 0, threads, |trial| gradients.push(trial))?;
    Ok(sweep::measure(sweep.estimators(), point, &mut gradients)?)
}
