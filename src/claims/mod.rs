//! The article's equations, both sides of each as numbers.

mod coincidence;
mod difference;
mod equations;
mod penalties;
mod sides;
mod verdict;

pub use coincidence::Coincidence;
pub use verdict::TOLERANCE;

use crate::estimator::{Estimator, Parameter};
use crate::experiment::Run;
use crate::policy::Problem;
use crate::published;
use crate::theory::{self, Known, Moment};
use equations::{EQUATIONS, Equation, Kind, Relation, Side};
use penalties::penalties;
use serde::{Serialize, Serializer};
use std::fmt;
use verdict::{least, verdict};

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
    /// Whether it holds, as far as its sides are known. None is unresolved: rounding drowns what would tell.
    pub holds: Option<bool>,
    /// The equation that holds where the printed one may not.
    pub corrected_statement: Option<&'static str>,
    /// Its right-hand side.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub corrected_right: Option<Moment>,
    /// Whether that one holds; none where it is unresolved, or there is none.
    pub corrected_holds: Option<bool>,
    /// Which of them the article's experiment agrees with; none where it has measured neither side.
    pub experiment: Option<Agreement>,
    /// Why both sides of an inequality are exactly equal at these settings. It does not hold then, which is no error of the
    /// article.
    pub equal_because: Option<Coincidence>,
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

/// A mean of the article's experiment agrees with a number that lies within so many of its standard errors: 5, which a
/// right number misses once in two million times.
pub const STANDARD_ERRORS: f64 = 5.0;

/// Every equation for a policy and a reference, for each parameter that it is about. The policy draws the samples itself,
/// whoever else may draw them in the problem. The last ones are of small softmax policies, which are always the same: whether
/// k2 in the loss and k1 in the reward send the same gradient, sample by sample, and how far apart any other two of k1, k2 and
/// k3 are.
///
/// Each side carries how well it is known: to the rounding of the terms that it is made of, and of finite differences to
/// their truncation. The sides of an equation that holds differ by less than that, which has to be less than [`TOLERANCE`] of
/// them; those of an inequality by more. Nothing depends on the unit of x.
///
/// ```
/// use klgrad::claims::claims;
/// use klgrad::policy::{Normal, Problem};
///
/// let wrong = claims(&Problem::default()).iter().filter(|claim| claim.holds == Some(false)).count();
/// assert_eq!(wrong, 7, "three equations for two parameters, and one");
///
/// // 1e8 standard deviations apart D has 16 digits before its point, and E[D s] none behind it.
/// let normal = |mu| Normal::new(mu, 1.0).expect("the standard deviation is positive");
/// let far = claims(&Problem::on_policy(normal(0.0), normal(1e8)));
/// let holds: Vec<_> = far.iter().filter(|claim| claim.claim == "k2 is KL").map(|claim| claim.holds).collect();
/// assert_eq!(holds, [Some(true), None], "E[D s] is 1e8 with respect to mu, and 0 with respect to sigma");
/// ```
pub fn claims(problem: &Problem) -> Vec<Claim> {
    let problem = Problem::on_policy(problem.policy, problem.reference);
    let of_normals =
        EQUATIONS.iter().flat_map(|equation| parameters(equation).iter().map(|&p| claim(equation, p, &problem)));
    of_normals.chain(penalties()).collect()
}

fn parameters(equation: &Equation) -> &'static [Parameter] {
    match equation.kind {
        Kind::Gradient | Kind::Component => &Parameter::ALL,
        Kind::Scalar => &Parameter::ALL[..1],
    }
}

fn claim(equation: &Equation, parameter: Parameter, problem: &Problem) -> Claim {
    let [left, right] = [equation.left, equation.right].map(|side| side(parameter, problem));
    let least = least(equation.kind, parameter, problem);
    let equal_because = (equation.equal_where)(parameter).iter().copied().find(|both| both.is_there(problem));
    let holds = match equal_because {
        Some(_) => Some(false),
        None => verdict(equation.relation, left, right, least),
    };
    let corrected = equation.corrected.filter(|_| holds != Some(true));
    let corrected_right = corrected.map(|(_, right)| right(parameter, problem));
    let in_unit_of_x = |side: Known| match equation.kind {
        Kind::Gradient => side.value.map(|gradient| gradient / problem.policy.sigma()),
        Kind::Component | Kind::Scalar => side.value,
    };
    Claim {
        claim: equation.name,
        statement: equation.statement,
        parameter: (equation.kind != Kind::Scalar).then_some(parameter),
        left: in_unit_of_x(left),
        right: in_unit_of_x(right),
        holds,
        corrected_statement: corrected.map(|(statement, _)| statement),
        corrected_right: corrected_right.map(in_unit_of_x),
        corrected_holds: corrected_right.and_then(|right| verdict(Relation::Equal, left, right, least)),
        experiment: experiment(equation, parameter),
        equal_because,
    }
}

/// Compares the mean that the article prints with the right-hand sides at its settings.
fn experiment(equation: &Equation, parameter: Parameter) -> Option<Agreement> {
    let name = equation.measured?;
    let mean = published::mean_gradient(name, parameter)?;
    let (problem, run) = (Problem::default(), Run::default());
    let stdev = theory::moments(&[Estimator::named(name)?], &problem)[0][parameter as usize].variance.finite()?.sqrt();
    let standard_error = stdev / ((run.sample_size * run.num_trials) as f64).sqrt();
    let agrees = |relation: Relation, right: Side| {
        let expected = right(parameter, &problem).value.map(|gradient| gradient / problem.policy.sigma()).finite();
        let differs = expected.is_none_or(|expected| (mean - expected).abs() > STANDARD_ERRORS * standard_error);
        differs == (relation == Relation::Unequal)
    };
    Some(match equation.corrected {
        _ if agrees(equation.relation, equation.right) => Agreement::Printed,
        Some((_, right)) if agrees(Relation::Equal, right) => Agreement::Corrected,
        _ => Agreement::Neither,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By a billionth of 1 / sigma, at the article's settings.
    #[test]
    fn an_equation_made_wrong_on_purpose_is_found() {
        let problem = Problem::default();
        for equation in EQUATIONS.iter().filter(|equation| equation.relation == Relation::Equal) {
            for &parameter in parameters(equation) {
                let right = equation.corrected.map_or(equation.right, |(_, right)| right)(parameter, &problem);
                let left = (equation.left)(parameter, &problem);
                let verdict = |right: Known| verdict(Relation::Equal, left, right, 1.0);
                assert_eq!(verdict(right), Some(true), "{}", equation.name);
                for by in [-1e-9, 1e-9] {
                    let shifted = right.plus(Known::exactly(by));
                    assert_eq!(verdict(shifted), Some(false), "{}: {left:?}, {right:?}", equation.name);
                }
            }
        }
    }
}
