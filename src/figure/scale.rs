//! An axis for values of any sign and size.

use super::axis::Axis;
use super::log_axis::LogAxis;

/// A greatest value that is so many times the middle one would leave that no room on a linear axis.
const FAR: f64 = 50.0;
/// A margin on either side, as a part of the length.
const MARGIN: f64 = 0.05;
/// About as many labels as fit on either side of 0.
const LABELS: f64 = 5.0;
/// Labels that are no farther apart than this part of the axis touch.
const APART: f64 = 0.045;
/// Marks between powers of ten need room: of more powers there are none.
const MOST_POWERS: usize = 9;
const GREATEST: f64 = 1e300;

/// A range of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// Evenly.
    Linear(Axis),
    /// By powers of ten, of positive values only.
    Log(LogAxis),
    /// By powers of ten on both sides of 0, and about evenly from the first of them down to 0.
    Signed(Signed),
}

/// The axis of asinh(value / first), which is linear near 0 and logarithmic far from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Signed {
    /// The power of ten at which it begins to be logarithmic.
    first: f64,
    /// Its ends, in asinh.
    least: f64,
    greatest: f64,
}

impl Scale {
    /// A linear axis around these values, or a signed one where a few of them are far from the others.
    pub fn around(values: impl Iterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        let sizes = sizes(&values);
        match (sizes.get(sizes.len() / 2), sizes.last()) {
            (Some(middle), Some(greatest)) if *greatest > FAR * middle => Self::signed(values.into_iter()),
            _ => Self::Linear(Axis::around(values.into_iter())),
        }
    }

    /// A signed axis around these values; a linear one where they are all of a size, and of a sign.
    pub fn signed(values: impl Iterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        let sizes = sizes(&values);
        let Some(&middle) = sizes.get(sizes.len() / 2) else { return Self::Linear(Axis::around(values.into_iter())) };
        let range = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(*x), b.max(*x)));
        let is_narrow = range.0 * range.1 > 0.0 && sizes[sizes.len() - 1] < 10.0 * sizes[0];
        match is_narrow {
            true => Self::Linear(Axis::around(values.into_iter())),
            false => Self::Signed(Signed::between(10f64.powf(middle.log10().floor()), range)),
        }
    }

    /// Where the value lies: 0 at the lower end, 1 at the upper.
    pub fn place(&self, value: f64) -> f64 {
        match self {
            Self::Linear(axis) => axis.place(value),
            Self::Log(axis) => axis.place(value),
            Self::Signed(axis) => (axis.at(value) - axis.least) / (axis.greatest - axis.least),
        }
    }

    /// The value that lies there.
    pub fn value(&self, place: f64) -> f64 {
        match self {
            Self::Linear(axis) => axis.value(place),
            Self::Log(axis) => axis.value(place),
            Self::Signed(axis) => axis.value(axis.least + place * (axis.greatest - axis.least)),
        }
    }

    /// Round values within the range, and their labels, in which an exponent follows a `^`.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        match self {
            Self::Linear(axis) => axis.ticks(),
            Self::Log(axis) => axis.ticks().into_iter().map(plain).collect(),
            Self::Signed(axis) => self.apart(axis.ticks()),
        }
    }

    /// Without those labels that would touch that of 0.
    fn apart(&self, mut ticks: Vec<(f64, String)>) -> Vec<(f64, String)> {
        let zero = self.place(0.0);
        ticks.retain(|(value, _)| *value == 0.0 || (self.place(*value) - zero).abs() > APART);
        ticks
    }

    /// Values within the range without a label.
    pub fn minor_ticks(&self) -> Vec<f64> {
        match self {
            Self::Linear(_) => Vec::new(),
            Self::Log(axis) => axis.minor_ticks().collect(),
            Self::Signed(axis) => axis.minor_ticks(),
        }
    }

    /// The same kind of axis over another range.
    pub fn over(&self, least: f64, greatest: f64) -> Self {
        match self {
            Self::Signed(axis) => Self::Signed(Signed::between(axis.first, (least, greatest))),
            _ => Self::Linear(Axis::around([least, greatest].into_iter())),
        }
    }
}

/// The absolute values other than 0, in order.
fn sizes(values: &[f64]) -> Vec<f64> {
    let mut sizes: Vec<f64> = values.iter().map(|value| value.abs()).filter(|size| *size > 0.0).collect();
    sizes.sort_by(f64::total_cmp);
    sizes
}

impl Signed {
    fn between(first: f64, range: (f64, f64)) -> Self {
        // A power of ten that is no normal float has no logarithm to speak of.
        let first = first.max(f64::MIN_POSITIVE);
        let (least, greatest) = ((range.0 / first).asinh(), (range.1 / first).asinh());
        let margin = MARGIN * (greatest - least).max(1.0);
        Self { first, least: least - margin, greatest: greatest + margin }
    }

    fn at(&self, value: f64) -> f64 {
        (value / self.first).asinh()
    }

    /// Within floats, where the margin of an axis is not.
    fn value(&self, at: f64) -> f64 {
        (self.first * at.sinh()).clamp(-GREATEST, GREATEST)
    }

    fn holds(&self, value: f64) -> bool {
        (self.least..=self.greatest).contains(&self.at(value))
    }

    /// The exponents from the first power of ten to the last that is reached on either side.
    fn exponents(&self) -> std::ops::RangeInclusive<i32> {
        let farthest = self.value(self.least.abs().max(self.greatest.abs()));
        self.first.log10().round() as i32..=farthest.log10().floor() as i32
    }

    fn ticks(&self) -> Vec<(f64, String)> {
        let exponents = self.exponents();
        let step = (f64::from(exponents.end() - exponents.start() + 1) / LABELS).ceil().max(1.0) as i32;
        // From the outside, so that the greatest has a label.
        let labelled: Vec<i32> = exponents.clone().rev().step_by(step as usize).collect();
        let up = labelled.iter().rev().map(|&exponent| (10f64.powi(exponent), label(exponent, "")));
        let down = labelled.iter().map(|&exponent| (-10f64.powi(exponent), label(exponent, "\u{2212}")));
        down.chain([(0.0, "0".to_owned())]).chain(up).filter(|(value, _)| self.holds(*value)).collect()
    }

    fn minor_ticks(&self) -> Vec<f64> {
        let last = if self.exponents().count() > MOST_POWERS { 1 } else { 9 };
        let of = |exponent: i32| (1..=last).map(move |n| f64::from(n) * 10f64.powi(exponent));
        let multiples = self.exponents().flat_map(of);
        multiples.flat_map(|value| [-value, value]).filter(|value| self.holds(*value)).collect()
    }
}

/// 1, 10, 100 and 1000 as they are written.
fn plain((value, label): (f64, String)) -> (f64, String) {
    let is_small = (0.99..1001.0).contains(&value);
    (value, if is_small { value.round().to_string() } else { label })
}

fn label(exponent: i32, sign: &str) -> String {
    match exponent {
        -3..=3 => format!("{sign}{}", 10f64.powi(exponent)),
        _ => format!("{sign}10^{}", exponent.to_string().replace('-', "\u{2212}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale) -> Vec<String> {
        scale.ticks().into_iter().map(|tick| tick.1).collect()
    }

    #[test]
    fn a_few_far_values_make_it_logarithmic_on_both_sides_of_0() {
        let near = [-0.02, 0.01, 0.03, 0.015];
        assert!(matches!(Scale::around(near.into_iter()), Scale::Linear(_)));
        let far = Scale::around(near.into_iter().chain([-20.0, 1.0]));
        assert_eq!(labels(far), ["−10", "−1", "−0.1", "−0.01", "0", "0.01", "0.1", "1"]);
        assert!((far.place(-0.02) - far.place(0.03)).abs() > 0.1, "the near ones lie apart");
    }

    #[test]
    fn a_value_lies_at_its_place() {
        let scales = [
            Scale::around([1.0, 2.0].into_iter()),
            Scale::signed([-1e9, 1e-3, 4.0].into_iter()),
            Scale::Log(LogAxis::between(0.5, 1e4)),
        ];
        for scale in scales {
            for place in [0.0, 0.3, 0.5, 1.0] {
                assert!((scale.place(scale.value(place)) - place).abs() < 1e-9, "{scale:?}");
            }
        }
    }

    #[test]
    fn any_values_have_at_least_two_labels() {
        for values in [
            vec![],
            vec![0.0],
            vec![1e9],
            vec![-1e9, -1e9],
            vec![1e-30, 1e300],
            vec![1e-301, 1e-301, 3e-6],
            vec![5.0, f64::NAN],
            vec![-1e-9, 3e-9],
        ] {
            for scale in [Scale::around(values.iter().copied()), Scale::signed(values.iter().copied())] {
                assert!((2..=12).contains(&labels(scale).len()), "{values:?}: {:?}", labels(scale));
            }
        }
    }
}
