//! The field's catalogue: the KL terms that the frameworks of reinforcement learning ship.
//!
//! `frameworks.csv` beside this module has a line for each value of an option that yields a KL term, read in the framework's
//! source at the commit that it names. What a term follows and where it is dead are computed from its loss, never typed in:
//! see [`crate::explain`].
//!
//! | column | content |
//! |---|---|
//! | `framework`, `option`, `value` | exact names; `a; b` joins options that act together, with their values in the same order; <code>x\|y</code> are aliases, or values with the same term |
//! | `default` | `yes` where it is the code's default for that option |
//! | `enabled_by_default` | `yes` where a KL term of this placement is on without any setting |
//! | `placement` | `loss` (differentiated), `reward` (enters the advantage), `distillation` (the reference is a teacher) |
//! | `loss` | the term of a token in the language of [`crate::estimator::expr`], without its coefficient |
//! | `aggregate` | `token-mean`, `token-sum`, `sequence-mean`, `sequence-sum`, or `depends`, where the remark names the option |
//! | `source`, `commit`, `date` | repository and path:line; commit or released tag, and its date |
//! | `remark` | a trap, or history |
//!
//! A penalty in the reward is written as the loss whose gradient it sends: `sg(v) * rho` for the penalty v of a token,
//! `sg(after(v)) * rho` where it enters a return-to-go.
//!
//! # Example
//!
//! ```
//! use klgrad::catalogue::{Query, entries};
//!
//! let query: Query = "trl:kl_estimator=k3".parse().unwrap();
//! let found = query.find().unwrap();
//! assert_eq!(found[0].name(), "trl:PPOConfig.kl_estimator=k3");
//! assert!(found[0].is_default() == false && entries().len() > found.len());
//! ```

mod figure;
mod listed;
mod page;
mod query;

pub use figure::draw;
pub use listed::{Listed, ListedLine, listed};
pub use page::{Line, Page, pages};
pub use query::{Query, Unknown, framework, frameworks_with};

use crate::estimator::expr::{Error, Expr};
use crate::estimator::{Estimator, Table};
use serde::Deserialize;
use std::fmt;
use std::sync::LazyLock;

/// A KL term of a framework.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Entry {
    /// The framework.
    pub framework: String,
    /// The option, or several that act together, `a; b`.
    pub option: String,
    /// Its value, or theirs in the same order; aliases with `|` between them.
    pub value: String,
    default: Answer,
    enabled_by_default: Answer,
    /// Where the term acts.
    pub placement: Placement,
    /// The term of a token, in the language of [`crate::estimator::expr`].
    pub loss: String,
    /// How the terms of tokens are made one.
    pub aggregate: String,
    /// Repository and path:line.
    pub source: String,
    /// The commit that was read, or the tag of a release.
    pub commit: String,
    /// The date of that.
    pub date: String,
    /// A trap, or history.
    pub remark: String,
}

/// Where a term acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Placement {
    /// It is differentiated.
    Loss,
    /// It enters the advantage.
    Reward,
    /// The reference is a teacher.
    Distillation,
}

impl fmt::Display for Placement {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.pad(match self {
            Self::Loss => "loss",
            Self::Reward => "reward",
            Self::Distillation => "distillation",
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Yes,
    No,
}

impl Entry {
    /// `framework:option=value`.
    pub fn name(&self) -> String {
        format!("{}:{}={}", self.framework, self.option, self.value)
    }

    /// Whether it is the code's default for its option.
    pub fn is_default(&self) -> bool {
        self.default == Answer::Yes
    }

    /// Whether a KL term of this placement is on without any setting.
    pub fn is_enabled_by_default(&self) -> bool {
        self.enabled_by_default == Answer::Yes
    }

    /// Its loss as an estimator, under its name.
    pub fn estimator(&self) -> Estimator {
        Estimator::of_framework(self.name(), self.expression())
    }

    /// Its loss as an expression.
    pub fn expression(&self) -> Expr {
        self.parsed().expect("a test parses the losses of all entries")
    }

    fn parsed(&self) -> Result<Expr, Error> {
        Expr::parse_loss(&self.loss, &Table)
    }
}

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let mut reader = csv::Reader::from_reader(include_str!("frameworks.csv").as_bytes());
    reader.deserialize().collect::<Result<_, _>>().expect("a test reads the file that is compiled in")
});

/// All entries, in the order of the file: framework by framework.
pub fn entries() -> &'static [Entry] {
    &ENTRIES
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_line_of_the_file_is_an_entry_with_a_loss() {
        let lines = include_str!("frameworks.csv").lines().count() - 1;
        assert_eq!(entries().len(), lines);
        for entry in entries() {
            assert!(entry.parsed().is_ok(), "{}: {:?}", entry.name(), entry.parsed());
            for field in [&entry.framework, &entry.option, &entry.value, &entry.source, &entry.commit, &entry.date] {
                assert!(!field.trim().is_empty() && field.trim() == field, "{entry:?}");
            }
            assert!(entry.remark.chars().count() <= 160, "{}", entry.name());
        }
    }

    #[test]
    fn a_value_of_an_option_stands_once() {
        let names: HashSet<String> = entries().iter().map(|entry| entry.name().to_lowercase()).collect();
        assert_eq!(names.len(), entries().len());
    }

    #[test]
    fn values_have_as_many_parts_as_their_options() {
        for entry in entries() {
            let parts = |text: &str| text.split("; ").count();
            assert_eq!(parts(&entry.option), parts(&entry.value), "{}", entry.name());
        }
    }
}
