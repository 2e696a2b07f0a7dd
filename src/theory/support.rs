//! The points at which integrands over the support are seen.

use super::existence::Existence;
use super::moment::{Moment, Moments};
use super::quadrature::degree;
use crate::estimator::Parameter;
use crate::estimator::expr::{Expr, Steps, Tape, Wide};
use crate::policy::Logs;
use gauss_quad::GaussLegendre;
use std::num::NonZeroUsize;

/// The points at which integrands are seen.
pub(super) struct Support {
    pub(super) z: Vec<f64>,
    /// The logarithm of the probability that each stands for.
    pub(super) log_weight: Vec<f64>,
    /// The fourth root of that probability.
    quarter: Vec<f64>,
    /// `logp`, `D` and `log(rho)`, a list for each.
    pub(super) logs: [Vec<f64>; 3],
    /// What the terms of a panel are weighed by for Legendre coefficients in the middle and for the last, two each.
    coefficients: [[f64; NODES.get()]; 4],
}

/// A loss's coefficient at each point, times its probability and times the square root of that. Neither overflows where the
/// coefficient does, unless the moment does too.
#[derive(Default)]
pub(super) struct Weighted {
    by_weight: Vec<f64>,
    /// Whether one is not a number.
    has_no_number: bool,
    pub(super) by_root: Vec<f64>,
}

/// Points of a panel.
const NODES: NonZeroUsize = NonZeroUsize::new(20).expect("20 is not 0");

/// Legendre coefficients by which it is seen whether these are enough.
const DEGREES: [usize; 4] = [8, 9, 18, 19];

/// Points that are evaluated together.
const BLOCK: usize = 500;

impl Support {
    pub(super) fn new(edges: &[f64], logs: &Logs) -> Self {
        let rule = GaussLegendre::new(NODES);
        let panels = edges.windows(2).map(|panel| ((panel[0] + panel[1]) / 2.0, (panel[1] - panel[0]) / 2.0));
        let points = panels.flat_map(|(middle, half_width)| {
            rule.iter().map(move |(node, weight)| (middle + half_width * node, half_width * weight))
        });
        let (z, widths): (Vec<f64>, Vec<f64>) = points.unzip();
        let log_weight: Vec<f64> = z.iter().zip(&widths).map(|(&z, width)| width.ln() + logs.log_density(z)).collect();
        let quarter = log_weight.iter().map(|log| (log / 4.0).exp()).collect();
        let at: Vec<[f64; 3]> = z.iter().map(|&z| logs.at(z)).collect();
        let logs = [0, 1, 2].map(|log| at.iter().map(|logs| logs[log]).collect());
        let nodes: Vec<f64> = rule.iter().map(|(node, _)| *node).collect();
        let coefficients = DEGREES.map(|degree| std::array::from_fn(|i| legendre(degree, nodes[i])));
        Self { log_weight, quarter, logs, z, coefficients }
    }

    /// The sum of an integrand's terms, unless they show that there is more to it: beyond the outermost panels, or between
    /// the points of a panel. Of a plain one there is not: the panels are laid for it.
    fn integral(&self, terms: impl Iterator<Item = f64>, is_plain: bool) -> Moment {
        const PART: f64 = 1e-6;
        if is_plain {
            return Moment::of(terms.sum());
        }
        let terms: Vec<f64> = terms.collect();
        let size = |terms: &[f64]| terms.iter().map(|term| term.abs()).sum::<f64>();
        let panels = terms.chunks_exact(NODES.get());
        let beyond = panels.clone().next().map_or(0.0, size) + panels.clone().next_back().map_or(0.0, size);
        let between: f64 = panels.map(|panel| self.missed(panel)).sum();
        let is_missing = beyond + between > PART * size(&terms);
        if is_missing { Moment::Unresolved } else { Moment::of(terms.iter().sum()) }
    }

    /// About what the points of a panel miss: Gauss's rule takes coefficients of up to twice the degrees that are seen, and
    /// they go on falling as they fall from the middle of these to the last, by a factor for each degree.
    fn missed(&self, terms: &[f64]) -> f64 {
        let coefficient = |of: &[f64; NODES.get()]| terms.iter().zip(of).map(|(term, p)| term * p).sum::<f64>().abs();
        let [middle, next, before, last] = self.coefficients.each_ref().map(coefficient);
        let (middle, last) = (middle.max(next), before.max(last));
        if last == 0.0 { 0.0 } else { last * (last / middle).min(1.0).powi(2) }
    }

    pub(super) fn coefficients(&self, losses: &[Expr]) -> Vec<Weighted> {
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
    pub(super) fn weigh(&self, point: usize, coefficient: f64, loss: &Expr) -> [f64; 2] {
        if coefficient.is_finite() {
            let quarter = self.quarter[point];
            let root = quarter * quarter;
            // In two steps, as a float's range is not that of its square.
            return [coefficient * root * root, coefficient * quarter * quarter];
        }
        let log_weight = self.log_weight[point];
        let Wide { sign, log } = loss.wide_coefficient(self.logs.each_ref().map(|logs| logs[point]));
        [log_weight, log_weight / 2.0].map(|weight| if sign == 0.0 { 0.0 } else { sign * (log + weight).exp() })
    }
}

impl Weighted {
    fn push(&mut self, [by_weight, by_root]: [f64; 2]) {
        self.has_no_number |= by_weight.is_nan();
        self.by_weight.push(by_weight);
        self.by_root.push(by_root);
    }

    /// `of_score` is the expectation of the score times sigma, which is not left to the quadrature: with samples of the policy
    /// it is 0, and a constant coefficient has exactly that.
    pub(super) fn moments(
        &self,
        support: &Support,
        parameter: Parameter,
        of_score: f64,
        existence: &Existence,
    ) -> Moments {
        let points =
            || support.z.iter().zip(&support.quarter).map(|(&z, quarter)| (score(parameter, z), quarter * quarter));
        if self.has_no_number && self.seen(support).any(|(_, value)| value.is_nan()) {
            return Moments { mean: Moment::Undefined, variance: Moment::Undefined };
        }
        let typical = self.typical(support);
        let beyond =
            self.by_weight.iter().zip(points()).map(|(value, (score, root))| (value - typical * root * root) * score);
        let exists = |power: f64| existence.integral(degree(parameter), power);
        let mean = exists(1.0)
            .moment(|| support.integral(beyond, existence.is_plain))
            .map(|beyond| beyond + typical * of_score);
        let centre = mean.finite().unwrap_or(0.0);
        let squares =
            self.by_root.iter().zip(points()).map(|(value, (score, root))| (value * score - centre * root).powi(2));
        let variance = match mean {
            Moment::Finite(_) => exists(2.0).moment(|| support.integral(squares, existence.is_plain)),
            Moment::Infinite => Moment::Infinite,
            // As little known as that, unless it is infinite.
            other => exists(2.0).moment(|| other),
        };
        Moments { mean, variance }
    }

    /// The points that some sample may come near to, and the coefficient there, times its probability. Beyond, it may be no number
    /// only because what it is made of is beyond floats.
    pub(super) fn seen<'a>(&'a self, support: &'a Support) -> impl Iterator<Item = (usize, f64)> + Clone + 'a {
        const NEVER: f64 = -100.0;
        let points = self.by_weight.iter().copied().enumerate();
        points.filter(|(point, _)| support.log_weight[*point] > NEVER)
    }

    /// Between the points of which panels a part of the mean or of the variance is missed that matters.
    pub(super) fn coarse_panels(&self, support: &Support) -> Vec<bool> {
        const PART: f64 = 1e-9;
        let squares: Vec<f64> = self.by_root.iter().map(|value| value * value).collect();
        let [of_mean, of_variance] = [&self.by_weight, &squares].map(|terms| {
            let size: f64 = terms.iter().map(|term| term.abs()).sum();
            terms.chunks_exact(NODES.get()).map(move |panel| support.missed(panel) > PART * size)
        });
        of_mean.zip(of_variance).map(|(a, b)| a || b).collect()
    }

    /// The coefficient where most of the probability is.
    fn typical(&self, support: &Support) -> f64 {
        let heaviest = (0..support.z.len()).max_by(|&a, &b| support.log_weight[a].total_cmp(&support.log_weight[b]));
        let at = |point: usize| self.by_root[point] / (support.quarter[point] * support.quarter[point]);
        heaviest.map(at).filter(|typical| typical.is_finite()).unwrap_or(0.0)
    }
}

impl Moments {
    /// Those of a gradient, from those of sigma times it.
    pub(super) fn over(self, sigma: f64) -> Self {
        let Self { mean, variance } = self;
        Self { mean: mean.map(|mean| mean / sigma), variance: variance.map(|variance| variance / sigma / sigma) }
    }
}

/// The score times sigma.
pub(super) fn score(parameter: Parameter, z: f64) -> f64 {
    match parameter {
        Parameter::Mu => z,
        Parameter::Sigma => (z - 1.0) * (z + 1.0),
    }
}

/// (n + 1/2) times the Legendre polynomial of that degree.
///
/// # Formula
/// k P_k = (2 k - 1) x P_(k-1) - (k - 1) P_(k-2)
fn legendre(n: usize, x: f64) -> f64 {
    let (mut before, mut polynomial) = (1.0, x);
    for k in 2..=n {
        let k = k as f64;
        (before, polynomial) = (polynomial, ((2.0 * k - 1.0) * x * polynomial - (k - 1.0) * before) / k);
    }
    (n as f64 + 0.5) * polynomial
}
