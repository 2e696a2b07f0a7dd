//! Student's t distribution.

use gauss_quad::GaussLegendre;
use std::f64::consts::FRAC_PI_2;
use std::num::NonZeroUsize;

/// The t that is exceeded with this probability, for so many degrees of freedom.
///
/// # Formula
/// With t = sqrt(n) tan(a), P(T > t) is the integral of cos(x)^(n - 1) from a to pi/2, over twice that from 0. The angle is found
/// by bisection.
///
/// ```
/// use klgrad::statistics::student_quantile;
///
/// // One degree of freedom is Cauchy's distribution, many are a normal one.
/// assert!((student_quantile(0.25, 1.0) - 1.0).abs() < 1e-9);
/// assert!((student_quantile(0.025, 1e6) - 1.959966).abs() < 1e-5);
/// ```
///
/// # Panics
/// Where the probability is not within 0 and a half, or there is less than one degree of freedom.
pub fn student_quantile(probability: f64, degrees: f64) -> f64 {
    assert!(probability > 0.0 && probability < 0.5 && degrees >= 1.0, "a tail has a probability below a half");
    let half = tail(0.0, degrees);
    let (mut low, mut high) = (0.0, FRAC_PI_2);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        let is_below = tail(middle, degrees) > 2.0 * probability * half;
        *if is_below { &mut low } else { &mut high } = middle;
    }
    degrees.sqrt() * low.tan()
}

/// The integral of cos(x)^(n - 1) from an angle to pi/2, in pieces as wide as the integrand's fall.
fn tail(angle: f64, degrees: f64) -> f64 {
    const NODES: NonZeroUsize = NonZeroUsize::new(20).expect("20 is not 0");
    const PIECES: u32 = 40;
    let rule = GaussLegendre::new(NODES);
    // Beyond that the integrand is below 1e-40 of its value at 0.
    let width = (14.0 / degrees.sqrt()).min(FRAC_PI_2 - angle) / f64::from(PIECES);
    let piece = |piece: u32| {
        let from = angle + width * f64::from(piece);
        rule.integrate(from, from + width, |x: f64| x.cos().powf(degrees - 1.0))
    };
    (0..PIECES).map(piece).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected: `scipy.stats.t.isf`.
    #[test]
    fn quantiles_are_those_of_scipy() {
        for (probability, degrees, expected) in [
            (1e-3, 5.0, 5.893429531356009),
            (1e-7, 99.0, 5.591062727119364),
            (5e-8, 15.0, 9.483013151284062),
            (0.05, 2.0, 2.919985580355516),
        ] {
            let quantile = student_quantile(probability, degrees);
            assert!((quantile / expected - 1.0).abs() < 1e-9, "{probability}, {degrees}: {quantile}, not {expected}");
        }
    }
}
