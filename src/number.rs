//! Numbers as people write them.

use std::fmt::Display;
use std::ops::RangeInclusive;

/// Reads a whole number that lies in the range, in any of the forms 50000, 50_000 and 5e4.
///
/// # Errors
/// Says what would be right.
pub fn whole<T: TryFrom<i128> + PartialOrd + Display>(text: &str, range: RangeInclusive<T>) -> Result<T, String> {
    let number = exact(text).and_then(|number| T::try_from(number).ok()).filter(|number| range.contains(number));
    let (least, most) = (range.start(), range.end());
    number.ok_or_else(|| format!("a whole number from {least} to {most} would be right"))
}

/// Reads a count, which is at least 1.
///
/// # Errors
/// Says what would be right.
pub fn count(text: &str) -> Result<usize, String> {
    whole(text, 1..=usize::MAX).map_err(|right| right + ", such as 5000, 5_000 or 5e3")
}

/// Reads a number that is finite as a 64-bit float.
///
/// # Errors
/// Says what would be right.
pub fn finite(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite());
    number.ok_or_else(|| "a finite number such as 1.1 or 2e-3 would be right".to_owned())
}

/// So many of what `noun` names: `1 trial`, `2 trials`.
pub fn counted<N: Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let plural = if count == N::from(1) { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// The whole number that a decimal stands for. No float on the way: it would round 0.99999999999999999 to a whole one.
fn exact(text: &str) -> Option<i128> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let grouped = |digits: &str| !digits.starts_with('_') && !digits.ends_with('_') && !digits.contains("__");
    if !grouped(whole.trim_start_matches(['+', '-'])) || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let digits: i128 = (whole.replace('_', "") + fraction).parse().ok()?;
    let zeros = exponent.parse::<i64>().ok()?.checked_sub(fraction.len() as i64)?;
    let power = |zeros: i64| 10_i128.checked_pow(zeros.try_into().ok()?);
    match zeros {
        _ if digits == 0 => Some(0),
        0.. => digits.checked_mul(power(zeros)?),
        _ => power(-zeros).filter(|power| digits % power == 0).map(|power| digits / power),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_read_exactly_in_every_form() {
        for (text, number) in [
            ("0", 0),
            ("50_000", 50_000),
            ("1_000_000", 1_000_000),
            ("1e5", 100_000),
            ("5E4", 50_000),
            ("5e+4", 50_000),
            ("1.5e3", 1500),
            ("1200e-2", 12),
            ("7.0", 7),
            ("-3", -3),
            ("-1e3", -1000),
            ("+4", 4),
            ("0e99999999999", 0),
            ("18446744073709551615", u64::MAX.into()),
            ("18446744073709551616", 1 << 64),
            ("9007199254740993", (1 << 53) + 1),
        ] {
            assert_eq!(exact(text), Some(number), "{text}");
        }
    }

    #[test]
    fn what_is_no_whole_number_is_refused() {
        for text in [
            "",
            "-",
            "+-1",
            "_",
            "_5",
            "5_",
            "5__0",
            "-_5",
            "1.5",
            "1.5e0",
            "1e-3",
            "15e-1",
            "1e400",
            "1e99999999999999999999",
            "e5",
            "1e",
            "1e5.0",
            "1e1_0",
            "1.0_0",
            "1,5",
            "50,000",
            "50 000",
            "0x10",
            "inf",
            "nan",
            "1.-5",
            "0.99999999999999999999",
        ] {
            assert_eq!(exact(text), None, "{text}");
        }
    }

    #[test]
    fn a_number_out_of_range_is_told_the_range() {
        assert_eq!(whole("1e2", 1..=100_u8), Ok(100));
        for text in ["0", "101", "-1", "256", "1e400", "many"] {
            let refusal = whole(text, 1..=100_u8).unwrap_err();
            assert_eq!(refusal, "a whole number from 1 to 100 would be right");
        }
        assert_eq!(count("18446744073709551615").unwrap() as u64, u64::MAX);
        assert!(count("18446744073709551616").is_err());
    }

    #[test]
    fn floats_are_finite() {
        assert_eq!(["1.1", ".5", "5.", "-2e-3"].map(|text| finite(text).unwrap()), [1.1, 0.5, 5.0, -0.002]);
        for text in ["", "1,1", "1_0.5", "1e400", "inf", "nan", "1.1.1"] {
            assert_eq!(finite(text).unwrap_err(), "a finite number such as 1.1 or 2e-3 would be right");
        }
    }
}
