//! `klgrad reproduce`: run the experiment, write it, report it.

use super::Usage;
use super::terminal::{print, warn};
use crate::cli::Reproduce;
use anyhow::{Context, Result};
use klgrad::agreement;
use klgrad::engine::{Engine, autograd};
use klgrad::experiment::Experiment;
use klgrad::export::{self, Output};
use klgrad::figure::{self, Format, Panel};
use klgrad::gradients::Gradients;
use klgrad::published;
use klgrad::report::{self, Progress};
use klgrad::summary::{Row, summarise};
use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::thread::available_parallelism;

const FIGURE_PNG: &str = "figure.png";
const FIGURE_SVG: &str = "figure.svg";
const FILES: [&str; 5] = [export::GRADIENTS, export::SUMMARY, export::RUN, FIGURE_PNG, FIGURE_SVG];

pub fn reproduce(args: Reproduce) -> Result<ExitCode> {
    let experiment = Experiment::try_from(args.settings)?;
    if args.check && !experiment.is_the_articles() && !agreement::can_check(&experiment) {
        return Err(Usage(
            "--check: every estimator's variance is infinite at these settings, so that no mean can be tested; a \
             smaller --sigma-ref would make them finite"
                .into(),
        )
        .into());
    }
    let engine = Engine::from(args.engine);
    engine.check(experiment.estimators().iter().copied())?;
    export::prepare_folder(&args.output, &FILES)?;
    let report = |text: String| if args.quiet { Ok(()) } else { print(&text) };
    report(report::settings(&experiment) + "\n")?;

    let threads = args.threads.or(available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
    let gradients = run(engine, &experiment, threads, args.quiet);
    let rows = summarise(&gradients, &experiment, autograd::true_gradients(&experiment));
    let panels = figure::panels(&gradients, &rows);
    write(&args.output, &experiment, engine, &gradients, &rows, &panels)?;

    report(report::averages(&rows) + "\n" + &report::tables(&rows))?;
    warnings(&gradients, &panels).iter().for_each(|warning| warn(warning));
    if args.check { check(&rows, &experiment) } else { Ok(ExitCode::SUCCESS) }
}

fn run(engine: Engine, experiment: &Experiment, threads: NonZeroUsize, quiet: bool) -> Gradients {
    let progress = Progress::new("trials", (!quiet).then_some(experiment.num_trials));
    let mut gradients = Gradients::empty(experiment.estimators().iter().map(|estimator| estimator.name));
    let Ok(()) = engine.run(experiment, threads, |trial| {
        gradients.push(trial);
        progress.advance();
        Ok::<_, Infallible>(())
    });
    gradients
}

fn write(
    folder: &Path,
    experiment: &Experiment,
    engine: Engine,
    gradients: &Gradients,
    rows: &[Row],
    panels: &[Panel],
) -> Result<()> {
    let figure = |format| figure::draw(panels, format).context("cannot draw the figure");
    export::write(&[
        Output::new(folder.join(export::GRADIENTS), |writer| export::write_gradients(gradients, writer)),
        Output::new(folder.join(export::SUMMARY), |writer| export::write_rows(rows, writer)),
        Output::new(folder.join(export::RUN), |writer| export::write_run(experiment, engine, writer)),
        Output::of_bytes(folder.join(FIGURE_PNG), figure(Format::Png)?),
        Output::of_bytes(folder.join(FIGURE_SVG), figure(Format::Svg)?),
    ])
}

fn warnings(gradients: &Gradients, panels: &[Panel]) -> Vec<String> {
    let all: usize = gradients.0.iter().map(|series| series.gradients.len()).sum();
    let not_finite = match gradients.not_finite() {
        0 => None,
        count => {
            Some(format!("{count} of {all} gradients are not finite: the settings are too extreme for 32-bit floats"))
        }
    };
    not_finite.into_iter().chain(figure::left_out(panels)).collect()
}

/// Against the article where it has published numbers, against theory elsewhere.
fn check(rows: &[Row], experiment: &Experiment) -> Result<ExitCode> {
    let (check, success) = match experiment.is_the_articles() {
        true => (published::check(rows), "published numbers reproduced"),
        false => (
            agreement::check(rows, experiment),
            "means agree with theory (a run that is right fails at most once in a million)",
        ),
    };
    for line in check.left_out.iter().chain(&check.misses) {
        print(&format!("{line}\n"))?;
    }
    print(&format!("{} of {} {success}\n", check.compared - check.misses.len(), check.compared))?;
    Ok(if check.misses.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
