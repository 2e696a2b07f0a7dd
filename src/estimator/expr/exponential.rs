//! The exponential of a 64-bit float in plain arithmetic, which the compiler turns into vector instructions.
//!
//! # Formula
//! y = n log 2 + f with a whole number n and f in \[-log 2 / 2, log 2 / 2\], so that exp(y) = 2^n exp(f), and exp(f) is its
//! Taylor polynomial.

use std::iter::zip;

/// exp(y) within 1.5 units in the last place; infinity, 0, subnormal and NaN where the exact exponential rounds to them.
#[inline(always)]
pub(crate) fn exp(y: f64) -> f64 {
    let Reduced { beyond_one, half, rest } = Reduced::new(y);
    (1.0 + beyond_one) * power_of_two(half) * power_of_two(rest)
}

/// exp(y) - 1 within 2.5 units in the last place, however small y is.
#[inline(always)]
pub(super) fn expm1(y: f64) -> f64 {
    let Reduced { beyond_one, half, rest } = Reduced::new(y);
    let a = power_of_two(half);
    // 2^n (exp(f) - 1) + 2^n - 1; for n = 0 it is exp(f) - 1 itself.
    (a * beyond_one + (a - power_of_two(-rest))) * power_of_two(rest)
}

/// exp(y) - 1 - y for each y, within a few units in the last place, however small y is.
#[inline(always)]
pub(crate) fn excesses(y: &[f64], to: &mut [f64]) {
    match are_small(y) {
        true => zip(to, y).for_each(|(to, &y)| *to = beyond_linear(y)),
        false => zip(to, y).for_each(|(to, &y)| *to = if y.abs() <= SMALL { beyond_linear(y) } else { expm1(y) - y }),
    }
}

/// exp(y) and exp(y) - 1 - y for each y, to the bits of [`exp`] and [`excesses`].
#[inline(always)]
pub(crate) fn exps_and_excesses(y: &[f64], exps: &mut [f64], to: &mut [f64]) {
    excesses(y, to);
    match are_small(y) {
        true => zip(exps, zip(y, to)).for_each(|(exp, (y, excess))| *exp = 1.0 + (y + *excess)),
        false => zip(exps, y).for_each(|(to, &y)| *to = exp(y)),
    }
}

/// Where the polynomial is all of it.
const SMALL: f64 = std::f64::consts::LN_2 / 2.0;

#[inline(always)]
fn are_small(y: &[f64]) -> bool {
    y.iter().fold(true, |all, y| all & (y.abs() <= SMALL))
}

/// exp(f) - 1, and n as a sum: 2^n may be out of range where the result is not.
struct Reduced {
    beyond_one: f64,
    half: f64,
    rest: f64,
}

impl Reduced {
    #[inline(always)]
    fn new(y: f64) -> Self {
        /// log 2 in two parts, the first short enough for n times it to be exact.
        const LN_2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];

        // Beyond these the result is 0 and infinity. Comparisons, because min and max would turn NaN into a number.
        let y = if y < -750.0 { -750.0 } else { y };
        let y = if y > 710.0 { 710.0 } else { y };
        let n = rounded(y * std::f64::consts::LOG2_E);
        let f = (y - n * LN_2[0]) - n * LN_2[1];
        let half = rounded(n / 2.0);
        Self { beyond_one: f + beyond_linear(f), half, rest: n - half }
    }
}

/// exp(f) - 1 - f for |f| up to log 2 / 2.
#[inline(always)]
fn beyond_linear(f: f64) -> f64 {
    /// 1 / k!, k from 13 down to 2.
    const COEFFICIENTS: [f64; 12] = {
        let mut coefficients = [0.5; 12];
        let mut i = 11;
        while i > 0 {
            i -= 1;
            coefficients[i] = coefficients[i + 1] / (13 - i) as f64;
        }
        coefficients
    };
    // Every fourth power apart: short chains of operations, which the CPU runs side by side.
    let square = f * f;
    let mut sums = [COEFFICIENTS[0], COEFFICIENTS[1], COEFFICIENTS[2], COEFFICIENTS[3]];
    for four in COEFFICIENTS[4..].chunks_exact(4) {
        for (sum, coefficient) in sums.iter_mut().zip(four) {
            *sum = *sum * (square * square) + coefficient;
        }
    }
    let [a, b, c, d] = sums;
    ((a * f + b) * square + (c * f + d)) * square
}

/// Added to a number of up to 2^51, leaves its integer part in the low bits of the mantissa: 3/2 times 2^52.
const INTEGER: f64 = 6_755_399_441_055_744.0;

#[inline(always)]
fn rounded(x: f64) -> f64 {
    (x + INTEGER) - INTEGER
}

/// 2^n for a whole number n from -1022 to 1023; of any other n, some float.
#[inline(always)]
fn power_of_two(n: f64) -> f64 {
    f64::from_bits((n + (INTEGER + 1023.0)).to_bits() << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Floats of either sign at even steps of their bits, up to where the result is infinite or 0.
    fn arguments() -> impl Iterator<Item = f64> {
        let magnitudes = (0..=800_f64.to_bits()).step_by(10_000_000_000_019).map(f64::from_bits);
        magnitudes.chain((0..100_000).map(|i| 0.011 * f64::from(i))).flat_map(|y| [y, -y])
    }

    /// The largest distance from the standard library's function, in units in its last place.
    fn units(ours: fn(f64) -> f64, exact: fn(f64) -> f64) -> f64 {
        let distance = |y: f64| {
            let exact = exact(y);
            match exact.is_finite() {
                true => (ours(y) - exact).abs() / (exact.abs().next_up() - exact.abs()),
                false if ours(y) == exact => 0.0,
                false => f64::INFINITY,
            }
        };
        arguments().map(distance).fold(0.0, f64::max)
    }

    #[test]
    fn are_the_exponentials_to_the_last_digits() {
        // The standard library's are rounded too, so that distances are whole.
        let [exp, expm1] = [units(exp, f64::exp), units(expm1, f64::exp_m1)];
        assert!(exp <= 1.0 && expm1 <= 2.0, "{exp} and {expm1} units");
    }

    #[test]
    fn what_is_beyond_linear_does_not_cancel() {
        let near = [0.3, -0.2, 1e-3, -1e-5, 1e-9];
        let far = [0.3, -0.2, 5.0, -40.0, 0.5];
        for y in [near, far] {
            let mut found = [0.0; 5];
            excesses(&y, &mut found);
            let mut both = [[0.0; 5]; 2];
            let [exps, same] = &mut both;
            exps_and_excesses(&y, exps, same);
            assert_eq!(both, [y.map(exp), found]);
            for (y, found) in zip(y, found) {
                // exp(y) - 1 - y is the sum of y^k / k! from k = 2 on.
                let terms = (1..60).scan(y, |term, k| {
                    *term *= y / f64::from(k + 1);
                    Some(*term)
                });
                let expected = if y.abs() < 1.0 { terms.sum() } else { y.exp_m1() - y };
                assert!((found / expected - 1.0_f64).abs() < 4.0 * f64::EPSILON, "{y}: {found}, not {expected}");
            }
        }
    }

    #[test]
    fn small_arguments_do_not_cancel() {
        for y in [1e-300, -1e-300, 5e-324, -3e-17, 1e-9] {
            assert_eq!(expm1(y), y.exp_m1());
        }
    }

    #[test]
    fn overflow_and_underflow_where_the_exponential_does() {
        let largest = 709.782_712_893_384;
        assert!(exp(largest).is_finite() && expm1(largest).is_finite());
        let (beyond, smallest) = (709.782_712_893_384_1, -745.133_219_101_941_1);
        assert_eq!([exp(beyond), exp(710.5), exp(f64::MAX), exp(f64::INFINITY)], [f64::INFINITY; 4]);
        assert_eq!([expm1(beyond), expm1(f64::MAX), expm1(f64::INFINITY)], [f64::INFINITY; 3]);
        assert_eq!(exp(smallest), 5e-324);
        assert_eq!([exp(smallest.next_down()), exp(f64::MIN), exp(f64::NEG_INFINITY)], [0.0; 3]);
        assert_eq!([expm1(-50.0), expm1(smallest), expm1(f64::MIN), expm1(f64::NEG_INFINITY)], [-1.0; 4]);
        assert_eq!([exp(0.0), exp(-0.0)], [1.0; 2]);
    }

    #[test]
    fn not_a_number_stays_so() {
        assert!([exp(f64::NAN), exp(-f64::NAN), expm1(f64::NAN), expm1(-f64::NAN)].iter().all(|value| value.is_nan()));
    }
}
