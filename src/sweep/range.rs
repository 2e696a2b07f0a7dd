//! The settings that a sweep varies, and over which values.

use super::MOST_POINTS;
use crate::experiment::Setting;
use crate::number;
use std::fmt;
use std::str::FromStr;

/// The settings that a sweep can vary.
const VARIABLE: [Setting; 10] = [
    Setting::MuTheta,
    Setting::SigmaTheta,
    Setting::MuRef,
    Setting::SigmaRef,
    Setting::MuOld,
    Setting::SigmaOld,
    Setting::Kl,
    Setting::OldKl,
    Setting::Vocabulary,
    Setting::MaxLength,
];

/// A setting and values for it, written `mu-ref=0:3:61`, from 0 to 3 in 61 points of the same distance, or
/// `mu-ref=log:0.01:10:4`, from 0.01 to 10 in 4 points of the same ratio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// What is varied.
    pub setting: Setting,
    steps: Steps,
    start: f64,
    end: f64,
    count: usize,
}

/// What is the same from each value to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Steps {
    /// The distance.
    Linear,
    /// The ratio.
    Logarithmic,
}

impl Steps {
    /// The value that lies this part of the way from `start` to `end`, neither of which it passes.
    fn between(self, start: f64, end: f64, part: f64) -> f64 {
        match self {
            Self::Linear => start + (end - start) * part,
            Self::Logarithmic => {
                let [from, to] = [start, end].map(|value| value.abs().log10());
                // Rounding may lead past an end.
                10.0_f64.powf(from + (to - from) * part).copysign(start).clamp(start.min(end), start.max(end))
            }
        }
    }

    /// How it is written before the numbers.
    fn prefix(self) -> &'static str {
        match self {
            Self::Linear => "",
            Self::Logarithmic => "log:",
        }
    }

    /// # Errors
    /// Says what would be right.
    fn check(self, start: f64, end: f64) -> Result<(), String> {
        let [from, to] = [start, end].map(short);
        match self {
            Self::Logarithmic if start == 0.0 || end == 0.0 => Err(format!(
                "logarithmic steps from {from} to {to}, where 0 has no logarithm; an end near it, such as 1e-3, would be right"
            )),
            Self::Logarithmic if (start < 0.0) != (end < 0.0) => Err(format!(
                "logarithmic steps from {from} to {to}, which never pass 0; ends of the same sign would be right"
            )),
            Self::Linear | Self::Logarithmic => Ok(()),
        }
    }
}

impl Range {
    /// Whether it varies a setting of softmax policies, and not of normals.
    pub fn is_of_tokens(&self) -> bool {
        matches!(self.setting, Setting::Kl | Setting::OldKl | Setting::Vocabulary | Setting::MaxLength)
    }

    /// What an axis of a figure is called, and the values along it: their logarithms, where they have one ratio.
    pub(super) fn axis(&self) -> (String, Vec<f64>) {
        let name = self.setting.to_string();
        match self.steps {
            Steps::Logarithmic if self.start > 0.0 => {
                (format!("log10 {name}"), self.values().map(f64::log10).collect())
            }
            Steps::Linear | Steps::Logarithmic => (name, self.values().collect()),
        }
    }

    /// Every value, the first and the last exactly as written.
    pub fn values(&self) -> impl ExactSizeIterator<Item = f64> + Clone + use<> {
        let Self { steps, start, end, count, .. } = *self;
        let last = count - 1;
        (0..count).map(move |index| match index {
            0 => start,
            _ if index == last => end,
            _ => steps.between(start, end, index as f64 / last as f64),
        })
    }
}

/// A setting's name in the text of a range.
pub(super) fn written(setting: Setting) -> String {
    setting.to_string().replace('_', "-")
}

/// The shortest text of a number: `3` and `1e300`, not the digits of that.
fn short(number: f64) -> String {
    let text = format!("{number:?}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

impl fmt::Display for Range {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let &Self { setting, steps, start, end, count } = self;
        write!(formatter, "{}={}{}:{}:{count}", written(setting), steps.prefix(), short(start), short(end))
    }
}

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const FORM: &str = "SETTING=START:END:POINTS, such as mu-ref=0:3:61, or SETTING=log:START:END:POINTS, such as \
                            mu-ref=log:0.01:10:31, would be right";
        let (name, numbers) = text.split_once('=').ok_or(FORM)?;
        let known = VARIABLE.map(written);
        let setting = VARIABLE
            .into_iter()
            .find(|&setting| written(setting) == name.trim())
            .ok_or_else(|| format!("'{name}' is not a setting that can be varied; those are {}", known.join(", ")))?;
        let numbers: Vec<&str> = numbers.split(':').map(str::trim).collect();
        let (steps, numbers) = match &numbers[..] {
            ["log", numbers @ ..] => (Steps::Logarithmic, numbers),
            numbers => (Steps::Linear, numbers),
        };
        let &[start, end, count] = numbers else { return Err(FORM.to_owned()) };
        let number = |name, text| number::finite(text).map_err(|right| format!("{name} is '{text}'; {right}"));
        let (start, end) = (number("START", start)?, number("END", end)?);
        let count = number::whole(count, 1..=MOST_POINTS).map_err(|right| format!("POINTS is '{count}'; {right}"))?;
        steps.check(start, end)?;
        match count {
            1 if start != end => {
                Err(format!("1 point cannot be both {} and {}; at least 2 would be right", short(start), short(end)))
            }
            2.. if start == end => Err(format!(
                "a step of zero: {count} points at {}; 1 point, or another end, would be right",
                short(start)
            )),
            _ => Ok(Self { setting, steps, start, end, count }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn range(text: &str) -> Range {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn values_are_equidistant_and_end_where_written() {
        let values = |text: &str| text.parse::<Range>().unwrap().values().collect::<Vec<_>>();
        assert_eq!(values("mu-ref=0:3:4"), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(values("sigma-ref = 2 : 1 : 3"), [2.0, 1.5, 1.0]);
        assert_eq!(values("mu-theta=-0.5:-0.5:1"), [-0.5]);
        assert_eq!(values("mu-ref=0:1:1e1").len(), 10);
        assert_eq!(*values("mu-ref=0.1:0.3:1000").last().unwrap(), 0.3);
    }

    #[test]
    fn logarithmic_values_have_one_ratio() {
        let values = |text: &str| range(text).values().collect::<Vec<_>>();
        assert_eq!(values("sigma-ref=log:0.01:100:5"), [0.01, 0.1, 1.0, 10.0, 100.0]);
        assert_eq!(values("mu-ref = log : 100 : 1 : 3"), [100.0, 10.0, 1.0]);
        assert_eq!(values("mu-ref=log:-0.1:-10:3"), [-0.1, -1.0, -10.0]);
        assert_eq!(values("mu-ref=log:5:5:1"), [5.0]);
    }

    fn ends() -> impl Strategy<Value = (f64, f64)> {
        let end = || (-30.0..30.0).prop_map(|exponent| 10.0_f64.powf(exponent));
        (end(), end(), any::<bool>()).prop_map(|(start, end, is_negative)| {
            let sign = if is_negative { -1.0 } else { 1.0 };
            (sign * start, sign * end)
        })
    }

    proptest! {
        #[test]
        fn a_range_is_written_as_it_is_read(((start, end), count, log) in (ends(), 2..99_usize, any::<bool>())) {
            let written = format!("mu-ref={}{}:{}:{count}", if log { "log:" } else { "" }, short(start), short(end));
            prop_assert_eq!(range(&written).to_string(), written);
        }

        #[test]
        fn logarithmic_steps_lead_from_end_to_end_by_one_ratio(((start, end), count) in (ends(), 2..300_usize)) {
            let values: Vec<f64> = range(&format!("mu-ref=log:{start:?}:{end:?}:{count}")).values().collect();
            prop_assert_eq!((values.len(), values[0], values[count - 1]), (count, start, end));
            prop_assert!(values.iter().all(|value| (start.min(end)..=start.max(end)).contains(value)));
            let ratio = (end / start).powf(1.0 / (count - 1) as f64);
            for pair in values.windows(2) {
                prop_assert!((pair[1] / pair[0] / ratio - 1.0).abs() < 1e-12, "{:?}, not by {}", pair, ratio);
            }
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, words) in [
            ("mu-ref", "SETTING=START:END:POINTS"),
            ("mu-ref=0:3", "SETTING=START:END:POINTS"),
            ("mu-ref=log:1:3", "SETTING=log:START:END:POINTS"),
            ("mu-ref=ln:1:3:9", "SETTING=log:START:END:POINTS"),
            ("mu-ref=log:a:3:9", "START is 'a'; a finite number"),
            ("mu-ref=log:0:3:9", "steps from 0 to 3, where 0 has no logarithm; an end near it, such as 1e-3, would be"),
            ("mu-ref=log:-3:-0:9", "steps from -3 to -0, where 0 has no logarithm"),
            ("mu-ref=log:-1:3:9", "steps from -1 to 3, which never pass 0; ends of the same sign would be right"),
            ("mu-ref=log:3:3:5", "a step of zero: 5 points at 3;"),
            ("mu-ref=log:1:3:1", "1 point cannot be both 1 and 3"),
            ("rho=0:3:61", "'rho' is not a setting that can be varied; those are mu-theta, sigma-theta"),
            ("mu-ref=a:3:61", "START is 'a'; a finite number"),
            ("mu-ref=0:inf:61", "END is 'inf'; a finite number"),
            ("mu-ref=0:3:-1", "POINTS is '-1'; a whole number from 1 to 1000000 would be right"),
            ("mu-ref=0:3:0", "POINTS is '0'; a whole number from 1"),
            ("mu-ref=0:3:1.5", "POINTS is '1.5'; a whole number from 1"),
            ("mu-ref=0:3:1", "1 point cannot be both 0 and 3"),
            ("mu-ref=3:3:5", "a step of zero: 5 points at 3;"),
            ("mu-ref=0:1e300:1", "1 point cannot be both 0 and 1e300;"),
        ] {
            let error = text.parse::<Range>().unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
