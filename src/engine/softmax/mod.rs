//! Both routes on softmax policies: samples of the policy that draws, and the gradients that they give.
//!
//! A trial draws sequences (a categorical's have one token) and averages each estimator's loss over them. An [`Engine`]
//! says how that is differentiated: libtorch does it, or coefficients are pulled back. Both take the same draws, so that they agree up
//! to rounding.

#[cfg(feature = "libtorch")]
mod autograd;
mod draw;
mod measured;
mod score;
mod trials;

pub use measured::{Measured, MeasuredRow};
pub use trials::{Trials, most_trials};

use super::Engine;
use crate::estimator::expr::Expr;
use crate::policy::{Problem, Softmax};
use crate::theory::softmax::Tables;
pub(crate) use draw::{Draw, Sequences};

/// What trials are of.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// Who is trained, against whom, and who draws.
    pub problem: &'a Problem<Softmax>,
    /// The loss of a sequence, of each estimator.
    pub losses: &'a [Expr],
    /// By what the losses are multiplied.
    pub factor: f64,
    /// Sequences in a trial.
    pub sample_size: usize,
    /// Of the random numbers.
    pub seed: i64,
}

impl Task<'_> {
    /// The gradients of one trial: of each loss, averaged over the samples of the trial, with respect to all logits.
    ///
    /// ```
    /// use klgrad::engine::Engine;
    /// use klgrad::engine::softmax::Task;
    /// use klgrad::estimator::expr::Expr;
    /// use klgrad::policy::{Problem, Softmax};
    ///
    /// let policy = Softmax::categorical(vec![0.0, 1.0, 2.0]).unwrap();
    /// let problem = Problem::on_policy(policy.clone(), policy);
    /// let task = Task { problem: &problem, losses: &[Expr::log_prob()], factor: 1.0, sample_size: 1, seed: 42 };
    /// // The score of the token that was drawn: 1 less its probability, and 0 less those of the others.
    /// let score = &task.gradients(Engine::Score, 0)[0];
    /// assert!(score.iter().sum::<f64>().abs() < 1e-15 && score.iter().filter(|part| **part > 0.0).count() == 1);
    /// ```
    pub fn gradients(&self, engine: Engine, trial: u64) -> Vec<Vec<f64>> {
        let tables = Tables::of(self.problem);
        let draw = Draw::new(&self.problem.behaviour, &tables.behaviour);
        self.gradients_of(engine, &tables, &draw.sequences(self.sample_size, self.seed, trial))
    }

    /// The same of what has been drawn.
    pub(crate) fn gradients_of(&self, engine: Engine, tables: &Tables, drawn: &Sequences) -> Vec<Vec<f64>> {
        route(engine, self.losses, self, tables).gradients(drawn)
    }
}

/// How the losses of a trial are differentiated.
trait Route: Sync {
    /// The gradient of each loss, averaged over what was drawn, with respect to all logits.
    fn gradients(&self, drawn: &draw::Sequences) -> Vec<Vec<f64>>;
}

fn route<'a>(engine: Engine, losses: &'a [Expr], task: &Task<'a>, tables: &'a Tables) -> Box<dyn Route + 'a> {
    match engine {
        Engine::Score => Box::new(score::Score::new(losses, task.factor, tables)),
        #[cfg(feature = "libtorch")]
        Engine::Autograd => Box::new(autograd::Autograd::new(losses, task, tables)),
        #[cfg(not(feature = "libtorch"))]
        Engine::Autograd => panic!("{engine} needs libtorch, which this klgrad was built without"),
    }
}
