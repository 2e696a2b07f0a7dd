//! Sums without rounding, which are the same in any order.

mod held;

use std::ops::Range;

/// How many bits a digit has.
const BITS: usize = 32;

/// How many bits of a float are its fraction, and the exponent of what is not finite.
const FRACTION: u32 = f64::MANTISSA_DIGITS - 1;
const EXPONENTS: usize = 0x7FF;

/// The smallest positive float is so many doublings of the unit, and the unit at most the smallest product of two such floats.
const SMALLEST: usize = 1088;
const _: () = assert!(SMALLEST.is_multiple_of(BITS) && SMALLEST >= DOUBLINGS_TO_ONE);

/// 1 is so many doublings of the smallest positive float.
const DOUBLINGS_TO_ONE: usize = 1074;

/// The exact sum of 64-bit floats, and of products of two.
///
/// It is a whole number of units, in digits of 32 bits. A float adds to three digits, which are wide enough that carries can wait:
/// 2^31 floats fit, and where sums are merged, they are carried. So what it is rounded to in the end depends on what was added
/// alone: not on the order, and not on how it was shared out to files or threads.
///
/// Source: Kulisch (2013), *Computer Arithmetic and Validity*, chapter 8, has it in hardware; here digits that are 0 at either
/// end are left out.
#[derive(Clone, Debug, Default)]
pub(super) struct Exact {
    /// The place of the first digit that is held.
    first: usize,
    digits: Vec<i64>,
    /// The sum of what is not finite, 0 if nothing is.
    beyond: f64,
}

/// A finite float: a whole number of 53 bits and its sign, and how often the smallest positive float is doubled.
#[inline]
fn split(number: f64) -> (i64, usize) {
    let bits = number.to_bits();
    let (exponent, fraction) = ((bits >> FRACTION) as usize & EXPONENTS, (bits & ((1 << FRACTION) - 1)) as i64);
    // The lowest exponent has no hidden bit, and the place of the next.
    let magnitude = fraction | i64::from(exponent > 0) << FRACTION;
    (if number < 0.0 { -magnitude } else { magnitude }, exponent.saturating_sub(1))
}

impl Exact {
    #[inline]
    pub(super) fn add(&mut self, number: f64) {
        if !number.is_finite() {
            self.beyond += number;
        } else if number != 0.0 {
            let (whole, doublings) = split(number);
            let place = doublings + SMALLEST;
            self.add_to(place / BITS, i128::from(whole) << (place % BITS));
        }
    }

    /// Adds a product, without its rounding.
    #[inline]
    pub(super) fn add_product(&mut self, x: f64, y: f64) {
        let product = x * y;
        if !product.is_finite() {
            self.beyond += product;
        } else if x != 0.0 && y != 0.0 {
            let [(x, of_x), (y, of_y)] = [x, y].map(split);
            let place = of_x + of_y + SMALLEST - DOUBLINGS_TO_ONE;
            // It has 106 bits, of which the upper ones begin two digits on.
            let (digit, whole) = (place / BITS, i128::from(x) * i128::from(y));
            self.add_to(digit, i128::from(whole as u64) << (place % BITS));
            self.add_to(digit + 2, (whole >> 64) << (place % BITS));
        }
    }

    /// Adds a number of at most 96 bits.
    #[inline]
    fn add_to(&mut self, digit: usize, number: i128) {
        let parts = [i64::from(number as u32), i64::from((number >> BITS) as u32), (number >> (2 * BITS)) as i64];
        self.add_digits(digit, &parts);
    }

    #[inline]
    fn add_digits(&mut self, first: usize, digits: &[i64]) {
        let end = first + digits.len();
        if first < self.first || end > self.first + self.digits.len() {
            self.make_room(first..end);
        }
        self.digits[first - self.first..].iter_mut().zip(digits).for_each(|(own, digit)| *own += digit);
    }

    /// No more than is asked for: of each step there are many sums, and few of them grow.
    #[cold]
    fn make_room(&mut self, digits: Range<usize>) {
        if self.digits.is_empty() {
            self.first = digits.start;
        }
        let (first, end) = (self.first.min(digits.start), digits.end.max(self.first + self.digits.len()));
        let mut wider = vec![0; end - first];
        wider[self.first - first..][..self.digits.len()].copy_from_slice(&self.digits);
        (self.first, self.digits) = (first, wider);
    }

    /// Leaves 32 bits in each digit, and the sign in the last.
    fn carry(&mut self) {
        for place in 0.. {
            let Some(digit) = self.digits.get(place) else { return };
            let over = digit >> BITS;
            if over != 0 && (over != -1 || place + 1 < self.digits.len()) {
                self.digits[place] -= over << BITS;
                self.add_digits(self.first + place + 1, &[over]);
            }
        }
    }

    /// Adds a multiple of another sum, without its rounding.
    pub(super) fn add_multiple(&mut self, factor: f64, other: &Self) {
        other.floats().into_iter().for_each(|part| self.add_product(factor, part));
        self.beyond += other.beyond;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        if !other.digits.is_empty() {
            self.add_digits(other.first, &other.digits);
            self.carry();
        }
        self.beyond += other.beyond;
    }

    /// The sum, rounded once to the nearest, or to even between two; infinite or NaN where a number was, or where it is beyond
    /// 64-bit floats.
    pub(super) fn value(&self) -> f64 {
        if self.beyond != 0.0 {
            return self.beyond;
        }
        let (digits, is_negative) = self.carried();
        let Some(last) = digits.iter().rposition(|&digit| digit != 0) else { return 0.0 };
        let digit = |behind: usize| last.checked_sub(behind).map_or(0, |place| u128::from(digits[place]));
        let leading = digit(0) << (2 * BITS) | digit(1) << BITS | digit(2);
        let is_more = digits[..last.saturating_sub(2)].iter().any(|&digit| digit != 0);
        let doublings = (BITS * (self.first + last)) as i32 - (2 * BITS + 1 + SMALLEST) as i32;
        let magnitude = rounded(leading << 1 | u128::from(is_more), doublings);
        if is_negative { -magnitude } else { magnitude }
    }

    /// The digits of its magnitude, carried, and whether it is below 0.
    fn carried(&self) -> (Vec<u32>, bool) {
        let carry = |carry: &mut i64, digit: &i64| {
            let sum = digit + *carry;
            *carry = sum >> BITS;
            Some(sum as u32)
        };
        // Two digits more are as wide as the carry.
        let mut digits: Vec<u32> = self.digits.iter().chain(&[0; 2]).scan(0, carry).collect();
        let is_negative = digits.last().is_some_and(|&last| last > u32::MAX / 2);
        if is_negative {
            let negated: Vec<i64> = digits.iter().map(|&digit| i64::from(!digit)).collect();
            digits = negated.iter().scan(1, carry).collect();
        }
        (digits, is_negative)
    }

    /// The sum as floats, of which each is the rounded sum of what those before it leave: equal sums have equal lists.
    fn floats(&self) -> Vec<f64> {
        let (mut rest, mut list) = (Self { beyond: 0.0, ..self.clone() }, Vec::new());
        loop {
            let next = rest.value();
            if next == 0.0 || !next.is_finite() {
                return list;
            }
            list.push(next);
            rest.add(-next);
        }
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.value() == other.value() && self.floats() == other.floats()
    }
}

/// The float nearest to a number that is not 0, of which one stands for so many doublings of the smallest positive float.
fn rounded(number: u128, doublings: i32) -> f64 {
    let length = (u128::BITS - number.leading_zeros()) as i32;
    // Floats end with the smallest one.
    let cut = (length - f64::MANTISSA_DIGITS as i32).max(-doublings);
    if cut > length {
        return 0.0;
    }
    let (kept, half, left) = (number >> cut, 1 << (cut - 1), number & ((1 << cut) - 1));
    let is_up = left > half || left == half && kept % 2 == 1;
    match (cut + doublings) as u64 {
        // The hidden bit adds one to the exponent, and so does a carry into it; the last float is followed by infinity.
        place @ 0..=2045 => f64::from_bits((place << FRACTION) + kept as u64 + u64::from(is_up)),
        _ => f64::INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum(numbers: impl IntoIterator<Item = f64>) -> Exact {
        let mut sum = Exact::default();
        numbers.into_iter().for_each(|number| sum.add(number));
        sum
    }

    #[test]
    fn nothing_is_lost() {
        assert_eq!(sum([1e100, 1.0, -1e100, 1e-100]).value(), 1.0);
        assert_eq!(sum([1.0, 2f64.powi(-53), 2f64.powi(-106)]).value(), 1.0 + f64::EPSILON, "just above halfway");
        assert_eq!(sum([1.0, 2f64.powi(-53)]).value(), 1.0, "halfway, to even");
        assert_eq!(sum([]).value(), 0.0);
        assert_eq!(sum([f64::INFINITY, 1.0]).value(), f64::INFINITY);
        assert_eq!(sum([f64::MAX, f64::MAX, 1.0]).value(), f64::INFINITY);
        assert!(sum([f64::INFINITY, f64::NEG_INFINITY]).value().is_nan());
    }

    #[test]
    fn products_are_exact() {
        let (x, y) = (1.0 + f64::EPSILON, 1.0 - f64::EPSILON);
        let mut product = sum([-1.0]);
        product.add_product(x, y);
        assert_eq!(product.value(), -f64::EPSILON * f64::EPSILON, "(1 + e)(1 - e) - 1");
        let mut multiple = sum([-3.0]);
        multiple.add_multiple(3.0, &sum([1.0, 2f64.powi(-90)]));
        assert_eq!(multiple.value(), 3.0 * 2f64.powi(-90));
    }

    #[test]
    fn merged_sums_do_not_run_over() {
        // Doubled 200 times, digits that were not carried would run over.
        for sign in [1.0, -1.0] {
            let mut doubled = sum([sign * 1.5, sign * 1e-3, sign * 2f64.powi(-60)]);
            let expected = doubled.value() * 2f64.powi(200);
            for _ in 0..200 {
                doubled.merge(&doubled.clone());
            }
            assert_eq!(doubled.value(), expected);
        }
    }

    proptest! {
        /// The CPU rounds one operation as the sum is rounded, whatever its numbers are.
        #[test]
        fn it_is_rounded_as_one_operation(x in any::<f64>(), y in any::<f64>(), z in any::<f64>(), e in -60..60i32) {
            let same = |ours: f64, exact: f64| ours == exact || ours.is_nan() && exact.is_nan();
            // Near to x, so that both count, and the rest of x cancels.
            let near = x * 2f64.powi(e) * (1.0 + f64::EPSILON);
            for other in [y, near, -near] {
                prop_assert!(same(sum([x, other]).value(), x + other), "{} + {}", x, other);
            }
            let mut product = Exact::default();
            product.add_product(x, y);
            prop_assert!(same(product.value(), x * y), "{} * {}", x, y);
            for other in [z, -(x * y), x * y * 2f64.powi(e)].into_iter().filter(|_| (x * y).is_finite()) {
                let mut both = product.clone();
                both.add(other);
                prop_assert!(same(both.value(), x.mul_add(y, other)), "{} * {} + {}", x, y, other);
            }
        }

        #[test]
        fn any_order_and_any_shares_give_the_same(
            mut numbers in prop::collection::vec((-1.0..1.0f64, -300..300i32).prop_map(|(m, e)| m * 2f64.powi(e)), 0..40),
            cut in 0..40usize,
        ) {
            let forwards = sum(numbers.clone());
            let (left, right) = numbers.split_at(cut.min(numbers.len()));
            let mut merged = sum(left.to_vec());
            merged.merge(&sum(right.to_vec()));
            numbers.reverse();
            let text = |sum: &Exact| serde_json::to_string(sum).unwrap();
            prop_assert_eq!(text(&forwards), text(&merged));
            prop_assert_eq!(text(&forwards), text(&sum(numbers)));
            let read: Exact = serde_json::from_str(&text(&forwards)).unwrap();
            prop_assert_eq!(read.value(), forwards.value());
        }
    }
}
