//! The exponential of a 32-bit float in plain arithmetic, which the compiler turns into vector instructions.

/// exp(y) within 2 units in the last place; infinity, 0, subnormal and NaN where the exact exponential rounds to them.
///
/// # Formula
/// exp(y) = 2^n exp(f), n = y / log 2 rounded, f = y - n log 2 in \[-log 2 / 2, log 2 / 2\], and exp(f) the polynomial
/// of `expf` in Moshier's Cephes library.
#[inline(always)]
pub fn exp(y: f32) -> f32 {
    /// Added to a number, leaves its integer part in the low bits of the mantissa: 3/2 times 2^23.
    const INTEGER: f32 = 12_582_912.0;
    /// log 2 in two parts, the first short enough for n times it to be exact.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];

    // Beyond these the result is 0 and infinity. Comparisons, because min and max would turn NaN into a number.
    let y = if y < -110.0 { -110.0 } else { y };
    let y = if y > 90.0 { 90.0 } else { y };
    let shifted = y * std::f32::consts::LOG2_E + INTEGER;
    let n = shifted - INTEGER;
    let f = (y - n * LN_2[0]) - n * LN_2[1];
    let n = (shifted.to_bits() as i32).wrapping_sub(INTEGER.to_bits() as i32);
    // In two steps, because 2^n alone may be out of range where the result is not.
    let half = n >> 1;
    polynomial(f) * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

#[inline(always)]
fn polynomial(f: f32) -> f32 {
    const COEFFICIENTS: [f32; 6] = [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];
    let mut sum = COEFFICIENTS[0];
    for coefficient in &COEFFICIENTS[1..] {
        sum = sum * f + coefficient;
    }
    sum * (f * f) + f + 1.0
}

/// 2^n for n from -126 to 127; of any other n, some float.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every 997th float of either sign, up to where the result is infinite or 0.
    fn arguments() -> impl Iterator<Item = f32> {
        let magnitudes = (0..=120.0_f32.to_bits()).step_by(997).map(f32::from_bits);
        magnitudes.flat_map(|y| [y, -y])
    }

    #[test]
    fn is_the_exponential_within_two_units_in_the_last_place() {
        for y in arguments() {
            let exact = f64::from(y).exp();
            if exact >= f64::from(f32::MAX) {
                continue;
            }
            let rounded = exact as f32;
            let unit = f64::from(rounded.next_up()) - f64::from(rounded);
            let error = (f64::from(exp(y)) - exact).abs() / unit;
            assert!(error < 2.0, "exp({y}) is {}, not {exact}: {error} units", exp(y));
        }
    }

    #[test]
    fn overflows_and_underflows_where_the_exponential_does() {
        let largest = 88.722_83;
        assert!(exp(largest).is_finite() && exp(largest.next_up()) == f32::INFINITY);
        let smallest = -103.972_08;
        assert!(exp(smallest) > 0.0 && exp(smallest.next_down()) == 0.0);
        assert_eq!([exp(f32::INFINITY), exp(f32::MAX)], [f32::INFINITY; 2]);
        assert_eq!([exp(f32::NEG_INFINITY), exp(f32::MIN)], [0.0; 2]);
        assert_eq!([exp(0.0), exp(-0.0)], [1.0; 2]);
    }

    #[test]
    fn not_a_number_stays_so() {
        assert!(exp(f32::NAN).is_nan() && exp(-f32::NAN).is_nan());
    }
}
