//! A linear axis: its range and its ticks.

/// About as many ticks as fit.
const TICKS: f64 = 8.0;

/// A range of values, wider than what it shows by a twentieth on either side, as matplotlib's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    least: f64,
    greatest: f64,
}

impl Axis {
    /// An axis for these values; from 0 to 1 where there are none.
    pub fn around(values: impl Iterator<Item = f64>) -> Self {
        let range = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
        let (least, greatest) = match range {
            (least, greatest) if least < greatest => (least, greatest),
            (0.0, 0.0) => (-1.0, 1.0),
            (only, _) if only.is_finite() => (only - 0.05 * only.abs(), only + 0.05 * only.abs()),
            _ => (0.0, 1.0),
        };
        let margin = 0.05 * (greatest - least);
        Self { least: least - margin, greatest: greatest + margin }
    }

    /// An axis from the one end to the other; around them where they are the same.
    pub fn between(least: f64, greatest: f64) -> Self {
        if least < greatest { Self { least, greatest } } else { Self::around([least, greatest].into_iter()) }
    }

    /// Where the value lies: 0 at the lower end, 1 at the upper.
    pub fn place(&self, value: f64) -> f64 {
        (value - self.least) / (self.greatest - self.least)
    }

    /// The value that lies there.
    pub fn value(&self, place: f64) -> f64 {
        self.least + place * (self.greatest - self.least)
    }

    /// Round values within the range, evenly spaced, and their labels.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        self.ticks_at_most(TICKS)
    }

    /// The same, about so many.
    pub fn ticks_at_most(&self, count: f64) -> Vec<(f64, String)> {
        let step = round_step((self.greatest - self.least) / count);
        let (first, last) = ((self.least / step).ceil(), (self.greatest / step).floor());
        let values = (0..=(last - first) as u32).map(|index| (first + f64::from(index)) * step);
        values.map(|value| (value, label(value, step, self.least.abs().max(self.greatest.abs())))).collect()
    }
}

/// The least of 1, 2, 2.5 and 5 times a power of ten that is no smaller than `step`.
fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 2.5, 5.0].into_iter().find(|factor| factor * power >= step).unwrap_or(10.0);
    factor * power
}

/// A value with the decimals that its neighbours a step away need, with a true minus sign.
fn label(value: f64, step: f64, greatest: f64) -> String {
    // 2.5 needs a digit more than its power of ten.
    let exponent = (step.log10() + 1e-9).floor() as i32;
    let lowest_digit = if (step / 10f64.powi(exponent) - 2.5).abs() < 1e-6 { exponent - 1 } else { exponent };
    let highest_digit = greatest.log10().floor() as i32;
    let text = if (-5..=6).contains(&highest_digit) && lowest_digit > -10 {
        format!("{value:.decimals$}", decimals = (-lowest_digit).max(0) as usize)
    } else if value.abs() < step / 2.0 {
        "0".to_owned()
    } else {
        let digits = (value.abs().log10() + 1e-9).floor() as i32 - lowest_digit;
        format!("{value:.digits$e}", digits = digits.max(0) as usize)
    };
    let zero = text.trim_start_matches('-').chars().all(|c| "0.".contains(c));
    if zero { text.replace('-', "") } else { text.replace('-', "\u{2212}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(least: f64, greatest: f64) -> Vec<String> {
        Axis { least, greatest }.ticks().into_iter().map(|tick| tick.1).collect()
    }

    #[test]
    fn ticks_are_round_and_within_the_range() {
        assert_eq!(labels(-1.17, 0.07), ["−1.0", "−0.8", "−0.6", "−0.4", "−0.2", "0.0"]);
        assert_eq!(labels(-0.1, 1.6), ["0.00", "0.25", "0.50", "0.75", "1.00", "1.25", "1.50"]);
        assert_eq!(labels(-8e30, 1e30), ["−8e30", "−6e30", "−4e30", "−2e30", "0"]);
        assert_eq!(labels(1e-30, 4.1e-30)[..2], ["1.0e-30".replace('-', "−"), "1.5e-30".replace('-', "−")]);
    }

    #[test]
    fn an_axis_around_nothing_or_one_value_has_ticks() {
        for values in [vec![], vec![0.0], vec![-3.0], vec![1e-40], vec![f64::from(f32::MAX), f64::from(f32::MIN)]] {
            let axis = Axis::around(values.iter().copied());
            assert!((2..20).contains(&axis.ticks().len()), "{values:?}");
            assert!(values.iter().all(|&value| (0.0..=1.0).contains(&axis.place(value))));
        }
    }
}
