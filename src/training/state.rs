//! Update by update, the policy of one run.

use super::judge::with_logits;
use super::loss::Loss;
use super::optimizer::Ascent;
use super::{Divergence, Objective, Settings};
use crate::engine::softmax::{Draw, Sequences};
use crate::estimator::Estimator;
use crate::policy::{Problem, Softmax};
use crate::theory::softmax::Tables;

/// The largest |D| of a token; e^709 is the largest power that is finite.
const FARTHEST: f64 = 700.0;

/// A run that goes on.
pub(super) struct State<'a> {
    settings: &'a Settings,
    loss: Loss<'a>,
    ascent: Ascent,
    seed: i64,
    pub(super) problem: Problem<Softmax>,
    drawn: Sequences,
}

impl<'a> State<'a> {
    pub(super) fn new(
        objective: &'a Objective,
        start: &Softmax,
        settings: &'a Settings,
        estimator: &Estimator,
        seed: i64,
    ) -> Self {
        Self {
            loss: Loss::new(objective, estimator, settings),
            ascent: Ascent::new(settings.optimizer, settings.learning_rate, start.logits().len()),
            settings,
            seed,
            problem: Problem::on_policy(start.clone(), objective.reference.clone()),
            drawn: Sequences::default(),
        }
    }

    /// The update after so many steps; where it leads nowhere the policy stays.
    pub(super) fn update(&mut self, step: usize) -> Result<(), Divergence> {
        let is_new_batch = step.is_multiple_of(self.settings.updates_per_batch);
        if is_new_batch {
            self.problem.behaviour.clone_from(&self.problem.policy);
        }
        let tables = Tables::of(&self.problem);
        if is_new_batch && !self.settings.exact {
            let draw = Draw::new(&self.problem.behaviour, &tables.behaviour);
            let batch = (step / self.settings.updates_per_batch) as u64;
            self.drawn = draw.sequences(self.settings.batch, self.seed, batch);
            self.loss.next_draw();
        }
        let gradient = match self.settings.exact {
            true => self.loss.expected(&self.problem, &tables).expect("`Training::check` refuses what is not known"),
            false => self.loss.sampled(&self.problem, &tables, &self.drawn),
        };
        let mut logits = self.problem.policy.logits().to_vec();
        self.ascent.update(&mut logits, &gradient);
        self.problem.policy = within_reach(&self.problem.policy, logits, &self.problem.reference)?;
        Ok(())
    }
}

/// The same kind of policy with other logits.
pub(super) fn within_reach(policy: &Softmax, logits: Vec<f64>, reference: &Softmax) -> Result<Softmax, Divergence> {
    let policy = with_logits(policy, logits).ok_or(Divergence::NotFinite)?;
    // A log-ratio that is not a number is out of reach, too.
    match policy.log_ratios(reference).iter().all(|d| d.abs() <= FARTHEST) {
        true => Ok(policy),
        false => Err(Divergence::OutOfReach),
    }
}
