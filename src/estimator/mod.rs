//! The estimators: a loss for each sample, and what it aims at.
//!
//! An estimator is an expression in the three numbers that a sample carries; see [`expr`] for the language. With the
//! log-ratio D = log pi_theta(x) - log pi_ref(x) and the score s = grad log pi_theta(x), it sends c s to the policy, c its
//! *gradient coefficient*, the derivative of the loss with respect to log pi_theta(x). [`TABLE`] and [`SEQUENCES`] have
//! those with a name.
//!
//! ```
//! use klgrad::estimator::Estimator;
//! use klgrad::estimator::expr::Expr;
//!
//! let named = Estimator::named("k3").unwrap();
//! assert_eq!(named.expression().to_string(), "expm1(-D) + D");
//!
//! // One of your own, as text or in Rust.
//! let parsed: Estimator = "mine = clamp(k3, -10, 10)".parse().unwrap();
//! let d = Expr::log_ratio();
//! let built = Estimator::new("mine", ((-&d).expm1() + &d).clamp(-10.0, 10.0)).unwrap();
//! assert_eq!(parsed, built);
//! ```

mod baseline;
mod definition;
pub mod expr;
mod sequences;
mod table;
mod target;

pub use baseline::{Baseline, Draw, Weight, WeightedMean};
pub use definition::InvalidDefinition;
pub use sequences::SEQUENCES;
pub use table::{ARTICLES, Row, TABLE, Table};
pub use target::{Divergence, Parameter};

use expr::Expr;

/// The loss of a sample, under a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimator {
    name: String,
    expression: Expr,
    aim: Divergence,
    baseline: Option<Baseline>,
}

impl Estimator {
    /// An estimator of your own. It is held against the gradient of KL(pi_theta||pi_ref).
    ///
    /// # Errors
    /// The name has other characters than letters, digits, `_`, `-` and `.`, or stands for something else; or the expression
    /// is no loss, see [`Expr::check`].
    pub fn new(name: &str, expression: Expr) -> Result<Self, InvalidDefinition> {
        definition::check_name(name)?;
        expression.check().map_err(InvalidDefinition::Expression)?;
        Ok(Self { name: name.to_owned(), expression, aim: Divergence::Forward, baseline: None })
    }

    /// A loss of the catalogue, whose name has the characters of options.
    pub(crate) fn of_framework(name: String, expression: Expr) -> Self {
        Self { name, expression, aim: Divergence::Forward, baseline: None }
    }

    /// The estimator of [`TABLE`] or [`SEQUENCES`] that has this name.
    pub fn named(name: &str) -> Option<Self> {
        Row::named(name).map(Row::estimator)
    }

    /// Every estimator of [`TABLE`], which single samples of any policy can have.
    pub fn all() -> Vec<Self> {
        TABLE.iter().map(Row::estimator).collect()
    }

    /// Those of [`TABLE`] and [`SEQUENCES`] that tell apart one token of a vocabulary, or tokens of a sequence. A baseline over a
    /// batch has none of them.
    pub fn of_tokens(in_sequences: bool) -> Vec<Self> {
        let rows = Row::all().filter(|row| row.baseline.is_none()).map(Row::estimator);
        rows.filter(|estimator| in_sequences || !estimator.expression.sees_sequences()).collect()
    }

    /// The five that the article's experiment has, in its order.
    pub fn articles() -> Vec<Self> {
        ARTICLES.iter().map(Row::estimator).collect()
    }

    /// The names of [`TABLE`], with commas between them.
    pub fn known() -> String {
        TABLE.map(|row| row.name).join(", ")
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The loss of a sample, without a baseline.
    pub fn expression(&self) -> &Expr {
        &self.expression
    }

    /// The divergence whose gradient it is held against.
    pub fn aim(&self) -> Divergence {
        self.aim
    }

    /// What is subtracted from its gradient coefficient.
    pub fn baseline(&self) -> Option<Baseline> {
        self.baseline
    }

    /// The fewest samples that a trial may have: 2 where each has the others' mean subtracted.
    pub fn fewest_samples(&self) -> usize {
        if self.baseline == Some(Baseline::LeaveOneOut) { 2 } else { 1 }
    }

    /// The loss with a constant subtracted from the gradient coefficient: (c - lambda) s is the gradient of
    /// loss - lambda log pi_theta.
    pub(crate) fn less(&self, lambda: f64) -> Expr {
        &self.expression - lambda * Expr::log_prob()
    }
}
