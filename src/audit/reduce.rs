//! Sums over the tokens of a sequence, by the CPU's vectors; the bits are the same on every CPU.

use multiversion::multiversion;

/// How many sums run side by side: as many as the widest vector has, joined in one order in the end.
const STRANDS: usize = 8;

/// What a column comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Totals {
    pub(super) sum: f64,
    pub(super) squares: f64,
}

/// What a column comes to.
#[multiversion(targets = "simd")]
pub(super) fn totals(x: &[f64]) -> Totals {
    Totals { sum: reduced(x, x, |x, _| x), squares: reduced(x, x, |x, _| x * x) }
}

/// The least and the largest number of a column; of none, the infinity beyond any.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Extremes {
    pub(super) least: f64,
    pub(super) largest: f64,
}

impl Extremes {
    /// The largest absolute value; 0 of none.
    pub(super) fn largest_abs(&self) -> f64 {
        self.largest.max(-self.least).max(0.0)
    }
}

/// The extremes of a column.
#[multiversion(targets = "simd")]
pub(super) fn extremes(x: &[f64]) -> Extremes {
    Extremes { least: -largest_of(x, |x| -x), largest: largest_of(x, |x| x) }
}

/// The sum of absolute values.
#[multiversion(targets = "simd")]
pub(super) fn sum_of_abs(x: &[f64]) -> f64 {
    reduced(x, x, |x, _| x.abs())
}

/// The sum.
#[multiversion(targets = "simd")]
pub(super) fn sum(x: &[f64]) -> f64 {
    reduced(x, x, |x, _| x)
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
    /// The sums of c^2 and c d.
    pub(super) squares: f64,
    pub(super) products: f64,
    /// The sums of c - d and of its square.
    pub(super) differences: f64,
    pub(super) squared_differences: f64,
    /// At how many places c is 0, and at how many c d is negative.
    pub(super) zeros: u64,
    pub(super) opposed: u64,
}

/// Compares two columns; in a pass for each number, of which the compiler makes vectors better than of all in one.
#[multiversion(targets = "simd")]
pub(super) fn comparison(c: &[f64], d: &[f64]) -> Comparison {
    Comparison {
        squares: reduced(c, c, |c, _| c * c),
        products: reduced(c, d, |c, d| c * d),
        differences: reduced(c, d, |c, d| c - d),
        squared_differences: reduced(c, d, |c, d| (c - d) * (c - d)),
        zeros: c.iter().map(|c| u64::from(*c == 0.0)).sum(),
        opposed: c.iter().zip(d).map(|(c, d)| u64::from(c * d < 0.0)).sum(),
    }
}

/// The sums of x, of x^2 / 2 and of y.
#[multiversion(targets = "simd")]
pub(super) fn sums_of_both(x: &[f64], y: &[f64]) -> [f64; 3] {
    [reduced(x, x, |x, _| x), 0.5 * reduced(x, x, |x, _| x * x), reduced(y, y, |y, _| y)]
}

/// The sums of w x, w x^2 / 2 and w y.
#[multiversion(targets = "simd")]
pub(super) fn weighted_sums(w: &[f64], x: &[f64], y: &[f64]) -> [f64; 3] {
    [reduced(w, x, |w, x| w * x), 0.5 * reduced(w, x, |w, x| w * (x * x)), reduced(w, y, |w, y| w * y)]
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
            assert_eq!(totals(&x), Totals { sum: sum(&x), squares: x.iter().map(|x| x * x).sum() });
            assert_eq!(sum_of_abs(&x), x.iter().map(|x| x.abs()).sum::<f64>());
            let least = x.iter().copied().fold(f64::INFINITY, f64::min);
            assert_eq!(extremes(&x), Extremes { least, largest: largest(&x) });
            assert_eq!(extremes(&x).largest_abs(), x.iter().fold(0.0, |largest: f64, x| largest.max(x.abs())));
            assert_eq!(largest(&x), x.iter().copied().fold(f64::NEG_INFINITY, f64::max));
            assert_eq!(dot(&x, &y), pairs().map(|(x, y)| x * y).sum::<f64>());
            assert_eq!(sums_of_both(&x, &y), [sum(&x), dot(&x, &x) / 2.0, sum(&y)]);
            let of_square = pairs().map(|(x, y)| y * x * x).sum::<f64>() / 2.0;
            assert_eq!(weighted_sums(&y, &x, &y), [dot(&x, &y), of_square, dot(&y, &y)]);
            assert_eq!(count_beyond(&x, -1.0, 2.0), x.iter().filter(|x| !(-1.0..=2.0).contains(*x)).count() as u64);
            let expected = Comparison {
                squares: dot(&x, &x),
                products: dot(&x, &y),
                differences: pairs().map(|(x, y)| x - y).sum(),
                squared_differences: pairs().map(|(x, y)| (x - y).powi(2)).sum(),
                zeros: x.iter().filter(|x| **x == 0.0).count() as u64,
                opposed: pairs().filter(|(x, y)| **x * **y < 0.0).count() as u64,
            };
            assert_eq!(comparison(&x, &y), expected);
        }
        // 4 and 4, 1 and 1, 0.25, and nothing of 0.
        assert_eq!(sum_of_squared_binades(&[-2.0, 3.9, 1.0, -1.9, 0.5, 0.0]), 4.0 + 4.0 + 1.0 + 1.0 + 0.25);
    }
}
