//! The settings that a sweep varies, and over which values.

use super::MOST_POINTS;
use crate::experiment::Setting;
use crate::number;
use std::fmt;
use std::str::FromStr;

/// The settings that a sweep can vary.
const VARIABLE: [Setting; 6] =
    [Setting::MuTheta, Setting::SigmaTheta, Setting::MuRef, Setting::SigmaRef, Setting::MuOld, Setting::SigmaOld];

/// A setting and equidistant values for it, written `mu-ref=0:3:61`: from 0 to 3 in 61 points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// What is varied.
    pub setting: Setting,
    start: f64,
    end: f64,
    count: usize,
}

impl Range {
    /// Every value, the first and the last exactly as written.
    pub fn values(&self) -> impl ExactSizeIterator<Item = f64> + Clone + use<> {
        let Self { start, end, count, .. } = *self;
        let last = count - 1;
        (0..count).map(move |index| match index {
            _ if index == last && last > 0 => end,
            _ => start + (end - start) * (index as f64 / last.max(1) as f64),
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
        let &Self { setting, start, end, count } = self;
        write!(formatter, "{}={}:{}:{count}", written(setting), short(start), short(end))
    }
}

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const FORM: &str = "SETTING=START:END:POINTS, such as mu-ref=0:3:61, would be right";
        let (name, numbers) = text.split_once('=').ok_or(FORM)?;
        let known = VARIABLE.map(written);
        let setting = VARIABLE
            .into_iter()
            .find(|&setting| written(setting) == name.trim())
            .ok_or_else(|| format!("'{name}' is not a setting that can be varied; those are {}", known.join(", ")))?;
        let numbers: Vec<&str> = numbers.split(':').map(str::trim).collect();
        let [start, end, count] = numbers[..] else { return Err(FORM.to_owned()) };
        let number = |name, text| number::finite(text).map_err(|right| format!("{name} is '{text}'; {right}"));
        let (start, end) = (number("START", start)?, number("END", end)?);
        let count = number::whole(count, 1..=MOST_POINTS).map_err(|right| format!("POINTS is '{count}'; {right}"))?;
        match count {
            1 if start != end => {
                Err(format!("1 point cannot be both {} and {}; at least 2 would be right", short(start), short(end)))
            }
            2.. if start == end => Err(format!(
                "a step of zero: {count} points at {}; 1 point, or another end, would be right",
                short(start)
            )),
            _ => Ok(Self { setting, start, end, count }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn what_is_wrong_is_named() {
        for (text, words) in [
            ("mu-ref", "SETTING=START:END:POINTS"),
            ("mu-ref=0:3", "SETTING=START:END:POINTS"),
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
