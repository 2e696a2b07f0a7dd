//! Estimators that a user defines, by `NAME = EXPRESSION`.

use super::expr::{self, Expr, Names, is_reserved};
use super::{Estimator, Row, Table};
use std::fmt;
use std::str::FromStr;

/// Why a text or an expression defines no estimator.
#[derive(Clone, Debug, PartialEq)]
pub enum InvalidDefinition {
    /// There is no `=` between a name and an expression.
    NoName,
    /// The name has other characters than letters, digits, `_`, `-` and `.`.
    BadName(String),
    /// The name stands for something else.
    Taken(String),
    /// The expression is no loss.
    Expression(expr::Error),
}

impl fmt::Display for InvalidDefinition {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::NoName => formatter.write_str("NAME = EXPRESSION would be right, such as mine = clamp(k3, -10, 10)"),
            Self::BadName(name) => write!(
                formatter,
                "the name {name:?} has to have one character or more, all of them letters of ASCII, digits, or _ - ."
            ),
            Self::Taken(name) => write!(formatter, "the name `{name}` is taken; another one would be right"),
            Self::Expression(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for InvalidDefinition {}

impl FromStr for Estimator {
    type Err = InvalidDefinition;

    fn from_str(definition: &str) -> Result<Self, InvalidDefinition> {
        Self::defined(definition, &[])
    }
}

impl Estimator {
    /// The one that `NAME = EXPRESSION` defines, in which the names of others may stand beside those of the table.
    ///
    /// ```
    /// use klgrad::estimator::Estimator;
    ///
    /// let half: Estimator = "half = k3 / 2".parse().unwrap();
    /// let whole = Estimator::defined("whole = 2 * half", &[half]).unwrap();
    /// assert_eq!(whole.expression().to_string(), "2 * ((expm1(-D) + D) / 2)");
    /// ```
    ///
    /// # Errors
    /// As those of [`Estimator::new`]; or the text has no `=`.
    pub fn defined(definition: &str, others: &[Self]) -> Result<Self, InvalidDefinition> {
        let (name, text) = definition.split_once('=').ok_or(InvalidDefinition::NoName)?;
        check_name(name.trim())?;
        let expression = Expr::parse_loss(text.trim(), &WithTable(others)).map_err(InvalidDefinition::Expression)?;
        Self::new(name.trim(), expression)
    }
}

/// Estimators as names within an expression, and those of the table.
struct WithTable<'a>(&'a [Estimator]);

impl WithTable<'_> {
    fn without_baseline(&self) -> impl Iterator<Item = &Estimator> {
        self.0.iter().filter(|estimator| estimator.baseline().is_none())
    }
}

impl Names for WithTable<'_> {
    fn find(&self, name: &str) -> Option<Expr> {
        let of_others = self.without_baseline().find(|estimator| estimator.name() == name);
        of_others.map(|estimator| estimator.expression().clone()).or_else(|| Table.find(name))
    }

    fn all(&self) -> Vec<String> {
        self.without_baseline().map(|estimator| estimator.name().to_owned()).chain(Table.all()).collect()
    }

    fn refusal(&self, name: &str) -> Option<String> {
        Table.refusal(name)
    }
}

pub(super) fn check_name(name: &str) -> Result<(), InvalidDefinition> {
    let fits = |character: char| character.is_ascii_alphanumeric() || "_-.".contains(character);
    if name.is_empty() || !name.chars().all(fits) {
        return Err(InvalidDefinition::BadName(name.to_owned()));
    }
    if is_reserved(name) || Row::named(name).is_some() {
        return Err(InvalidDefinition::Taken(name.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimator::expr::{Steps, Tape};

    #[test]
    fn a_definition_may_use_the_table_but_no_baseline() {
        let coefficient = |text: &str| {
            let definition: Estimator = text.parse().unwrap();
            let mut tape = Tape::new(&[definition.expression().clone()]);
            tape.evaluate(Steps::samples(&[-1.0], &[0.5], &[0.0])).coefficients(0)[0]
        };
        assert_eq!(coefficient("a-1.b = k2 - sg(k2) + sg(k3)"), 0.5, "the gradient of k2");
        assert_eq!(coefficient("in_reward = reward(k3)"), coefficient("named = k3_in_reward"));
        let refusal = |text: &str| text.parse::<Estimator>().unwrap_err().to_string();
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
        let first: Estimator = "first = clamp(k3, -1, 1)".parse().unwrap();
        let second = Estimator::defined("second = 2 * first", std::slice::from_ref(&first)).unwrap();
        assert_eq!(second.expression(), &(2.0 * first.expression()));
        let misspelt = Estimator::defined("second = 2 * frist", &[first]).unwrap_err().to_string();
        assert!(misspelt.contains("did you mean `first`?"), "{misspelt}");
        let constant = Estimator::new("mine", Expr::log_ratio().stop()).unwrap_err();
        assert!(matches!(constant, InvalidDefinition::Expression(_)), "{constant}");
    }
}
