use super::order::Order;
use std::cmp::Ordering;

/// A bound on a number: a factor, whose sign is the number's, times an order of magnitude.
///
/// A bound on a side, -1 from below or 1 from above, holds but for a part of it that vanishes. A factor that is not known
/// lies, in magnitude, at one of two ends: [`TINY`] where it is at least something, infinity where it is at most something.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bound {
    pub(super) factor: f64,
    pub(super) order: Order,
}

/// A positive factor of which no more is known, or that is smaller than every number.
pub(super) const TINY: f64 = f64::MIN_POSITIVE;

/// Factors beyond this, or below its inverse, count as unknown.
const KNOWN: f64 = 1e250;

/// By which part sums of factors may be rounded.
const ROUNDING: f64 = 1e-12;

/// A positive factor as a bound on its side.
pub(super) fn clipped(factor: f64, side: f64) -> f64 {
    match factor.is_nan() {
        true if side > 0.0 => f64::INFINITY,
        true => TINY,
        false => factor.clamp(TINY, if side > 0.0 { f64::INFINITY } else { f64::MAX }),
    }
}

impl Bound {
    pub(super) const ZERO: Self = Self { factor: 0.0, order: Order::Nothing };
    pub(super) const ONE: Self = Self { factor: 1.0, order: Order::ONE };
    /// From above, where none is known; negated, from below.
    pub(super) const NONE: Self = Self { factor: f64::INFINITY, order: Order::Any };

    /// On this side. A factor of what is not exact says nothing.
    fn new(factor: f64, order: Order, side: f64) -> Self {
        let outwards = factor.signum() * side;
        match order {
            _ if factor == 0.0 => Self::ZERO,
            Order::Nothing => Self::ZERO,
            order if order.is_exact() => Self { factor: factor.signum() * clipped(factor.abs(), outwards), order },
            order => Self { factor: factor.signum() * clipped(f64::NAN, outwards), order },
        }
    }

    pub(super) fn is_positive(&self) -> bool {
        self.factor > 0.0
    }

    pub(super) fn is_negative(&self) -> bool {
        self.factor < 0.0
    }

    /// As numbers.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let sign = |bound: &Self| if bound.factor == 0.0 { 0.0 } else { bound.factor.signum() };
        match sign(self).total_cmp(&sign(other)) {
            Ordering::Equal => {
                let by_order = self.order.compare(&other.order);
                let by_order = if self.is_negative() { by_order.reverse() } else { by_order };
                by_order.then(compare_rounded(self.factor, other.factor))
            }
            by_sign => by_sign,
        }
    }

    pub(super) fn negated(&self) -> Self {
        Self { factor: 0.0 - self.factor, order: self.order.clone() }
    }

    /// The larger order decides; where they are alike, their factors; and where these cancel, `side`, on which the bound
    /// then holds for certain.
    pub(super) fn plus(&self, other: &Self, side: f64) -> Self {
        match self.order.compare(&other.order) {
            Ordering::Greater => self.clone(),
            Ordering::Less => other.clone(),
            Ordering::Equal if self.order == Order::Nothing => Self::ZERO,
            Ordering::Equal => {
                let cancel = compare_rounded(self.factor, -other.factor) == Ordering::Equal;
                let factor = if cancel { side * TINY } else { self.factor + other.factor };
                Self::new(if factor.is_nan() { side } else { factor }, self.order.clone(), side)
            }
        }
    }

    pub(super) fn times(&self, other: &Self, side: f64) -> Self {
        let sign = self.factor.signum() * other.factor.signum();
        if self.factor == 0.0 || other.factor == 0.0 {
            return Self::ZERO;
        }
        let order = self.order.times(&other.order, sign * side);
        Self::new(sign * clipped(self.factor.abs() * other.factor.abs(), sign * side), order, side)
    }

    /// Of a bound that is not negative; a bound from below becomes one from above where the exponent is negative.
    pub(super) fn power(&self, exponent: f64) -> Self {
        if self.factor == 0.0 {
            return if exponent > 0.0 { Self::ZERO } else { Self::NONE };
        }
        let factor = match self.factor {
            unknown if !(KNOWN.recip()..=KNOWN).contains(&unknown) => {
                if (unknown > 1.0) == (exponent > 0.0) {
                    f64::INFINITY
                } else {
                    TINY
                }
            }
            factor => clipped(factor.powf(exponent), 1.0),
        };
        Self { factor, order: self.order.raised(exponent) }
    }

    /// The exponential of a number with this bound on this side, which is known no better than that.
    pub(super) fn exp(&self, side: f64) -> Self {
        let outwards = self.factor.signum() * side > 0.0;
        let infinite = self.factor.signum() * f64::INFINITY;
        match &self.order {
            Order::Any if outwards => {
                if side > 0.0 {
                    Self::NONE
                } else {
                    Self::ZERO
                }
            }
            Order::Any | Order::Nothing => Self::ONE,
            order if order.is_below(&Order::ONE) => Self::ONE,
            Order::Plain { square: 0.0, linear: 0.0, power } if *power <= 2.0 => match *power {
                0.0 => Self::new(clipped(self.factor.exp(), side), Order::ONE, side),
                power if power < 1.0 => Self::new(1.0, Order::plain(0.0, 0.0, infinite), side),
                1.0 => Self::new(1.0, Order::plain(0.0, self.factor, side * f64::INFINITY), side),
                power if power < 2.0 => Self::new(1.0, Order::plain(0.0, infinite, 0.0), side),
                _ => Self::new(1.0, Order::plain(self.factor, side * f64::INFINITY, 0.0), side),
            },
            _ => Self::new(1.0, Order::Exponential(Box::new(self.clone())), side),
        }
    }

    /// The logarithm of a positive number with this bound on this side.
    pub(super) fn log(&self, side: f64) -> Self {
        let Order::Plain { square, linear, power } = self.order else {
            return match &self.order {
                Order::Exponential(exponent) => (**exponent).clone(),
                _ if side > 0.0 => Self::NONE,
                _ => Self::NONE.negated(),
            };
        };
        // Of a number that grows or vanishes more slowly than what is named here, and faster than what is named there.
        let between = |sign: f64, slower: Order, faster: Order| match sign.signum() == side {
            true => Self::new(sign.signum() * TINY, faster, side),
            false => Self::new(sign.signum() * f64::MAX, slower, side),
        };
        if square != 0.0 {
            Self::new(square, Order::power(2.0), side)
        } else if linear.is_infinite() {
            between(linear, Order::power(1.0), Order::power(2.0))
        } else if linear != 0.0 {
            Self::new(linear, Order::power(1.0), side)
        } else if power.is_infinite() {
            between(power, Order::ONE, Order::power(1.0))
        } else if power != 0.0 {
            // log t is slower than every power.
            between(power, Order::ONE, Order::power(0.5))
        } else {
            self.log_of_constant(side)
        }
    }

    fn log_of_constant(&self, side: f64) -> Self {
        let is_known = if side > 0.0 { self.factor <= KNOWN } else { self.factor >= KNOWN.recip() };
        let log = if is_known { self.factor.ln() } else { side * f64::INFINITY };
        Self::new(if log.abs() <= ROUNDING { side * TINY } else { log }, Order::ONE, side)
    }

    pub(super) fn min(self, other: Self) -> Self {
        if other.compare(&self) == Ordering::Less { other } else { self }
    }

    pub(super) fn max(self, other: Self) -> Self {
        if self.compare(&other) == Ordering::Less { other } else { self }
    }
}

/// Numbers that rounding may have told apart are equal.
fn compare_rounded(a: f64, b: f64) -> Ordering {
    let is_rounding = a.is_finite() && b.is_finite() && (a - b).abs() <= ROUNDING * (a.abs() + b.abs());
    if is_rounding { Ordering::Equal } else { a.total_cmp(&b) }
}
