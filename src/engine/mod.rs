//! Experiment -> gradients, trial by trial and in order: by two routes, from the same samples.
//!
//! [`autograd`] differentiates as the article does; [`score`] averages gradient coefficient times score, many times
//! faster. They agree up to rounding.

pub mod autograd;
mod draw;
mod pipeline;
pub mod score;
pub mod term_sums;
mod torch_normal;
mod trial;

pub use torch_normal::{TorchNormal, kl_divergence};

use crate::estimator::{Draw, Estimator};
use crate::experiment::{Experiment, InvalidSetting};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroUsize;

/// A route to the gradients of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// libtorch differentiates.
    Autograd,
    /// Gradient coefficient times score.
    Score,
}

impl fmt::Display for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::Autograd => "autograd",
            Self::Score => "score",
        })
    }
}

impl Engine {
    /// Both, the reference first.
    pub const ALL: [Self; 2] = [Self::Autograd, Self::Score];

    /// Whether it can run this estimator.
    pub fn supports(self, estimator: &Estimator) -> bool {
        self == Self::Autograd || score::supports(estimator)
    }

    /// Makes sure that it can run all of these estimators.
    ///
    /// # Errors
    /// Names the first that it cannot run, and the engines that can.
    pub fn check<'a>(self, estimators: impl IntoIterator<Item = &'a Estimator>) -> Result<(), InvalidSetting> {
        match estimators.into_iter().find(|estimator| !self.supports(estimator)) {
            None => Ok(()),
            Some(estimator) => {
                let others = Self::ALL.iter().filter(|engine| engine.supports(estimator)).map(Self::to_string);
                let others = others.collect::<Vec<_>>().join(" or --engine ");
                Err(InvalidSetting::new(format!(
                    "--engine {self} cannot run {}; --engine {others} can",
                    estimator.name
                )))
            }
        }
    }

    /// Runs the trials after those that are `finished`, and hands each one's gradients to `sink` in order; see
    /// [`autograd::run`] and [`score::run`].
    ///
    /// # Errors
    /// What `sink` returns; the run ends there.
    pub fn run<E>(
        self,
        experiment: &Experiment,
        finished: usize,
        threads: NonZeroUsize,
        mut sink: impl FnMut(&[f32]) -> Result<(), E>,
    ) -> Result<(), E> {
        // A baseline of the previous draw: the last finished trial is run once more, for its draw.
        let needs_previous = |estimator: &&Estimator| estimator.baseline.is_some_and(|b| b.draw == Draw::Previous);
        let mut replayed = usize::from(experiment.estimators().iter().any(needs_previous)).min(finished);
        let first = finished - replayed;
        let sink = |trial: &[f32]| match replayed {
            0 => sink(trial),
            _ => {
                replayed -= 1;
                Ok(())
            }
        };
        match self {
            Self::Autograd => autograd::run(experiment, first, threads, sink),
            Self::Score => score::run(experiment, first, threads, sink),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimator::{Divergence, Placement};
    use crate::theory::Term;

    #[test]
    fn an_estimator_that_an_engine_cannot_run_is_named_with_the_engine_that_can() {
        let squared_ratio = Estimator {
            name: "squared_ratio",
            divergence: Divergence::Reverse,
            placement: Placement::Loss,
            coefficient: &[Term { weight: 1.0, power_of_d: 0, power_of_r: 2 }],
            ..*Estimator::named("reverse_k2").unwrap()
        };
        let k1 = Estimator::named("k1").unwrap();
        assert_eq!(Engine::Autograd.check([k1, &squared_ratio]), Ok(()));
        let refusal = Engine::Score.check([k1, &squared_ratio]).unwrap_err();
        assert_eq!(refusal.to_string(), "--engine score cannot run squared_ratio; --engine autograd can");
    }
}
