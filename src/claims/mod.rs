//! The article's equations, both sides of each as numbers.

mod equations;
mod sides;

use crate::estimator::{Estimator, Parameter};
use crate::experiment::Settings;
use crate::published;
use crate::theory::{self, Moment};
use equations::{EQUATIONS, Equation, Relation, Side};
use serde::{Serialize, Serializer};
use std::fmt;

/// An equation at some settings, for one parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// A short name.
    pub claim: &'static str,
    /// The equation as the article prints it, in this program's notation: E is the expectation under pi_theta, E_ref that
    /// under pi_ref. Where the article says in words what a formula is for (the best lambda, what the corrected k2
    /// follows), the left-hand side is that.
    pub statement: &'static str,
    /// The parameter; none where the equation is about one number.
    pub parameter: Option<Parameter>,
    /// The left-hand side.
    pub left: Moment,
    /// The right-hand side, literally as printed.
    pub right: Moment,
    /// Whether it holds, to [`TOLERANCE`].
    pub holds: bool,
    /// The equation that holds where the printed one does not.
    pub corrected_statement: Option<&'static str>,
    /// Its right-hand side.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub corrected_right: Option<Moment>,
    /// Whether that one holds.
    pub corrected_holds: Option<bool>,
    /// Which of them the article's experiment agrees with; none where it has measured neither side.
    pub experiment: Option<Agreement>,
}

/// Which equation the article's experiment agrees with, at its own settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// The printed one.
    Printed,
    /// The corrected one.
    Corrected,
    /// None of them.
    Neither,
}

impl fmt::Display for Agreement {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::Printed => "printed",
            Self::Corrected => "corrected",
            Self::Neither => "neither",
        })
    }
}

impl Serialize for Agreement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Two sides are equal where they differ by less than this part of the larger one, or of 1 / sigma: the slopes of
/// expectations, the least exact of the sides, are good to about 1e-11, and to less where the means are more than some
/// hundred standard deviations apart.
pub const TOLERANCE: f64 = 1e-8;

/// A mean of the article's experiment agrees with a number that lies within so many of its standard errors: 5, which a
/// right number misses once in two million times.
pub const STANDARD_ERRORS: f64 = 5.0;

/// Every equation at these settings, for each parameter that it is about.
pub fn claims(settings: &Settings) -> Vec<Claim> {
    EQUATIONS.iter().flat_map(|equation| parameters(equation).iter().map(|&p| claim(equation, p, settings))).collect()
}

fn parameters(equation: &Equation) -> &'static [Parameter] {
    if equation.scalar { &Parameter::ALL[..1] } else { &Parameter::ALL }
}

fn claim(equation: &Equation, parameter: Parameter, settings: &Settings) -> Claim {
    let [left, right] = [equation.left, equation.right].map(|side| side(parameter, settings));
    let floor = match equation.relation {
        Relation::Equal => 1.0,
        // What is as good as 0 beside 1 / sigma may still be unequal.
        Relation::Unequal => 1e-5,
    };
    let rounding = |a: f64, b: f64| TOLERANCE * a.abs().max(b.abs()).max(floor / settings.sigma_theta);
    let holds_as_printed = holds(equation.relation, left, right, rounding);
    let corrected = equation.corrected.filter(|_| !holds_as_printed);
    let corrected_right = corrected.map(|(_, right)| right(parameter, settings));
    Claim {
        claim: equation.name,
        statement: equation.statement,
        parameter: (!equation.scalar).then_some(parameter),
        left,
        right,
        holds: holds_as_printed,
        corrected_statement: corrected.map(|(statement, _)| statement),
        corrected_right,
        corrected_holds: corrected_right.map(|right| holds(Relation::Equal, left, right, rounding)),
        experiment: experiment(equation, parameter),
    }
}

/// What is infinite or beyond floats equals nothing, and cannot be said to be unequal.
fn holds(relation: Relation, left: Moment, right: Moment, tolerance: impl Fn(f64, f64) -> f64) -> bool {
    let Some((left, right)) = left.finite().zip(right.finite()) else { return false };
    let equal = (left - right).abs() <= tolerance(left, right);
    equal == (relation == Relation::Equal)
}

/// Compares the mean that the article prints with the right-hand sides at its settings.
fn experiment(equation: &Equation, parameter: Parameter) -> Option<Agreement> {
    let name = equation.measured?;
    let mean = Moment::Finite(published::mean_gradient(name, parameter)?);
    let settings = Settings::default();
    let stdev = theory::moments(Estimator::named(name)?, parameter, &settings).variance.finite()?.sqrt();
    let standard_error = stdev / ((settings.sample_size * settings.num_trials) as f64).sqrt();
    let agrees = |relation: Relation, right: Side| {
        holds(relation, mean, right(parameter, &settings), |_, _| STANDARD_ERRORS * standard_error)
    };
    Some(match equation.corrected {
        _ if agrees(equation.relation, equation.right) => Agreement::Printed,
        Some((_, right)) if agrees(Relation::Equal, right) => Agreement::Corrected,
        _ => Agreement::Neither,
    })
}
