//! `klgrad reproduce`: run the experiment, write it, report it.

use super::Usage;
use super::terminal::{note, print_text, warn, width};
use crate::cli::{EngineArg, Reproduce};
use anyhow::{Context, Result};
use klgrad::agreement;
use klgrad::check::Check;
use klgrad::engine::Engine;
use klgrad::experiment::Experiment;
use klgrad::export::{self, Output, Run, Start, Unfinished};
use klgrad::figure::{self, Format};
use klgrad::gradients::Gradients;
use klgrad::libtorch::Libtorch;
use klgrad::published;
use klgrad::report::{self, Progress};
use klgrad::summary::{Row, summarise};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::thread::available_parallelism;

const FIGURE_PNG: &str = "figure.png";
const FIGURE_SVG: &str = "figure.svg";
const FIGURES: [&str; 2] = [FIGURE_PNG, FIGURE_SVG];

pub fn reproduce(args: Reproduce) -> Result<ExitCode> {
    let engine = args.engine.map_or(Ok(Engine::default()), EngineArg::engine)?;
    let experiment = args.settings.experiment()?;
    if args.check && !experiment.is_the_articles() {
        agreement::can_check(&experiment, engine).map_err(|why| {
            let first = experiment.estimators()[0].name();
            let others = if experiment.estimators().len() > 1 { ", and so are the others" } else { "" };
            Usage(format!("--check can test nothing at these settings: {first} is left out, {why}{others}"))
        })?;
    }
    if args.tolerance.is_some() && !experiment.is_the_articles() {
        let message = "--tolerance is about the numbers that the article prints, and there are none at these settings: \
                       without it, --check tests the run against theory";
        return Err(Usage(message.to_owned()).into());
    }
    if args.engine.is_none() && Libtorch::here().is_none() && !args.quiet {
        note("the engine is score, as this klgrad was built without libtorch, which autograd needs");
    }
    let run = Run::new(&experiment, engine, Libtorch::here());
    let gradients = Gradients::empty(experiment.estimators(), &args.output);
    let figures: &[&str] = if args.no_figure { &[] } else { &FIGURES };
    let files = [&[export::SUMMARY], figures].concat();
    // A figure of an earlier run would not fit to this one.
    let absent: &[&str] = if args.no_figure { &FIGURES } else { &[] };
    let report = |text: String| if args.quiet { Ok(()) } else { print_text(&text) };

    let rows = match export::open(&args.output, &run, gradients, &files, absent, args.resume)? {
        Start::Complete(mut gradients) => {
            report(format!("the run in {} is complete; nothing is left to do\n", args.output.display()))?;
            summary(&mut gradients, &experiment)?
        }
        Start::Unfinished(mut unfinished) => {
            report(report::settings(&experiment) + "\n")?;
            let threads = args.threads.or(available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
            finish_trials(&mut unfinished, engine, &experiment, threads, args.quiet)?;
            let Results { rows, warnings } = complete(*unfinished, &args.output, &experiment, !args.no_figure)?;
            report(
                [report::averages(&rows), report::tables(&rows, width()), report::expectations(&rows, width())]
                    .join("\n"),
            )?;
            warnings.iter().for_each(|warning| warn(warning));
            rows
        }
    };
    if args.check { check(&rows, &experiment, engine, args.tolerance) } else { Ok(ExitCode::SUCCESS) }
}

/// Runs the trials that are left.
fn finish_trials(
    unfinished: &mut Unfinished,
    engine: Engine,
    experiment: &Experiment,
    threads: NonZeroUsize,
    quiet: bool,
) -> Result<()> {
    let finished = unfinished.gradients().num_trials();
    if finished == experiment.run().num_trials {
        return Ok(());
    }
    let progress = Progress::new("trials", (!quiet).then_some(experiment.run().num_trials));
    progress.begin_at(finished);
    engine.run(experiment, finished, threads, |trial| {
        unfinished.push(trial)?;
        progress.advance();
        Ok(())
    })
}

/// What there is to say of a run.
struct Results {
    rows: Vec<Row>,
    warnings: Vec<String>,
}

/// Writes all files.
fn complete(mut unfinished: Unfinished, folder: &Path, experiment: &Experiment, has_figure: bool) -> Result<Results> {
    let rows = summary(unfinished.gradients(), experiment)?;
    let mut warnings: Vec<String> = not_finite(unfinished.gradients()).into_iter().collect();
    let mut outputs = vec![Output::new(folder.join(export::SUMMARY), |writer| export::write_rows(&rows, writer))];
    if has_figure {
        let panels = figure::panels(unfinished.gradients(), &rows)?;
        let figure = |format| figure::draw(&panels, format).context("cannot draw the figure");
        outputs.push(Output::of_bytes(folder.join(FIGURE_PNG), figure(Format::Png)?));
        outputs.push(Output::of_bytes(folder.join(FIGURE_SVG), figure(Format::Svg)?));
        warnings.extend(figure::left_out(&panels));
    }
    warnings.extend(unfinished.complete(&outputs)?);
    drop(outputs);
    Ok(Results { rows, warnings })
}

fn summary(gradients: &mut Gradients, experiment: &Experiment) -> Result<Vec<Row>> {
    Ok(summarise(gradients, experiment)?)
}

fn not_finite(gradients: &Gradients) -> Option<String> {
    let (count, all) = (gradients.not_finite(), gradients.num_trials() * gradients.names().len());
    let warning =
        || format!("{count} of {all} gradients are not finite: the settings are too extreme for 32-bit floats");
    (count > 0).then(warning)
}

/// Against the article where it has published numbers, against theory elsewhere.
fn check(rows: &[Row], experiment: &Experiment, engine: Engine, tolerance: Option<f64>) -> Result<ExitCode> {
    let within = tolerance.map_or(String::new(), |tolerance| format!(", to the printed digit or within {tolerance:?}"));
    let (check, success) = match experiment.is_the_articles() {
        true => (
            published::check(rows, experiment, tolerance.unwrap_or(0.0)),
            format!("published numbers reproduced{within}"),
        ),
        false => {
            let check = agreement::check(rows, experiment, engine);
            let success = agreement(&check);
            (check, success)
        }
    };
    for line in check.remarks.iter().chain(&check.misses) {
        print_text(&format!("{line}\n"))?;
    }
    print_text(&format!("{} of {} {success}\n", check.compared - check.misses.len(), check.compared))?;
    Ok(if check.misses.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the numbers do that pass, and how many of the tests say little.
fn agreement(check: &Check) -> String {
    let loose = match check.loose {
        0 => String::new(),
        loose => format!(", {loose} of them tested loosely"),
    };
    format!(
        "means and standard deviations agree with theory{loose} (a run that is right fails at most once in a million)"
    )
}
