//! How a policy is trained.

use super::Optimizer;
use crate::engine::Engine;
use crate::estimator::{Baseline, Estimator};
use crate::theory::softmax::Aggregate;
use anyhow::{Result, ensure};

/// The settings of every run of a training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Updates of the policy.
    pub steps: usize,
    /// Sequences that are drawn together.
    pub batch: usize,
    /// Sequences of which each has the mean of the others as its baseline; a group of one has none. It divides the batch.
    pub group: usize,
    /// Updates for each batch: from the second on, the samples are of an older policy.
    pub updates_per_batch: usize,
    /// The rule of an update.
    pub optimizer: Optimizer,
    /// Its learning rate.
    pub learning_rate: f64,
    /// How the tokens of a sequence make one loss, of the reward as of the penalty.
    pub aggregate: Aggregate,
    /// Whether the expected gradient is taken, and nothing is drawn.
    pub exact: bool,
    /// How the loss of what is drawn is differentiated.
    pub engine: Engine,
}

/// So many steps of a run are kept, or up to twice as many where those between them are left out.
const KEPT: usize = 1000;

impl Default for Settings {
    /// 1,000 updates by sgd, each with 256 new samples in groups of 8.
    fn default() -> Self {
        Self {
            steps: 1000,
            batch: 256,
            group: 8,
            updates_per_batch: 1,
            optimizer: Optimizer::Sgd,
            learning_rate: 1.0,
            aggregate: Aggregate::TokenSum,
            exact: false,
            engine: Engine::Score,
        }
    }
}

impl Settings {
    /// Every so many steps one is kept, and the last: all of them up to 1,000.
    pub fn stride(&self) -> usize {
        self.steps.div_ceil(KEPT).max(1)
    }

    /// Whether a run can have these settings.
    ///
    /// # Errors
    /// Names the first that it cannot have, and what would be right.
    ///
    /// ```
    /// use klgrad::training::Settings;
    ///
    /// let refusal = Settings { batch: 256, group: 10, ..Settings::default() }.check().unwrap_err();
    /// assert_eq!(refusal.to_string(), "group is 10, which does not divide the batch of 256; 8 or 16 would be right");
    /// ```
    pub fn check(&self) -> Result<()> {
        for (name, count) in [
            ("steps", self.steps),
            ("batch", self.batch),
            ("group", self.group),
            ("updates_per_batch", self.updates_per_batch),
        ] {
            ensure!(count > 0, "{name} is 0; 1 or more would be right");
        }
        // The expected gradient takes no batch, and a group of any size alike.
        ensure!(
            self.exact || self.batch.is_multiple_of(self.group),
            "group is {}, which does not divide the batch of {}; {} would be right",
            self.group,
            self.batch,
            self.divisors()
        );
        ensure!(
            self.learning_rate.is_finite() && self.learning_rate > 0.0,
            "learning_rate is {:?}; a number above 0 would be right",
            self.learning_rate
        );
        Ok(())
    }

    /// Whether an estimator's baseline has samples that it can be taken from.
    ///
    /// # Errors
    /// It leaves one out of a group of one.
    pub fn check_baseline(&self, estimator: &Estimator) -> Result<()> {
        ensure!(
            self.exact || self.group > 1 || estimator.baseline() != Some(Baseline::LeaveOneOut),
            "{} subtracts the mean over the other samples of a group, and the group is {}; 2 or more would be right",
            estimator.name(),
            self.group
        );
        Ok(())
    }

    /// The nearest that divide the batch: below the group, and above it where there is one.
    fn divisors(&self) -> String {
        let divides = |group: &usize| self.batch.is_multiple_of(*group);
        let below = (1..self.group).rev().find(divides).unwrap_or(1);
        match (self.group + 1..=self.batch).find(divides) {
            Some(above) => format!("{below} or {above}"),
            None => below.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_run_can_have_is_named() {
        let default = Settings::default();
        for (settings, words) in [
            (Settings { steps: 0, ..default }, "steps is 0; 1 or more would be right"),
            (Settings { group: 300, ..default }, "group is 300, which does not divide the batch of 256; 256 would"),
            (Settings { learning_rate: -1.0, ..default }, "learning_rate is -1.0; a number above 0 would be right"),
            (Settings { learning_rate: f64::NAN, ..default }, "learning_rate is NaN"),
        ] {
            let refusal = settings.check().unwrap_err().to_string();
            assert!(refusal.contains(words), "{refusal}");
        }
        assert!(default.check().is_ok());
        assert!(Settings { group: 7, exact: true, ..default }.check().is_ok());
    }

    #[test]
    fn up_to_a_thousand_steps_are_all_kept() {
        let stride = |steps| Settings { steps, ..Settings::default() }.stride();
        assert_eq!([1, 1000, 1001, 5000].map(stride), [1, 1, 2, 5]);
    }
}
