//! Trials on threads, and what is kept of them.

use super::draw::Draw;
use super::{Engine, Measured, Task, route};
use crate::estimator::expr::Expr;
use crate::in_order::in_order;
use crate::theory::softmax::{Tables, Target};
use std::num::NonZeroUsize;

/// The gradients of all trials of an estimator are kept, as their inner products are asked for: so many numbers of all
/// estimators that are sampled together, 512 MB.
const NUMBERS: usize = 1 << 26;

/// The trials that fit, where each gradient has so many components.
pub fn most_trials(components: usize) -> usize {
    NUMBERS / components
}

/// So many trials.
#[derive(Clone, Copy, Debug)]
pub struct Trials {
    /// How many.
    pub count: usize,
    /// How their losses are differentiated.
    pub engine: Engine,
    /// On how many threads: the numbers do not depend on it.
    pub threads: NonZeroUsize,
}

impl Trials {
    /// Runs them, and holds what they give against the target; `advance` is called after each trial of each group of
    /// estimators, [`Self::steps`] times.
    ///
    /// # Panics
    /// Where there are fewer than three trials.
    pub fn run(&self, task: &Task, target: &Target, advance: &dyn Fn()) -> Vec<Measured> {
        assert!(self.count >= 3, "the jackknife of a variance takes three trials");
        let tables = Tables::of(task.problem);
        let draw = Draw::new(&task.problem.behaviour, &tables.behaviour);
        let groups = task.losses.chunks(self.group(tables.entries()));
        groups.flat_map(|losses| self.of_group(losses, task, &tables, &draw, target, advance)).collect()
    }

    /// How often a run of so many losses advances.
    pub fn steps(&self, losses: usize, components: usize) -> usize {
        losses.div_ceil(self.group(components)) * self.count
    }

    fn group(&self, components: usize) -> usize {
        (NUMBERS / components / self.count).max(1)
    }

    fn of_group(
        &self,
        losses: &[Expr],
        task: &Task,
        tables: &Tables,
        draw: &Draw,
        target: &Target,
        advance: &dyn Fn(),
    ) -> Vec<Measured> {
        let route = route(self.engine, losses, task, tables);
        let mut gradients: Vec<Vec<Vec<f64>>> = vec![Vec::with_capacity(self.count); losses.len()];
        let trial = |trial: usize| route.gradients(&draw.sequences(task.sample_size, task.seed, trial as u64));
        in_order(self.count, self.threads, trial, |of_trial| {
            gradients.iter_mut().zip(of_trial).for_each(|(to, gradient)| to.push(gradient));
            advance();
        });
        gradients.iter().map(|trials| Measured::of(trials, target, task.sample_size)).collect()
    }
}
