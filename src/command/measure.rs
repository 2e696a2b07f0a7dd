//! `klgrad measure`: every estimator's gradient with respect to the parameters of a language model.

use super::Usage;
use super::models::{models, threads};
use super::terminal::{print, print_text, warn, width};
use crate::cli::{Format, Measure};
use anyhow::{Context, Result, ensure};
use klgrad::estimator::Estimator;
use klgrad::experiment::check_token_estimators;
use klgrad::export::{self, Kept, Output, Work};
use klgrad::figure;
use klgrad::measure::{
    self, Limits, Measured, Measurement, Origin, Row, Run, Sampling, Sequence, State, read_prompts, read_rows,
    read_samples, run_of,
};
use klgrad::model::{self, Checkpoint};
use klgrad::report::{self, Progress};
use std::path::Path;
use std::process::ExitCode;
use tch::Device;

/// The form of a row in JSON.
const SCHEMA: &str = "klgrad.measure.row.1";
const TABLE: &str = "measure.csv";
const SEQUENCES: &str = "sequences.jsonl";
const FIGURE_PNG: &str = "measure.png";
const FIGURE_SVG: &str = "measure.svg";
const WORK: Work = Work {
    name: "measurement",
    parts: "groups of sequences",
    state: "measure.partial.safetensors",
    files: &[TABLE, FIGURE_PNG, FIGURE_SVG, SEQUENCES, export::RUN],
};

/// Fewer would leave groups of one, which have no noise to tell.
const FEWEST: usize = 32;

/// More would not fit into memory.
const MOST: usize = 10_000_000;

pub fn measure(args: Measure) -> Result<ExitCode> {
    let estimators = args.estimators.clone().or(measure::usual())?;
    check(&args, &estimators)?;
    let device = model::device(&args.device).map_err(|error| Usage(error.to_string()))?;
    // Before the files of large models are read for their digests.
    let threads = threads(&args, device, estimators.len())?;
    let run =
        Run::new([&args.policy, &args.reference], origin(&args), &estimators, &args.device, args.precision.name())?;
    if args.resume
        && let Some(rows) = complete(&args.output, &run, estimators.len())?
    {
        let done = format!("the measurement in {} is complete; nothing is left to do\n", args.output.display());
        return show(&args, &rows, &done).map(|()| ExitCode::SUCCESS);
    }
    let [policy, reference] = models(&args, device)?;
    let kept = Kept::open(&args.output, &WORK)?;
    let before = state_before(&kept, &run, args.resume, device)?;
    let networks = [&*policy.network, &*reference.network];
    let measurement = Measurement::new(&estimators, networks, args.samples.is_none(), threads);
    let mut state = match before {
        Some(state) => state,
        None => measurement.begin(sequences(&args, &measurement, [&policy, &reference])?),
    };
    kept.save(state.to_bytes(&run.text())?)?;
    finish_groups(&mut state, &measurement, &kept, &run, args.quiet)?;
    let measured = measurement.measured(&state);
    kept.complete(&outputs(&args, &measured, &state, &policy, &run)?)?;
    show(&args, &measured.rows, &head(&measured, &state, &policy))?;
    Ok(ExitCode::SUCCESS)
}

/// The rows of a measurement of the same settings, where all its files are there.
fn complete(folder: &Path, run: &Run, estimators: usize) -> Result<Option<Vec<Row>>> {
    let is_complete = WORK.is_complete(folder, |there| run.differences(there))?;
    let rows = is_complete.then(|| read_rows(&folder.join(TABLE)).ok()).flatten();
    Ok(rows.filter(|rows| rows.len() == estimators))
}

fn check(args: &Measure, estimators: &[Estimator]) -> Result<()> {
    check_token_estimators(estimators).map_err(Usage::from)?;
    if args.samples.is_none() && !(FEWEST..=MOST).contains(&args.sequences) {
        let message = format!(
            "--sequences is {}, but must be from {FEWEST} to {MOST}: errors come from 16 groups of 2 or more",
            args.sequences
        );
        return Err(Usage(message).into());
    }
    if args.samples.is_some()
        && let Some(estimator) = estimators.iter().find(|e| e.expression().sums_old())
    {
        let message = format!(
            "{} has old or rho within full(..), a sum over the whole vocabulary, of which --samples has the drawn tokens alone; \
             old outside of full would be right",
            estimator.name()
        );
        return Err(Usage(message).into());
    }
    Ok(())
}

fn origin(args: &Measure) -> Origin<'_> {
    match (&args.samples, &args.prompts) {
        (Some(samples), _) => Origin::File(samples),
        (None, Some(prompts)) => Origin::Drawn {
            prompts,
            sequences: args.sequences,
            max_new_tokens: args.max_new_tokens,
            ignore_eos: args.ignore_eos,
            seed: args.seed,
        },
        (None, None) => unreachable!("the arguments ask for prompts or samples"),
    }
}

/// What an interrupted measurement of the same settings has left.
fn state_before(kept: &Kept, run: &Run, resume: bool, device: Device) -> Result<Option<State>> {
    let Some(bytes) = kept.read()? else { return Ok(None) };
    let damaged = || kept.damaged();
    let differences = run_of(&bytes).and_then(|there| run.differences(&there)).with_context(damaged)?;
    let state = State::from_bytes(&bytes, device).with_context(damaged)?;
    if state.log_probs.is_empty() && (!resume || !differences.is_empty()) {
        // With no group measured, little is lost.
        return Ok(None);
    }
    kept.check(resume, &differences)?;
    Ok(Some(state))
}

/// All sequences.
fn sequences(
    args: &Measure,
    measurement: &Measurement,
    [policy, reference]: [&Checkpoint; 2],
) -> Result<Vec<Sequence>> {
    let context = policy.network.context().min(reference.network.context());
    let limits = Limits { context, vocabulary: policy.network.vocabulary() };
    match origin(args) {
        Origin::File(samples) => given(samples, limits),
        Origin::Drawn { prompts, sequences, max_new_tokens, ignore_eos, seed } => {
            let sampling = Sampling {
                prompts: read_prompts(prompts, &policy.tokenizer, limits, max_new_tokens)?,
                sequences,
                max_new_tokens,
                ends: if ignore_eos { Vec::new() } else { policy.ends.clone() },
                seed: seed as u64,
            };
            let progress = Progress::new("sequences drawn", (!args.quiet).then_some(sequences));
            Ok(measurement.draw(&sampling, |count| progress.advance_by(count as u64)))
        }
    }
}

fn given(path: &Path, limits: Limits) -> Result<Vec<Sequence>> {
    let sequences = read_samples(path, limits)?;
    ensure!(
        sequences.len() >= FEWEST,
        "{} holds {}, but at least {FEWEST} would be right: errors come from 16 groups of 2",
        path.display(),
        report::counted(sequences.len(), "sequence")
    );
    Ok(sequences)
}

/// Measures the groups that are left.
fn finish_groups(state: &mut State, measurement: &Measurement, kept: &Kept, run: &Run, quiet: bool) -> Result<()> {
    let progress = Progress::new("sequences measured", (!quiet).then_some(state.sequences.len()));
    progress.begin_at(state.log_probs.len());
    while !state.is_complete() {
        measurement.next_group(state, || progress.advance())?;
        kept.save(state.to_bytes(&run.text())?)?;
    }
    Ok(())
}

fn outputs<'a>(
    args: &Measure,
    measured: &'a Measured,
    state: &'a State,
    policy: &'a Checkpoint,
    run: &'a Run,
) -> Result<Vec<Output<'a>>> {
    let folder = &args.output;
    let models: [&Path; 2] = [&args.policy, &args.reference];
    let figure = |format| measure::draw_figure(&measured.rows, models, format).context("cannot draw the figure");
    Ok(vec![
        Output::new(folder.join(TABLE), |writer| export::write_rows(&measured.rows, writer)),
        Output::of_bytes(folder.join(FIGURE_PNG), figure(figure::Format::Png)?),
        Output::of_bytes(folder.join(FIGURE_SVG), figure(figure::Format::Svg)?),
        Output::new(folder.join(SEQUENCES), |writer| state.write_lines(&policy.tokenizer, writer)),
        Output::new(folder.join(export::RUN), |writer| run.write(&measured.targets, writer)),
    ])
}

/// What stands above the table.
fn head(measured: &Measured, state: &State, policy: &Checkpoint) -> String {
    let norm = measured.targets.norm;
    if norm.value <= norm.error {
        warn(
            "the gradient of KL is not told from 0 by these sequences, so that there is little to compare with; more --sequences \
             would be right",
        );
    }
    let parameters = policy.network.parameters().iter().map(|(_, parameter)| parameter.numel() as u64).sum();
    report::targets(&measured.targets, state.sequences.len(), parameters)
}

fn show(args: &Measure, rows: &[Row], head: &str) -> Result<()> {
    if args.quiet {
        return Ok(());
    }
    match args.format {
        Format::Text => print_text(&format!("{head}\n{}", report::measured_rows(rows, width()))),
        Format::Markdown => print(&report::measured_markdown(rows)),
        Format::Csv => print(&export::csv(rows)?),
        Format::Json => print(&export::json(SCHEMA, rows)?),
    }
}
