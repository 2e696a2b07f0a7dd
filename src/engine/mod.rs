//! Experiment -> gradients, trial by trial and in order.

pub mod autograd;
mod draw;

pub use draw::{LARGEST_BLOCK, block_sizes};
