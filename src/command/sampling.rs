//! Exact theory of softmax policies, and samples for what is not known exactly.

use super::Usage;
use anyhow::Result;
use klgrad::engine::Engine;
use klgrad::engine::softmax::{Measured, Task, Trials, most_trials};
use klgrad::estimator::Estimator;
use klgrad::estimator::expr::Expr;
use klgrad::policy::{Problem, Softmax};
use klgrad::report::{Progress, counted};
use klgrad::theory::softmax::{self, Aggregate, Row, Source, Theory};
use std::num::NonZeroUsize;

/// Trials that theory takes where it is not exact, and samples in one.
const TRIALS: usize = 100;
const SAMPLE_SIZE: usize = 1000;

/// A jackknife of variances takes so many trials.
const LEAST_TRIALS: usize = 3;

/// What is asked of policies, and how much is drawn.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub problem: &'a Problem<Softmax>,
    pub estimators: &'a [Estimator],
    pub aggregate: Aggregate,
    pub sample_size: Option<usize>,
    pub seed: i64,
    /// Whether a bar tells how far it is.
    pub shows_progress: bool,
}

impl Asked<'_> {
    pub fn is_sequence(&self) -> bool {
        self.problem.policy.is_sequence()
    }

    pub fn theory(&self) -> Theory {
        let parts = softmax::parts(self.estimators.len(), self.problem);
        let progress = Progress::new("parts", self.shows_progress.then_some(parts));
        softmax::theory(self.estimators, self.problem, self.aggregate, threads(), &|| progress.advance())
    }

    /// The rows, with samples in so many trials for what is not known exactly.
    pub fn rows(&self, theory: &Theory, trials: Option<usize>) -> Result<Vec<Row>, Usage> {
        let mut rows = theory.rows(self.estimators, self.problem);
        let unknown: Vec<usize> = (0..rows.len()).filter(|&row| rows[row].noise_is == Source::Unknown).collect();
        if !unknown.is_empty() {
            let losses: Vec<Expr> = unknown.iter().map(|&row| theory.losses[row].clone()).collect();
            let measured = self.run(&self.own_trials(trials)?, theory, &losses);
            for (&row, measured) in unknown.iter().zip(&measured) {
                let [numbers, errors] = measured.measures();
                rows[row].sampled(&numbers, &errors);
            }
        }
        Ok(rows)
    }

    /// The trials that theory takes by itself.
    pub fn own_trials(&self, count: Option<usize>) -> Result<Trials, Usage> {
        self.trials(count.unwrap_or(TRIALS.min(self.most_trials().max(LEAST_TRIALS))), Engine::Score)
    }

    /// So many trials, whose gradients are kept.
    pub fn trials(&self, count: usize, engine: Engine) -> Result<Trials, Usage> {
        check_trials(count)?;
        let most = self.most_trials();
        if count > most {
            return Err(Usage(format!(
                "{count} trials of gradients with respect to {} logits do not fit into half a gigabyte; at most {most}, or \
                 a smaller vocabulary, would be right",
                self.problem.policy.logits().len()
            )));
        }
        Ok(Trials { count, engine, threads: threads() })
    }

    fn most_trials(&self) -> usize {
        most_trials(self.problem.policy.logits().len())
    }

    pub fn run(&self, trials: &Trials, theory: &Theory, losses: &[Expr]) -> Vec<Measured> {
        let &Self { problem, seed, .. } = self;
        let task = Task { problem, losses, factor: theory.factor, sample_size: self.sample_size(), seed };
        let steps = trials.steps(losses.len(), problem.policy.logits().len());
        let progress = Progress::new("trials", self.shows_progress.then_some(steps));
        trials.run(&task, &theory.target, &|| progress.advance())
    }

    fn sample_size(&self) -> usize {
        self.sample_size.unwrap_or(SAMPLE_SIZE)
    }

    /// The size of trials in words.
    pub fn sizes(&self, trials: &Trials) -> String {
        format!("{} of {}", counted(trials.count, "trial"), counted(self.sample_size(), "sample"))
    }
}

/// Whether so many trials tell how well a variance is known.
pub fn check_trials(count: usize) -> Result<(), Usage> {
    match count {
        ..LEAST_TRIALS => Err(Usage(format!(
            "--num-trials is {count}, but the standard error of a variance takes at least {LEAST_TRIALS}"
        ))),
        _ => Ok(()),
    }
}

fn threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}
