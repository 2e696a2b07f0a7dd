//! Numbers as a reader takes them in.

/// Four significant digits, as a plain decimal where that is readable.
pub(crate) fn short(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".to_owned() } else { value.to_string() };
    }
    let scientific = format!("{value:.3e}");
    let (mantissa, exponent) = scientific.split_once('e').expect("scientific notation has an exponent");
    match exponent.parse::<i32>().expect("an exponent is a whole number") {
        exponent @ -4..7 => format!("{value:.*}", (3 - exponent).max(0) as usize),
        exponent => format!("{mantissa}e{exponent}"),
    }
}

/// A part of a whole, in per cent with three significant digits.
pub(crate) fn share(part: f64) -> String {
    let percent = 100.0 * part;
    match percent.abs() {
        _ if part == 0.0 || part == 1.0 => format!("{percent}%"),
        10.0.. => format!("{percent:.1}%"),
        1.0.. => format!("{percent:.2}%"),
        0.001.. => format!("{percent:.3}%"),
        _ => format!("{percent:.1e}%"),
    }
}

/// A count, with commas between thousands.
pub(crate) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut shown = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_at_every_size() {
        let numbers = [0.0, 5.265685e-4, -0.25, 12.0, 1234567.8, 9.99999e6, 2.59e19, 6.97e-6, f64::INFINITY];
        let shown = ["0", "0.0005266", "-0.2500", "12.00", "1234568", "1.000e7", "2.590e19", "6.970e-6", "inf"];
        assert_eq!(numbers.map(short), shown);
    }

    #[test]
    fn shares_are_per_cent() {
        let shares = [0.0, 1.0, 0.5, 0.07512, 0.000123, 1e-8].map(share);
        assert_eq!(shares, ["0%", "100%", "50.0%", "7.51%", "0.012%", "1.0e-6%"]);
    }

    #[test]
    fn thousands_have_commas() {
        assert_eq!([0, 999, 1000, 100_000_000].map(count), ["0", "999", "1,000", "100,000,000"]);
    }
}
