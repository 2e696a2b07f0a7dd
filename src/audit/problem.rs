//! What is wrong with the files.

use super::place::Place;
use serde::{Deserialize, Serialize};

/// A kind of what is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A file or a part of it cannot be read; it is left out.
    Unreadable,
    /// The columns of a sequence are not equally long; it is left out.
    LengthsDiffer,
    /// A log-probability is not a number, or missing; the token is left out.
    NotANumber,
    /// A log-probability is -inf, or a number that stands for it, such as -9999; the token is left out.
    Infinite,
    /// A log-probability is 1, which trainers write where there is none; the token is left out.
    Sentinel,
    /// A log-probability is positive; the token is left out.
    Positive,
    /// A log-probability is exactly 0 where another one of the token is not nearly 0; the token is left out.
    Zero,
    /// No token of a sequence counts; it is left out.
    FullyMasked,
    /// A sequence is equal to another one; it is kept.
    Equal,
    /// The reference is equal to the policy at every token.
    ReferenceIsPolicy,
    /// A column fits another one better when it is moved by a token.
    Shifted,
    /// A column was stored in 16 bits.
    Rounded,
    /// There is no mask: every token counts.
    NoMask,
}

/// Something that is wrong, how often, and where first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Problem {
    /// Its kind.
    pub kind: Kind,
    /// A sentence that says what it is and what was done about it.
    pub text: String,
    /// How many tokens or sequences, or of a whole column 1.
    pub count: u64,
    /// The first place, in the natural order of the files.
    pub first: Option<Place>,
}
