//! Where an integral over z is divided, so that the integrand is smooth between.

use crate::estimator::expr::{Exponent, Expr, Quadratic, Shape, Steps, Tape, powers};
use crate::policy::Logs;

/// How far a Gaussian is followed, in its standard deviations; beyond lies less than 1e-43 of it.
const REACH: f64 = 14.0;

/// The edges of the panels, in order: round the Gaussian of every product of densities that the moments of these losses have
/// up to this power, at their kinks, and where they change their character.
pub(super) fn edges(shapes: &[Shape], power: u32, logs: &Logs) -> Vec<f64> {
    let tilts = tilts(shapes, power, logs);
    let mut edges: Vec<f64> = tilts.iter().flat_map(round_gaussian).collect();
    edges.extend(shapes.iter().flat_map(|shape| &shape.transitions).flat_map(|form| levels(form, logs)));
    let kinks = kinks(shapes, &in_order(edges.clone()), logs);
    if shapes.iter().any(|shape| shape.may_be_steep) {
        edges.extend(kinks.iter().flat_map(|kink| graded(*kink)));
    }
    edges.extend(kinks.iter().flat_map(|kink| tilts.iter().flat_map(|tilt| beside(*kink, tilt))));
    edges.extend(kinks);
    in_order(edges)
}

/// The exponents of the products of density and coefficient to the powers from 0 on.
fn tilts(shapes: &[Shape], power: u32, logs: &Logs) -> Vec<Quadratic> {
    let mut exponents: Vec<Exponent> = shapes.iter().flat_map(|shape| powers(&shape.exponents, power)).collect();
    exponents.push([0.0; 3]);
    exponents.sort_by(|a, b| a.partial_cmp(b).expect("factors are finite"));
    exponents.dedup();
    let density = logs.density();
    let tilted = |exponent: &Exponent| {
        let tilt = combined(exponent, 0.0, logs);
        std::array::from_fn(|power| density[power] + tilt[power])
    };
    exponents.iter().map(tilted).collect()
}

/// A linear form of the logs as a polynomial in z.
fn combined(factors: &Exponent, constant: f64, logs: &Logs) -> Quadratic {
    let polynomials = logs.polynomials();
    let at = |power: usize| factors.iter().zip(&polynomials).map(|(factor, log)| factor * log[power]).sum::<f64>();
    [constant + at(0), at(1), at(2)]
}

/// Mean and standard deviation of the Gaussian with this exponent, where it is one.
pub(super) fn gaussian([_, linear, square]: &Quadratic) -> Option<(f64, f64)> {
    (*square < 0.0).then(|| (-linear / (2.0 * square), (-2.0 * square).sqrt().recip()))
}

/// Panels of two standard deviations.
fn round_gaussian(tilt: &Quadratic) -> Vec<f64> {
    let steps = || (0..=REACH as u32).map(|step| f64::from(2 * step) - REACH);
    gaussian(tilt).map_or(Vec::new(), |(mean, stdev)| steps().map(|step| mean + step * stdev).collect())
}

/// Where 1 + exp(form) and the like turn from one of their terms to the other: exp(-40) is nothing beside 1.
fn levels(form: &Exponent, logs: &Logs) -> Vec<f64> {
    (-10..=10).flat_map(|level| roots(combined(form, f64::from(4 * level), logs))).collect()
}

/// Beside a kink, where what grows towards it has no Gaussian of its own or ends far from its middle: in the lengths in which
/// it falls by a factor of e.
fn beside(kink: f64, tilt: &Quadratic) -> Vec<f64> {
    if gaussian(tilt).is_some_and(|(mean, stdev)| (kink - mean).abs() < (REACH - 2.0) * stdev) {
        return Vec::new();
    }
    let [_, linear, square] = tilt;
    let slope = (linear + 2.0 * square * kink).abs().max((2.0 * square.abs()).sqrt());
    let lengths = [1.0, 3.0, 6.0, 10.0, 16.0, 25.0, 40.0];
    lengths.into_iter().flat_map(|length| [kink - length / slope, kink + length / slope]).collect()
}

/// The real zeros of a polynomial.
fn roots([constant, linear, square]: Quadratic) -> Vec<f64> {
    let discriminant = linear * linear - 4.0 * square * constant;
    // The larger of the two sums does not cancel.
    let sum = -(linear + discriminant.sqrt().copysign(linear)) / 2.0;
    [sum / square, constant / sum].into_iter().filter(|root| root.is_finite()).collect()
}

/// Ever finer towards a point where the integrand may be infinite, to where rounding moves what lies nearer onto it.
fn graded(kink: f64) -> impl Iterator<Item = f64> {
    let distances = (0..14).map(move |power| kink.abs().max(1.0) * 8f64.powi(-power));
    distances.flat_map(move |distance| [kink - distance, kink + distance])
}

/// Where a switch changes its sign.
pub(super) fn kinks(shapes: &[Shape], edges: &[f64], logs: &Logs) -> Vec<f64> {
    let switches = || shapes.iter().flat_map(|shape| &shape.switches);
    let linear = switches().filter_map(Expr::linear_factors);
    let mut kinks: Vec<f64> =
        linear.flat_map(|(factors, constant)| roots(combined(&factors, constant, logs))).collect();
    let others: Vec<Expr> = switches().filter(|switch| switch.linear_factors().is_none()).cloned().collect();
    if !others.is_empty() {
        let grid = in_order(grid(edges).into_iter().chain(round_turns(edges, logs)).chain(kinks.clone()).collect());
        kinks.extend(searched(&others, &grid, logs));
    }
    in_order(kinks)
}

/// Eight points a panel, and as far again beyond, and farther.
fn grid(edges: &[f64]) -> Vec<f64> {
    let (first, last) = (edges[0], edges[edges.len() - 1]);
    let beyond = (1..=64).map(|step| (last - first) * (2f64.powf(f64::from(step) / 8.0) - 1.0));
    let outside = beyond.flat_map(|distance| [first - distance, last + distance]);
    let inside =
        edges.windows(2).flat_map(|panel| (0..8).map(|part| panel[0] + (panel[1] - panel[0]) * f64::from(part) / 8.0));
    in_order(outside.chain(inside).chain([last]).collect())
}

/// Ever farther from where a log turns, up to the ends and beyond: a switch may be at any level of D, and where the reference is
/// narrow each level is much closer to that place than the policy is wide.
fn round_turns(edges: &[f64], logs: &Logs) -> Vec<f64> {
    const OCTAVES: i32 = 40;
    let (first, last) = (edges[0], edges[edges.len() - 1]);
    let turns = logs.polynomials().map(|[_, linear, square]| -linear / (2.0 * square));
    let round = |turn: f64| {
        let farthest = (turn - first).abs().max((turn - last).abs());
        let distances = (-8 * OCTAVES..=8).map(move |step| farthest * 2f64.powf(f64::from(step) / 8.0));
        distances.flat_map(move |distance| [turn - distance, turn + distance])
    };
    turns.into_iter().filter(|turn| turn.is_finite()).flat_map(round).collect()
}

/// The changes of sign between neighbours on a grid, by bisection.
fn searched(switches: &[Expr], grid: &[f64], logs: &Logs) -> Vec<f64> {
    let mut tape = Tape::new(switches);
    let values = values(&mut tape, switches.len(), grid, logs);
    let mut kinks = Vec::new();
    for (switch, values) in values.iter().enumerate() {
        for (ends, values) in grid.windows(2).zip(values.windows(2)) {
            if values[0] * values[1] < 0.0 || (values[0] == 0.0) != (values[1] == 0.0) {
                kinks.push(bisected(&mut tape, switches.len(), switch, [ends[0], ends[1]], values[0], logs));
            }
        }
    }
    kinks
}

/// The values of the switches, a list for each.
fn values(tape: &mut Tape, switches: usize, at: &[f64], logs: &Logs) -> Vec<Vec<f64>> {
    let logs: Vec<[f64; 3]> = at.iter().map(|&z| logs.at(z)).collect();
    let [log_prob, log_ratio, log_rho] = [0, 1, 2].map(|log| logs.iter().map(|logs| logs[log]).collect::<Vec<f64>>());
    let block = tape.evaluate(Steps::samples(&log_prob, &log_ratio, &log_rho));
    (0..switches).map(|switch| block.values(switch).to_vec()).collect()
}

fn bisected(tape: &mut Tape, switches: usize, switch: usize, ends: [f64; 2], at_low: f64, logs: &Logs) -> f64 {
    let [mut low, mut high] = ends;
    for _ in 0..64 {
        let middle = (low + high) / 2.0;
        let value = values(tape, switches, &[middle], logs)[switch][0];
        let is_low = value.partial_cmp(&0.0) == at_low.partial_cmp(&0.0);
        *(if is_low { &mut low } else { &mut high }) = middle;
    }
    (low + high) / 2.0
}

pub(super) fn in_order(mut numbers: Vec<f64>) -> Vec<f64> {
    numbers.retain(|number| number.is_finite());
    numbers.sort_by(f64::total_cmp);
    numbers.dedup_by(|a, b| (*a - *b).abs() <= 4.0 * f64::EPSILON * b.abs());
    numbers
}
