//! Experiment -> gradients, trial by trial and in order.

pub mod autograd;
mod draw;
mod trial;
