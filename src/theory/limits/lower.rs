use super::least;
use super::sample::Sample;
use gauss_quad::GaussLegendre;
use std::f64::consts::PI;
use std::num::NonZeroUsize;

/// The lower tail of the mean of S^2 / n: Re psi^n - 1 at the points of a quadrature over t.
pub(super) struct Lower {
    sample_size: f64,
    points: Vec<Point>,
    end: f64,
    /// theta for which the points lie close and far enough.
    range: [f64; 2],
}

struct Point {
    t: f64,
    weight: f64,
    /// Re psi(t)^n - 1.
    beyond: f64,
}

const NODES: NonZeroUsize = NonZeroUsize::new(12).expect("12 is not 0");

/// What is below exp(-NOTHING) is.
const NOTHING: f64 = 40.0;

/// What the quadrature may be wrong by.
const ALLOWANCE: f64 = 1e-9;

/// The end of the panel that begins here, in units of 1 / sqrt n. Most of S / sqrt n is within some units of 0, so that psi^n
/// turns once in some units; farther out it has structure only where most of S is much closer to 0.
fn next_end(from: f64) -> f64 {
    if from < 60.0 { (2.0 * from).min(from + 4.0) } else { 2.0 * from }
}

impl Lower {
    /// For tails of about exp(-exponent T).
    pub(super) fn new(sample: &Sample, sample_size: f64, exponent: f64) -> Self {
        let smallest = exponent.sqrt().min(1.0) * 0.02;
        let rule = GaussLegendre::new(NODES);
        let (mut from, mut to) = (0.0, 0.5 * (2.0 * smallest / sample_size).sqrt());
        let mut points = Vec::new();
        let farthest = 1000.0 / sample_size.sqrt();
        loop {
            let [middle, half_width] = [(from + to) / 2.0, (to - from) / 2.0];
            let panel = rule.iter().map(|(node, weight)| {
                let t = middle + half_width * node;
                let [log, phase] = sample.log_characteristic(t).map(|part| sample_size * part);
                let beyond = log.exp_m1() * phase.cos() - 2.0 * (phase / 2.0).sin().powi(2);
                (Point { t, weight: half_width * weight, beyond }, log)
            });
            let (panel, logs): (Vec<Point>, Vec<f64>) = panel.unzip();
            points.extend(panel);
            let has_vanished = logs.iter().all(|&log| log < -25.0);
            if has_vanished || to > farthest {
                let largest = if has_vanished { 1e6 } else { sample_size * to * to / (4.0 * NOTHING) };
                return Self { sample_size, points, end: to, range: [smallest, largest] };
            }
            (from, to) = (to, next_end(to * sample_size.sqrt()) / sample_size.sqrt());
        }
    }

    /// What Q falls below with the probability exp(-exponent T) at most.
    pub(super) fn limit(&self, exponent: f64) -> f64 {
        -least::value(self.range, |theta| (exponent + self.log_expectation(theta)) / theta)
    }

    /// log E\[exp(-theta S^2 / n)\], by the integral of Re psi(t)^n times the normal density of the variance 2 theta / n.
    pub(super) fn log_expectation(&self, theta: f64) -> f64 {
        let rate = self.sample_size / (4.0 * theta);
        let scale = 2.0 * (rate / PI).sqrt();
        let integral = |of: &dyn Fn(f64) -> f64| -> f64 {
            let term = |point: &Point| point.weight * (-rate * point.t * point.t).exp() * of(point.beyond);
            scale * self.points.iter().map(term).sum::<f64>()
        };
        // The density, or psi, vanishes before the last point.
        let has_density = rate * self.end * self.end < NOTHING;
        match has_density {
            true => (integral(&|beyond| beyond + 1.0).max(0.0) + ALLOWANCE).ln(),
            false => (integral(&|beyond| beyond) + ALLOWANCE).ln_1p(),
        }
    }
}
