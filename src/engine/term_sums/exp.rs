//! Exponentials of 32-bit floats in plain arithmetic, which the compiler turns into vector instructions.

/// r = exp(-D), r - 1 and r - 1 + D within a few units in the last place each, however small D is; r is infinite, 0,
/// subnormal and NaN where the exact exponential rounds to these.
///
/// # Formula
/// With y = -D, exp(y) = 2^n exp(f), n = y / log 2 rounded, f = y - n log 2 in \[-log 2 / 2, log 2 / 2\], and
/// exp(f) = 1 + f + q, q = P(f) f^2, with the polynomial P of `expf` in Moshier's Cephes library. So r - 1 is
/// 2^n (f + q) + (2^n - 1), and where n is 0, r - 1 + D is q itself.
#[inline(always)]
pub fn exponentials(d: f32) -> [f32; 3] {
    /// Added to a number, leaves its integer part in the low bits of the mantissa: 3/2 times 2^23.
    const INTEGER: f32 = 12_582_912.0;
    /// log 2 in two parts, the first short enough for n times it to be exact.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];

    // Beyond these the result is 0 and infinity. Comparisons, because min and max would turn NaN into a number.
    let y = if d > 110.0 { -110.0 } else { -d };
    let y = if y > 90.0 { 90.0 } else { y };
    let shifted = y * std::f32::consts::LOG2_E + INTEGER;
    let n = shifted - INTEGER;
    let f = (y - n * LN_2[0]) - n * LN_2[1];
    let whole = (shifted.to_bits() as i32).wrapping_sub(INTEGER.to_bits() as i32);
    // In two steps, because 2^n alone may be out of range where the result is not.
    let half = whole >> 1;
    let [a, b, inverse_b] = [half, whole.wrapping_sub(half), half.wrapping_sub(whole)].map(power_of_two);
    let q = polynomial(f) * (f * f);
    let beyond_one = (a * (q + f) + (a - inverse_b)) * b;
    [(q + f + 1.0) * a * b, beyond_one, if n == 0.0 { q } else { beyond_one + d }]
}

#[inline(always)]
fn polynomial(f: f32) -> f32 {
    const COEFFICIENTS: [f32; 6] = [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];
    let mut sum = COEFFICIENTS[0];
    for coefficient in &COEFFICIENTS[1..] {
        sum = sum * f + coefficient;
    }
    sum
}

/// 2^n for n from -126 to 127; of any other n, some float.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every 997th float of either sign, up to where the ratio is infinite or 0.
    fn arguments() -> impl Iterator<Item = f32> {
        let magnitudes = (0..=120.0_f32.to_bits()).step_by(997).map(f32::from_bits);
        magnitudes.flat_map(|d| [d, -d])
    }

    /// The same in 64 bits; exp(-D) - 1 + D by its series where that cancels.
    fn exact(d: f32) -> [f64; 3] {
        let d = f64::from(d);
        let series = d * d / 2.0 * (1.0 - d / 3.0 * (1.0 - d / 4.0));
        [(-d).exp(), (-d).exp_m1(), if d.abs() < 1e-4 { series } else { (-d).exp_m1() + d }]
    }

    #[test]
    fn are_the_exponentials_to_the_last_digits() {
        for d in arguments() {
            for (index, (exact, units)) in exact(d).into_iter().zip([2.0, 4.0, 8.0]).enumerate() {
                if exact.abs() >= f64::from(f32::MAX) {
                    continue;
                }
                let rounded = exact.abs() as f32;
                let unit = f64::from(rounded.next_up()) - f64::from(rounded);
                let error = (f64::from(exponentials(d)[index]) - exact).abs() / unit;
                assert!(error < units, "number {index} at D = {d} is {}, not {exact}", exponentials(d)[index]);
            }
        }
    }

    #[test]
    fn overflow_and_underflow_where_the_exponential_does() {
        let largest = -88.722_83;
        assert!(exponentials(largest).iter().all(|value| value.is_finite()));
        assert_eq!(exponentials(largest.next_down()), [f32::INFINITY; 3]);
        let smallest = 103.972_08;
        assert!(exponentials(smallest)[0] > 0.0 && exponentials(smallest.next_up())[0] == 0.0);
        assert_eq!(exponentials(f32::MIN)[..2], [f32::INFINITY; 2]);
        assert_eq!(exponentials(f32::NEG_INFINITY)[..2], [f32::INFINITY; 2]);
        assert_eq!(exponentials(f32::MAX), [0.0, -1.0, f32::MAX]);
        assert_eq!(exponentials(f32::INFINITY), [0.0, -1.0, f32::INFINITY]);
        assert_eq!([exponentials(0.0), exponentials(-0.0)], [[1.0, 0.0, 0.0]; 2]);
    }

    #[test]
    fn not_a_number_stays_so() {
        assert!([f32::NAN, -f32::NAN].map(exponentials).as_flattened().iter().all(|value| value.is_nan()));
    }
}
