//! Exponentials of 32-bit floats in plain arithmetic, which the compiler turns into vector instructions.

use std::iter::zip;

/// Of many D, r = exp(-D), r - 1 and r - 1 + D.
#[derive(Clone, Copy, Debug)]
pub struct Exponentials<const N: usize> {
    pub r: [f32; N],
    pub beyond_one: [f32; N],
    pub beyond_linear: [f32; N],
}

impl<const N: usize> Exponentials<N> {
    pub const fn new() -> Self {
        Self { r: [0.0; N], beyond_one: [0.0; N], beyond_linear: [0.0; N] }
    }

    /// Those of at most N numbers, each within a few units in the last place, however small D is; r is infinite, 0,
    /// subnormal and NaN where the exact exponential rounds to these.
    #[inline(always)]
    pub fn fill(&mut self, d: &[f32]) {
        match d.iter().fold(true, |all, d| all & (d.abs() <= ORDINARY)) {
            true => self.fill_by(d, ordinary),
            false => self.fill_by(d, any),
        }
    }

    #[inline(always)]
    fn fill_by(&mut self, d: &[f32], exponentials: impl Fn(f32) -> [f32; 3]) {
        let to = zip(&mut self.r, zip(&mut self.beyond_one, &mut self.beyond_linear));
        for (d, (r, (beyond_one, beyond_linear))) in zip(d, to) {
            [*r, *beyond_one, *beyond_linear] = exponentials(*d);
        }
    }
}

/// Up to this D, 2^n is in the range of floats, and so is all that is made of it.
const ORDINARY: f32 = 80.0;

/// D, and with y = -D, exp(y) = 2^n exp(f), n = y / log 2 rounded, f = y - n log 2 in \[-log 2 / 2, log 2 / 2\], and
/// exp(f) = 1 + f + q, q = P(f) f^2, with the polynomial P of `expf` in Moshier's Cephes library.
struct Reduced {
    d: f32,
    n: f32,
    whole: i32,
    f: f32,
    q: f32,
}

impl Reduced {
    #[inline(always)]
    fn new(y: f32, d: f32) -> Self {
        /// Added to a number, leaves its integer part in the low bits of the mantissa: 3/2 times 2^23.
        const INTEGER: f32 = 12_582_912.0;
        /// log 2 in two parts, the first short enough for n times it to be exact.
        const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];

        let shifted = y * std::f32::consts::LOG2_E + INTEGER;
        let n = shifted - INTEGER;
        let f = (y - n * LN_2[0]) - n * LN_2[1];
        let whole = (shifted.to_bits() as i32).wrapping_sub(INTEGER.to_bits() as i32);
        Self { d, n, whole, f, q: polynomial(f) * (f * f) }
    }

    /// r - 1 + D of r - 1; where n is 0, it is q itself.
    #[inline(always)]
    fn beyond_linear(&self, beyond_one: f32) -> f32 {
        if self.n == 0.0 { self.q } else { beyond_one + self.d }
    }
}

/// r, r - 1 and r - 1 + D for a D up to [`ORDINARY`], to the bits of [`any`].
///
/// # Formula
/// r - 1 is 2^n (f + q) + (2^n - 1).
#[inline(always)]
fn ordinary(d: f32) -> [f32; 3] {
    let reduced = Reduced::new(-d, d);
    let power = power_of_two(reduced.whole);
    let Reduced { f, q, .. } = reduced;
    let beyond_one = power * (q + f) + (power - 1.0);
    [(q + f + 1.0) * power, beyond_one, reduced.beyond_linear(beyond_one)]
}

/// r, r - 1 and r - 1 + D for any D.
#[inline(always)]
fn any(d: f32) -> [f32; 3] {
    // Beyond these the result is 0 and infinity. Comparisons, because min and max would turn NaN into a number.
    let y = if d > 110.0 { -110.0 } else { -d };
    let y = if y > 90.0 { 90.0 } else { y };
    let reduced = Reduced::new(y, d);
    // In two steps, because 2^n alone may be out of range where the result is not.
    let half = reduced.whole >> 1;
    let powers = [half, reduced.whole.wrapping_sub(half), half.wrapping_sub(reduced.whole)];
    let [a, b, inverse_b] = powers.map(power_of_two);
    let Reduced { f, q, .. } = reduced;
    let beyond_one = (a * (q + f) + (a - inverse_b)) * b;
    [(q + f + 1.0) * a * b, beyond_one, reduced.beyond_linear(beyond_one)]
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
                let error = (f64::from(any(d)[index]) - exact).abs() / unit;
                assert!(error < units, "number {index} at D = {d} is {}, not {exact}", any(d)[index]);
            }
        }
    }

    #[test]
    fn ordinary_ones_are_the_same_to_the_bit() {
        for d in arguments().filter(|d| d.abs() <= ORDINARY) {
            assert_eq!(ordinary(d).map(f32::to_bits), any(d).map(f32::to_bits), "D = {d}");
        }
    }

    #[test]
    fn one_that_is_not_ordinary_changes_no_other() {
        let mut exponentials = Exponentials::<4>::new();
        for last in [1.0, 100.0, f32::NAN] {
            exponentials.fill(&[0.5, -3.0, 1e-5, last]);
            assert_eq!(exponentials.beyond_one[..3], [0.5, -3.0, 1e-5].map(|d| any(d)[1]));
            assert_eq!(exponentials.r[3].to_bits(), any(last)[0].to_bits());
        }
    }

    #[test]
    fn overflow_and_underflow_where_the_exponential_does() {
        let largest = -88.722_83;
        assert!(any(largest).iter().all(|value| value.is_finite()));
        assert_eq!(any(largest.next_down()), [f32::INFINITY; 3]);
        let smallest = 103.972_08;
        assert!(any(smallest)[0] > 0.0 && any(smallest.next_up())[0] == 0.0);
        assert_eq!(any(f32::MIN)[..2], [f32::INFINITY; 2]);
        assert_eq!(any(f32::NEG_INFINITY)[..2], [f32::INFINITY; 2]);
        assert_eq!(any(f32::MAX), [0.0, -1.0, f32::MAX]);
        assert_eq!(any(f32::INFINITY), [0.0, -1.0, f32::INFINITY]);
        assert_eq!([any(0.0), any(-0.0)], [[1.0, 0.0, 0.0]; 2]);
    }

    #[test]
    fn not_a_number_stays_so() {
        assert!([f32::NAN, -f32::NAN].map(any).as_flattened().iter().all(|value| value.is_nan()));
    }
}
