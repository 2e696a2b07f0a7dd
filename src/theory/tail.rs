//! How far a mean of samples can lie from its expectation.

use super::normal::{Moments, Pair, Term, gradient_moments};
use crate::estimator::Parameter;
use crate::experiment::Settings;
use gauss_quad::GaussLegendre;
use std::f64::consts::PI;
use std::num::NonZeroUsize;

/// How far below and above its expectation a mean may lie, in standard errors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Below.
    pub below: f64,
    /// Above.
    pub above: f64,
}

/// The distances, in standard errors, that the mean of `count` independent samples of c s keeps from E\[c s\] on either
/// side but for a probability of `probability`; none where the variance is infinite or beyond floats.
///
/// A heavy tail on one side moves the limit on that side only.
///
/// The central limit theorem is slow in the heavy tails of the ratio r, so this does not rely on it: it holds for any
/// number of samples. Where their mean is nearly normal, it is little more than the normal distribution gives.
///
/// # Formula
/// With half of the probability, no sample has |z| > L = sqrt(2 log(2 count / probability)), for P(|z| > L) is below
/// exp(-L^2 / 2). Then c s is bounded, and so is the tail of its mean, by Chernoff: with y = c s - E\[c s\], on either
/// side a distance beyond (log(4 / probability) / count + log E\[exp(+-t y)\]) / t has a quarter of the probability, for
/// every t > 0. The least of many t is taken, and E\[exp(+-t y)\] by quadrature. Where the numbers are too large for
/// that, it is Chebyshev's inequality: 1 / sqrt(probability) standard errors.
pub fn deviation_limits(
    coefficient: &[Term],
    parameter: Parameter,
    settings: &Settings,
    count: f64,
    probability: f64,
) -> Option<Limits> {
    let Moments { mean, variance } = gradient_moments(coefficient, parameter, settings);
    let (mean, stdev) = (mean.finite()?, variance.finite()?.sqrt());
    if stdev == 0.0 {
        return Some(Limits { below: 0.0, above: 0.0 });
    }
    let reach = (2.0 * (2.0 * count / probability).ln()).sqrt();
    let standardised: Vec<(f64, f64)> = truncated(coefficient, parameter, settings, reach)
        .map(|(weight, gradient)| (weight, (gradient - mean) / stdev))
        .collect();
    let exponent = (4.0 / probability).ln() / count;
    // Not a number is no bound.
    let limit = |y: &[(f64, f64)]| (chernoff(y, exponent) * count.sqrt()).min(probability.sqrt().recip());
    Some(Limits { below: limit(&mirrored(&standardised)), above: limit(&standardised) })
}

/// Nodes and weights of a quadrature of c s over |z| <= `reach` under pi_theta.
fn truncated(
    coefficient: &[Term],
    parameter: Parameter,
    settings: &Settings,
    reach: f64,
) -> impl Iterator<Item = (f64, f64)> {
    const PANELS: u32 = 16;
    const NODES: NonZeroUsize = NonZeroUsize::new(32).expect("32 is not 0");
    let pair = Pair::new(settings);
    let gradient = pair.gradient(coefficient, parameter);
    let half_width = reach / f64::from(PANELS);
    let rule: Vec<(f64, f64)> = GaussLegendre::new(NODES).iter().map(|&(node, weight)| (node, weight)).collect();
    (0..PANELS).flat_map(move |panel| {
        let middle = half_width * f64::from(2 * panel + 1) - reach;
        let (pair, gradient) = (&pair, &gradient);
        let at = |&(node, weight): &(f64, f64)| {
            let z = middle + half_width * node;
            (half_width * weight * (-z * z / 2.0).exp() / (2.0 * PI).sqrt(), pair.value(gradient, z))
        };
        rule.iter().map(at).collect::<Vec<_>>()
    })
}

fn mirrored(values: &[(f64, f64)]) -> Vec<(f64, f64)> {
    values.iter().map(|&(weight, value)| (weight, -value)).collect()
}

/// The least over t of (exponent + log E\[exp(t y)\]) / t, y of unit variance; not a number where y is not finite.
fn chernoff(y: &[(f64, f64)], exponent: f64) -> f64 {
    // Where y is normal, the least is at sqrt(2 exponent).
    let tilts = (-160..=32).map(|k| (2.0 * exponent).sqrt() * 2f64.powf(f64::from(k) / 16.0));
    let bound = |t: f64| {
        // log(1 + E[exp(t y) - 1]), with E[y], which is 0 but for the truncation, added up by itself.
        let beyond: f64 = y.iter().map(|&(weight, y)| weight * ((t * y).exp_m1() - t * y)).sum();
        let mean: f64 = y.iter().map(|&(weight, y)| weight * y).sum();
        (exponent + (beyond + t * mean).ln_1p()) / t
    };
    tilts.map(bound).fold(f64::NAN, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Term = Term { weight: 1.0, power_of_d: 0, power_of_r: 0 };
    const R: Term = Term { weight: 1.0, power_of_d: 0, power_of_r: 1 };
    const P: f64 = 1e-6;

    fn limits(term: Term, parameter: Parameter, sigma_ref: f64, count: f64) -> Option<Limits> {
        deviation_limits(&[term], parameter, &Settings { sigma_ref, ..Settings::default() }, count, P)
    }

    #[test]
    fn the_limit_of_a_normal_gradient_is_chernoffs() {
        let expected = (2.0 * (4.0 / P).ln()).sqrt();
        // Few samples are bounded closer still: hardly one of them is beyond the limit.
        for count in [100.0, 1e9] {
            let Limits { below, above } = limits(ONE, Parameter::Mu, 1.1, count).unwrap();
            let near = |actual: f64| (actual / expected - 1.0).abs() < 1e-3;
            assert!(near(below) && near(above), "{below} and {above}, not {expected}");
        }
    }

    #[test]
    fn the_limit_of_a_skewed_gradient_is_chernoffs() {
        // (z^2 - 1) / sqrt 2, a gamma distribution: log E[exp(t y)] = -t / sqrt 2 - log(1 - sqrt 2 t) / 2, whose bound
        // (exponent + ..) / t is scanned finely here.
        let count = 100.0;
        let exponent = (4.0 / P).ln() / count;
        let bound = |t: f64| (exponent - t / 2f64.sqrt() - (1.0 - 2f64.sqrt() * t).ln() / 2.0) / t;
        let least = (1..7071).map(|k| bound(f64::from(k) * 1e-4)).fold(f64::INFINITY, f64::min);
        let Limits { below, above: actual } = limits(ONE, Parameter::Sigma, 1.1, count).unwrap();
        assert!(below < actual, "the light side");
        assert!((actual / (least * count.sqrt()) - 1.0).abs() < 1e-2, "{actual}, not {}", least * count.sqrt());
    }

    #[test]
    fn heavy_tails_have_farther_limits_until_there_is_no_variance() {
        // r s is large where x is: its tail is above.
        let at = |tau| limits(R, Parameter::Mu, tau, 1e6).unwrap();
        let above = [0.9, 1.05, 1.2, 1.3].map(|tau| at(tau).above);
        assert!(above.is_sorted() && above[0] < 6.0 && above[3] > 100.0, "{above:?}");
        assert!(at(1.3).below < 6.0, "the light side: {:?}", at(1.3));
        let few = limits(R, Parameter::Mu, 1.3, 2.0).unwrap();
        assert!(few.above <= 1e3, "{few:?} is beyond Chebyshev's");
        assert_eq!(limits(R, Parameter::Mu, 1.5, 1e6), None);
    }
}
