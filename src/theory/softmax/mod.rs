//! Theory of softmax policies: one token of a vocabulary, or a sequence of tokens.
//!
//! Gradients are vectors over all logits. With g the expectation of an estimator's, it is held against G, the gradient of
//! KL(theta||ref) of the whole sequence, and against L, the local one: see [`Target`].
//!
//! ```
//! use klgrad::estimator::Estimator;
//! use klgrad::pair::Made;
//! use klgrad::theory::softmax::{Aggregate, theory};
//! use std::num::NonZeroUsize;
//!
//! // Sequences of at most 5 tokens of a vocabulary of 6, 0.05 nat a token from the reference.
//! let made = Made { vocabulary: 6, kl: 0.05, old_kl: None, max_length: Some(5), seed: 1 };
//! let problem = made.problem()?;
//! let estimators = ["k2", "k1_to_go"].map(|name| Estimator::named(name).expect("it is in the table"));
//! let exact = theory(&estimators, &problem, Aggregate::TokenSum, NonZeroUsize::MIN, &|| ());
//! let [k2, to_go] = &exact.rows(&estimators, &problem)[..] else { panic!("a row for each estimator") };
//! // The first follows the next token's divergence, the second that of the whole sequence.
//! assert!(k2.relative_bias_local < Some(1e-9) && k2.relative_bias > Some(0.1));
//! assert!(to_go.relative_bias < Some(1e-9));
//! # Ok::<(), klgrad::experiment::InvalidSetting>(())
//! ```

mod additive;
mod aggregate;
mod block;
mod enumeration;
mod expected;
mod level;
mod measures;
mod moments;
mod row;
mod samples;
mod sent;
mod square;
mod sums;
mod tables;
mod target;
mod visits;
mod vocabulary_sums;

pub use aggregate::Aggregate;
pub(crate) use block::{Block, Drawn};
pub(crate) use expected::expected;
pub use level::Level;
pub(crate) use level::small_pair;
pub use measures::Measures;
pub use moments::Moments;
pub use row::{MOST_SEQUENCES, Row, Source, Theory, is_enumerable, parts, theory};
pub(crate) use samples::gradients_of_samples;
pub(crate) use sent::Sent;
pub(crate) use sums::Sums;
pub use tables::Tables;
pub(crate) use tables::{distance, dot};
pub use target::Target;
pub use visits::{Visits, kl};
pub(crate) use visits::{positions, probabilities};
pub(crate) use vocabulary_sums::VocabularySums;

#[cfg(test)]
mod tests;
