//! Closed forms of the moments of c s, for c a sum of D^a r^b.

use crate::closed_form::{Term, gradient_moments};
use klgrad::estimator::Parameter;
use klgrad::policy::Problem;
use klgrad::theory::{Moment, Moments};

/// The closed form near equality, where only its series does not cancel; else the one below, which does not cancel
/// where the reference is narrow.
pub fn oracle(coefficient: &[Term], parameter: Parameter, problem: &Problem) -> Moments {
    let Problem { policy, reference, .. } = problem;
    let gap = (policy.mu() - reference.mu()) / policy.sigma();
    match gap.abs() < 0.01 && (reference.sigma() / policy.sigma() - 1.0).abs() < 0.01 {
        true => gradient_moments(coefficient, parameter, problem),
        false => centred(coefficient, parameter, problem),
    }
}

fn centred(coefficient: &[Term], parameter: Parameter, problem: &Problem) -> Moments {
    let mean = expectation(coefficient, parameter, 1, problem);
    let squares: Vec<Term> = coefficient.iter().flat_map(|a| coefficient.iter().map(|b| product(a, b))).collect();
    let variance = match (mean, expectation(&squares, parameter, 2, problem)) {
        (Moment::Finite(mean), Moment::Finite(second)) => Moment::of(second - mean * mean),
        (_, second) => second,
    };
    Moments { mean, variance }
}

fn product(a: &Term, b: &Term) -> Term {
    let (power_of_d, power_of_r) = (a.power_of_d + b.power_of_d, a.power_of_r + b.power_of_r);
    Term { weight: a.weight * b.weight, power_of_d, power_of_r }
}

/// E[sum of terms times s^power].
fn expectation(terms: &[Term], parameter: Parameter, power: u32, problem: &Problem) -> Moment {
    let each = terms.iter().map(|term| tilted(term, parameter, power, problem));
    each.fold(Moment::Finite(0.0), Moment::plus)
}

/// E[D^a r^b s^k], by polynomials in u = (z - m) / v, m and v^2 = 1 / p the mean and the variance of r^b pi_theta.
///
/// # Formula
/// With k = sigma / tau, g = (mu - mu_ref) / sigma and p = 1 - b + b k^2: m = -b g k^2 / p, y = g k (1 - b) / p is the
/// distance of m from pi_ref, D = (y^2 - m^2) / 2 - log k + g k^2 / p v u + (k^2 - 1) / 2 v^2 u^2.
fn tilted(term: &Term, parameter: Parameter, power: u32, problem: &Problem) -> Moment {
    let Problem { policy, reference, .. } = problem;
    let sigma = policy.sigma();
    let (b, g, k) = (f64::from(term.power_of_r), (policy.mu() - reference.mu()) / sigma, sigma / reference.sigma());
    let p = 1.0 - b + b * k * k;
    if p <= 0.0 {
        return Moment::Infinite;
    }
    let (m, v, y) = (-b * g * k * k / p, p.sqrt().recip(), g * k * (1.0 - b) / p);
    let log_ratio = [(y * y - m * m) / 2.0 - k.ln(), g * k * k / p * v, (k * k - 1.0) / 2.0 * v * v];
    let score = match parameter {
        Parameter::Mu => [m / sigma, v / sigma, 0.0],
        Parameter::Sigma => [(m * m - 1.0) / sigma, 2.0 * m * v / sigma, v * v / sigma],
    };
    let factors = std::iter::repeat_n(log_ratio, term.power_of_d as usize);
    let polynomial = factors.chain(std::iter::repeat_n(score, power as usize)).fold(vec![1.0], |a, b| times(&a, &b));
    let mass = k.powf(b) * v * (b * (b - 1.0) * (g * k).powi(2) / (2.0 * p)).exp();
    Moment::of(term.weight * mass * standard_expectation(&polynomial))
}

pub fn times(a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut product = vec![0.0; a.len() + b.len() - 1];
    for (i, a) in a.iter().enumerate() {
        b.iter().enumerate().for_each(|(j, b)| product[i + j] += a * b);
    }
    product
}

/// E[u^n] is 1 3 .. (n - 1) for even n.
fn standard_expectation(polynomial: &[f64]) -> f64 {
    let mut moment = 1.0;
    let mut sum = 0.0;
    for (power, factor) in polynomial.iter().enumerate().step_by(2) {
        sum += factor * moment;
        moment *= (power + 1) as f64;
    }
    sum
}
