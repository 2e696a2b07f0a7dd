//! Experiment -> gradients, trial by trial and in order: by two routes, from the same samples.
//!
//! [`Engine::Autograd`] differentiates as the article does; [`Engine::Score`] averages gradient coefficient times score, many
//! times faster. They agree up to rounding.

#[cfg(feature = "libtorch")]
mod article;
#[cfg(feature = "libtorch")]
pub mod autograd;
mod blocks;
mod generator;
mod pipeline;
mod run;
pub mod score;
pub mod softmax;
pub mod sums;
mod tape_sums;
mod term_sums;
#[cfg(feature = "libtorch")]
mod torch_draw;
#[cfg(feature = "libtorch")]
mod torch_normal;
mod trial;

pub use generator::Generator;
#[cfg(feature = "libtorch")]
pub use torch_draw::TorchGenerator;
#[cfg(feature = "libtorch")]
pub use torch_normal::{TorchNormal, kl_divergence};

use serde::{Deserialize, Serialize};
use std::fmt;

/// A route to the gradients of an experiment.
///
/// By default libtorch differentiates, where klgrad was built with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// libtorch differentiates.
    #[cfg_attr(feature = "libtorch", default)]
    Autograd,
    /// Gradient coefficient times score.
    #[cfg_attr(not(feature = "libtorch"), default)]
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
    /// Those that this klgrad has, the reference first.
    #[cfg(feature = "libtorch")]
    pub const ALL: [Self; 2] = [Self::Autograd, Self::Score];

    /// Those that this klgrad has, which was built without libtorch.
    #[cfg(not(feature = "libtorch"))]
    pub const ALL: [Self; 1] = [Self::Score];
}
