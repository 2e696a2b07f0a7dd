//! Trials on threads, and what is kept of them.

use super::draw::Draw;
use super::{Engine, Measured, Route, Task, route};
use crate::estimator::expr::Expr;
use crate::theory::softmax::{Tables, Target};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

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
        self.in_order(task, draw, route.as_ref(), |of_trial| {
            gradients.iter_mut().zip(of_trial).for_each(|(to, gradient)| to.push(gradient));
            advance();
        });
        gradients.iter().map(|trials| Measured::of(trials, target, task.sample_size)).collect()
    }

    /// Runs every trial, and hands the gradients on in order.
    fn in_order(&self, task: &Task, draw: &Draw, route: &dyn Route, mut take: impl FnMut(Vec<Vec<f64>>)) {
        let next = AtomicUsize::new(0);
        let (sender, receiver) = mpsc::channel();
        let trial = |trial: usize| route.gradients(&draw.sequences(task.sample_size, task.seed, trial as u64));
        std::thread::scope(|scope| {
            for _ in 0..self.threads.get().min(self.count) {
                let (sender, next, trial) = (sender.clone(), &next, &trial);
                scope.spawn(move || {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        if index >= self.count || sender.send((index, trial(index))).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            let mut early: Vec<Option<Vec<Vec<f64>>>> = vec![None; self.count];
            let mut done = 0;
            for (index, gradients) in receiver {
                early[index] = Some(gradients);
                while let Some(gradients) = early.get_mut(done).and_then(Option::take) {
                    take(gradients);
                    done += 1;
                }
            }
        });
    }
}
