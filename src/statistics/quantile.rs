//! Quantiles, and the box that is drawn from them.

/// The five numbers of a box plot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoxPlot {
    /// The smallest value within 1.5 interquartile ranges of the first quartile.
    pub lower_whisker: f64,
    /// First quartile.
    pub q1: f64,
    /// Median.
    pub median: f64,
    /// Third quartile.
    pub q3: f64,
    /// The largest value within 1.5 interquartile ranges of the third quartile.
    pub upper_whisker: f64,
}

impl BoxPlot {
    /// Of finite values, at least one, which it reorders.
    pub fn of(values: &mut [f32]) -> Self {
        let [q1, median, q3] = [0.25, 0.5, 0.75].map(|p| quantile(values, p));
        let reach = 1.5 * (q3 - q1);
        let within = values.iter().map(|&value| f64::from(value)).filter(|x| (q1 - reach..=q3 + reach).contains(x));
        let (lower, upper) = within.fold((q1, q3), |(lower, upper), x| (x.min(lower), x.max(upper)));
        Self { lower_whisker: lower, q1, median, q3, upper_whisker: upper }
    }
}

/// The quantile at `p` in 0..=1 of finite values, at least one, which it reorders; numpy's default.
///
/// # Formula
/// Linear interpolation at position (n - 1) p between the sorted values.
pub fn quantile(values: &mut [f32], p: f64) -> f64 {
    let position = (values.len() - 1) as f64 * p;
    let (_, &mut lower, above) = values.select_nth_unstable_by(position as usize, f32::total_cmp);
    let upper = above.iter().copied().min_by(f32::total_cmp).unwrap_or(lower);
    let (lower, upper) = (f64::from(lower), f64::from(upper));
    lower + (upper - lower) * position.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected: `numpy.quantile([3, 1, 4, 1, 5, 9, 2, 6], p)`.
    #[test]
    fn quantiles_are_those_of_numpy() {
        let expect = |p, expected| assert_eq!(quantile(&mut [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0], p), expected);
        expect(0.0, 1.0);
        expect(0.25, 1.75);
        expect(0.5, 3.5);
        expect(0.75, 5.25);
        expect(1.0, 9.0);
        assert_eq!(quantile(&mut [7.0], 0.3), 7.0);
    }

    #[test]
    fn whiskers_end_at_the_last_value_within_reach() {
        let mut values = [1.0, 2.0, 3.0, 4.0, 5.0, 100.0, -6.0];
        let expected = BoxPlot { lower_whisker: -1.0, q1: 1.5, median: 3.0, q3: 4.5, upper_whisker: 5.0 };
        values[6] = -1.0;
        assert_eq!(BoxPlot::of(&mut values), expected);
    }
}
