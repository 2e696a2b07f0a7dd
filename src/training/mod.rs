//! What a penalty does in training: where ascent on a reward ends with each loss.

mod ends;

pub use ends::{Answers, End, Ends, InvalidAnswers, Kind, NoBeta};
