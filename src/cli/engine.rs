//! The argument for the route to the gradients.

use crate::command::{Usage, needs_libtorch};
use clap::ValueEnum;
use klgrad::engine::Engine;

#[derive(Clone, Copy, ValueEnum)]
pub enum EngineArg {
    /// libtorch differentiates each estimator, as the article does; not in a klgrad that was built without
    Autograd,
    /// The gradient coefficient times the score, averaged in one pass: the same up to rounding, and many times faster
    Score,
}

impl EngineArg {
    /// The engine, where this klgrad has it.
    pub fn engine(self) -> Result<Engine, Usage> {
        let engine = match self {
            Self::Autograd => Engine::Autograd,
            Self::Score => Engine::Score,
        };
        if Engine::ALL.contains(&engine) { Ok(engine) } else { Err(needs_libtorch(&format!("--engine {engine}"))) }
    }
}
