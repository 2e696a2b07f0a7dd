//! The logarithm of a 64-bit float in plain arithmetic, which the compiler turns into vector instructions.
//!
//! # Formula
//! x = 2^k (1 + f) with a whole number k and 1 + f between sqrt(1/2) and sqrt(2), so that log(x) = k log 2 + log(1 + f); and
//! with s = f / (2 + f), log(1 + f) = log((1 + s) / (1 - s)) = f - f^2/2 + s (f^2/2 + R(s^2)), R the polynomial of `log` in
//! Sun's fdlibm.

/// log(x) within 1.5 units in the last place: minus infinity at 0, and NaN where x is negative.
#[inline(always)]
pub(super) fn log(x: f64) -> f64 {
    /// 2^54, by which a subnormal number becomes normal.
    const LIFT: f64 = 18_014_398_509_481_984.0;

    let subnormal = x < f64::MIN_POSITIVE;
    let [k, m] = exponent_and_mantissa(if subnormal { x * LIFT } else { x });
    let k = if subnormal { k - 54.0 } else { k };
    at_limits(x, of_parts(k, m - 1.0, 0.0))
}

/// log(1 + x) within 2.5 units in the last place, however small x is.
#[inline(always)]
pub(crate) fn log1p(x: f64) -> f64 {
    let sum = 1.0 + x;
    let [k, m] = exponent_and_mantissa(sum);
    // What rounding has taken from the sum; the larger of the two is taken away first.
    let lost = if x > 1.0 { 1.0 - (sum - x) } else { x - (sum - 1.0) };
    let (f, lost) = if k == 0.0 { (x, 0.0) } else { (m - 1.0, lost / sum) };
    let value = at_limits(sum, of_parts(k, f, lost));
    // log(1 + x) rounds to x, which may be -0.
    if x.abs() < 1e-17 { x } else { value }
}

/// k and 1 + f of a positive normal number.
#[inline(always)]
fn exponent_and_mantissa(x: f64) -> [f64; 2] {
    const ONE: u64 = 1.0_f64.to_bits();
    const ROOT: u64 = std::f64::consts::FRAC_1_SQRT_2.to_bits();
    const FRACTION: u64 = (1 << 52) - 1;
    /// 2^52, whose low bits count in ones.
    const WHOLE: f64 = 4_503_599_627_370_496.0;

    let shifted = x.to_bits().wrapping_add(ONE - ROOT);
    let k = f64::from_bits(WHOLE.to_bits() | (shifted >> 52)) - (WHOLE + 1023.0);
    [k, f64::from_bits((shifted & FRACTION) + ROOT)]
}

/// k log 2 + log(1 + f) + lost.
#[inline(always)]
fn of_parts(k: f64, f: f64, lost: f64) -> f64 {
    /// In two parts, the first short enough for k times it to be exact.
    const LN_2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];

    let s = f / (2.0 + f);
    let half_square = f * f / 2.0;
    let beyond = s * (half_square + remainder(s * s));
    k * LN_2[0] - ((half_square - (beyond + (k * LN_2[1] + lost))) - f)
}

/// R(s^2).
#[inline(always)]
fn remainder(square: f64) -> f64 {
    const COEFFICIENTS: [f64; 7] = [
        1.479_819_860_511_658_6e-1,
        1.531_383_769_920_937_3e-1,
        1.818_357_216_161_805e-1,
        2.222_219_843_214_978_4e-1,
        2.857_142_874_366_239e-1,
        3.999_999_999_940_942e-1,
        6.666_666_666_666_735e-1,
    ];
    let mut sum = COEFFICIENTS[0];
    for coefficient in &COEFFICIENTS[1..] {
        sum = sum * square + coefficient;
    }
    sum * square
}

/// The logarithm of x, given one that holds for positive numbers.
#[inline(always)]
fn at_limits(x: f64, log: f64) -> f64 {
    let log = if x < f64::INFINITY { log } else { x };
    let log = if x <= 0.0 { f64::NAN } else { log };
    if x == 0.0 { f64::NEG_INFINITY } else { log }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Positive floats at even steps of their bits, subnormal ones too, and many about 1.
    fn arguments() -> impl Iterator<Item = f64> {
        let all = (1..f64::MAX.to_bits()).step_by(50_000_000_000_019).map(f64::from_bits);
        all.chain((1..200_000).map(|i| 1.1e-5 * f64::from(i)))
    }

    /// The largest distance from the standard library's function, in units in its last place.
    fn units(ours: fn(f64) -> f64, exact: fn(f64) -> f64, arguments: impl Iterator<Item = f64>) -> f64 {
        let distance = |x: f64| {
            let exact = exact(x);
            (ours(x) - exact).abs() / (exact.abs().next_up() - exact.abs())
        };
        arguments.map(distance).fold(0.0, f64::max)
    }

    #[test]
    fn are_the_logarithms_to_the_last_digits() {
        // The standard library's are rounded too, so that distances are whole.
        let log = units(log, f64::ln, arguments());
        let log1p = units(log1p, f64::ln_1p, arguments().chain(arguments().map(|x| -x).filter(|x| *x > -1.0)));
        assert!(log <= 1.0 && log1p <= 2.0, "{log} and {log1p} units");
    }

    #[test]
    fn small_arguments_do_not_cancel() {
        for x in [1e-300, -1e-300, 5e-324, -3e-17, 1e-9] {
            assert_eq!(log1p(x), x.ln_1p());
        }
    }

    #[test]
    fn limits_are_those_of_the_logarithm() {
        assert_eq!([log(0.0), log(-0.0), log1p(-1.0)], [f64::NEG_INFINITY; 3]);
        assert_eq!([log(f64::INFINITY), log1p(f64::INFINITY)], [f64::INFINITY; 2]);
        assert_eq!([log(1.0), log1p(0.0)], [0.0; 2]);
        assert!(log1p(-0.0).is_sign_negative());
        let beyond = [-1.0, -5e-324, f64::NEG_INFINITY, f64::NAN].map(log);
        let beyond_one = [(-1.0_f64).next_down(), -2.0, f64::NEG_INFINITY, f64::NAN].map(log1p);
        assert!(beyond.iter().chain(&beyond_one).all(|value| value.is_nan()), "{beyond:?}, {beyond_one:?}");
    }
}
