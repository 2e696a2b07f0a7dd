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

/// What a column c and a column d have to do with each other.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Comparison {
    /// The sums of c^2, d^2 and c d.
    pub(super) squares: f64,
    pub(super) other_squares: f64,
    pub(super) products: f64,
    /// The sums of c - d and of its square.
    pub(super) differences: f64,
    pub(super) squared_differences: f64,
    /// At how many places c is 0 and d is not, and at how many c d is negative.
    pub(super) dead: u64,
    pub(super) opposed: u64,
}

/// Compares two columns in one pass.
#[multiversion(targets = "simd")]
pub(super) fn comparison(c: &[f64], d: &[f64]) -> Comparison {
    let ((c, c_rest), (d, d_rest)) = (c.as_chunks::<STRANDS>(), d.as_chunks::<STRANDS>());
    let mut sums = [[0.0; STRANDS]; 7];
    for (c, d) in c.iter().zip(d) {
        for strand in 0..STRANDS {
            let terms = terms(c[strand], d[strand]);
            for (sum, term) in sums.iter_mut().zip(terms) {
                sum[strand] += term;
            }
        }
    }
    for (strand, (&c, &d)) in c_rest.iter().zip(d_rest).enumerate() {
        sums.iter_mut().zip(terms(c, d)).for_each(|(sum, term)| sum[strand] += term);
    }
    let [squares, other_squares, products, differences, squared_differences, dead, opposed] =
        sums.map(|sum| sum.iter().sum::<f64>());
    // Counts are small whole numbers, which are exact.
    let (dead, opposed) = (dead as u64, opposed as u64);
    Comparison { squares, other_squares, products, differences, squared_differences, dead, opposed }
}

#[inline(always)]
fn terms(c: f64, d: f64) -> [f64; 7] {
    let difference = c - d;
    let (dead, opposed) = ((c == 0.0) & (d != 0.0), c * d < 0.0);
    [c * c, d * d, c * d, difference, difference * difference, f64::from(u8::from(dead)), f64::from(u8::from(opposed))]
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
            assert_eq!(count_beyond(&x, -1.0, 2.0), x.iter().filter(|x| !(-1.0..=2.0).contains(*x)).count() as u64);
            let expected = Comparison {
                squares: dot(&x, &x),
                other_squares: dot(&y, &y),
                products: dot(&x, &y),
                differences: pairs().map(|(x, y)| x - y).sum(),
                squared_differences: pairs().map(|(x, y)| (x - y).powi(2)).sum(),
                dead: pairs().filter(|(x, y)| **x == 0.0 && **y != 0.0).count() as u64,
                opposed: pairs().filter(|(x, y)| **x * **y < 0.0).count() as u64,
            };
            assert_eq!(comparison(&x, &y), expected);
            assert_eq!(largest(&x), x.iter().copied().fold(f64::NEG_INFINITY, f64::max));
            assert_eq!(largest_abs(&x), x.iter().fold(0.0, |largest: f64, x| largest.max(x.abs())));
        }
        // 4 and 4, 1 and 1, 0.25, and nothing of 0.
        assert_eq!(sum_of_squared_binades(&[-2.0, 3.9, 1.0, -1.9, 0.5, 0.0]), 4.0 + 4.0 + 1.0 + 1.0 + 0.25);
    }
}
