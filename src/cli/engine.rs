//! The argument for the route to the gradients.

use clap::ValueEnum;
use klgrad::engine::Engine;

#[derive(Clone, Copy, ValueEnum)]
pub enum EngineArg {
    /// libtorch differentiates each estimator, as the article does
    Autograd,
    /// The gradient coefficient times the score, averaged in one pass: the same up to rounding, and many times faster
    Score,
}

impl From<EngineArg> for Engine {
    fn from(engine: EngineArg) -> Self {
        match engine {
            EngineArg::Autograd => Self::Autograd,
            EngineArg::Score => Self::Score,
        }
    }
}
