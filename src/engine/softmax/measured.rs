//! What trials say of an estimator, with standard errors.

use crate::statistics::{Estimate, jackknife};
use crate::theory::softmax::{Measures, Target, dot};
use serde::Serialize;

/// What trials say of the gradient of one sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// <g, G> / <G, G>.
    pub strength: Estimate,
    /// The cosine of g and G, which noise may lead past 1; not a number where g is not told from 0.
    pub cosine: Estimate,
    /// The square of |g - G| / |G|, without bias: below 0 where noise makes it so.
    pub squared_bias: Estimate,
    /// The square of |g - L| / |L|.
    pub squared_bias_local: Estimate,
    /// The trace of the covariance matrix of one sample's gradient, over |G|^2.
    pub variance: Estimate,
}

impl Measured {
    /// Of the gradients of trials of so many samples each.
    ///
    /// # Formula
    /// With y_i the gradients of n trials, S their sum and Q = sum |y_i|^2, a U-statistic has no bias by noise:
    /// |g|^2 = (|S|^2 - Q) / (n (n - 1)), and |g - G|^2 is that less 2 <S, G> / n plus |G|^2. The variance of one of m samples
    /// is m (Q - |S|^2 / n) / (n - 1). Standard errors are those of the jackknife, which leaves out one trial at a time.
    pub(super) fn of(trials: &[Vec<f64>], target: &Target, sample_size: usize) -> Self {
        let mut sum = vec![0.0; target.gradient.len()];
        for trial in trials {
            sum.iter_mut().zip(trial).for_each(|(sum, y)| *sum += y);
        }
        let of_trial = |y: &Vec<f64>| Products {
            square: dot(y, y),
            with_target: dot(y, &target.gradient),
            with_local: dot(y, &target.local),
            with_sum: dot(y, &sum),
        };
        let products: Vec<Products> = trials.iter().map(of_trial).collect();
        let total = |of: fn(&Products) -> f64| products.iter().map(of).sum::<f64>();
        let all = Totals {
            count: trials.len() as f64,
            samples: sample_size as f64,
            sum_squared: dot(&sum, &sum),
            squares: total(|products| products.square),
            with_target: total(|products| products.with_target),
            with_local: total(|products| products.with_local),
            norm: target.norm(),
            local_norm: target.local_norm(),
        };
        let without: Vec<Totals> = products.iter().map(|products| all.without(products)).collect();
        let estimate = |of: fn(&Totals) -> f64| jackknife(of(&all), without.iter().map(of));
        Self {
            strength: estimate(Totals::strength),
            cosine: estimate(Totals::cosine),
            squared_bias: estimate(Totals::squared_bias),
            squared_bias_local: estimate(Totals::squared_bias_local),
            variance: estimate(Totals::variance),
        }
    }
}

/// The numbers of [`Measured`] and their standard errors, as files hold them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[allow(missing_docs, reason = "each is named by what it is")]
pub struct MeasuredRow {
    pub measured_strength: f64,
    pub measured_strength_error: f64,
    pub measured_cosine: f64,
    pub measured_cosine_error: f64,
    /// Below 0 where noise makes it so.
    pub measured_squared_bias: f64,
    pub measured_squared_bias_error: f64,
    pub measured_squared_bias_local: f64,
    pub measured_squared_bias_local_error: f64,
    pub measured_variance: f64,
    pub measured_variance_error: f64,
}

impl Measured {
    /// As files hold it.
    pub fn row(&self) -> MeasuredRow {
        MeasuredRow {
            measured_strength: self.strength.value,
            measured_strength_error: self.strength.error,
            measured_cosine: self.cosine.value,
            measured_cosine_error: self.cosine.error,
            measured_squared_bias: self.squared_bias.value,
            measured_squared_bias_error: self.squared_bias.error,
            measured_squared_bias_local: self.squared_bias_local.value,
            measured_squared_bias_local_error: self.squared_bias_local.error,
            measured_variance: self.variance.value,
            measured_variance_error: self.variance.error,
        }
    }

    /// The numbers and their standard errors, as theory has them.
    pub fn measures(&self) -> [Measures; 2] {
        let known = |number: f64| Some(number).filter(|number| number.is_finite());
        let measures = |of: fn(Estimate) -> f64| Measures {
            strength: known(of(self.strength)),
            cosine: known(of(self.cosine)),
            relative_bias: known(of(self.squared_bias.root())),
            relative_bias_local: known(of(self.squared_bias_local.root())),
            relative_stdev_one_sample: known(of(self.variance.root())),
        };
        [measures(|estimate| estimate.value), measures(|estimate| estimate.error)]
    }
}

/// The inner products of the gradient of one trial.
struct Products {
    square: f64,
    with_target: f64,
    with_local: f64,
    with_sum: f64,
}

/// Sums over trials, from which everything is computed.
struct Totals {
    count: f64,
    samples: f64,
    sum_squared: f64,
    squares: f64,
    with_target: f64,
    with_local: f64,
    norm: f64,
    local_norm: f64,
}

impl Totals {
    fn without(&self, trial: &Products) -> Self {
        Self {
            count: self.count - 1.0,
            sum_squared: self.sum_squared - 2.0 * trial.with_sum + trial.square,
            squares: self.squares - trial.square,
            with_target: self.with_target - trial.with_target,
            with_local: self.with_local - trial.with_local,
            ..*self
        }
    }

    fn strength(&self) -> f64 {
        self.with_target / self.count / self.norm.powi(2)
    }

    /// |g|^2, without bias.
    fn squared(&self) -> f64 {
        (self.sum_squared - self.squares) / (self.count * (self.count - 1.0))
    }

    fn cosine(&self) -> f64 {
        self.with_target / self.count / self.norm / self.squared().sqrt()
    }

    fn squared_bias(&self) -> f64 {
        (self.squared() - 2.0 * self.with_target / self.count) / self.norm.powi(2) + 1.0
    }

    fn squared_bias_local(&self) -> f64 {
        (self.squared() - 2.0 * self.with_local / self.count) / self.local_norm.powi(2) + 1.0
    }

    fn variance(&self) -> f64 {
        let spread = (self.squares - self.sum_squared / self.count) / (self.count - 1.0);
        self.samples * spread.max(0.0) / self.norm.powi(2)
    }
}
