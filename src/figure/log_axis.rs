//! A logarithmic axis: its range and its ticks.

/// What is smaller is a rounding of 0, which has no place on the axis.
pub const LEAST: f64 = 1e-12;
/// An axis has no more decades than these.
const MOST_DECADES: f64 = 8.0;
/// Nor does it reach beyond this power of ten, unless nothing lies below.
const HIGHEST: f64 = 6.0;
/// Nor is it shorter than a factor of 5, so that 1, 2 and 5 times a power of ten make two ticks.
const FEWEST_DECADES: f64 = 0.7;
/// Fewer powers of ten than these are too few labels.
const FEW_DECADES: usize = 3;
/// About as many labels as fit.
const LABELS: f64 = 8.0;

/// A range of positive values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogAxis {
    /// Its ends' decimal logarithms.
    least: f64,
    greatest: f64,
}

impl LogAxis {
    /// An axis for all of these values, with a margin of that part of its length. It has no more than 8 decades.
    pub fn over(values: impl Iterator<Item = f64>, margin: f64) -> Self {
        let logs = logs(values);
        Self::with_margin(logs.first().copied(), logs.last().copied(), margin)
    }

    /// An axis for most of these values: where a fiftieth of them lie far below or above the others, as next to where a
    /// bias changes sign, it shows a decade of those.
    pub fn around(values: impl Iterator<Item = f64>, margin: f64) -> Self {
        let logs = logs(values);
        let in_reach = logs.partition_point(|&log| log <= HIGHEST);
        let logs = if in_reach > 0 { &logs[..in_reach] } else { &logs[..] };
        let Some(last) = logs.len().checked_sub(1) else { return Self::with_margin(None, None, 0.0) };
        let fiftieth = logs.len() / 50;
        let least = logs[0].max(logs[fiftieth] - 1.0);
        let greatest = logs[last].min(logs[last - fiftieth] + 1.0);
        Self::with_margin(Some(least), Some(greatest), margin)
    }

    /// An axis from the one end to the other, both of them positive.
    pub fn between(least: f64, greatest: f64) -> Self {
        Self { least: least.log10(), greatest: greatest.log10() }
    }

    fn with_margin(least: Option<f64>, greatest: Option<f64>, margin: f64) -> Self {
        let greatest = greatest.unwrap_or(0.0);
        let least = least.unwrap_or(-1.0).max(greatest - MOST_DECADES);
        let missing = (FEWEST_DECADES - (greatest - least)).max(0.0) / 2.0;
        let (least, greatest) = (least - missing, greatest + missing);
        let margin = margin * (greatest - least);
        Self { least: least - margin, greatest: greatest + margin }
    }

    /// Where the value lies: 0 at the lower end, 1 at the upper.
    pub fn place(&self, value: f64) -> f64 {
        (value.log10() - self.least) / (self.greatest - self.least)
    }

    /// The value that lies there.
    pub fn value(&self, place: f64) -> f64 {
        10f64.powf(self.least + place * (self.greatest - self.least))
    }

    /// Its ends.
    pub fn ends(&self) -> (f64, f64) {
        (10f64.powf(self.least), 10f64.powf(self.greatest))
    }

    /// Powers of ten, with labels whose exponent follows a `^`; where there are only one or two, twice and five times
    /// those as well, with plain labels.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        let decades = self.decades();
        if decades.len() < FEW_DECADES {
            return self
                .multiples(&[1, 2, 5])
                .map(|(factor, exponent)| (f64::from(factor) * power(exponent), plain(factor, exponent)))
                .collect();
        }
        let step = (decades.len() as f64 / LABELS).ceil() as i32;
        let labelled = decades.into_iter().filter(|exponent| exponent % step == 0);
        labelled.map(|exponent| (power(exponent), format!("10^{exponent}").replace('-', "\u{2212}"))).collect()
    }

    /// The multiples of the powers of ten.
    pub fn minor_ticks(&self) -> impl Iterator<Item = f64> {
        self.multiples(&[1, 2, 3, 4, 5, 6, 7, 8, 9]).map(|(factor, exponent)| f64::from(factor) * power(exponent))
    }

    /// Those factors times each power of ten, as far as they lie within the range: factor and exponent.
    fn multiples(&self, factors: &'static [i32]) -> impl Iterator<Item = (i32, i32)> {
        let (first, last) = (self.least.floor() as i32, self.greatest.ceil() as i32);
        let all = (first..=last).flat_map(|exponent| factors.iter().map(move |&factor| (factor, exponent)));
        all.filter(|&(factor, exponent)| (0.0..=1.0).contains(&self.place(f64::from(factor) * power(exponent))))
    }

    /// The exponents of the powers of ten within the range.
    fn decades(&self) -> Vec<i32> {
        (self.least.ceil() as i32..=self.greatest.floor() as i32).collect()
    }
}

/// Whether a value is neither 0, but for rounding, nor infinite, nor negative.
pub fn has_place(value: f64) -> bool {
    (LEAST..f64::INFINITY).contains(&value)
}

/// The decimal logarithms of the values that have a place on the axis, in order.
fn logs(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut logs: Vec<f64> = values.filter(|&value| has_place(value)).map(f64::log10).collect();
    logs.sort_by(f64::total_cmp);
    logs
}

fn power(exponent: i32) -> f64 {
    10f64.powi(exponent)
}

fn plain(factor: i32, exponent: i32) -> String {
    match exponent {
        -4..0 => format!("{:.*}", -exponent as usize, f64::from(factor) * power(exponent)),
        0..5 => format!("{}", factor * 10i32.pow(exponent as u32)),
        _ => format!("{factor}e{exponent}").replace('-', "\u{2212}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: LogAxis) -> Vec<String> {
        axis.ticks().into_iter().map(|tick| tick.1).collect()
    }

    #[test]
    fn ticks_are_powers_of_ten_or_a_few_multiples() {
        assert_eq!(labels(LogAxis::over([0.02, 30.0].into_iter(), 0.0)), ["10^−1", "10^0", "10^1"]);
        assert_eq!(labels(LogAxis::over([0.15, 2.1].into_iter(), 0.0)), ["0.2", "0.5", "1", "2"]);
        assert_eq!(labels(LogAxis::over([2e-7, 4e-7].into_iter(), 0.0)), ["2e−7", "5e−7"]);
        for nothing in [vec![], vec![0.0], vec![1.0], vec![3e-9, f64::INFINITY]] {
            assert!(labels(LogAxis::around(nothing.iter().copied(), 0.05)).len() >= 2, "{nothing:?}");
        }
    }

    #[test]
    fn a_few_far_values_do_not_squeeze_the_others() {
        let most = (0..99).map(|index| 1.0 + f64::from(index) / 50.0);
        let ends = |others: &[f64]| LogAxis::around(most.clone().chain(others.iter().copied()), 0.0).ends();
        assert!((ends(&[1e-9]).0 / 0.102 - 1.0).abs() < 1e-9, "a decade below the third least");
        assert_eq!(ends(&[1e-13]), ends(&[]), "a rounding of 0 has no place");
        assert_eq!(ends(&[1e40; 30]), ends(&[]), "what is beyond reach is cut off");
        let (least, _) = LogAxis::over([1e-11, 1.0].into_iter(), 0.0).ends();
        assert!((least / 1e-8 - 1.0).abs() < 1e-9, "no more than 8 decades");
    }
}
