//! Exact moments of one sample's gradient c s, for any expression: an integral over the support.
//!
//! # Formula
//! With x drawn from the behaviour policy pi_old, and s = d log pi_theta(x) / d parameter,
//!
//! E\[c s\] = integral of c s pi_old dx, and Var\[c s\] = integral of (c s - E\[c s\])^2 pi_old dx,
//!
//! by Gauss-Legendre panels in z = (x - mu) / sigma, in which s is z / sigma with respect to mu and (z^2 - 1) / sigma with
//! respect to sigma. All else is free of the unit of x, unless the expression itself has the value of `logp`.
//!
//! The panels lie round the Gaussian of every product of densities that the expression's shape names, and are split at its
//! kinks. Which integrals exist is known from how fast the coefficient grows at either end, never from a number that happens to
//! be large: a clamp is bounded, whatever stands in it. Neither does an integral exist over a pole, as of `1 / (D - 1)`.
//!
//! ```
//! use klgrad::estimator::expr::Expr;
//! use klgrad::policy::{Normal, Problem};
//! use klgrad::theory::{Moment, quadrature};
//!
//! let normal = |mu, sigma| Normal::new(mu, sigma).expect("the standard deviation is positive");
//! let problem = Problem::on_policy(normal(0.0, 1.0), normal(1.0, 2.0));
//! let r = (-Expr::log_ratio()).exp();
//! let [[of_mean, _], [of_clamped, _]] = quadrature::moments(&problem, &[r.clone(), r.clamp(0.0, 10.0)])[..] else { panic!() };
//! // The loss r descends KL(pi_ref||pi_theta), whose gradient is (mu - m) / sigma^2, but with infinite variance.
//! assert!((of_mean.mean.finite().unwrap() - -1.0).abs() < 1e-10);
//! assert_eq!(of_mean.variance, Moment::Infinite);
//! assert!(of_clamped.variance.finite().is_some());
//! ```

mod expectation;

pub(crate) use expectation::is_out_of_sight;
pub use expectation::{Factor, expectation, mean_gradient};

use super::moment::Moments;
use super::panels::edges;
use super::singular::worst_order;
use super::support::{Support, Weighted};
use crate::estimator::Parameter;
use crate::estimator::expr::{Expr, Order, Quadratic, Shape};
use crate::policy::{Logs, Problem};

/// The moments of c s of each loss for a single sample, with respect to the policy's mean and standard deviation.
///
/// [`Moment::Overflow`](super::Moment::Overflow) is an integral beyond 64-bit floats, and one of what is no number on a part of the support: a
/// logarithm of what is negative.
pub fn moments(problem: &Problem, losses: &[Expr]) -> Vec<[Moments; 2]> {
    let logs = problem.logs();
    let shapes: Vec<Shape> = losses.iter().map(Expr::shape).collect();
    let edges = edges(&shapes, 2, &logs);
    let support = Support::new(&edges, &logs);
    let coefficients = support.coefficients(losses);
    let of = |((loss, shape), coefficients): ((&Expr, &Shape), &Weighted)| {
        let order = worst_order(loss, shape, &edges, &logs);
        Parameter::ALL.map(|parameter| {
            let exist = [1.0, 2.0].map(|power| exists(loss, order, &logs, degree(parameter), power));
            coefficients
                .moments(&support, parameter, expected_score(problem, parameter), exist)
                .over(problem.policy.sigma())
        })
    };
    losses.iter().zip(&shapes).zip(&coefficients).map(of).collect()
}

/// E\[sigma s\] under the policy that draws, N(m, v^2) in the policy's z: m, and m^2 + v^2 - 1.
fn expected_score(Problem { policy, behaviour, .. }: &Problem, parameter: Parameter) -> f64 {
    let mean = (behaviour.mu() - policy.mu()) / policy.sigma();
    let widths = [behaviour.sigma() - policy.sigma(), behaviour.sigma() + policy.sigma()];
    match parameter {
        Parameter::Mu => mean,
        Parameter::Sigma => mean * mean + widths[0] / policy.sigma() * (widths[1] / policy.sigma()),
    }
}

/// Whether |c p|^power pi_old has an integral, c of this worst order at a sample and p a polynomial of this degree.
pub(super) fn exists(loss: &Expr, order: f64, logs: &Logs, degree: f64, power: f64) -> bool {
    // An order is measured to some thousandths.
    power * order < 0.99 && falls(loss, logs, degree, power)
}

/// The degree of the score as a polynomial in z.
pub(super) fn degree(parameter: Parameter) -> f64 {
    match parameter {
        Parameter::Mu => 1.0,
        Parameter::Sigma => 2.0,
    }
}

/// Whether it falls fast enough at both ends.
fn falls(loss: &Expr, logs: &Logs, degree: f64, power: f64) -> bool {
    [-1.0, 1.0].into_iter().all(|side| {
        let outwards = |[constant, linear, square]: Quadratic| [constant, side * linear, square];
        let order = loss.growth(&logs.polynomials().map(outwards));
        let [_, linear, square] = outwards(logs.density());
        let integrand = Order {
            square: power * order.square + square,
            linear: power * order.linear + linear,
            power: power * (order.power + degree),
        };
        integrand < Order { square: 0.0, linear: 0.0, power: -1.0 }
    })
}
