//! The distributions that policies are.

mod normal;

pub use normal::{Normal, kl_divergence};
