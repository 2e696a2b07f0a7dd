//! A sequence as a file holds it.

use super::place::{Place, Step};
use super::problem::Kind;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::ControlFlow;

/// Under which policy a log-probability is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The policy that is trained, in its own forward pass.
    Policy,
    /// The trainer's policy before the update.
    Old,
    /// The sampler: what the inference engine says of the tokens that it drew.
    Rollout,
    /// The reference.
    Ref,
}

impl Role {
    /// All of them, in the order of [`Record::log_probs`].
    pub const ALL: [Self; 4] = [Self::Policy, Self::Old, Self::Rollout, Self::Ref];
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.pad(match self {
            Self::Policy => "policy",
            Self::Old => "old",
            Self::Rollout => "rollout",
            Self::Ref => "ref",
        })
    }
}

/// A sequence as a file holds it: padding, sentinels and all.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    /// The log-probability of each token in nats, for each [`Role`] that the file has; what is missing (null) is NaN.
    pub log_probs: [Option<&'a [f64]>; 4],
    /// Whether a token counts; all of them do where the file has no mask.
    pub mask: Option<&'a [bool]>,
    /// The step of training.
    pub step: Step,
    /// What the file calls the sequence, if anything.
    pub name: Option<&'a str>,
    /// The text of each token, if the file has it.
    pub texts: Texts<'a>,
    /// Where it stands; of no token.
    pub place: Place,
}

/// The texts of tokens, which are looked at for a few sequences only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Texts<'a> {
    /// There are none.
    None,
    /// A list of strings, or of other values that are shown as they are, in JSON; it may be the only item of another.
    Json(&'a str),
    /// One by one.
    List(&'a [String]),
}

impl Texts<'_> {
    /// The texts; none where there are none, or they are no list.
    pub fn decode(self) -> Option<Vec<String>> {
        match self {
            Self::None => None,
            Self::List(texts) => Some(texts.to_vec()),
            Self::Json(list) => {
                let mut values: Vec<serde_json::Value> = serde_json::from_str(list).ok()?;
                if let [serde_json::Value::Array(inner)] = &mut values[..] {
                    values = std::mem::take(inner);
                }
                let text = |value| if let serde_json::Value::String(text) = value { text } else { value.to_string() };
                Some(values.into_iter().map(text).collect())
            }
        }
    }
}

/// Takes what readers read; each thread has one of its own.
pub trait Sink: Send {
    /// A sequence. A break ends the reading, on all threads.
    fn take(&mut self, record: &Record) -> ControlFlow<()>;

    /// A part of a file cannot be read; the reason is a sentence without the place, such as `the line is no JSON object`.
    fn unreadable(&mut self, place: Place, reason: String) -> ControlFlow<()>;

    /// Something is odd about a sequence that is taken all the same.
    fn odd(&mut self, _kind: Kind, _place: Place) {}
}
