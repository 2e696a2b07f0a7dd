//! A gradient held against its target.

use super::moments::Moments;
use super::tables::{distance, dot};
use super::target::Target;

/// How an estimator's expected gradient g and its noise compare with G, the gradient of KL(theta||ref) of the whole sequence,
/// and with L, the local one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measures {
    /// <g, G> / <G, G>: how much of the target's gradient is in it.
    pub strength: Option<f64>,
    /// The cosine of g and G; none where g is 0.
    pub cosine: Option<f64>,
    /// |g - G| / |G|.
    pub relative_bias: Option<f64>,
    /// |g - L| / |L|.
    pub relative_bias_local: Option<f64>,
    /// The root of the trace of the covariance matrix of one sample's gradient, over |G|.
    pub relative_stdev_one_sample: Option<f64>,
}

impl Measures {
    /// Of moments; what is within rounding of 0 is 0, and what is not finite is none.
    pub fn of(moments: &Moments, target: &Target) -> Self {
        let Moments { mean: g, rounding, .. } = moments;
        let (norm, local_norm, size) = (target.norm(), target.local_norm(), dot(g, g).sqrt());
        let is_zero = size <= *rounding;
        let product = dot(g, &target.gradient);
        let product = if product.abs() <= rounding * norm { 0.0 } else { product };
        let bias = |to: &[f64], norm: f64| {
            let distance = if is_zero { norm } else { distance(g, to) };
            if distance <= *rounding { 0.0 } else { distance / norm }
        };
        let finite = |number: f64| Some(number).filter(|number| number.is_finite());
        Self {
            strength: finite(product / norm / norm),
            cosine: if is_zero { None } else { finite((product / size / norm).clamp(-1.0, 1.0)) },
            relative_bias: finite(bias(&target.gradient, norm)),
            relative_bias_local: finite(bias(&target.local, local_norm)),
            relative_stdev_one_sample: moments.variance().and_then(|variance| finite(variance.sqrt() / norm)),
        }
    }

    /// How many samples have a mean whose standard error is a tenth of strength |G|; none where the strength is not positive.
    pub fn samples_for_10_percent(&self) -> Option<f64> {
        let strength = self.strength.filter(|strength| *strength > 0.0)?;
        Some((self.relative_stdev_one_sample? / (0.1 * strength)).powi(2).ceil().max(1.0)).filter(|n| n.is_finite())
    }
}
