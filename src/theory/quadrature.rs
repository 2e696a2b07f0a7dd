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

use super::moment::Moment;
use super::normal::Moments;
use super::panels::edges;
use super::singular::worst_order;
use crate::estimator::Parameter;
use crate::estimator::expr::{Expr, Order, Quadratic, Shape, Steps, Tape, Wide};
use crate::policy::{Logs, Problem};
use gauss_quad::GaussLegendre;
use std::num::NonZeroUsize;

/// The moments of c s of each loss for a single sample, with respect to the policy's mean and standard deviation.
///
/// [`Moment::Overflow`] is an integral beyond 64-bit floats, and one of what is no number on a part of the support: a
/// logarithm of what is negative.
pub fn moments(problem: &Problem, losses: &[Expr]) -> Vec<[Moments; 2]> {
    let logs = problem.logs();
    let shapes: Vec<Shape> = losses.iter().map(Expr::shape).collect();
    let edges = edges(&shapes, &logs);
    let support = Support::new(&edges, &logs);
    let coefficients = support.coefficients(losses);
    let of = |((loss, shape), coefficients): ((&Expr, &Shape), &Weighted)| {
        let order = worst_order(loss, shape, &edges, &logs);
        Parameter::ALL.map(|parameter| {
            // An order is measured to some thousandths.
            let exist = [1.0, 2.0].map(|power| power * order < 0.99 && falls(loss, &logs, parameter, power));
            coefficients.moments(&support, parameter, problem.policy.sigma(), exist)
        })
    };
    losses.iter().zip(&shapes).zip(&coefficients).map(of).collect()
}

/// Whether |c s|^power pi_old falls fast enough at both ends to have an integral.
fn falls(loss: &Expr, logs: &Logs, parameter: Parameter, power: f64) -> bool {
    let degree = match parameter {
        Parameter::Mu => 1.0,
        Parameter::Sigma => 2.0,
    };
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

/// The points at which integrands are seen.
struct Support {
    z: Vec<f64>,
    /// The logarithm of the probability that each stands for.
    log_weight: Vec<f64>,
    /// `logp`, `D` and `log(rho)`, a list for each.
    logs: [Vec<f64>; 3],
}

/// A loss's coefficient at each point, times its probability and times the square root of that. Neither overflows where the
/// coefficient does, unless the moment does too.
#[derive(Default)]
struct Weighted {
    by_weight: Vec<f64>,
    by_root: Vec<f64>,
}

/// Points of a panel.
const NODES: NonZeroUsize = NonZeroUsize::new(20).expect("20 is not 0");

/// Points that are evaluated together.
const BLOCK: usize = 500;

impl Support {
    fn new(edges: &[f64], logs: &Logs) -> Self {
        let rule = GaussLegendre::new(NODES);
        let panels = edges.windows(2).map(|panel| ((panel[0] + panel[1]) / 2.0, (panel[1] - panel[0]) / 2.0));
        let points = panels.flat_map(|(middle, half_width)| {
            rule.iter().map(move |(node, weight)| (middle + half_width * node, half_width * weight))
        });
        let (z, widths): (Vec<f64>, Vec<f64>) = points.unzip();
        let log_weight = z.iter().zip(&widths).map(|(&z, width)| width.ln() + logs.log_density(z)).collect();
        let at: Vec<[f64; 3]> = z.iter().map(|&z| logs.at(z)).collect();
        Self { log_weight, logs: [0, 1, 2].map(|log| at.iter().map(|logs| logs[log]).collect()), z }
    }

    fn coefficients(&self, losses: &[Expr]) -> Vec<Weighted> {
        let mut tape = Tape::new(losses);
        let mut all: Vec<Weighted> = losses.iter().map(|_| Weighted::default()).collect();
        for start in (0..self.z.len()).step_by(BLOCK) {
            let block = start..self.z.len().min(start + BLOCK);
            let [log_prob, log_ratio, log_rho] = self.logs.each_ref().map(|logs| &logs[block.clone()]);
            let mut evaluated = tape.evaluate(Steps::samples(log_prob, log_ratio, log_rho));
            for (index, (loss, weighted)) in losses.iter().zip(&mut all).enumerate() {
                for (point, &coefficient) in block.clone().zip(evaluated.coefficients(index)) {
                    weighted.push(self.weigh(point, coefficient, loss));
                }
            }
        }
        all
    }

    /// The coefficient times the probability of its point and times the root of that.
    fn weigh(&self, point: usize, coefficient: f64, loss: &Expr) -> [f64; 2] {
        let log_weight = self.log_weight[point];
        if coefficient.is_finite() {
            let [quarter, root] = [log_weight / 4.0, log_weight / 2.0].map(f64::exp);
            // In two steps, as a float's range is not that of its square.
            return [coefficient * root * root, coefficient * quarter * quarter];
        }
        let Wide { sign, log } = loss.wide_coefficient(self.logs.each_ref().map(|logs| logs[point]));
        [log_weight, log_weight / 2.0].map(|weight| if sign == 0.0 { 0.0 } else { sign * (log + weight).exp() })
    }
}

impl Weighted {
    fn push(&mut self, [by_weight, by_root]: [f64; 2]) {
        self.by_weight.push(by_weight);
        self.by_root.push(by_root);
    }

    fn moments(&self, support: &Support, parameter: Parameter, sigma: f64, exist: [bool; 2]) -> Moments {
        let score = |z: f64| match parameter {
            Parameter::Mu => z,
            Parameter::Sigma => (z - 1.0) * (z + 1.0),
        };
        let mean: f64 = self.by_weight.iter().zip(&support.z).map(|(value, &z)| value * score(z)).sum();
        let points = self.by_root.iter().zip(&support.z).zip(&support.log_weight);
        let variance =
            || points.map(|((value, &z), log)| (value * score(z) - mean * (log / 2.0).exp()).powi(2)).sum::<f64>();
        let scaled = |exists: bool, value: f64| if exists { Moment::of(value) } else { Moment::Infinite };
        Moments {
            mean: scaled(exist[0], mean / sigma),
            variance: scaled(exist[1], if exist[1] { variance() / sigma / sigma } else { 0.0 }),
        }
    }
}
