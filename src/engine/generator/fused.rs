//! a b + c, rounded once, on every CPU.

/// a b + c, rounded once: by one instruction where `NATIVE`, else by several that give the same float.
///
/// # Formula
/// The product of two 32-bit floats is exact in 64 bits. Its sum with c is rounded there to odd: where it is not exact, to that
/// of the two neighbours whose last bit is 1. With 29 bits to spare, rounding that to 32 bits is rounding once (S. Boldo and
/// G. Melquiond, IEEE Transactions on Computers 57 (2008) 462).
#[inline(always)]
pub(super) fn fused<const NATIVE: bool>(a: f32, b: f32, c: f32) -> f32 {
    if NATIVE { a.mul_add(b, c) } else { in_64_bits(a, b, c) }
}

/// Of numbers that are finite, and whose result lies within the 32-bit floats.
#[inline(always)]
fn in_64_bits(a: f32, b: f32, c: f32) -> f32 {
    let (product, c) = (f64::from(a) * f64::from(b), f64::from(c));
    let sum = product + c;
    // Knuth's: what the rounding of the sum has left out.
    let of_c = sum - product;
    let error = (product - (sum - of_c)) + (c - of_c);
    let bits = sum.to_bits();
    let beyond = if (error > 0.0) == (sum > 0.0) { bits.wrapping_add(1) } else { bits.wrapping_sub(1) };
    let odd = if error != 0.0 && bits & 1 == 0 { beyond } else { bits };
    f64::from_bits(odd) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Floats of the sizes that have to do with variates.
    fn floats() -> impl Strategy<Value = f32> {
        (any::<u32>(), -30_i32..8).prop_map(|(bits, exponent)| {
            let one_to_two = f32::from_bits(bits & 0x807f_ffff | 0x3f80_0000);
            one_to_two * 2.0_f32.powi(exponent)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn both_ways_give_the_same_float(a in floats(), b in floats(), c in floats()) {
            prop_assert_eq!(fused::<false>(a, b, c).to_bits(), a.mul_add(b, c).to_bits());
        }
    }

    #[test]
    fn rounding_twice_would_be_wrong_here() {
        // 2^-54 below the middle between 1 + 2^-23 and 1 + 2^-22; 64 bits round that to the middle, which 32 round to the latter.
        let (a, b, c) = (2.0_f32.powi(-24) * (1.0 + 2.0_f32.powi(-15)), 1.0 - 2.0_f32.powi(-15), 1.0 + f32::EPSILON);
        assert_eq!((f64::from(a) * f64::from(b) + f64::from(c)) as f32, 1.0 + 2.0 * f32::EPSILON);
        assert_eq!(fused::<false>(a, b, c), 1.0 + f32::EPSILON);
        assert_eq!(fused::<false>(-a, b, -c), -1.0 - f32::EPSILON);
    }
}
