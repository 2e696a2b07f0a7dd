//! One expectation, and how well it is known: what the sides of an equation are made of.

use super::super::existence::{Existence, Exists};
use super::super::known::Known;
use super::super::moment::Moment;
use super::super::panels::edges;
use super::super::support::{Support, score};
use super::degree;
use crate::estimator::Parameter;
use crate::estimator::expr::{Expr, Steps, Tape};
use crate::policy::{Logs, Normal, Problem};

/// What a value is multiplied by. The score is in units of 1 / sigma, and so free of the unit of x.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    /// By nothing.
    One,
    /// By the score.
    Score(Parameter),
    /// By the square of the score.
    SquaredScore(Parameter),
}

impl Factor {
    fn at(self, z: f64) -> f64 {
        match self {
            Self::One => 1.0,
            Self::Score(parameter) => score(parameter, z),
            Self::SquaredScore(parameter) => score(parameter, z).powi(2),
        }
    }

    /// Its degree as a polynomial in z.
    fn degree(self) -> f64 {
        match self {
            Self::One => 0.0,
            Self::Score(parameter) => degree(parameter),
            Self::SquaredScore(parameter) => 2.0 * degree(parameter),
        }
    }
}

/// The expectation of a value, times a factor, for a single sample of the policy that draws. It has no value where the
/// distributions are so far from each other, beside their widths, that 64-bit floats do not tell where the integrand is.
///
/// ```
/// use klgrad::estimator::Parameter;
/// use klgrad::estimator::expr::Expr;
/// use klgrad::policy::Problem;
/// use klgrad::theory::quadrature::{Factor, expectation};
///
/// // E[D s] is the gradient of KL(pi_theta||pi_ref), (mu - m) / tau^2, in units of 1 / sigma.
/// let known = expectation(&Problem::default(), &Expr::log_ratio(), Factor::Score(Parameter::Mu));
/// assert!((known.value.finite().unwrap() - -1.0 / (1.1 * 1.1)).abs() <= known.within);
/// assert!(known.within < 1e-13);
/// ```
pub fn expectation(problem: &Problem, value: &Expr, factor: Factor) -> Known {
    // Its gradient coefficient is the value.
    integral(problem, &value.reward(), factor)
}

/// E\[c s\] for the gradient coefficient c of a loss, in units of 1 / sigma.
pub fn mean_gradient(problem: &Problem, loss: &Expr, parameter: Parameter) -> Known {
    integral(problem, loss, Factor::Score(parameter))
}

/// The expectation of a loss's coefficient, times a factor.
fn integral(problem: &Problem, loss: &Expr, factor: Factor) -> Known {
    if is_out_of_sight(problem) {
        return Known::without_value(Moment::Unresolved);
    }
    let logs = problem.logs();
    let shape = loss.shape();
    let edges = edges(std::slice::from_ref(&shape), 1, &logs);
    match Existence::of(loss, &shape, &edges, &logs).integral(factor.degree(), 1.0) {
        Exists::Yes => {}
        Exists::No => return Known::without_value(Moment::Infinite),
        Exists::Unknown => return Known::without_value(Moment::Unresolved),
    }
    let support = Support::new(&edges, &logs);
    let [log_prob, log_ratio, log_rho] = &support.logs;
    let mut tape = Tape::new(std::slice::from_ref(loss));
    let mut evaluated = tape.evaluate(Steps::samples(log_prob, log_ratio, log_rho));
    let coefficients = evaluated.coefficients(0);
    if matches!(factor, Factor::Score(_)) && is_constant(loss, coefficients, problem) {
        // E[s] is 0.
        return Known::exactly(0.0);
    }
    sum(&support, coefficients, loss, factor, &logs)
}

/// Whether a density may lie between two floats, or where rounding places its neighbour, or its width may be lost beside that of
/// another: so narrow, so far from the others. Neither a value is known then, nor whether there is one.
pub(crate) fn is_out_of_sight(problem: &Problem) -> bool {
    let normals = [problem.policy, problem.reference, problem.behaviour];
    let extremes = |of: fn(&Normal) -> f64| {
        let numbers = normals.iter().map(of);
        numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
    };
    let ((left, right), (narrow, wide)) = (extremes(Normal::mu), extremes(Normal::sigma));
    // The squares of the widths are added up in exponents.
    (right - left) / narrow * (wide / narrow) > 1e12 || (wide / narrow).powi(2) > 1e12
}

/// Whether the score is all that varies from sample to sample, which the policy draws itself.
fn is_constant(loss: &Expr, coefficients: &[f64], problem: &Problem) -> bool {
    let is_linear = loss.linear_factors().is_some();
    let all_equal = || coefficients.iter().all(|coefficient| *coefficient == coefficients[0]);
    problem.behaviour == problem.policy && (is_linear || problem.reference == problem.policy && all_equal())
}

/// Each term is off by some roundings: of itself, of the exponents that it is computed from (a density and a ratio are known
/// to the rounding of their logarithms), and of its point. A cancellation within the coefficient is not counted.
fn sum(support: &Support, coefficients: &[f64], loss: &Expr, factor: Factor, logs: &Logs) -> Known {
    let (mut sum, mut terms) = (0.0, 0.0);
    let mut before = None;
    for (point, (&coefficient, &z)) in coefficients.iter().zip(&support.z).enumerate() {
        let [weighted, _] = support.weigh(point, coefficient, loss);
        if weighted == 0.0 {
            continue;
        }
        let term = weighted * factor.at(z);
        let log_weight = support.log_weight[point];
        let log_coefficient = weighted.abs().ln() - log_weight;
        let exponent = log_coefficient + logs.log_density(z);
        let steepness = before.map_or(0.0, |(place, other): (f64, f64)| ((exponent - other) / (z - place)).abs());
        before = Some((z, exponent));
        sum += term;
        terms += term.abs() * (1.0 + log_weight.abs() + log_coefficient.abs() + (z * steepness).abs());
    }
    Known::of_terms(sum, terms)
}
