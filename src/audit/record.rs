//! A sequence as a file holds it.

use super::place::{Place, Step};
use serde::{Deserialize, Serialize};
use std::fmt;

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

/// A sequence as a file holds it: padding, sentinels and all. Readers fill the same record again and again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// The log-probability of each token in nats, for each [`Role`] that the file has; what is missing (null) is NaN.
    pub log_probs: [Option<Vec<f64>>; 4],
    /// Whether a token counts; all of them do where the file has no mask.
    pub mask: Option<Vec<bool>>,
    /// The step, where the file tells it.
    pub step: Option<Step>,
    /// What the file calls the sequence, if anything.
    pub name: Option<String>,
    /// The text of each token, if the file has it.
    pub texts: Option<Vec<String>>,
    /// Where it stands; of no token.
    pub place: Option<Place>,
}
