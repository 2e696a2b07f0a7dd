//! How biased and how noisy the gradients of estimators are with respect to the parameters of a real language model.
//!
//! The policy draws sequences, or they are given. Both models score each once; each loss is differentiated with respect to all
//! parameters of the policy by one backward pass of its own, which starts from what the loss sends to log pi_theta of each token. Of
//! the gradients only sums and inner products are kept, from which the noise of the samples is taken out: see [`Row`] and [`Targets`].

mod described;
mod draw;
mod estimate;
mod figure;
mod gradient;
mod lines;
mod logs;
mod losses;
mod memory;
mod products;
mod prompts;
mod row;
mod run;
mod saved;
mod sent;
mod sequence;
mod sketch;
mod sums;
mod vocabulary;

pub use described::{Origin, Run};
pub use draw::Sampling;
pub use estimate::{Measured, Targets};
pub use figure::draw_figure;
pub use memory::{Size, room};
pub use prompts::{Limits, read_prompts, read_samples};
pub use row::{Row, read_rows};
pub use run::{Measurement, Threads};
pub use saved::run_of;
pub use sequence::Sequence;

#[cfg(test)]
mod tests;

use crate::estimator::Estimator;

/// Those that are measured where none are named: the table of the field's usual losses that differ where pi_theta draws.
pub const USUAL: [&str; 12] = [
    "k1",
    "k2",
    "k3",
    "abs",
    "chi2",
    "rho_k1",
    "rho_k2",
    "k1_to_go",
    "k1_whole",
    "k3_to_go",
    "kl_full",
    "kl_full_to_go",
];

/// The estimators of [`USUAL`].
pub fn usual() -> Vec<Estimator> {
    USUAL.iter().map(|name| Estimator::named(name).expect("it is in the table")).collect()
}

/// How far a measurement has come.
#[derive(Debug)]
pub struct State {
    /// All sequences.
    pub sequences: Vec<Sequence>,
    /// log pi_theta and log pi_ref of the tokens of those that are measured.
    pub log_probs: Vec<[Vec<f64>; 2]>,
    sums: sums::Sums,
}
