//! One way into both routes.

#[cfg(feature = "libtorch")]
use super::autograd;
use super::{Engine, score};
use crate::estimator::{Draw, Estimator};
use crate::experiment::Experiment;
use std::num::NonZeroUsize;

impl Engine {
    /// Runs the trials after those that are `finished`, and hands each one's gradients to `sink` in order: for each
    /// estimator the gradient with respect to mu, then to sigma. [`score::run`] says more.
    ///
    /// # Errors
    /// What `sink` returns; the run ends there.
    ///
    /// # Panics
    /// Without libtorch there is no [`Engine::Autograd`].
    pub fn run<E>(
        self,
        experiment: &Experiment,
        finished: usize,
        threads: NonZeroUsize,
        mut sink: impl FnMut(&[f32]) -> Result<(), E>,
    ) -> Result<(), E> {
        // A baseline of the previous draw: the last finished trial is run once more, for its draw.
        let needs_previous =
            |estimator: &Estimator| estimator.baseline().is_some_and(|b| b.mean().draw == Draw::Previous);
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
            #[cfg(feature = "libtorch")]
            Self::Autograd => autograd::run(experiment, first, threads, sink),
            #[cfg(not(feature = "libtorch"))]
            Self::Autograd => panic!("{self} needs libtorch, which this klgrad was built without"),
            Self::Score => score::run(experiment, first, threads, sink),
        }
    }
}
