//! Sums over the tokens of a sequence, by the CPU's vectors; the bits are the same on every CPU.

use multiversion::multiversion;
use std::array;
use std::iter::zip;

/// How many sums run side by side: as many as the widest vector has, joined in one order in the end.
const STRANDS: usize = 8;

/// So many numbers of each strand are taken at a time; of one alone the compiler makes no vectors where there are several sums.
const AT_A_TIME: usize = 4;

/// What a column comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Totals {
    pub(super) sum: f64,
    pub(super) squares: f64,
}

/// What a column comes to.
#[multiversion(targets("x86_64+avx2+fma"))]
pub(super) fn totals(x: &[f64]) -> Totals {
    let [sum, squares] = sums(x, x, |x, _| [x, x * x]);
    Totals { sum, squares }
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
#[multiversion(targets("x86_64+avx2+fma"))]
pub(super) fn extremes(x: &[f64]) -> Extremes {
    let [negated, largest] = largest_of(x, |x| [-x, x]);
    Extremes { least: -negated, largest }
}

/// The sum.
#[multiversion(targets("x86_64+avx2+fma"))]
pub(super) fn sum(x: &[f64]) -> f64 {
    let [sum] = sums(x, x, |x, _| [x]);
    sum
}

/// The sum of absolute values.
#[multiversion(targets("x86_64+avx2+fma"))]
pub(super) fn sum_of_abs(x: &[f64]) -> f64 {
    let [sum] = sums(x, x, |x, _| [x.abs()]);
    sum
}

/// The sum of products.
#[multiversion(targets("x86_64+avx2+fma"))]
pub(super) fn dot(x: &[f64], y: &[f64]) -> f64 {
    let [sum] = sums(x, y, |x, y| [x * y]);
    sum
}

/// The sum of the squares of the powers of two at or below absolute values; 0 has 0.
#[multiversion(targets("x86_64+avx2+fma"))]
pub(super) fn sum_of_squared_binades(x: &[f64]) -> f64 {
    /// The bits of the exponent.
    const EXPONENT: u64 = 0x7FF0_0000_0000_0000;
    let [sum] = sums(x, x, |x, _| {
        let binade = f64::from_bits(x.to_bits() & EXPONENT);
        [binade * binade]
    });
    sum
}

/// How many are not within each of two pairs of numbers.
#[multiversion(targets("x86_64+avx2+fma"))]
pub(super) fn counts_beyond(x: &[f64], within: [[f64; 2]; 2]) -> [u64; 2] {
    let counts = sums(x, x, |x, _| within.map(|[low, high]| number(x < low || x > high)));
    counts.map(|count| count as u64)
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

/// Compares two columns.
#[multiversion(targets("x86_64+avx2+fma"))]
pub(super) fn comparison(c: &[f64], d: &[f64]) -> Comparison {
    let [squares, products, differences, squared_differences, zeros, opposed] =
        sums(c, d, |c, d| [c * c, c * d, c - d, (c - d) * (c - d), number(c == 0.0), number(c * d < 0.0)]);
    Comparison { squares, products, differences, squared_differences, zeros: zeros as u64, opposed: opposed as u64 }
}

/// The sums of x, of x^2 / 2 and of y; in a pass for each, which of few numbers are the faster.
#[multiversion(targets("x86_64+avx2+fma"))]
pub(super) fn sums_of_both(x: &[f64], y: &[f64]) -> [f64; 3] {
    let ([of_x], [squares], [of_y]) = (sums(x, x, |x, _| [x]), sums(x, x, |x, _| [x * x]), sums(y, y, |y, _| [y]));
    [of_x, 0.5 * squares, of_y]
}

/// The sums of w x, w x^2 / 2 and w y.
#[multiversion(targets("x86_64+avx2+fma"))]
pub(super) fn weighted_sums(w: &[f64], x: &[f64], y: &[f64]) -> [f64; 3] {
    let [of_x, squares] = sums(w, x, |w, x| [w * x, w * (x * x)]);
    let [of_y] = sums(w, y, |w, y| [w * y]);
    [of_x, 0.5 * squares, of_y]
}

/// The largest number; -inf of none.
#[multiversion(targets("x86_64+avx2+fma"))]
pub(super) fn largest(x: &[f64]) -> f64 {
    let [largest] = largest_of(x, |x| [x]);
    largest
}

/// 1 for what holds: small whole numbers are exact, so that sums of them count.
#[inline(always)]
fn number(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}

/// The sums of terms of pairs of numbers, all in one pass: while one sum waits for its last addition, the CPU is at the others.
#[inline(always)]
fn sums<const N: usize>(x: &[f64], y: &[f64], terms: impl Fn(f64, f64) -> [f64; N]) -> [f64; N] {
    let strands = strands(0.0, x, y, &terms, |sum, term| sum + term);
    let mut rest = [0.0; N];
    for (&x, &y) in zip(rest_of(x), rest_of(y)) {
        let terms = terms(x, y);
        rest = array::from_fn(|n| rest[n] + terms[n]);
    }
    array::from_fn(|n| strands[n].iter().sum::<f64>() + rest[n])
}

/// The largest of each of several quantities; -inf of none.
#[inline(always)]
fn largest_of<const N: usize>(x: &[f64], of: impl Fn(f64) -> [f64; N]) -> [f64; N] {
    let larger = |largest, number| if number > largest { number } else { largest };
    let strands = strands(f64::NEG_INFINITY, x, x, &|x, _| of(x), larger);
    array::from_fn(|n| {
        let rest = rest_of(x).iter().map(|&x| of(x)[n]);
        strands[n].into_iter().chain(rest).fold(f64::NEG_INFINITY, f64::max)
    })
}

/// What is behind the last number of the last strand.
#[inline(always)]
fn rest_of(x: &[f64]) -> &[f64] {
    x.as_chunks::<STRANDS>().1
}

/// Joins terms of pairs of numbers, each to those of its strand.
#[inline(always)]
fn strands<const N: usize>(
    start: f64,
    x: &[f64],
    y: &[f64],
    terms: &impl Fn(f64, f64) -> [f64; N],
    join: impl Fn(f64, f64) -> f64 + Copy,
) -> [[f64; STRANDS]; N] {
    let mut joined = [[start; STRANDS]; N];
    let [(x, x_rest), (y, y_rest)] = [x, y].map(|x| x.as_chunks::<STRANDS>().0.as_chunks::<AT_A_TIME>());
    zip(x, y).for_each(|(x, y)| join_chunks(&mut joined, x, y, terms, join));
    zip(x_rest, y_rest)
        .for_each(|(x, y)| join_chunks(&mut joined, array::from_ref(x), array::from_ref(y), terms, join));
    joined
}

#[inline(always)]
fn join_chunks<const N: usize, const CHUNKS: usize>(
    joined: &mut [[f64; STRANDS]; N],
    x: &[[f64; STRANDS]; CHUNKS],
    y: &[[f64; STRANDS]; CHUNKS],
    terms: &impl Fn(f64, f64) -> [f64; N],
    join: impl Fn(f64, f64) -> f64,
) {
    for strand in 0..STRANDS {
        let mut own: [f64; N] = array::from_fn(|n| joined[n][strand]);
        for (x, y) in zip(x, y) {
            let terms = terms(x[strand], y[strand]);
            own = array::from_fn(|n| join(own[n], terms[n]));
        }
        zip(&mut *joined, own).for_each(|(joined, own)| joined[strand] = own);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_plain_loops() {
        for count in [0, 1, 7, 8, 9, 45, 1000] {
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
            let beyond = |low, high| x.iter().filter(|x| !(low..=high).contains(*x)).count() as u64;
            assert_eq!(counts_beyond(&x, [[-1.0, 2.0], [0.0, 0.5]]), [beyond(-1.0, 2.0), beyond(0.0, 0.5)]);
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
