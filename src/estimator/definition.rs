//! Estimators as expressions: those of the table by their names, and those that a user defines.

use super::ESTIMATORS;
use super::expr::{self, Expr, Names, is_reserved};
use std::fmt;
use std::str::FromStr;

/// The estimators of the table as names within an expression: `k2 - sg(k2) + sg(k3)`.
#[derive(Clone, Copy, Debug)]
pub struct Table;

impl Names for Table {
    fn find(&self, name: &str) -> Option<Expr> {
        let estimator = ESTIMATORS.iter().find(|estimator| estimator.name == name && estimator.baseline.is_none())?;
        Some(Expr::parse(estimator.expression, self).expect("the table's expressions are well-formed"))
    }

    fn all(&self) -> Vec<String> {
        let by_name = ESTIMATORS.iter().filter(|estimator| estimator.baseline.is_none());
        by_name.map(|estimator| estimator.name.to_owned()).collect()
    }

    fn refusal(&self, name: &str) -> Option<String> {
        let has_baseline = |estimator: &&super::Estimator| estimator.name == name && estimator.baseline.is_some();
        let reason = "its baseline is a mean over all samples of a trial, and an expression sees one sample";
        ESTIMATORS.iter().find(has_baseline).map(|_| reason.to_owned())
    }
}

/// An estimator that a user defines, by `NAME = EXPRESSION`.
///
/// ```
/// use klgrad::estimator::Definition;
///
/// let mine: Definition = "mine = clamp(k3, -10, 10)".parse().unwrap();
/// assert_eq!((mine.name(), mine.text()), ("mine", "clamp(k3, -10, 10)"));
/// let taken = "k3 = D".parse::<Definition>().unwrap_err();
/// assert_eq!(taken.to_string(), "the name `k3` is taken; another one would be right");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    name: String,
    text: String,
    expression: Expr,
}

/// Why a text defines no estimator.
#[derive(Clone, Debug, PartialEq)]
pub enum InvalidDefinition {
    /// There is no `=` between a name and an expression.
    NoName,
    /// The name has other characters than letters, digits, `_`, `-` and `.`.
    BadName(String),
    /// The name stands for something else.
    Taken(String),
    /// What stands behind the `=` is no loss.
    Expression(expr::Error),
}

impl fmt::Display for InvalidDefinition {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::NoName => formatter.write_str("NAME = EXPRESSION would be right, such as mine = clamp(k3, -10, 10)"),
            Self::BadName(name) => write!(
                formatter,
                "the name {name:?} has to have one character or more, all of them letters from a to z, digits, or _ - ."
            ),
            Self::Taken(name) => write!(formatter, "the name `{name}` is taken; another one would be right"),
            Self::Expression(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for InvalidDefinition {}

impl FromStr for Definition {
    type Err = InvalidDefinition;

    fn from_str(definition: &str) -> Result<Self, InvalidDefinition> {
        let (name, text) = definition.split_once('=').ok_or(InvalidDefinition::NoName)?;
        let (name, text) = (name.trim().to_owned(), text.trim().to_owned());
        let fits = |character: char| character.is_ascii_alphanumeric() || "_-.".contains(character);
        if name.is_empty() || !name.chars().all(fits) {
            return Err(InvalidDefinition::BadName(name));
        }
        if is_reserved(&name) || ESTIMATORS.iter().any(|estimator| estimator.name == name) {
            return Err(InvalidDefinition::Taken(name));
        }
        let expression = Expr::parse_loss(&text, &Table).map_err(InvalidDefinition::Expression)?;
        Ok(Self { name, text, expression })
    }
}

impl Definition {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The expression as the user has written it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The loss of a sample.
    pub fn expression(&self) -> &Expr {
        &self.expression
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimator::expr::{Steps, Tape};

    /// The column of gradient coefficients, written by hand, against the expressions differentiated.
    #[test]
    fn every_expression_of_the_table_has_the_coefficient_of_its_row() {
        let log_ratios: Vec<f64> = (-40..=40).map(|tenth| f64::from(tenth) / 8.0).collect();
        let log_probs = vec![-1.5; log_ratios.len()];
        let zeros = vec![0.0; log_ratios.len()];
        for estimator in &ESTIMATORS {
            let expression = Expr::parse_loss(estimator.expression, &Table).unwrap();
            let mut tape = Tape::new(&[expression]);
            let mut block = tape.evaluate(Steps::samples(&log_probs, &log_ratios, &zeros));
            for (&d, c) in log_ratios.iter().zip(block.coefficients(0)) {
                let expected = estimator.coefficient_at(d);
                // A few roundings of terms no larger than (1 + |D| + D^2) max(1, r).
                let size = (1.0 + d.abs() + d * d) * (-d).exp().max(1.0);
                assert!((c - expected).abs() <= 8.0 * f64::EPSILON * size, "{}, D = {d}: {c}", estimator.name);
            }
        }
    }

    #[test]
    fn a_definition_may_use_the_table_but_no_baseline() {
        let coefficient = |text: &str| {
            let definition: Definition = text.parse().unwrap();
            let mut tape = Tape::new(&[definition.expression().clone()]);
            tape.evaluate(Steps::samples(&[-1.0], &[0.5], &[0.0])).coefficients(0)[0]
        };
        assert_eq!(coefficient("a-1.b = k2 - sg(k2) + sg(k3)"), 0.5, "the gradient of k2");
        assert_eq!(coefficient("in_reward = reward(k3)"), coefficient("named = k3_in_reward"));
        let refusal = |text: &str| text.parse::<Definition>().unwrap_err().to_string();
        assert!(refusal("x = k2_lambda").contains("its baseline is a mean over all samples"));
        assert!(
            refusal("x = clmap(k3, -1, 1)").contains("did you mean `clamp`?"),
            "{}",
            refusal("x = clmap(k3, -1, 1)")
        );
        assert!(refusal("x = sg(k3)").contains("reward(k3)"), "{}", refusal("x = sg(k3)"));
        for (text, words) in [
            ("clamp(k3, -10, 10)", "NAME = EXPRESSION would be right"),
            (" = D", "one character or more"),
            ("ü = D", "one character or more"),
            ("rho = D", "is taken"),
            ("k2_lambda = D", "is taken"),
        ] {
            assert!(refusal(text).contains(words), "{text}: {}", refusal(text));
        }
    }
}
