//! Mean and standard deviation.

/// The mean; NaN for no values.
pub fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

/// The population standard deviation, as numpy's `std` by default.
///
/// # Formula
/// sqrt(sum (x - mean)^2 / n)
pub fn population_stdev(values: impl ExactSizeIterator<Item = f64> + Clone) -> f64 {
    let centre = mean(values.clone());
    mean(values.map(|value| (value - centre).powi(2))).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_a_few_numbers() {
        let values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        assert_eq!(mean(values.into_iter()), 5.0);
        assert_eq!(population_stdev(values.into_iter()), 2.0);
    }

    #[test]
    fn moments_of_nothing_and_of_infinity_are_not_numbers() {
        assert!(mean([].into_iter()).is_nan());
        assert!(population_stdev([1.0, f64::INFINITY].into_iter()).is_nan());
    }
}
