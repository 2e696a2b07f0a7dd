//! Theory of softmax policies: one token of a vocabulary, or a sequence of tokens.

mod aggregate;
mod block;
mod enumeration;
mod measures;
mod moments;
mod row;
mod sent;
mod square;
mod sums;
mod tables;
mod target;
mod visits;
mod vocabulary_sums;

pub use aggregate::Aggregate;
pub use measures::Measures;
pub use moments::Moments;
pub use row::{MOST_SEQUENCES, Row, Source, Theory, is_enumerable, parts, theory};
pub use tables::Tables;
pub use target::Target;
pub use visits::{Visits, kl};

#[cfg(test)]
mod tests;
