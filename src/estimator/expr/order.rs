//! Orders of magnitude as t goes to infinity, and bounds on numbers by them.

use super::bound::Bound;
use std::cmp::Ordering;

/// How large a positive number is, but for a factor.
///
/// A bound from above says that a number is at most that large, and one from below that it is at least that large. What is
/// not known of an order is infinite: `linear` is infinity where exp(`square` t^2) is multiplied by an exponential of what
/// outgrows t, if not t^2. From above that is any one of these, and from below it is all of them, so that two such orders, which
/// compare as equal, are never told apart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Order {
    /// That of 0.
    Nothing,
    /// exp(square t^2 + linear t) t^power.
    Plain { square: f64, linear: f64, power: f64 },
    /// The exponential of a number that outgrows t^2.
    Exponential(Box<Bound>),
    /// Nothing is known.
    Any,
}

impl Order {
    pub(super) const ONE: Self = Self::power(0.0);

    pub(crate) const fn power(power: f64) -> Self {
        Self::Plain { square: 0.0, linear: 0.0, power }
    }

    /// With nothing after what is infinite, which drowns it.
    pub(crate) fn plain(square: f64, linear: f64, power: f64) -> Self {
        let linear = if square.is_infinite() { 0.0 } else { linear };
        let power = if square.is_infinite() || linear.is_infinite() { 0.0 } else { power };
        Self::Plain { square, linear, power }
    }

    /// As they outgrow each other.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Plain { square, linear, power }, Self::Plain { square: a, linear: b, power: c }) => {
                [*square, *linear, *power].partial_cmp(&[*a, *b, *c]).unwrap_or(Ordering::Equal)
            }
            (Self::Exponential(a), Self::Exponential(b)) => a.compare(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    fn rank(&self) -> i32 {
        match self {
            Self::Nothing => -2,
            Self::Plain { .. } => 0,
            Self::Exponential(exponent) if exponent.factor < 0.0 => -1,
            Self::Exponential(_) => 1,
            Self::Any => 2,
        }
    }

    pub(crate) fn is_below(&self, other: &Self) -> bool {
        self.compare(other) == Ordering::Less
    }

    pub(super) fn max(self, other: Self) -> Self {
        if self.is_below(&other) { other } else { self }
    }

    /// The product, as a bound from above (`side` 1) or from below (-1).
    pub(crate) fn times(&self, other: &Self, side: f64) -> Self {
        // What is unknown on both sides is unknown.
        let sum = |a: &f64, b: &f64| if (a + b).is_nan() { side * f64::INFINITY } else { a + b };
        match (self, other) {
            (Self::Nothing, _) | (_, Self::Nothing) => Self::Nothing,
            (Self::Any, _) | (_, Self::Any) => {
                if side > 0.0 {
                    Self::Any
                } else {
                    Self::Nothing
                }
            }
            (Self::Plain { square, linear, power }, Self::Plain { square: a, linear: b, power: c }) => {
                Self::plain(sum(square, a), sum(linear, b), sum(power, c))
            }
            (Self::Exponential(a), Self::Exponential(b)) => Self::Exponential(Box::new(a.plus(b, side))),
            (exponential @ Self::Exponential(_), _) | (_, exponential) => exponential.clone(),
        }
    }

    /// Its power; the exponent is not 0.
    pub(crate) fn raised(&self, exponent: f64) -> Self {
        match self {
            Self::Nothing | Self::Any if exponent > 0.0 => self.clone(),
            Self::Nothing => Self::Any,
            Self::Any => Self::Nothing,
            Self::Plain { square, linear, power } => {
                Self::plain(square * exponent, linear * exponent, power * exponent)
            }
            Self::Exponential(of) => {
                let factor = exponent.signum() * super::bound::clipped(of.factor.abs() * exponent.abs(), 1.0);
                Self::Exponential(Box::new(Bound { factor: of.factor.signum() * factor, order: of.order.clone() }))
            }
        }
    }

    /// Whether the number that it is an order of is known but for rounding where its factor is.
    pub(super) fn is_exact(&self) -> bool {
        matches!(self, Self::Plain { square, linear, power } if [square, linear, power].iter().all(|x| x.is_finite()))
    }
}
