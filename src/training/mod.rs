//! Where a training ends with each loss, and how it gets there: on policies whose every quantity is exact.
//!
//! A policy is trained to maximise E\[R\] - beta KL(theta||ref), by a loss that stands for the divergence. An [`Objective`] says
//! what is wanted and judges every policy without a sample; its [`Optimum`] is what a training may come to at best. A
//! [`Training`] has [`Settings`], and runs with any estimator and seed. [`ends`] says where it stands still, for one token.

mod ascent;
mod described;
mod end_row;
pub mod ends;
mod figure;
mod judge;
mod lambda;
mod loss;
mod optimizer;
mod optimum;
mod rate;
mod recursion;
mod reward;
mod reward_file;
mod rows;
mod run;
mod settings;
mod shown;
mod state;
#[cfg(test)]
mod tests;

pub use described::{Asked, Described, Source};
pub use end_row::{At, EndRow, ends_of};
pub use figure::draw;
pub use judge::{Judged, Objective};
pub use optimizer::Optimizer;
pub use optimum::Optimum;
pub use reward::{MadeReward, Reward};
pub use rows::{Row, read_back};
pub use run::{Divergence, End, Run, Step, Training};
pub use settings::Settings;
pub use shown::{RunPath, Shown};
