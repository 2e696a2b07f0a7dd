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
//! kinks. Which integrals exist is known from between what bounds the coefficient grows at either end, never from a number that
//! happens to be large: a clamp is bounded, whatever stands in it. An integral exists where it does by the upper bound, and is
//! infinite where it is by the lower one. Neither does it exist over a pole, as of `1 / (D - 1)`. Where the bounds do not tell,
//! or the terms of the sum show that the panels miss a part, it is [`Moment::Unresolved`].
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
mod undefined;

pub(crate) use expectation::is_out_of_sight;
pub use expectation::{Factor, expectation, mean_gradient};
pub use undefined::{Undefined, undefined};

use super::existence::{Existence, Exists};
use super::moment::{Moment, Moments};
use super::panels::edges;
use super::support::{Support, Weighted};
use crate::estimator::Parameter;
use crate::estimator::expr::{Expr, Shape};
use crate::policy::{Logs, Problem};

/// The moments of c s of each loss for a single sample, with respect to the policy's mean and standard deviation.
///
/// [`Moment::Overflow`] is an integral beyond 64-bit floats, and [`Moment::Undefined`] one of what is no number on a part of the
/// support: the root of what is negative; [`undefined`] says where.
pub fn moments(problem: &Problem, losses: &[Expr]) -> Vec<[Moments; 2]> {
    let logs = problem.logs();
    let shapes: Vec<Shape> = losses.iter().map(Expr::shape).collect();
    let edges = edges(&shapes, 2, &logs);
    let support = Support::new(&edges, &logs);
    let coefficients = support.coefficients(losses);
    let of = |((loss, shape), coefficients): ((&Expr, &Shape), &Weighted)| {
        let existence = Existence::of(loss, shape, &edges, &logs);
        let moments = |support: &Support, coefficients: &Weighted| {
            Parameter::ALL.map(|parameter| {
                let of_score = expected_score(problem, parameter);
                coefficients.moments(support, parameter, of_score, &existence).over(problem.policy.sigma())
            })
        };
        // Where it is not known whether a moment exists, no panel tells.
        let is_seen = |found: &[Moments; 2]| {
            Parameter::ALL.into_iter().zip(found).all(|(parameter, Moments { mean, variance })| {
                [(1.0, mean), (2.0, variance)].into_iter().all(|(power, moment)| {
                    *moment != Moment::Unresolved || existence.integral(degree(parameter), power) != Exists::Yes
                })
            })
        };
        let found = moments(&support, coefficients);
        if is_seen(&found) {
            return found;
        }
        let coarse = coefficients.coarse_panels(&support);
        with_finer_panels(loss, (edges.clone(), coarse), &logs, moments, is_seen).unwrap_or(found)
    };
    losses.iter().zip(&shapes).zip(&coefficients).map(of).collect()
}

/// The moments as they are where panels that are too coarse are divided until all is seen, or none is too coarse; none where
/// there is nothing to divide.
fn with_finer_panels(
    loss: &Expr,
    (mut edges, mut coarse): (Vec<f64>, Vec<bool>),
    logs: &Logs,
    moments: impl Fn(&Support, &Weighted) -> [Moments; 2],
    is_seen: impl Fn(&[Moments; 2]) -> bool,
) -> Option<[Moments; 2]> {
    let mut found = None;
    for _ in 0..FINER {
        if found.as_ref().is_some_and(&is_seen) || !coarse.contains(&true) || edges.len() > MANY {
            break;
        }
        edges = divided(&edges, &coarse);
        let support = Support::new(&edges, logs);
        let coefficients = support.coefficients(std::slice::from_ref(loss)).remove(0);
        found = Some(moments(&support, &coefficients));
        coarse = coefficients.coarse_panels(&support);
    }
    found
}

/// How often panels are divided where they are too coarse for what a shape does not name: the exponential of an exponential is
/// as steep as it is large.
const FINER: u32 = 10;

/// So many panels are not divided again.
const MANY: usize = 5_000;

/// The coarse panels in parts.
fn divided(edges: &[f64], coarse: &[bool]) -> Vec<f64> {
    const PARTS: u32 = 8;
    let parts = edges.windows(2).zip(coarse).flat_map(|(panel, is_coarse)| {
        let parts = if *is_coarse { PARTS } else { 1 };
        (0..parts).map(move |part| panel[0] + (panel[1] - panel[0]) * f64::from(part) / f64::from(parts))
    });
    parts.chain(edges.last().copied()).collect()
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

/// The degree of the score as a polynomial in z.
pub(super) fn degree(parameter: Parameter) -> f64 {
    match parameter {
        Parameter::Mu => 1.0,
        Parameter::Sigma => 2.0,
    }
}
