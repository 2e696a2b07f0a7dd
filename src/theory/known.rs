//! A number that theory computes, and how well it is known.

use super::moment::Moment;

/// A value, and a bound on what rounding or a finite difference has moved it by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Known {
    /// The value.
    pub value: Moment,
    /// It is right to within this, where it is finite.
    pub within: f64,
}

/// By how much a term of a sum may be off, after a handful of operations, as a part of it.
const ROUNDINGS: f64 = 8.0 * f64::EPSILON;

impl Known {
    /// A number that no operation has rounded.
    pub fn exactly(value: f64) -> Self {
        Self { value: Moment::of(value), within: 0.0 }
    }

    /// A sum whose terms have these absolute values together.
    pub fn of_terms(value: f64, terms: f64) -> Self {
        Self { value: Moment::of(value), within: ROUNDINGS * terms }
    }

    /// One that is not finite.
    pub(crate) fn without_value(value: Moment) -> Self {
        Self { value, within: 0.0 }
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Self {
        let value = self.value.plus(other.value);
        Self { value, within: self.within + other.within + rounding(value) }
    }

    /// The product with a number that is exact.
    pub fn times(self, factor: f64) -> Self {
        let value = self.value.map(|value| factor * value);
        Self { value, within: factor.abs() * self.within + rounding(value) }
    }

    /// The quotient. The divisor has to be known to be far from 0.
    pub fn over(self, divisor: Self) -> Self {
        let Moment::Finite(by) = divisor.value else { return Self::without_value(Moment::Overflow) };
        let value = self.value.map(|value| value / by);
        let moved = value.finite().map_or(0.0, |quotient| quotient.abs() * divisor.within);
        Self { value, within: (self.within + moved) / by.abs() + rounding(value) }
    }
}

/// That of one operation.
fn rounding(result: Moment) -> f64 {
    result.finite().map_or(0.0, |value| f64::EPSILON * value.abs())
}
