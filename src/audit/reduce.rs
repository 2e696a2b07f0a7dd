//! Sums over the tokens of a sequence, by the CPU's vectors; the bits are the same on every CPU.

use multiversion::multiversion;

/// How many sums run side by side: as many as the widest vector has, joined in one order in the end.
const STRANDS: usize = 8;

/// The sum.
#[multiversion(targets = "simd")]
pub(super) fn sum(x: &[f64]) -> f64 {
    reduced(x, x, |x, _| x)
}

/// The sum of absolute values.
#[multiversion(targets = "simd")]
pub(super) fn sum_of_abs(x: &[f64]) -> f64 {
    reduced(x, x, |x, _| x.abs())
}

/// The sum of products.
#[multiversion(targets = "simd")]
pub(super) fn dot(x: &[f64], y: &[f64]) -> f64 {
    reduced(x, y, |x, y| x * y)
}

/// The sum of squared differences.
#[multiversion(targets = "simd")]
pub(super) fn squared_distance(x: &[f64], y: &[f64]) -> f64 {
    reduced(x, y, |x, y| (x - y) * (x - y))
}

/// The sum of the squares of the powers of two at or below absolute values; 0 has 0.
#[multiversion(targets = "simd")]
pub(super) fn sum_of_squared_binades(x: &[f64]) -> f64 {
    /// The bits of the exponent.
    const EXPONENT: u64 = 0x7FF0_0000_0000_0000;
    reduced(x, x, |x, _| {
        let binade = f64::from_bits(x.to_bits() & EXPONENT);
        binade * binade
    })
}

/// How many are not within two numbers.
#[multiversion(targets = "simd")]
pub(super) fn count_beyond(x: &[f64], low: f64, high: f64) -> u64 {
    // Small whole numbers are exact.
    reduced(x, x, |x, _| if x < low || x > high { 1.0 } else { 0.0 }) as u64
}

/// At how many places x y is negative.
#[multiversion(targets = "simd")]
pub(super) fn count_opposed(x: &[f64], y: &[f64]) -> u64 {
    reduced(x, y, |x, y| if x * y < 0.0 { 1.0 } else { 0.0 }) as u64
}

/// At how many places x is 0 and y is not.
#[multiversion(targets = "simd")]
pub(super) fn count_dead(x: &[f64], y: &[f64]) -> u64 {
    reduced(x, y, |x, y| if x == 0.0 && y != 0.0 { 1.0 } else { 0.0 }) as u64
}

/// The largest absolute value; 0 of none.
#[multiversion(targets = "simd")]
pub(super) fn largest_abs(x: &[f64]) -> f64 {
    largest_of(x, f64::abs).max(0.0)
}

/// The largest number; -inf of none.
#[multiversion(targets = "simd")]
pub(super) fn largest(x: &[f64]) -> f64 {
    largest_of(x, |x| x)
}

#[inline(always)]
fn reduced(x: &[f64], y: &[f64], term: impl Fn(f64, f64) -> f64) -> f64 {
    let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<STRANDS>(), y.as_chunks::<STRANDS>());
    let mut strands = [0.0; STRANDS];
    for (x, y) in x.iter().zip(y) {
        for strand in 0..STRANDS {
            strands[strand] += term(x[strand], y[strand]);
        }
    }
    let rest: f64 = x_rest.iter().zip(y_rest).map(|(&x, &y)| term(x, y)).sum();
    strands.iter().sum::<f64>() + rest
}

#[inline(always)]
fn largest_of(x: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    let (chunks, rest) = x.as_chunks::<STRANDS>();
    let mut strands = [f64::NEG_INFINITY; STRANDS];
    for chunk in chunks {
        for strand in 0..STRANDS {
            let number = of(chunk[strand]);
            strands[strand] = if number > strands[strand] { number } else { strands[strand] };
        }
    }
    strands.into_iter().chain(rest.iter().map(|&number| of(number))).fold(f64::NEG_INFINITY, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_plain_loops() {
        for count in [0, 1, 7, 8, 9, 1000] {
            // Numbers of few bits, whose sums are exact in any order.
            let x: Vec<f64> = (0..count).map(|i| f64::from(i * 37 % 64 - 31) / 8.0).collect();
            let y: Vec<f64> = (0..count).map(|i| f64::from(i * 11 % 32 - 16) / 4.0).collect();
            let pairs = || x.iter().zip(&y);
            assert_eq!(sum(&x), x.iter().sum::<f64>());
            assert_eq!(sum_of_abs(&x), x.iter().map(|x| x.abs()).sum::<f64>());
            assert_eq!(dot(&x, &y), pairs().map(|(x, y)| x * y).sum::<f64>());
            assert_eq!(squared_distance(&x, &y), pairs().map(|(x, y)| (x - y).powi(2)).sum::<f64>());
            assert_eq!(count_beyond(&x, -1.0, 2.0), x.iter().filter(|x| !(-1.0..=2.0).contains(*x)).count() as u64);
            assert_eq!(count_opposed(&x, &y), pairs().filter(|(x, y)| **x * **y < 0.0).count() as u64);
            assert_eq!(count_dead(&x, &y), pairs().filter(|(x, y)| **x == 0.0 && **y != 0.0).count() as u64);
            assert_eq!(largest(&x), x.iter().copied().fold(f64::NEG_INFINITY, f64::max));
            assert_eq!(largest_abs(&x), x.iter().fold(0.0, |largest: f64, x| largest.max(x.abs())));
        }
        // 4 and 4, 1 and 1, 0.25, and nothing of 0.
        assert_eq!(sum_of_squared_binades(&[-2.0, 3.9, 1.0, -1.9, 0.5, 0.0]), 4.0 + 4.0 + 1.0 + 1.0 + 0.25);
    }
}
