//! Theory of softmax policies: one token of a vocabulary, or a sequence of tokens.

mod visits;

pub use visits::{Visits, kl};
