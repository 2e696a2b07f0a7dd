//! What a baseline does to the gradient of k2 at any number of samples, exactly.
//!
//! With a baseline lambda a trial's gradient is the mean of (D - lambda) s over its n samples. Every constant lambda leaves its
//! expectation where the policy draws its own samples, but a lambda that is estimated from the same draw does not: the gradient
//! is then a mean less a ratio of sums, G = mean(D s) - (sum w D^p / sum w) mean(s).
//!
//! ```
//! use klgrad::estimator::{WeightedMean, Draw, Parameter, Weight};
//! use klgrad::policy::Problem;
//! use klgrad::theory::lambda;
//!
//! let own = WeightedMean { weight: Weight::Component, power_of_d: 1, draw: Draw::Own };
//! let of = |n| lambda::own_draw(&Problem::default(), &own, Parameter::Mu, n).mean.finite().expect("it is a number");
//! // With 16 samples a sixth of the gradient is lost, exactly 3 / (n + 2).
//! let whole = of(100_000_000);
//! assert!((of(16) / whole - (1.0 - 3.0 / 18.0)).abs() < 1e-6);
//! ```

mod bound;
mod integrals;
mod nodes;

pub use bound::own_draw_bound;

use super::moment::{Moment, Moments};
use crate::estimator::{Parameter, WeightedMean};
use crate::policy::Problem;
use integrals::Integrals;
use nodes::Nodes;

/// E\[w D^p\] / E\[w\] over the policy that draws, which the estimate of lambda approaches as the draw grows.
pub fn exact(problem: &Problem, baseline: &WeightedMean, parameter: Parameter) -> Moment {
    Moment::of(Nodes::new(problem, baseline, parameter).lambda)
}

/// Mean and variance of a trial's gradient, with lambda from its own draw of `sample_size` samples.
///
/// # Formula
/// With lambda* the exact one, g = (D - lambda*) s, a = w (D^p - lambda*) and R = sum a sum s / sum w,
///
/// G = (sum g - R) / n, E\[G\] = E\[g\] - E\[R\] / n and
/// Var\[G\] = Var\[g\] / n - 2 E\[sum (g - E\[g\]) R\] / n^2 + (E\[R^2\] - E\[R\]^2) / n^2.
///
/// The expectations of R are integrals over t, as 1 / W and 1 / W^2 are those of exp(-t W) and t exp(-t W).
pub fn own_draw(problem: &Problem, baseline: &WeightedMean, parameter: Parameter, sample_size: usize) -> Moments {
    if sample_size == 1 && baseline.power_of_d == 1 {
        // Of a single sample lambda is its own D.
        return Moments { mean: Moment::Finite(0.0), variance: Moment::Finite(0.0) };
    }
    let nodes = Nodes::new(problem, baseline, parameter);
    let n = sample_size as f64;
    let Integrals { ratio, covariance, square, .. } = Integrals::new(&nodes, n);
    let [gradient, of_gradient] = nodes.mean_and_variance(|node| node.gradient);
    let variance = of_gradient / n - 2.0 * covariance / n / n + (square - ratio * ratio) / n / n;
    scaled(problem, gradient - ratio / n, variance)
}

/// The variance of R / n, by which the gradient with lambda from its own draw is not the mean of the independent g.
pub fn own_draw_remainder(
    problem: &Problem,
    baseline: &WeightedMean,
    parameter: Parameter,
    sample_size: usize,
) -> Moment {
    let nodes = Nodes::new(problem, baseline, parameter);
    let Integrals { ratio, square, .. } = Integrals::new(&nodes, sample_size as f64);
    let scale = sample_size as f64 * problem.policy.sigma();
    Moment::of((square - ratio * ratio).max(0.0)).map(|variance| variance / scale / scale)
}

/// Mean and variance of a trial's gradient with lambda from another draw of `sample_size` samples, such as the trial's before.
///
/// # Formula
/// With d = lambda - lambda*, which is independent of the trial's own samples, E\[G\] = E\[g\] - E\[d\] E\[s\] and
/// Var\[G\] = (Var\[g\] - 2 E\[d\] Cov\[g, s\] + E\[d^2\] Var\[s\]) / n + Var\[d\] E\[s\]^2.
pub fn other_draw(problem: &Problem, baseline: &WeightedMean, parameter: Parameter, sample_size: usize) -> Moments {
    let nodes = Nodes::new(problem, baseline, parameter);
    let n = sample_size as f64;
    let Integrals { lambda, lambda_square, .. } = Integrals::new(&nodes, n);
    let [gradient, of_gradient] = nodes.mean_and_variance(|node| node.gradient);
    let [score, of_score] = nodes.mean_and_variance(|node| node.score);
    let covariance = nodes.expectation(|node| (node.gradient - gradient) * (node.score - score));
    let of_samples = of_gradient - 2.0 * lambda * covariance + lambda_square * of_score;
    let variance = of_samples / n + (lambda_square - lambda * lambda) * score * score;
    scaled(problem, gradient - lambda * score, variance)
}

/// The same where from D of each sample the mean of the others is subtracted; none for a sample without others.
///
/// # Formula
/// It is the sample covariance of D and s. With the central moments m_jk of D and s its mean is m_11, and its variance
/// m_22 / n - (n - 2) m_11^2 / (n (n - 1)) + m_20 m_02 / (n (n - 1)).
pub fn leave_one_out(problem: &Problem, parameter: Parameter, sample_size: usize) -> Option<Moments> {
    let n = sample_size as f64;
    let nodes = Nodes::plain(problem, parameter);
    let [log_ratio, of_log_ratio] = nodes.mean_and_variance(|node| node.log_ratio);
    let [score, of_score] = nodes.mean_and_variance(|node| node.score);
    let central =
        |power: i32| nodes.expectation(|node| ((node.log_ratio - log_ratio) * (node.score - score)).powi(power));
    let [covariance, both] = [1, 2].map(central);
    // Var of the product of the two deviations, less what the means take away.
    let variance =
        (both - covariance * covariance) / n + (covariance * covariance + of_log_ratio * of_score) / (n * (n - 1.0));
    (sample_size > 1).then(|| scaled(problem, covariance, variance))
}

/// Of the gradient itself, from that in units of 1 / sigma.
fn scaled(problem: &Problem, mean: f64, variance: f64) -> Moments {
    Moments { mean: Moment::of(mean), variance: Moment::of(variance.max(0.0)) }.over(problem.policy.sigma())
}
