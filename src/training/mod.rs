//! Where a training ends with each loss, and how it gets there: on policies whose every quantity is exact.

mod judge;
mod optimizer;
mod optimum;
mod recursion;
mod reward;
mod reward_file;
#[cfg(test)]
mod tests;

pub use judge::{Judged, Objective};
pub use optimizer::Optimizer;
pub use optimum::Optimum;
pub use reward::{MadeReward, Reward};
