//! Sums without rounding, which are the same in any order.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The exact sum of 64-bit floats.
///
/// It is kept as floats of rising magnitude that do not overlap, as Shewchuk's algorithm leaves them, so that what it is rounded
/// to in the end depends on what was added alone: not on the order, and not on how it was shared out to files or threads.
///
/// Source: Shewchuk (1997), *Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates*; Python's
/// `math.fsum` does the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Exact {
    parts: Vec<f64>,
    /// The sum of what is not finite, 0 if nothing is.
    beyond: f64,
}

impl Exact {
    pub(super) fn add(&mut self, number: f64) {
        if !number.is_finite() {
            self.beyond += number;
            return;
        }
        let (mut sum, mut kept) = (number, 0);
        for place in 0..self.parts.len() {
            let (total, lost) = two_sum(sum, self.parts[place]);
            if lost != 0.0 {
                self.parts[kept] = lost;
                kept += 1;
            }
            sum = total;
        }
        self.parts.truncate(kept);
        match sum.is_finite() {
            true if sum != 0.0 => self.parts.push(sum),
            true => {}
            false => (self.parts, self.beyond) = (Vec::new(), self.beyond + sum),
        }
    }

    /// Adds a product, without its rounding.
    pub(super) fn add_product(&mut self, x: f64, y: f64) {
        let product = x * y;
        self.add(product);
        // What rounding has lost of it is a float; of a product that is beyond them it is none.
        let lost = x.mul_add(y, -product);
        if lost != 0.0 && product.is_finite() {
            self.add(lost);
        }
    }

    /// Adds a multiple of another sum, without its rounding.
    pub(super) fn add_multiple(&mut self, factor: f64, other: &Self) {
        other.parts.iter().for_each(|&part| self.add_product(factor, part));
        self.beyond += other.beyond;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        other.parts.iter().for_each(|&part| self.add(part));
        self.beyond += other.beyond;
    }

    /// The sum, rounded once; infinite or NaN where a number was, or where it is beyond 64-bit floats.
    pub(super) fn value(&self) -> f64 {
        if self.beyond != 0.0 {
            return self.beyond;
        }
        let mut parts = self.parts.iter().rev();
        let mut high = parts.next().copied().unwrap_or(0.0);
        let mut low = 0.0;
        for &part in parts.by_ref() {
            (high, low) = two_sum(high, part);
            if low != 0.0 {
                break;
            }
        }
        // Halfway between two floats, the sign of what is left decides, as the rest of the sum does not change it.
        if let Some(&next) = parts.next()
            && (low < 0.0 && next < 0.0 || low > 0.0 && next > 0.0)
        {
            let twice = 2.0 * low;
            let rounded = high + twice;
            if rounded - high == twice {
                high = rounded;
            }
        }
        high
    }

    /// The sum as floats, of which each is the rounded sum of what those before it leave: equal sums have equal lists.
    fn canonical(&self) -> Vec<f64> {
        let (mut rest, mut list) = (self.clone(), Vec::new());
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

/// The rounded sum of two numbers, and what rounding lost (Knuth).
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let of_b = sum - a;
    (sum, (a - (sum - of_b)) + (b - of_b))
}

/// How files hold a sum: its floats, or the name of what is no number.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Held {
    Finite(Vec<f64>),
    Beyond(String),
}

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_finite = self.beyond == 0.0;
        let held = if is_finite { Held::Finite(self.canonical()) } else { Held::Beyond(self.beyond.to_string()) };
        held.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut sum = Self::default();
        match Held::deserialize(deserializer)? {
            Held::Finite(parts) => parts.into_iter().for_each(|part| sum.add(part)),
            Held::Beyond(name) => sum.beyond = name.parse().map_err(serde::de::Error::custom)?,
        }
        Ok(sum)
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

    proptest! {
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
