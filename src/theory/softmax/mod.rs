//! Theory of softmax policies: one token of a vocabulary, or a sequence of tokens.

mod additive;
mod aggregate;
mod block;
mod enumeration;
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
pub use level::Level;
pub(crate) use level::small_pair;
pub use measures::Measures;
pub use moments::Moments;
pub use row::{MOST_SEQUENCES, Row, Source, Theory, is_enumerable, parts, theory};
pub(crate) use samples::gradients_of_samples;
pub(crate) use sent::Sent;
pub(crate) use sums::Sums;
pub use tables::Tables;
pub(crate) use tables::distance;
pub use target::Target;
pub use visits::{Visits, kl};
pub(crate) use vocabulary_sums::VocabularySums;

#[cfg(test)]
mod tests;
