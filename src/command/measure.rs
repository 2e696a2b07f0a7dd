//! `klgrad measure`: every estimator's gradient with respect to the parameters of a language model.

use super::Usage;
use super::terminal::{note, print, print_text, width};
use crate::cli::{Format, Measure, Precision};
use anyhow::{Context, Result, bail, ensure};
use klgrad::estimator::Estimator;
use klgrad::experiment::check_token_estimators;
use klgrad::export::{self, Conflict, Kept, Output};
use klgrad::figure;
use klgrad::measure::{
    self, Limits, Measured, Measurement, Origin, Run, Sampling, Sequence, Size, State, Threads, read_prompts,
    read_samples, run_of,
};
use klgrad::model::{self, Checkpoint};
use klgrad::report::{self, Progress};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::thread::available_parallelism;
use tch::{Device, Kind};

/// The form of a row in JSON.
const SCHEMA: &str = "klgrad.measure.row.1";
const TABLE: &str = "measure.csv";
const SEQUENCES: &str = "sequences.jsonl";
const FIGURE_PNG: &str = "measure.png";
const FIGURE_SVG: &str = "measure.svg";
const FILES: [&str; 5] = [TABLE, FIGURE_PNG, FIGURE_SVG, SEQUENCES, export::RUN];
const STATE: &str = "measure.partial.safetensors";

/// Fewer would leave groups of one, which have no noise to tell.
const FEWEST: usize = 32;

pub fn measure(args: Measure) -> Result<ExitCode> {
    let estimators = args.estimators.clone().or(measure::usual())?;
    check(&args, &estimators)?;
    let device = model::device(&args.device).map_err(|error| Usage(error.to_string()))?;
    let threads = threads(&args, device, estimators.len())?;
    let [policy, reference] = models(&args, device)?;
    let run = Run::new(
        [&args.policy, &args.reference],
        origin(&args),
        &estimators,
        &args.device,
        &format!("{:?}", args.precision).to_lowercase(),
    )?;
    let kept = Kept::open(&args.output, &FILES, STATE, "groups of sequences")?;
    let before = state_before(&kept, &run, args.resume, device)?;
    let networks = [&*policy.network, &*reference.network];
    let measurement = Measurement::new(&estimators, networks, args.samples.is_none(), threads);
    let mut state = match before {
        Some(state) => state,
        None => begin(&args, &measurement, &policy, &kept, &run)?,
    };
    finish_groups(&mut state, &measurement, &kept, &run, args.quiet)?;
    let measured = measurement.measured(&state);
    kept.complete(&outputs(&args, &measured, &state, &policy, &run)?)?;
    show(&args, &measured, &state, &policy)?;
    Ok(ExitCode::SUCCESS)
}

fn check(args: &Measure, estimators: &[Estimator]) -> Result<()> {
    check_token_estimators(estimators).map_err(Usage::from)?;
    if args.samples.is_none() && args.sequences < FEWEST {
        let message = format!(
            "--sequences is {}, but must be at least {FEWEST}: errors come from 16 groups of 2",
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

/// As many as were asked for, or as there is room for.
fn threads(args: &Measure, device: Device, estimators: usize) -> Result<Threads> {
    let parameters = [model::parameter_count(&args.policy)?, model::parameter_count(&args.reference)?];
    let size = Size { parameters, bytes: if args.precision == Precision::F64 { 8 } else { 4 }, estimators };
    let cores = available_parallelism().unwrap_or(NonZeroUsize::MIN);
    if device != Device::Cpu {
        // What is free on a GPU, libtorch does not say here.
        return Ok(Threads { workers: args.threads.unwrap_or(NonZeroUsize::MIN), each: cores });
    }
    let room = measure::room();
    let asked = args.threads.unwrap_or(cores);
    let Some(threads) = size.threads(asked, room) else {
        bail!(
            "these models need at least {} of memory, and the system has {} to give; a smaller model{} or a machine with more \
             would be right",
            gigabytes(size.needed(1)),
            gigabytes(room.unwrap_or(0)),
            if args.precision == Precision::F64 { ", --precision f32" } else { "" }
        );
    };
    if threads.workers < asked && !args.quiet {
        note(&format!(
            "memory has room for {} at a time, not for {asked}: {} of {} that the system can give",
            report::counted(threads.workers.get(), "sequence"),
            gigabytes(size.needed(threads.workers.get())),
            gigabytes(room.unwrap_or(0))
        ));
    }
    Ok(threads)
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

fn models(args: &Measure, device: Device) -> Result<[Checkpoint; 2]> {
    let kind = if args.precision == Precision::F64 { Kind::Double } else { Kind::Float };
    let policy = Checkpoint::read(&args.policy, device, kind)?;
    let reference = Checkpoint::read(&args.reference, device, kind)?;
    let sizes = [&policy, &reference].map(|model| model.network.vocabulary());
    ensure!(
        sizes[0] == sizes[1],
        "the policy has a vocabulary of {} tokens and the reference one of {}; two models with the same tokens would be right",
        sizes[0],
        sizes[1]
    );
    ensure!(
        policy.tokenizer.same(&reference.tokenizer),
        "the tokenizers of {} and {} differ, so that their tokens do not mean the same; two models with the same tokenizer would be \
         right",
        args.policy.display(),
        args.reference.display()
    );
    Ok([policy, reference])
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
    let path = kept.path().display();
    if !resume {
        return Err(Conflict::new(format!(
            "{path} holds a measurement that was interrupted: --resume goes on with it; to begin anew, delete it"
        ))
        .into());
    }
    let damaged = || format!("{path} is damaged; to begin anew, delete it");
    let differences = run_of(&bytes).and_then(|there| run.differences(&there)).with_context(damaged)?;
    if !differences.is_empty() {
        return Err(Conflict::new(format!(
            "--resume: {path} is of a measurement with other settings: {}; the same settings, another --output, or no {path} would \
             be right",
            differences.join("; ")
        ))
        .into());
    }
    State::from_bytes(&bytes, device).with_context(damaged).map(Some)
}

/// With all sequences, and without a gradient.
fn begin(args: &Measure, measurement: &Measurement, policy: &Checkpoint, kept: &Kept, run: &Run) -> Result<State> {
    let limits = Limits { context: policy.network.context(), vocabulary: policy.network.vocabulary() };
    let sequences = match (&args.samples, &args.prompts) {
        (Some(samples), _) => given(samples, limits)?,
        (None, Some(prompts)) => {
            let sampling = Sampling {
                prompts: read_prompts(prompts, &policy.tokenizer, limits, args.max_new_tokens)?,
                sequences: args.sequences,
                max_new_tokens: args.max_new_tokens,
                ends: if args.ignore_eos { Vec::new() } else { policy.ends.clone() },
                seed: args.seed as u64,
            };
            let progress = Progress::new("sequences drawn", (!args.quiet).then_some(args.sequences));
            measurement.draw(&sampling, |count| progress.advance_by(count as u64))
        }
        (None, None) => unreachable!("the arguments ask for prompts or samples"),
    };
    let state = measurement.begin(sequences);
    kept.save(state.to_bytes(&run.text())?)?;
    Ok(state)
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
        Output::new(folder.join(export::RUN), |writer| run.write(writer)),
    ])
}

fn show(args: &Measure, measured: &Measured, state: &State, policy: &Checkpoint) -> Result<()> {
    if args.quiet {
        return Ok(());
    }
    match args.format {
        Format::Text => {
            let parameters = policy.network.parameters().iter().map(|(_, parameter)| parameter.numel() as u64).sum();
            let targets = report::targets(&measured.targets, state.sequences.len(), parameters);
            print_text(&format!("{targets}\n{}", report::measured_rows(measured, width())))
        }
        Format::Markdown => print(&report::measured_markdown(&measured.rows)),
        Format::Csv => print(&export::csv(&measured.rows)?),
        Format::Json => print(&export::json(SCHEMA, &measured.rows)?),
    }
}
