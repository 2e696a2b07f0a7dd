use super::least;
use super::sample::Sample;

/// The upper tail of the mean of S^2 / n: K = log M at ever larger |t|, between which it is interpolated.
pub(super) struct Upper {
    sample_size: f64,
    /// How far S / sqrt n lies below and above 0.
    farthest: [f64; 2],
    /// t, K(t) and K'(t), in order.
    knots: Vec<[f64; 3]>,
}

/// The step in xi: the trapezoidal rule is exact to 1e-30 for what is no narrower than the standard normal density.
const STEP: f64 = 0.5;

/// How far beyond the middle of the terms exp(sqrt(2 theta / n) xi S - xi^2 / 2) of one S the integral goes: what it leaves out
/// is this part of it.
const BEYOND: f64 = 7.0;
const LEFT_OUT: f64 = 2e-12;

/// The largest theta that is tried; of a normal sum the expectation is infinite from 1/2 on.
const LARGEST: f64 = 4.0;

/// What is below exp(-NOTHING) is.
const NOTHING: f64 = 40.0;

impl Upper {
    pub(super) fn new(sample: &Sample, sample_size: f64, farthest: [f64; 2]) -> Self {
        let nearest = 0.1 * sample_size.sqrt().recip().min(sample.bound.recip());
        let knots = |side: f64, farthest: f64| {
            // M is a float up to the first.
            let end = (700.0 / sample.bound).min(reach(LARGEST, farthest, sample_size));
            let distances = (0..).map(|step| nearest * 2f64.powf(f64::from(step) / 4.0));
            let inside: Vec<f64> = distances.take_while(|&t| t < end).chain([end]).collect();
            inside.into_iter().map(move |t| side * t).collect::<Vec<_>>()
        };
        let [below, above] = [knots(-1.0, farthest[0]), knots(1.0, farthest[1])];
        let at = |t: f64| {
            let [value, slope] = sample.log_mgf_and_slope(t);
            [t, value, slope]
        };
        let knots = below.into_iter().rev().chain([0.0]).chain(above).map(at).collect();
        Self { sample_size, farthest, knots }
    }

    /// What Q exceeds with the probability exp(-exponent T) at most.
    pub(super) fn limit(&self, exponent: f64) -> f64 {
        let low = exponent.sqrt().min(LARGEST) * 1e-5;
        least::value([low, LARGEST], |theta| (exponent + self.log_expectation(theta) + LEFT_OUT) / theta)
    }

    /// log E\[exp(theta S^2 / n)\] within the limits of S; infinite where the knots do not reach so far.
    pub(super) fn log_expectation(&self, theta: f64) -> f64 {
        let step = STEP * (2.0 * theta / self.sample_size).sqrt();
        let [low, high] = self.farthest.map(|farthest| reach(theta, farthest, self.sample_size));
        let exponent = |[t, value, _]: &[f64; 3]| self.sample_size * (value - t * t / (4.0 * theta));
        let is_inside = |[t, ..]: &[f64; 3]| -low <= *t && *t <= high;
        let reaches = -low >= self.knots[0][0] && high <= self.knots[self.knots.len() - 1][0];
        if !reaches || self.knots.iter().any(|knot| is_inside(knot) && exponent(knot) > 300.0) {
            return f64::INFINITY;
        }
        let terms = self.knots.windows(2).map(|ends| self.between(&ends[0], &ends[1], [-low, high], step));
        terms.sum::<f64>().ln_1p()
    }

    /// The terms of E_xi\[M^n - 1\] between two knots.
    fn between(&self, a: &[f64; 3], b: &[f64; 3], [low, high]: [f64; 2], step: f64) -> f64 {
        let nearest = a[0].abs().min(b[0].abs()) / step * STEP;
        // K is convex, so that it is largest at an end.
        if self.sample_size * a[1].max(b[1]).max(0.0) - nearest * nearest / 2.0 < -NOTHING {
            return 0.0;
        }
        let term = |index: f64| {
            let xi = index * STEP;
            let density = STEP / (2.0 * std::f64::consts::PI).sqrt() * (-xi * xi / 2.0).exp();
            density * (self.sample_size * interpolated(a, b, index * step)).exp_m1()
        };
        let (first, end) = ((a[0].max(low) / step).ceil(), (b[0].min(high) / step).ceil());
        (0..(end - first) as u64).map(|index| term(first + index as f64)).sum()
    }
}

/// How far t goes: to xi = sqrt(2 theta) B and a little beyond.
fn reach(theta: f64, farthest: f64, sample_size: f64) -> f64 {
    ((2.0 * theta).sqrt() * farthest + BEYOND) * (2.0 * theta / sample_size).sqrt()
}

/// The cubic with these values and slopes at the ends.
fn interpolated(&[from, low, low_slope]: &[f64; 3], &[to, high, high_slope]: &[f64; 3], t: f64) -> f64 {
    let width = to - from;
    let part = (t - from) / width;
    let rest = 1.0 - part;
    rest * rest * ((1.0 + 2.0 * part) * low + part * width * low_slope)
        + part * part * ((1.0 + 2.0 * rest) * high - rest * width * high_slope)
}
