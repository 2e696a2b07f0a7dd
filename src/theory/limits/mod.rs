//! How far the mean and the variance of gradients can lie from their expectations, for any number of samples.
//!
//! The central limit theorem is slow in the heavy tails of the ratio r, so none of these limits relies on it. Where a mean is
//! nearly normal, they are little more than the normal distribution gives.
//!
//! # Formula
//! A quarter of the probability is left for a sample of the run with a standard score beyond L = sqrt(2 log(4 count /
//! probability)) under the policy that draws: P(|z| > L) is below exp(-L^2 / 2). Else c s is bounded, and each limit is
//! Chernoff's: what is improbable for the expectation of an exponential. Either side has a quarter of the probability. Where
//! that is no bound, or a wider one, the limit is Cantelli's, sqrt(4 / probability - 1) standard deviations, which asks for the
//! variance only.
//!
//! ```
//! use klgrad::estimator::Parameter;
//! use klgrad::estimator::expr::Expr;
//! use klgrad::policy::Problem;
//! use klgrad::theory::limits::Law;
//!
//! // The loss r, whose gradient with respect to the mean has a heavy tail on one side.
//! let r = (-Expr::log_ratio()).exp();
//! let [law, _] = Law::of(&Problem::default(), &r);
//! let limits = law.expect("the variance is finite").mean_limits(1e6, 1e-6);
//! assert!(limits.above < 6.0 && limits.below > 10.0 * limits.above);
//! ```

mod law;
mod least;
mod lower;
mod sample;
#[cfg(test)]
mod tests;
mod upper;

pub use law::Law;
use lower::Lower;
use sample::Sample;
use upper::Upper;

/// The limits of a number that is random.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// On the lower side.
    pub below: f64,
    /// On the upper side.
    pub above: f64,
}

impl Law {
    /// Bounds, in standard errors from E\[c s\]: the mean of `count` independent samples of c s lies outside them with at most
    /// this probability. A heavy tail on one side moves the bound on that side only.
    ///
    /// # Formula
    /// With y the standardised c s, a distance beyond (log(4 / probability) / count + log E\[exp(+-t y)\]) / t has a quarter of
    /// the probability for every t > 0, E over the samples within L. The least of all t is taken.
    pub fn mean_limits(&self, count: f64, probability: f64) -> Limits {
        if self.is_constant() {
            return Limits { below: 0.0, above: 0.0 };
        }
        let sample = self.within(reach(count, probability));
        let limit = |side: f64| chernoff(&sample, side, count, probability / 4.0).min(cantelli(probability));
        Limits { below: limit(-1.0), above: limit(1.0) }
    }

    /// Bounds on Q, which lies outside them with at most this probability, where
    ///
    /// Q = mean over `trials` of (G - E\[G\])^2 / Var\[G\],
    ///
    /// G the mean of `sample_size` independent samples of c s in a trial. Its expectation is 1, and a run with the stdev and the
    /// mean that a summary holds has Q = (stdev^2 + (mean - E\[G\])^2) / Var\[G\]. None where c s has no fourth moment.
    ///
    /// # Formula
    /// With y the standardised c s, n the sample size and T the trials, Q T is the sum of T independent S^2 / n, S = y_1 + .. +
    /// y_n. As exp(a^2 / 2) = E\[exp(a xi)\] for a standard normal xi (Hubbard and Stratonovich),
    ///
    /// E\[exp(theta S^2 / n)\] = E_xi\[M(sqrt(2 theta / n) xi)^n\], M(t) = E\[exp(t y)\], and
    /// E\[exp(-theta S^2 / n)\] = E_xi\[psi(sqrt(2 theta / n) xi)^n\], psi(t) = E\[exp(i t y)\],
    ///
    /// so that P(Q >= q) <= exp(-T theta q) E\[exp(theta S^2 / n)\]^T, and P(Q <= q) <= exp(T theta q) E\[exp(-theta S^2 / n)\]^T.
    /// The last quarter of the probability is left for a trial with S beyond the limits B sqrt n of its own, without which the
    /// first expectation is that of sums that no run has; within them, xi counts to sqrt(2 theta) B and a little beyond only.
    /// Cantelli's limits have Var\[Q\] = (2 + (kurtosis - 3) / n) / T.
    pub fn variance_limits(&self, sample_size: f64, trials: f64, probability: f64) -> Option<Limits> {
        let below = self.least_variance(sample_size, trials, probability)?;
        let above = self.greatest_variance(sample_size, trials, probability)?;
        Some(Limits { below, above })
    }

    /// The lower one of [`variance_limits`](Self::variance_limits) alone, which takes longer; it is at most 1.
    pub fn least_variance(&self, sample_size: f64, trials: f64, probability: f64) -> Option<f64> {
        if self.is_constant() {
            return Some(1.0);
        }
        let farthest = self.cantelli_of_variance(sample_size, trials, probability)?;
        let exponent = (4.0 / probability).ln() / trials;
        let sample = self.within(reach(sample_size * trials, probability));
        Some(Lower::new(&sample, sample_size, exponent).limit(exponent).max(1.0 - farthest).clamp(0.0, 1.0))
    }

    /// The upper one alone; it is at least 1.
    pub fn greatest_variance(&self, sample_size: f64, trials: f64, probability: f64) -> Option<f64> {
        if self.is_constant() {
            return Some(1.0);
        }
        let farthest = self.cantelli_of_variance(sample_size, trials, probability)?;
        let exponent = (4.0 / probability).ln() / trials;
        let sample = self.within(reach(sample_size * trials, probability));
        let trial = probability / 8.0 / trials;
        let ends = [-1.0, 1.0].map(|side| chernoff(&sample, side, sample_size, trial));
        Some(Upper::new(&sample, sample_size, ends).limit(exponent).min(1.0 + farthest).max(1.0))
    }

    /// How far Q lies from 1 at most.
    fn cantelli_of_variance(&self, sample_size: f64, trials: f64, probability: f64) -> Option<f64> {
        let variance = (2.0 + (self.kurtosis()? - 3.0) / sample_size) / trials;
        Some(variance.sqrt() * cantelli(probability))
    }
}

/// L.
fn reach(count: f64, probability: f64) -> f64 {
    (2.0 * (4.0 * count / probability).ln()).sqrt()
}

/// In standard errors on one side: the least over t > 0 of (log(1 / probability) / count + log E\[exp(+-t y)\]) / t.
fn chernoff(sample: &Sample, side: f64, count: f64, probability: f64) -> f64 {
    let exponent = -probability.ln() / count;
    // Of a normal gradient the least is at the scale itself.
    let scale = (2.0 * exponent).sqrt();
    let bound = |t: f64| (exponent + sample.log_mgf(side * t)) / t;
    least::value([scale * 1e-6, scale * 8.0], bound) * count.sqrt()
}

/// In standard deviations: 1 / (1 + k^2) is a quarter of the probability.
fn cantelli(probability: f64) -> f64 {
    (4.0 / probability - 1.0).sqrt()
}
