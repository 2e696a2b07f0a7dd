//! Logarithm, sine and cosine of 32-bit floats in plain arithmetic, which the compiler turns into vector instructions.
//!
//! The polynomials are those of `logf`, `sinf` and `cosf` in Moshier's Cephes library, evaluated with fused multiply-adds in the
//! order in which libtorch's vectors of 8 floats have them: the same bits, on every CPU.

use super::fused::fused;

/// log x of a positive, normal x.
///
/// # Formula
/// x = 2^n (1 + f), 1 + f in [sqrt(1/2), sqrt 2), and log x = n log 2 + f - f^2 / 2 + f^3 P(f).
#[inline(always)]
pub(super) fn log<const NATIVE: bool>(x: f32) -> f32 {
    const P: [f32; 9] = [
        7.037_683_6e-2,
        -1.151_461e-1,
        1.167_699_84e-1,
        -1.242_014_1e-1,
        1.424_932_3e-1,
        -1.666_805_7e-1,
        2.000_071_4e-1,
        -2.499_999_4e-1,
        3.333_333e-1,
    ];
    /// log 2 in two parts, the first short enough for n times it to be exact.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];

    let bits = x.to_bits() as i32;
    let half_to_one = f32::from_bits((bits & 0x007f_ffff | 0x3f00_0000) as u32);
    let exponent = ((bits >> 23) - 126) as f32;
    let below = half_to_one < std::f32::consts::FRAC_1_SQRT_2;
    let f = half_to_one - 1.0 + if below { half_to_one } else { 0.0 };
    let n = exponent - if below { 1.0 } else { 0.0 };

    let square = f * f;
    let cube = polynomial::<NATIVE, _>(f, P) * f;
    let beyond = fused::<NATIVE>(cube, square, n * LN_2[1]);
    let beyond = fused::<NATIVE>(square, -0.5, beyond);
    fused::<NATIVE>(n, LN_2[0], f + beyond)
}

/// sin x and cos x of an x from 0 to 2 pi.
///
/// # Formula
/// x = j pi / 4 + f with an even j, f in \[-pi / 4, pi / 4\], sin f = f + f^3 S(f^2) and cos f = 1 - f^2 / 2 + f^4 C(f^2); which of
/// them it is, and with which sign, is seen from j.
#[inline(always)]
pub(super) fn sin_cos<const NATIVE: bool>(x: f32) -> [f32; 2] {
    const S: [f32; 3] = [-1.951_529_6e-4, 8.332_161e-3, -1.666_665_5e-1];
    const C: [f32; 3] = [2.443_315_7e-5, -1.388_731_6e-3, 4.166_664_6e-2];
    /// -pi / 4 in three parts, the first two short enough for j times them to be exact.
    const PARTS: [f32; 3] = [-0.785_156_25, -2.418_756_5e-4, -3.774_895e-8];

    // SAFETY: it lies between 0 and 8.
    let eighths: i32 = unsafe { (x * (4.0 / std::f32::consts::PI)).to_int_unchecked() };
    let j = (eighths + 1) & !1;
    let mut f = x;
    for part in PARTS {
        f = fused::<NATIVE>(j as f32, part, f);
    }

    let square = f * f;
    let fourth = polynomial::<NATIVE, _>(square, C) * square;
    let cos = fused::<NATIVE>(fourth, square, square * -0.5) + 1.0;
    let sin = fused::<NATIVE>(polynomial::<NATIVE, _>(square, S) * square, f, f);

    let is_swapped = j & 2 != 0;
    let [sin, cos] = if is_swapped { [cos, sin] } else { [sin, cos] };
    let negated = |value: f32, sign: i32| f32::from_bits(value.to_bits() ^ (sign as u32 & 4) << 29);
    [negated(sin, j), negated(cos, j + 2)]
}

/// The coefficient of the highest power comes first.
#[inline(always)]
fn polynomial<const NATIVE: bool, const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut sum = coefficients[0];
    for coefficient in &coefficients[1..] {
        sum = fused::<NATIVE>(sum, x, *coefficient);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn units(value: f32, exact: f64) -> f64 {
        let rounded = exact.abs() as f32;
        (f64::from(value) - exact).abs() / (f64::from(rounded.next_up()) - f64::from(rounded))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn log_is_the_logarithm_to_the_last_digits(x in 2.0_f32.powi(-24)..=1.0) {
            prop_assert!(units(log::<true>(x), f64::from(x).ln()) < 2.0, "log({x}) is {}", log::<true>(x));
            prop_assert_eq!(log::<false>(x), log::<true>(x));
        }

        #[test]
        fn sin_and_cos_are_exact_to_half_a_unit_of_1(x in 0.0..=std::f32::consts::TAU) {
            let [sin, cos] = sin_cos::<true>(x);
            for (value, exact) in [(sin, f64::from(x).sin()), (cos, f64::from(x).cos())] {
                prop_assert!((f64::from(value) - exact).abs() < 1.2e-7, "at {x}: {value}, not {exact}");
            }
            prop_assert_eq!(sin_cos::<false>(x), [sin, cos]);
        }
    }

    #[test]
    fn ends_are_exact() {
        assert_eq!(log::<true>(1.0), 0.0);
        assert_eq!(sin_cos::<true>(0.0), [0.0, 1.0]);
    }
}
