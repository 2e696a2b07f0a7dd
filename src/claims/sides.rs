//! The numbers that the sides of the equations are made of. Gradients are in units of 1 / sigma, and all else is a pure
//! number, so that none depends on the unit of x.

use super::difference::slope_of;
use crate::estimator::expr::{Expr, Steps, Tape};
use crate::estimator::{Divergence, Parameter, Table};
use crate::policy::{Normal, Problem};
use crate::theory::quadrature::{self, Factor};
use crate::theory::{self, Known, Moment};

fn parsed(text: &str) -> Expr {
    Expr::parse(text, &Table).expect("the sides are well-formed")
}

/// The gradient of KL(pi_theta||pi_ref).
pub fn forward(parameter: Parameter, problem: &Problem) -> Known {
    let gradient = kl_gradient(Divergence::Forward, parameter, problem);
    Known::of_terms(gradient, gradient.abs())
}

/// The gradient of KL(pi_ref||pi_theta).
pub fn reverse(parameter: Parameter, problem: &Problem) -> Known {
    let gradient = kl_gradient(Divergence::Reverse, parameter, problem);
    let terms = match parameter {
        Parameter::Mu => gradient.abs(),
        Parameter::Sigma => {
            let [sigma, tau] = [problem.policy.sigma(), problem.reference.sigma()];
            ((sigma - tau) / sigma * ((sigma + tau) / sigma)).abs() + (gap(problem) / sigma).powi(2)
        }
    };
    Known::of_terms(gradient, terms)
}

fn kl_gradient(divergence: Divergence, parameter: Parameter, problem: &Problem) -> f64 {
    theory::kl_gradient(divergence, parameter, problem) * problem.policy.sigma()
}

/// KL(pi_ref||pi_theta), the sum of what the widths and what the means make of it.
pub fn reverse_kl(_: Parameter, problem: &Problem) -> Known {
    let [sigma, tau] = [problem.policy.sigma(), problem.reference.sigma()];
    let of_widths = ((tau - sigma) / sigma * ((tau + sigma) / sigma)).abs();
    let terms = of_widths + (tau / sigma).ln().abs() + (gap(problem) / sigma).powi(2);
    Known::of_terms(theory::kl(Divergence::Reverse, problem), terms)
}

/// mu - m, which is exact but for one rounding, however large the means are.
fn gap(problem: &Problem) -> f64 {
    problem.policy.mu() - problem.reference.mu()
}

/// E\[s value\].
pub fn mean(value: &str, parameter: Parameter, problem: &Problem) -> Known {
    quadrature::expectation(problem, &parsed(value), Factor::Score(parameter))
}

/// E\[value\].
pub fn expectation(value: &str, problem: &Problem) -> Known {
    quadrature::expectation(problem, &parsed(value), Factor::One)
}

/// E_ref\[value\], directly under pi_ref, not by weights.
pub fn expectation_under_ref(value: &str, problem: &Problem) -> Known {
    quadrature::expectation(&under_ref(problem), &parsed(value), Factor::One)
}

/// E_ref\[s value\].
pub fn mean_under_ref(value: &str, parameter: Parameter, problem: &Problem) -> Known {
    quadrature::expectation(&under_ref(problem), &parsed(value), Factor::Score(parameter))
}

fn under_ref(problem: &Problem) -> Problem {
    Problem { behaviour: problem.reference, ..*problem }
}

/// E\[grad K\].
pub fn gradient(value: &str, parameter: Parameter, problem: &Problem) -> Known {
    quadrature::mean_gradient(problem, &parsed(value), parameter)
}

/// E\[s K\] + E\[grad K\].
pub fn split(value: &str, parameter: Parameter, problem: &Problem) -> Known {
    mean(value, parameter, problem).plus(gradient(value, parameter, problem))
}

/// grad E\[K\], by finite differences of the exact E\[K\].
pub fn slope(value: &str, parameter: Parameter, problem: &Problem) -> Known {
    let value = parsed(value);
    let [sigma, tau] = [problem.policy.sigma(), problem.reference.sigma()];
    // E[K] is a polynomial in (mu - m) / tau, whatever the step.
    let scale = if parameter == Parameter::Mu { sigma.max(tau) } else { sigma };
    let at = |step: f64| {
        let moved = moved(problem, parameter, step * scale);
        moved.map(|moved| quadrature::expectation(&moved, &value, Factor::One))
    };
    slope_of(at, rounding_of_move(parameter, scale, problem)).times(sigma / scale)
}

/// pi_theta elsewhere, and pi_ref at 0: only the gap of the means counts. None where that is beyond floats.
fn moved(problem: &Problem, parameter: Parameter, by: f64) -> Option<Problem> {
    let policy = match parameter {
        Parameter::Mu => Normal::new(gap(problem) + by, problem.policy.sigma()),
        Parameter::Sigma => Normal::new(gap(problem), problem.policy.sigma() + by),
    };
    Some(Problem::on_policy(policy?, Normal::new(0.0, problem.reference.sigma())?))
}

/// By how many scales a parameter that has moved may be beside where it should be.
fn rounding_of_move(parameter: Parameter, scale: f64, problem: &Problem) -> f64 {
    let size = if parameter == Parameter::Mu { gap(problem).abs() } else { problem.policy.sigma() };
    f64::EPSILON * size / scale
}

/// z of the sample at which gradients are compared without an expectation.
const SAMPLE: f64 = 1.5;

/// value s at the sample.
pub fn at_sample(value: &str, parameter: Parameter, problem: &Problem) -> Known {
    let score = match parameter {
        Parameter::Mu => SAMPLE,
        Parameter::Sigma => SAMPLE.powi(2) - 1.0,
    };
    value_at(&parsed(value), problem, SAMPLE).times(score)
}

/// The slope of the value K at the sample, which stays where it is, by finite differences.
pub fn slope_at(value: &str, parameter: Parameter, problem: &Problem) -> Known {
    let value = parsed(value);
    let sigma = problem.policy.sigma();
    let at = |step: f64| {
        let z = match parameter {
            Parameter::Mu => SAMPLE - step,
            Parameter::Sigma => SAMPLE / (1.0 + step),
        };
        moved(problem, parameter, step * sigma).map(|moved| value_at(&value, &moved, z))
    };
    slope_of(at, rounding_of_move(parameter, sigma, problem))
}

/// The value at the sample x = mu + z sigma. It is off by its own rounding, and by what that of D makes of it, whose terms
/// are half the squares of z and of (x - m) / tau, and log(sigma / tau).
fn value_at(value: &Expr, problem: &Problem, z: f64) -> Known {
    let [sigma, tau] = [problem.policy.sigma(), problem.reference.sigma()];
    let terms = (z * z + ((z * sigma + gap(problem)) / tau).powi(2)) / 2.0 + (sigma / tau).ln().abs();
    let [log_prob, log_ratio, log_rho] = problem.logs().at(z).map(|log| [log]);
    let mut tape = Tape::new(std::slice::from_ref(value));
    let mut evaluated = tape.evaluate(Steps::samples(&log_prob, &log_ratio, &log_rho));
    let slope = evaluated.coefficients(0)[0];
    let value = evaluated.values(0)[0];
    Known::of_terms(value, value.abs() + slope.abs() * terms)
}

/// E\[s_i^2 D^p\] / E\[s_i^2\].
pub fn lambda(power: &str, parameter: Parameter, problem: &Problem) -> Known {
    let over = |value: &str| weighted(&parsed(value), parameter, problem);
    over(power).over(over("1"))
}

/// E\[|s|^2 D^p\] / E\[|s|^2\].
pub fn shared_lambda(power: &str, problem: &Problem) -> Known {
    let over = |value: &str| weighted_by_norm(&parsed(value), problem);
    over(power).over(over("1"))
}

fn weighted(value: &Expr, parameter: Parameter, problem: &Problem) -> Known {
    quadrature::expectation(problem, value, Factor::SquaredScore(parameter))
}

fn weighted_by_norm(value: &Expr, problem: &Problem) -> Known {
    weighted(value, Parameter::Mu, problem).plus(weighted(value, Parameter::Sigma, problem))
}

/// The lambda at which E\[s_i^2 (D - lambda)^2\] is least.
pub fn best_of_component(parameter: Parameter, problem: &Problem) -> Known {
    vertex(size_of_log_ratio(problem), |lambda| weighted(&squared_less(lambda), parameter, problem))
}

/// The lambda at which E\[|s|^2 (D - lambda)^2\] is least.
pub fn best_of_all(_: Parameter, problem: &Problem) -> Known {
    vertex(size_of_log_ratio(problem), |lambda| weighted_by_norm(&squared_less(lambda), problem))
}

/// (D - lambda)^2
fn squared_less(lambda: f64) -> Expr {
    (Expr::log_ratio() - lambda).pow(2.0)
}

/// E\[grad (D - lambda_i)^2 / 2\], lambda_i as printed.
pub fn gradient_with_lambda(parameter: Parameter, problem: &Problem) -> Known {
    match lambda("D^2", parameter, problem).value {
        Moment::Finite(lambda) => quadrature::mean_gradient(problem, &(squared_less(lambda) / 2.0), parameter),
        other => Known::without_value(other),
    }
}

/// Where a parabola has its vertex, from its values at 0 and at `step` on either side.
fn vertex(step: f64, parabola: impl Fn(f64) -> Known) -> Known {
    let [left, middle, right] = [-step, 0.0, step].map(parabola);
    let curvature = left.plus(middle.times(-2.0)).plus(right);
    left.plus(right.times(-1.0)).over(curvature).times(step / 2.0)
}

/// The root mean square of D, where it is not 0: a step of this size changes a mean square by as much as it is.
fn size_of_log_ratio(problem: &Problem) -> f64 {
    let square = expectation("D^2", problem).value.finite();
    square.map(f64::sqrt).filter(|size| *size > 0.0).unwrap_or(1.0)
}
