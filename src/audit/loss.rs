//! The losses that an audit is asked about.

use crate::catalogue::Query;
use crate::estimator::Estimator;
use crate::estimator::expr::Expr;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A loss, under a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Loss {
    /// Its name.
    pub name: String,
    /// Its formula.
    pub expression: Expr,
}

/// Why a loss cannot be computed from log-probabilities of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It has a baseline that is made of scores or of a batch.
    Baseline(String),
    /// It sums over the vocabulary, of which a log has the tokens that were drawn.
    Vocabulary(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Baseline(name) => write!(
                formatter,
                "{name} subtracts a baseline over a batch, of which log-probabilities do not tell; k2, which it is without, would be right"
            ),
            Self::Vocabulary(name) => write!(
                formatter,
                "{name} sums over the whole vocabulary (full), and a log has the tokens that were drawn alone; a loss without full would be right"
            ),
        }
    }
}

impl std::error::Error for Refusal {}

impl Loss {
    /// An estimator's loss.
    ///
    /// # Errors
    /// It needs more than the log-probabilities of the tokens that were drawn.
    pub fn of(estimator: &Estimator) -> Result<Self, Refusal> {
        match estimator.baseline() {
            Some(_) => Err(Refusal::Baseline(estimator.name().to_owned())),
            None => Self::new(estimator.name().to_owned(), estimator.expression().clone()),
        }
    }

    /// The losses of the catalogue's entries that a query finds.
    ///
    /// # Errors
    /// It finds none.
    pub fn of_catalogue(query: &Query) -> Result<Vec<Self>, crate::catalogue::Unknown> {
        let entries = query.find()?;
        Ok(entries.into_iter().map(|entry| Self { name: entry.name(), expression: entry.expression() }).collect())
    }

    /// What is looked at where nothing else is asked for: k1, k2, k3 and k3 clamped.
    pub fn defaults() -> Vec<Self> {
        let named = |name| Estimator::named(name).expect("the table has it");
        ["k1", "k2", "k3", "k3_clamped"].map(|name| Self::of(&named(name)).expect("it sees one token at a time")).into()
    }

    fn new(name: String, expression: Expr) -> Result<Self, Refusal> {
        match expression.sees_vocabulary() {
            true => Err(Refusal::Vocabulary(name)),
            false => Ok(Self { name, expression }),
        }
    }
}

/// A loss as files hold it.
#[derive(Serialize, Deserialize)]
struct Held {
    name: String,
    expression: String,
}

impl Serialize for Loss {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Held { name: self.name.clone(), expression: self.expression.to_string() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Loss {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Held { name, expression } = Held::deserialize(deserializer)?;
        let expression = Expr::parse_loss(&expression, &()).map_err(serde::de::Error::custom)?;
        Self::new(name, expression).map_err(serde::de::Error::custom)
    }
}
