//! Estimates with standard errors.

use serde::Serialize;

/// A number, and how well it is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
}

impl Estimate {
    /// Its root; of a number below 0 it is 0. The error is how much the root grows where the number grows by its own.
    pub fn root(self) -> Self {
        let value = self.value.max(0.0).sqrt();
        Self { value, error: (self.value.max(0.0) + self.error).sqrt() - value }
    }

    /// The root of its size, with its sign: an estimate of a square that is 0 is below 0 as often as above. The error is how much
    /// the root grows where the number grows by its own, away from 0.
    pub fn signed_root(self) -> Self {
        let root = self.value.abs().sqrt();
        Self { value: root.copysign(self.value), error: (self.value.abs() + self.error).sqrt() - root }
    }
}

/// A value, and the standard error that follows from the values without one of n parts of the data each, which are about as large.
/// Where one of those is not a number, as the cosine of a gradient that noise hides, nothing is known of the value, and it is not
/// a number either.
///
/// # Formula
/// sqrt((n - 1) / n sum (v_i - mean v)^2)
pub fn jackknife(value: f64, without: impl ExactSizeIterator<Item = f64> + Clone) -> Estimate {
    let count = without.len() as f64;
    let mean = without.clone().sum::<f64>() / count;
    let spread: f64 = without.map(|value| (value - mean).powi(2)).sum();
    let error = ((count - 1.0) / count * spread).sqrt();
    if error.is_finite() { Estimate { value, error } } else { Estimate { value: f64::NAN, error: f64::NAN } }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean of some numbers has the standard error of a mean.
    #[test]
    fn a_jackknife_of_a_mean_is_its_standard_error() {
        let numbers = [1.0, 2.0, 4.0, 9.0];
        let without = numbers.map(|number| (16.0 - number) / 3.0);
        let estimate = jackknife(4.0, without.into_iter());
        let spread: f64 = numbers.iter().map(|number| (number - 4.0_f64).powi(2)).sum();
        assert!((estimate.error - (spread / 3.0 / 4.0).sqrt()).abs() < 1e-12);
    }

    /// A number without an error bar would look exact.
    #[test]
    fn what_has_no_standard_error_has_no_value() {
        let estimate = jackknife(0.01, [0.02, f64::NAN, 0.01].into_iter());
        assert!(estimate.value.is_nan() && estimate.error.is_nan());
    }
}
