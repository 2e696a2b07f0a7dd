use std::cmp::Ordering;

/// The order of magnitude exp(`square` t^2 + `linear` t) t^`power` as t goes to infinity; compared as they outgrow each other.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) struct Order {
    /// Minus infinity for what is 0, infinity for what may grow faster than every exp(a t^2).
    pub(crate) square: f64,
    pub(crate) linear: f64,
    pub(crate) power: f64,
}

impl Order {
    pub(super) const NOTHING: Self = Self { square: f64::NEG_INFINITY, linear: 0.0, power: 0.0 };
    pub(super) const ONE: Self = Self::power(0.0);
    pub(super) const MOST: Self = Self { square: f64::INFINITY, linear: 0.0, power: 0.0 };

    pub(super) const fn power(power: f64) -> Self {
        Self { square: 0.0, linear: 0.0, power }
    }

    pub(super) fn max(self, other: Self) -> Self {
        if other > self { other } else { self }
    }

    fn times(self, other: Self) -> Self {
        // What is unknown on both sides is unknown.
        let sum = |a: f64, b: f64| if (a + b).is_nan() { f64::INFINITY } else { a + b };
        match [self, other].contains(&Self::NOTHING) {
            true => Self::NOTHING,
            false => Self {
                square: sum(self.square, other.square),
                linear: sum(self.linear, other.linear),
                power: sum(self.power, other.power),
            },
        }
    }

    fn raised(self, exponent: f64) -> Self {
        match self.square {
            f64::NEG_INFINITY if exponent > 0.0 => Self::NOTHING,
            f64::NEG_INFINITY => Self::MOST,
            f64::INFINITY if exponent < 0.0 => Self::NOTHING,
            f64::INFINITY => Self::MOST,
            square => Self { square: square * exponent, linear: self.linear * exponent, power: self.power * exponent },
        }
    }

    /// The logarithm of such a magnitude, bounded below (`side` -1) or above (1).
    pub(super) fn log(self, side: f64) -> Bound {
        match self {
            Self { square, .. } if square.is_infinite() => Bound::new(square, Self::MOST),
            Self { square, .. } if square != 0.0 => Bound::new(square, Self::power(2.0)),
            Self { linear, .. } if linear != 0.0 => Bound::new(linear, Self::power(1.0)),
            // log t is slower than every power.
            Self { power, .. } if power * side > 0.0 => Bound::new(side, Self::power(0.5)),
            // Times a factor that may be on either side of 1.
            _ => Bound::new(side, Self::ONE),
        }
    }
}

/// A bound on a number: the sign and the order of magnitude, but for a factor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bound {
    /// -1, 0 or 1.
    pub(super) sign: f64,
    pub(super) order: Order,
}

impl Bound {
    pub(super) const ZERO: Self = Self { sign: 0.0, order: Order::NOTHING };
    pub(super) const ONE: Self = Self { sign: 1.0, order: Order::ONE };

    /// With the sign of a number.
    pub(super) fn new(sign: f64, order: Order) -> Self {
        if sign == 0.0 || order == Order::NOTHING { Self::ZERO } else { Self { sign: sign.signum(), order } }
    }

    pub(super) fn negated(self) -> Self {
        Self { sign: 0.0 - self.sign, ..self }
    }

    /// The larger order decides; where the two are alike, `side`, on which the bound holds for certain.
    pub(super) fn plus(self, other: Self, side: f64) -> Self {
        match self.order.partial_cmp(&other.order) {
            Some(Ordering::Greater) => self,
            Some(Ordering::Less) => other,
            _ if self.sign == other.sign => self,
            _ => Self::new(side, self.order),
        }
    }

    pub(super) fn times(self, other: Self) -> Self {
        Self::new(self.sign * other.sign, self.order.times(other.order))
    }

    /// Of a bound that is not negative.
    pub(super) fn power(self, exponent: f64) -> Self {
        Self::new(1.0, self.order.raised(exponent))
    }

    pub(super) fn min(self, other: Self) -> Self {
        if other.is_below(self) { other } else { self }
    }

    pub(super) fn max(self, other: Self) -> Self {
        if self.is_below(other) { other } else { self }
    }

    fn is_below(self, other: Self) -> bool {
        match self.sign.partial_cmp(&other.sign) {
            Some(Ordering::Equal) if self.sign < 0.0 => self.order > other.order,
            Some(Ordering::Equal) => self.order < other.order,
            order => order == Some(Ordering::Less),
        }
    }
}
