//! The gradient coefficient of a single step as a function of one number, D.

use super::combination::tidy;
use crate::estimator::expr::{Changing, Expr, Order, Quadratic, Steps, Tape};

/// A loss that is a function of D, differentiated.
pub(super) struct Coefficient {
    loss: Expr,
    /// Where it may have a kink or a jump, in order.
    pub(super) breaks: Vec<f64>,
}

/// The value of log pi_theta where a loss does not depend on it.
const LOG_PROB: f64 = -1.0;

/// What is beyond is not looked at.
pub(super) const FARTHEST: f64 = 1e6;

impl Coefficient {
    /// Of a loss in which `log(rho)` is nothing, and D the only number that counts.
    pub(super) fn new(loss: Expr) -> Self {
        let breaks = breaks(&loss.shape().switches);
        Self { loss, breaks }
    }

    /// Its values.
    pub(super) fn at(&self, d: &[f64]) -> Vec<f64> {
        coefficients(&self.loss, d, &vec![0.0; d.len()], &vec![LOG_PROB; d.len()])
    }

    /// Its value at a place.
    pub(super) fn value(&self, d: f64) -> f64 {
        self.at(&[d])[0]
    }

    /// Its derivative with respect to D, through `sg` as well.
    pub(super) fn slope(&self, d: f64) -> f64 {
        self.changing(d).rate
    }

    /// The sum of the absolute terms that it is made of.
    pub(super) fn size(&self, d: f64) -> f64 {
        self.changing(d).size
    }

    fn changing(&self, d: f64) -> Changing {
        let logs = [(LOG_PROB, 0.0), (d, 1.0), (0.0, 0.0)];
        self.loss.changing_coefficient(logs.map(|(value, rate)| Changing::new(value, rate)))
    }

    /// Whether it is a function of D, and of log pi_theta in no other way.
    pub(super) fn is_in_log_ratio(&self) -> bool {
        let d: Vec<f64> = (-40..=40).map(|step| 0.3137 * f64::from(step) + 0.0123).collect();
        let at = |log_prob: f64| coefficients(&self.loss, &d, &vec![0.0; d.len()], &vec![log_prob; d.len()]);
        at(-1.0)
            .into_iter()
            .zip(at(-2.75))
            .all(|(a, b)| a == b || (a - b).abs() <= 1e-9 * (a.abs() + b.abs()) || a.is_nan() && b.is_nan())
    }

    /// The factor of log pi_theta in it, and the rest, where that is a function of D.
    pub(super) fn apart_from_log_prob(&self) -> Option<(f64, Self)> {
        let at = |log_prob: f64| coefficients(&self.loss, &[0.0123], &[0.0], &[log_prob])[0];
        let factor = tidy(at(-1.0) - at(-2.0));
        let rest = Self::new(&self.loss - (factor * Expr::log_prob()).reward());
        (factor != 0.0 && factor.is_finite() && rest.is_in_log_ratio()).then_some((factor, rest))
    }

    /// The values of the loss itself.
    pub(super) fn losses(&self, d: &[f64]) -> Vec<f64> {
        values(&self.loss, d, LOG_PROB)
    }

    /// The same at another log pi_theta.
    pub(super) fn losses_at(&self, d: &[f64], log_prob: f64) -> Vec<f64> {
        values(&self.loss, d, log_prob)
    }

    /// How fast it grows as D goes to minus infinity, and to plus infinity.
    pub(super) fn growth(&self) -> [Order; 2] {
        let towards = |direction: f64| -> [Quadratic; 3] { [[LOG_PROB, 0.0, 0.0], [0.0, direction, 0.0], [0.0; 3]] };
        [-1.0, 1.0].map(|direction| self.loss.growth(&towards(direction)).most)
    }

    /// Places and values within a range, piece by piece.
    pub(super) fn curve(&self, [from, to]: [f64; 2]) -> Vec<Vec<(f64, f64)>> {
        const COUNT: u32 = 200;
        let within = self.pieces().into_iter().map(|[a, b]| [a.max(from), b.min(to)]).filter(|[a, b]| a < b);
        let points = |[a, b]: [f64; 2]| {
            // Not at the ends, where a jump is on neither side.
            let place = |step: u32| a + (b - a) * (1e-9 + (1.0 - 2e-9) * f64::from(step) / f64::from(COUNT));
            let d: Vec<f64> = (0..=COUNT).map(place).collect();
            let c = self.at(&d);
            d.into_iter().zip(c).filter(|(_, c)| c.is_finite()).collect()
        };
        within.map(points).collect()
    }

    /// The parts between the breaks.
    pub(super) fn pieces(&self) -> Vec<[f64; 2]> {
        let ends = [f64::NEG_INFINITY].into_iter().chain(self.breaks.iter().copied()).chain([f64::INFINITY]);
        let ends: Vec<f64> = ends.collect();
        ends.windows(2).map(|ends| [ends[0], ends[1]]).collect()
    }
}

/// The coefficients of a loss, step by step.
pub(super) fn coefficients(loss: &Expr, d: &[f64], log_rho: &[f64], log_prob: &[f64]) -> Vec<f64> {
    let mut tape = Tape::new(std::slice::from_ref(loss));
    tape.evaluate(Steps::samples(log_prob, d, log_rho)).coefficients(0).to_vec()
}

fn values(expression: &Expr, d: &[f64], log_prob: f64) -> Vec<f64> {
    let mut tape = Tape::new(std::slice::from_ref(expression));
    tape.evaluate(Steps::samples(&vec![log_prob; d.len()], d, &vec![0.0; d.len()])).values(0).to_vec()
}

/// Where one of the switches changes its sign.
fn breaks(switches: &[Expr]) -> Vec<f64> {
    let grid = grid();
    let of = |switch: &Expr| {
        let seen = values(switch, &grid, LOG_PROB);
        let changes = grid.windows(2).zip(seen.windows(2)).filter(|(ends, values)| {
            // Far out an exponential becomes 0 in floats, and is not.
            let is_far = ends[0].abs().min(ends[1].abs()) > 300.0;
            values[0] * values[1] < 0.0 || !is_far && (values[0] == 0.0) != (values[1] == 0.0)
        });
        changes.map(|(ends, values)| bisected(switch, [ends[0], ends[1]], values[0])).collect::<Vec<f64>>()
    };
    let mut breaks: Vec<f64> = switches.iter().flat_map(of).collect();
    // Halving comes as near to 0 as it likes, and not to it.
    breaks.iter_mut().filter(|d| d.abs() < 1e-12).for_each(|d| *d = 0.0);
    breaks.sort_by(f64::total_cmp);
    // A switch that is 0 at a point of the grid is found from both sides.
    breaks.dedup_by(|a, b| (*a - *b).abs() <= 1e-12 * (1.0 + b.abs()));
    breaks
}

/// The place between two where a switch leaves the sign that it has at the first.
fn bisected(switch: &Expr, ends: [f64; 2], at_first: f64) -> f64 {
    let sign = |value: f64| value.partial_cmp(&0.0);
    let [mut low, mut high] = ends;
    for _ in 0..64 {
        let middle = (low + high) / 2.0;
        let is_low = sign(values(switch, &[middle], LOG_PROB)[0]) == sign(at_first);
        *(if is_low { &mut low } else { &mut high }) = middle;
    }
    if at_first == 0.0 { low } else { high }
}

/// Places from -FARTHEST to FARTHEST: near 0, every twentieth up to 50, then each two per cent beyond the one before.
fn grid() -> Vec<f64> {
    let near = (-12..-1).map(|power| 10f64.powi(power));
    let even = (1..=1000).map(|step| f64::from(step) / 20.0);
    let far = std::iter::successors(Some(51.0), |d| Some(d * 1.02)).take_while(|d| *d < FARTHEST);
    let positive: Vec<f64> = near.chain(even).chain(far).collect();
    let negative = positive.iter().rev().map(|d| -d);
    negative.chain([0.0]).chain(positive.iter().copied()).collect()
}
