//! The samples that standard normal variates make, as the sums see them.

use crate::policy::Problem;
use std::iter::zip;

/// How a variate becomes a sample, and what is said of the sample, in the 32-bit floats that libtorch has.
#[derive(Clone, Copy, Debug)]
pub struct Samples {
    /// Mean and standard deviation of the policy that draws, and of the policy.
    behaviour: [f32; 2],
    policy: [f32; 2],
    lift: Lift,
    /// The logarithm of the policy's standard deviation over the reference's.
    log_widths: f32,
}

/// The difference y - u of the sample standardised by the reference and by the policy.
#[derive(Clone, Copy, Debug)]
enum Lift {
    /// `factor` u + `at_zero`, which does not cancel where policy and reference are nearly equal.
    Near { factor: f32, at_zero: f32 },
    /// y has the relative precision of 32 bits, which counts where the reference is narrow.
    Far { mean: f32, stdev: f32 },
}

impl Samples {
    /// Those of a problem whose numbers are 32-bit floats.
    pub fn new(problem: &Problem) -> Self {
        let Problem { policy, reference, behaviour } = problem;
        let beyond = (policy.sigma() - reference.sigma()) / reference.sigma();
        let lift = match (-0.5..=1.0).contains(&beyond) {
            true => Lift::Near {
                factor: beyond as f32,
                at_zero: ((policy.mu() - reference.mu()) / reference.sigma()) as f32,
            },
            false => Lift::Far { mean: reference.mu() as f32, stdev: reference.sigma() as f32 },
        };
        Self {
            behaviour: [behaviour.mu() as f32, behaviour.sigma() as f32],
            policy: [policy.mu() as f32, policy.sigma() as f32],
            lift,
            log_widths: problem.logs().log_widths() as f32,
        }
    }

    /// The sample that libtorch makes of a variate, rounded twice as there.
    #[inline(always)]
    pub fn sample(&self, normal: f32) -> f32 {
        normal * self.behaviour[1] + self.behaviour[0]
    }

    /// u = (x - mu) / sigma of each sample x, mu and sigma the policy's.
    #[inline(always)]
    pub fn standardise(&self, normals: &[f32], u: &mut [f32]) {
        for (u, normal) in zip(u, normals) {
            *u = (self.sample(*normal) - self.policy[0]) / self.policy[1];
        }
    }

    /// D = (y^2 - u^2) / 2 - log(sigma / tau), the difference of squares as a product; see [`crate::policy`].
    #[inline(always)]
    pub fn log_ratios(&self, normals: &[f32], u: &[f32], d: &mut [f32]) {
        let at = |u: f32, lift: f32| lift * (0.5 * lift + u) - self.log_widths;
        match self.lift {
            Lift::Near { factor, at_zero } => {
                zip(d, u).for_each(|(d, u)| *d = at(*u, factor * u + at_zero));
            }
            Lift::Far { mean, stdev } => {
                zip(d, zip(u, normals)).for_each(|(d, (u, z))| *d = at(*u, (self.sample(*z) - mean) / stdev - u));
            }
        }
    }
}

#[cfg(all(test, feature = "libtorch"))]
mod tests {
    use super::*;
    use crate::policy::Normal;

    fn normal(mu: f64, sigma: f64) -> Normal {
        Normal::new(mu, sigma).expect("it is one")
    }

    #[test]
    fn samples_are_libtorchs_to_the_bit() {
        let normals: Vec<f32> = (0..10_000).map(|index| 3.0 * (index as f32).sin()).collect();
        for (mu, sigma) in [(0.0, 1.0), (-0.3, 0.7), (2.0, 3.0)] {
            let behaviour = normal(mu, sigma);
            let samples = Samples::new(&Problem { behaviour, ..Problem::default() });
            let ours: Vec<f32> = normals.iter().map(|&normal| samples.sample(normal)).collect();
            let [mu, sigma] = [mu as f32, sigma as f32].map(tch::Tensor::from);
            assert_eq!(tch::Tensor::from_slice(&normals) * sigma + mu, tch::Tensor::from_slice(&ours));
        }
    }
}
