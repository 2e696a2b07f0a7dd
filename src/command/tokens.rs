//! `klgrad theory` of softmax policies.

use super::Usage;
use super::terminal::{print, print_text, width};
use crate::cli::{Format, Theory, TokenArgs};
use anyhow::Result;
use klgrad::agreement::check_tokens;
use klgrad::engine::Engine;
use klgrad::engine::softmax::{Measured, MeasuredRow, Task, Trials, most_trials};
use klgrad::estimator::Estimator;
use klgrad::estimator::expr::Expr;
use klgrad::experiment::check_token_estimators;
use klgrad::export;
use klgrad::pair::{self, Made};
use klgrad::policy::{Problem, Softmax};
use klgrad::report::{self, Progress, counted};
use klgrad::theory::softmax::{self, Aggregate, Row, Source};
use serde::Serialize;
use std::num::NonZeroUsize;
use std::process::ExitCode;

/// The form of a row in JSON, without and with what was measured.
const SCHEMA: &str = "klgrad.theory.softmax.1";
const MEASURED_SCHEMA: &str = "klgrad.theory.softmax.measured.1";

/// Trials that theory takes where it is not exact, and samples in one.
const TRIALS: usize = 100;
const SAMPLE_SIZE: usize = 1000;

/// A jackknife of variances takes so many trials.
const LEAST_TRIALS: usize = 3;

pub fn tokens(args: Theory) -> Result<ExitCode> {
    let asked = Asked::of(&args)?;
    let theory = asked.theory();
    let rows = asked.rows(&theory)?;
    let measured = asked.trials.map(|trials| asked.run(&trials, &theory, &theory.losses));
    if let Some(path) = &args.output {
        pair::write(path, &asked.problem)?;
    }
    match args.format {
        Format::Text => print_text(&asked.text(&theory, &rows, measured.as_deref()))?,
        Format::Markdown => print(&report::tokens_markdown(&rows, asked.is_sequence()))?,
        Format::Csv | Format::Json => print_rows(args.format, &rows, measured.as_deref())?,
    }
    match (&measured, asked.trials) {
        (Some(measured), Some(trials)) if args.check => outcome(&rows, measured, trials.count),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// What is asked of which policies.
struct Asked {
    problem: Problem<Softmax>,
    estimators: Vec<Estimator>,
    aggregate: Aggregate,
    sample_size: usize,
    seed: i64,
    trials: Option<Trials>,
}

impl Asked {
    fn of(args: &Theory) -> Result<Self> {
        let problem = problem(&args.tokens)?;
        let estimators = args.estimators.clone().or(Estimator::of_tokens(problem.policy.is_sequence()))?;
        check_token_estimators(&estimators).map_err(Usage::from)?;
        let engine = Engine::from(args.engine);
        let most = most_trials(problem.policy.logits().len());
        Ok(Self {
            trials: args.num_trials.map(|count| trials(count, engine, most)).transpose()?,
            problem,
            estimators,
            aggregate: args.aggregate.into(),
            sample_size: args.sample_size.unwrap_or(SAMPLE_SIZE),
            seed: args.tokens.seed,
        })
    }

    fn is_sequence(&self) -> bool {
        self.problem.policy.is_sequence()
    }

    fn theory(&self) -> softmax::Theory {
        let parts = softmax::parts(self.estimators.len(), &self.problem);
        let progress = Progress::new("parts", (parts > 0).then_some(parts));
        softmax::theory(&self.estimators, &self.problem, self.aggregate, threads(), &|| progress.advance())
    }

    /// The rows, with samples for what is not known exactly.
    fn rows(&self, theory: &softmax::Theory) -> Result<Vec<Row>> {
        let mut rows = theory.rows(&self.estimators, &self.problem);
        let unknown: Vec<usize> = (0..rows.len()).filter(|&row| rows[row].noise_is == Source::Unknown).collect();
        if !unknown.is_empty() {
            let losses: Vec<Expr> = unknown.iter().map(|&row| theory.losses[row].clone()).collect();
            let measured = self.run(&self.own_trials()?, theory, &losses);
            for (&row, measured) in unknown.iter().zip(&measured) {
                let [numbers, errors] = measured.measures();
                rows[row].sampled(&numbers, &errors);
            }
        }
        Ok(rows)
    }

    /// The trials that theory takes by itself.
    fn own_trials(&self) -> Result<Trials, Usage> {
        let most = most_trials(self.problem.policy.logits().len());
        trials(TRIALS.min(most.max(LEAST_TRIALS)), Engine::Score, most)
    }

    fn run(&self, trials: &Trials, theory: &softmax::Theory, losses: &[Expr]) -> Vec<Measured> {
        let Self { problem, sample_size, seed, .. } = self;
        let task = Task { problem, losses, factor: theory.factor, sample_size: *sample_size, seed: *seed };
        let progress = Progress::new("trials", Some(trials.steps(losses.len(), problem.policy.logits().len())));
        trials.run(&task, &theory.target, &|| progress.advance())
    }

    fn text(&self, theory: &softmax::Theory, rows: &[Row], measured: Option<&[Measured]>) -> String {
        let sampled = self.own_trials().map_or(String::new(), |trials| self.sizes(&trials));
        let mut text = report::policies(&self.problem, &theory.target) + "\n";
        text += &report::tokens(rows, self.is_sequence(), width());
        text += &report::notes(rows, theory, self.aggregate, &sampled, width());
        if let (Some(measured), Some(trials)) = (measured, &self.trials) {
            text += &format!("\nMeasured by {}, in {}, with standard errors:\n", trials.engine, self.sizes(trials));
            text += &report::measured(rows, measured, self.is_sequence(), width());
        }
        text
    }

    fn sizes(&self, trials: &Trials) -> String {
        format!("{} of {}", counted(trials.count, "trial"), counted(self.sample_size, "sample"))
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

/// So many trials, whose gradients are kept.
fn trials(count: usize, engine: Engine, most: usize) -> Result<Trials, Usage> {
    if cfg!(not(feature = "libtorch")) && engine == Engine::Autograd {
        return Err(Usage(
            "--engine autograd needs libtorch, which this klgrad has not; score would be right".to_owned(),
        ));
    }
    match count {
        ..LEAST_TRIALS => Err(Usage(format!(
            "--num-trials is {count}, but the standard error of a variance takes at least {LEAST_TRIALS}"
        ))),
        _ if count > most => Err(Usage(format!(
            "{count} trials of gradients with respect to so many logits do not fit into half a gigabyte; {most} would, or \
             a smaller vocabulary"
        ))),
        _ => Ok(Trials { count, engine, threads: threads() }),
    }
}

fn threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
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
