//! `klgrad reproduce`: run the experiment, write it, report it.

use super::Usage;
use super::terminal::{print, warn};
use crate::cli::Reproduce;
use anyhow::{Context, Result, ensure};
use klgrad::agreement;
use klgrad::engine::{Engine, autograd};
use klgrad::experiment::Experiment;
use klgrad::export::partial::{self, Found, PARTIAL_GRADIENTS, PartialRun};
use klgrad::export::{self, Output, Run};
use klgrad::figure::{self, Format, Panel};
use klgrad::gradients::Gradients;
use klgrad::published;
use klgrad::report::{self, Progress};
use klgrad::summary::{Row, summarise};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::thread::available_parallelism;

const FIGURE_PNG: &str = "figure.png";
const FIGURE_SVG: &str = "figure.svg";
const FILES: [&str; 5] = [export::GRADIENTS, export::SUMMARY, export::RUN, FIGURE_PNG, FIGURE_SVG];

pub fn reproduce(args: Reproduce) -> Result<ExitCode> {
    let experiment = Experiment::try_from(args.settings)?;
    if args.check && !experiment.is_the_articles() {
        agreement::can_check(&experiment).map_err(|why| {
            let first = experiment.estimators()[0].name;
            usage(format!("--check can test no mean at these settings: {first} is left out, {why}, and so are all"))
        })?;
    }
    let engine = Engine::from(args.engine);
    engine.check(experiment.estimators().iter().copied())?;
    export::prepare_folder(&args.output, &FILES)?;
    let run = Run::new(&experiment, engine);
    let report = |text: String| if args.quiet { Ok(()) } else { print(&text) };

    let rows = match begin(&args.output, &run, &experiment, args.resume)? {
        Start::Complete(rows) => {
            report(format!("the run in {} is complete; nothing is left to do\n", args.output.display()))?;
            rows
        }
        Start::Unfinished(mut unfinished) => {
            report(report::settings(&experiment) + "\n")?;
            let threads = args.threads.or(available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
            unfinished.run(engine, &experiment, threads, args.quiet)?;
            let Results { rows, panels, not_finite } = unfinished.complete(&args.output, &run, &experiment)?;
            report(report::averages(&rows) + "\n" + &report::tables(&rows))?;
            not_finite.into_iter().chain(figure::left_out(&panels)).for_each(|warning| warn(&warning));
            rows
        }
    };
    if args.check { check(&rows, &experiment) } else { Ok(ExitCode::SUCCESS) }
}

fn usage(message: impl Into<String>) -> anyhow::Error {
    Usage(message.into()).into()
}

/// Where a run starts.
enum Start {
    /// Nowhere: it has been run.
    Complete(Vec<Row>),
    Unfinished(Unfinished),
}

/// Decides by what the folder holds.
fn begin(folder: &Path, run: &Run, experiment: &Experiment, resume: bool) -> Result<Start> {
    let mut gradients = Gradients::empty(experiment.estimators().iter().copied(), folder);
    let partial = match partial::find(folder) {
        Found::Partial(_) if !resume => {
            partial::refuse_busy(folder)?;
            return Err(usage(format!(
                "{} holds the trials of a run that was interrupted: --resume goes on with it; to begin anew, delete it",
                folder.join(PARTIAL_GRADIENTS).display()
            )));
        }
        Found::Partial(description) => {
            refuse_differences(run, &description, "an interrupted run")?;
            let partial = PartialRun::resume(folder, &mut gradients)?;
            let (trials, asked) = (gradients.num_trials(), experiment.num_trials);
            ensure!(
                trials <= asked,
                "{} has {trials} trials, of a run of {asked}; delete it to begin anew",
                folder.join(PARTIAL_GRADIENTS).display()
            );
            partial
        }
        Found::Complete(description) if resume => {
            refuse_differences(run, &description, "a complete run")?;
            return Ok(Start::Complete(export::read_summary(&folder.join(export::SUMMARY))?));
        }
        Found::Complete(_) | Found::Nothing => PartialRun::begin(folder, run, gradients.names())?,
    };
    Ok(Start::Unfinished(Unfinished { gradients, partial }))
}

fn refuse_differences(run: &Run, description: &Path, what: &str) -> Result<()> {
    match run.differences(description)?.join("; ") {
        differences if differences.is_empty() => Ok(()),
        differences => Err(usage(format!(
            "--resume: {} is of {what} with other settings: {differences}; the same settings, or another --output, \
             would be right",
            description.display()
        ))),
    }
}

/// A run with the trials that are finished so far, in memory and on disk.
struct Unfinished {
    gradients: Gradients,
    partial: PartialRun,
}

/// What there is to say of a run.
struct Results {
    rows: Vec<Row>,
    panels: Vec<Panel>,
    not_finite: Option<String>,
}

impl Unfinished {
    /// Runs the trials that are left.
    fn run(&mut self, engine: Engine, experiment: &Experiment, threads: NonZeroUsize, quiet: bool) -> Result<()> {
        let finished = self.gradients.num_trials();
        if finished == experiment.num_trials {
            return Ok(());
        }
        let progress = Progress::new("trials", (!quiet).then_some(experiment.num_trials));
        progress.begin_at(finished);
        engine.run(experiment, finished, threads, |trial| {
            self.partial.push(trial)?;
            self.gradients
                .push(trial)
                .context("cannot write the trials to a file of their own in the output folder")?;
            progress.advance();
            Ok(())
        })
    }

    /// Writes all files.
    fn complete(self, folder: &Path, run: &Run, experiment: &Experiment) -> Result<Results> {
        let Self { mut gradients, partial } = self;
        let rows = summarise(&mut gradients, experiment, autograd::true_gradients(experiment))?;
        let panels = figure::panels(&mut gradients, &rows)?;
        let figure = |format| figure::draw(&panels, format).context("cannot draw the figure");
        partial.complete(&[
            Output::new(folder.join(export::SUMMARY), |writer| export::write_rows(&rows, writer)),
            Output::new(folder.join(export::RUN), |writer| run.write(writer)),
            Output::of_bytes(folder.join(FIGURE_PNG), figure(Format::Png)?),
            Output::of_bytes(folder.join(FIGURE_SVG), figure(Format::Svg)?),
        ])?;
        Ok(Results { rows, panels, not_finite: not_finite(&gradients) })
    }
}

fn not_finite(gradients: &Gradients) -> Option<String> {
    let (count, all) = (gradients.not_finite(), gradients.num_trials() * gradients.names().len());
    let warning =
        || format!("{count} of {all} gradients are not finite: the settings are too extreme for 32-bit floats");
    (count > 0).then(warning)
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
    for line in check.remarks.iter().chain(&check.misses) {
        print(&format!("{line}\n"))?;
    }
    print(&format!("{} of {} {success}\n", check.compared - check.misses.len(), check.compared))?;
    Ok(if check.misses.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
