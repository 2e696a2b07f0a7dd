//! Runs of a training: one for each estimator and seed, step by step.

use super::recursion::Walk;
use super::state::State;
use super::{Objective, Optimum, Settings};
use crate::estimator::Estimator;
use crate::in_order::in_order;
use crate::maybe_number;
use crate::policy::{Problem, Softmax};
use crate::theory::softmax::{Tables, expected};
use anyhow::{Result, ensure};
use serde::Serialize;
use std::fmt;
use std::num::NonZeroUsize;

/// What all runs share.
#[derive(Clone, Debug)]
pub struct Training<'a> {
    pub(super) objective: &'a Objective,
    pub(super) optimum: &'a Optimum,
    pub(super) start: &'a Softmax,
    pub(super) settings: Settings,
}

/// The policy after so many updates, judged exactly.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Step {
    /// Updates before it.
    pub step: usize,
    /// E\[R\].
    pub reward: f64,
    /// KL(theta||ref).
    pub kl: f64,
    /// KL(ref||theta).
    pub kl_ref: f64,
    /// E\[R\] - beta KL(theta||ref).
    pub objective: f64,
    /// By how much the largest objective is larger; none where that is not known.
    #[serde(serialize_with = "maybe_number::serialize")]
    pub gap: Option<f64>,
    /// KL(theta||optimum); none where no policy is the optimum.
    #[serde(serialize_with = "maybe_number::serialize")]
    pub kl_to_optimum: Option<f64>,
    /// The mean length of a sequence.
    pub mean_length: f64,
}

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The start, each [`Settings::stride`]-th step and the last that the run came to.
    pub steps: Vec<Step>,
    /// How it ended.
    pub end: End,
    /// The last policy that it came to.
    pub policy: Softmax,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// After its last step.
    Finished,
    /// Before, as the update after so many steps led nowhere.
    Diverged {
        /// The updates that had been made.
        step: usize,
        /// Why there is no other.
        reason: Divergence,
    },
}

/// Why a run cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Divergence {
    /// A logit became infinite or not a number.
    NotFinite,
    /// The policy went so far from the reference that the ratio of a token's probabilities is beyond e^700, more than numbers
    /// of 64 bits hold.
    OutOfReach,
}

impl fmt::Display for Divergence {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotFinite => "a logit was not finite any more",
            Self::OutOfReach => "a token's probability came to differ by more than e^700 from the reference's",
        })
    }
}

/// What a batch may hold: some hundred megabytes for each run that goes on.
const MOST_TOKENS: usize = 10_000_000;

impl<'a> Training<'a> {
    /// Of a policy that starts there; `optimum` is that of the objective.
    ///
    /// # Errors
    /// The settings are such as no run can have, the start has another shape than the reference, or a batch is beyond memory.
    ///
    /// ```
    /// use klgrad::estimator::Estimator;
    /// use klgrad::policy::Softmax;
    /// use klgrad::training::{MadeReward, Objective, Reward, Settings, Training};
    ///
    /// let reference = Softmax::categorical(vec![0.0, 0.5, 1.0])?;
    /// let reward = Reward::made(MadeReward::Dense, &reference, 1)?;
    /// let objective = Objective::new(reference.clone(), reward, 0.5)?;
    /// let optimum = objective.optimum();
    /// let settings = Settings { exact: true, steps: 200, ..Settings::default() };
    /// let training = Training::new(&objective, &optimum, &reference, settings)?;
    /// let k2 = training.run(&Estimator::named("k2").expect("it is in the table"), 0);
    /// assert!(k2.steps[200].gap < Some(1e-9));
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    pub fn new(objective: &'a Objective, optimum: &'a Optimum, start: &'a Softmax, settings: Settings) -> Result<Self> {
        settings.check()?;
        let [of_start, of_reference] =
            [start, objective.reference()].map(|policy| (policy.rows(), policy.vocabulary(), policy.max_length()));
        ensure!(
            of_start == of_reference,
            "the policy at the start has the rows, tokens and max_length {of_start:?} and the reference {of_reference:?}; the \
             same would be right"
        );
        let Settings { batch, exact, .. } = settings;
        ensure!(
            exact || batch.checked_mul(start.max_length()).is_some_and(|tokens| tokens <= MOST_TOKENS),
            "batch is {batch}, and the max_length of its sequences {}; a batch of {} or less would be right",
            start.max_length(),
            MOST_TOKENS / start.max_length()
        );
        Ok(Self { objective, optimum, start, settings })
    }

    /// Whether an estimator can be trained with.
    ///
    /// # Errors
    /// It leaves one out of a group of one, or its expected gradient is asked for, and not known.
    pub fn check(&self, estimator: &Estimator) -> Result<()> {
        let Settings { exact, aggregate, .. } = self.settings;
        self.settings.check_baseline(estimator)?;
        if exact && self.objective.beta > 0.0 {
            let problem = Problem::on_policy(self.start.clone(), self.objective.reference.clone());
            let known = expected(&aggregate.loss(estimator.expression()), &problem, &Tables::of(&problem));
            ensure!(
                known.is_some(),
                "the expected gradient of {} takes every sequence, of which there are too many; samples would be right, or \
                 shorter sequences",
                estimator.name()
            );
        }
        Ok(())
    }

    /// The run of one estimator and seed. Samples come from the streams of the seed, one for each batch, so that all estimators
    /// have the same random numbers.
    ///
    /// # Panics
    /// Where the expected gradient is asked for, and not known: see [`Self::check`].
    pub fn run(&self, estimator: &Estimator, seed: i64) -> Run {
        let mut state = State::new(self.objective, self.start, &self.settings, estimator, seed);
        let mut steps = Vec::new();
        let mut step = 0;
        let end = loop {
            let is_last = step == self.settings.steps;
            if is_last || step.is_multiple_of(self.settings.stride()) {
                steps.push(self.optimum.judge(self.objective, &state.problem.policy, step));
            }
            if is_last {
                break End::Finished;
            }
            if let Err(reason) = state.update(step) {
                break End::Diverged { step, reason };
            }
            step += 1;
        };
        if steps.last().is_none_or(|last| last.step != step) {
            steps.push(self.optimum.judge(self.objective, &state.problem.policy, step));
        }
        Run { steps, end, policy: state.problem.policy }
    }

    /// The runs of all estimators with each of the seeds, estimator by estimator, but for the first so many; they are handed to
    /// `take` in this order: the same for any number of threads.
    pub fn runs(
        &self,
        estimators: &[Estimator],
        seeds: &[i64],
        first: usize,
        threads: NonZeroUsize,
        take: impl FnMut(Run),
    ) {
        let run = |index: usize| self.run(&estimators[index / seeds.len()], seeds[index % seeds.len()]);
        in_order(estimators.len() * seeds.len() - first, threads, |index| run(first + index), take);
    }
}

impl Optimum {
    /// A policy after so many updates.
    ///
    /// # Formula
    /// For a categorical with beta > 0 the gap is beta KL(theta||optimum), which keeps its digits where the two objectives
    /// have almost nothing between them.
    pub(super) fn judge(&self, objective: &Objective, policy: &Softmax, step: usize) -> Step {
        let walk = Walk::of(policy);
        let judged = objective.judge_walk(policy, &walk);
        // Rounding may leave a little less than 0.
        let kl_to_optimum = self.policy.as_ref().map(|optimum| walk.mean(&policy.log_ratios(optimum)).max(0.0));
        let gap = match kl_to_optimum {
            Some(kl) if !policy.is_sequence() => Some(objective.beta * kl),
            _ => self.objective.map(|largest| largest - judged.objective),
        };
        Step {
            step,
            reward: judged.reward,
            kl: judged.kl,
            kl_ref: judged.kl_ref,
            objective: judged.objective,
            gap,
            kl_to_optimum,
            mean_length: judged.mean_length,
        }
    }
}
