//! A number that theory computes, which may not be finite.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A moment, which may not be finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Moment {
    /// Its value.
    Finite(f64),
    /// The integral diverges.
    Infinite,
    /// The integral exists, but it, or a part of its sum, is beyond 64-bit floats.
    Overflow,
    /// It is not known well enough: what rounding adds to it is not small beside it, the integrand varies between the points at
    /// which it is seen, or what is known of its growth does not tell whether the integral exists.
    Unresolved,
    /// There is none: the gradient is not a number for a part of the samples.
    Undefined,
}

/// Mean and variance of one sample's gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// E\[c s\].
    pub mean: Moment,
    /// Var\[c s\].
    pub variance: Moment,
}

impl Moment {
    /// A finite value, or `Overflow` for what is not.
    pub fn of(value: f64) -> Self {
        if value.is_finite() { Self::Finite(value) } else { Self::Overflow }
    }

    /// A function of its value, where it has one.
    pub fn map(self, function: impl FnOnce(f64) -> f64) -> Self {
        match self {
            Self::Finite(value) => Self::of(function(value)),
            other => other,
        }
    }

    /// Its value, where it has one.
    pub fn finite(self) -> Option<f64> {
        match self {
            Self::Finite(value) => Some(value),
            Self::Infinite | Self::Overflow | Self::Unresolved | Self::Undefined => None,
        }
    }

    /// The sum; undefined where one of them is, else infinite where one of them is, else unresolved where one of them is.
    pub fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Finite(a), Self::Finite(b)) => Self::of(a + b),
            (Self::Undefined, _) | (_, Self::Undefined) => Self::Undefined,
            (Self::Infinite, _) | (_, Self::Infinite) => Self::Infinite,
            (Self::Unresolved, _) | (_, Self::Unresolved) => Self::Unresolved,
            _ => Self::Overflow,
        }
    }
}

impl fmt::Display for Moment {
    /// Like its float; `inf` where it is infinite, `nan` where it is beyond floats, `unresolved` where it
    /// is not known well enough, and `undefined` where the gradient is not a number.
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Finite(value) => value.fmt(formatter),
            Self::Infinite => formatter.pad("inf"),
            Self::Overflow => formatter.pad("nan"),
            Self::Unresolved => formatter.pad("unresolved"),
            Self::Undefined => formatter.pad("undefined"),
        }
    }
}

impl Serialize for Moment {
    /// A number, in CSV `inf` where it is infinite and `NaN` where it has no value; JSON has null for all.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(match self {
            Self::Finite(value) => *value,
            Self::Infinite => f64::INFINITY,
            Self::Overflow | Self::Unresolved | Self::Undefined => f64::NAN,
        })
    }
}

impl<'de> Deserialize<'de> for Moment {
    /// What CSV holds of it.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value: f64 = crate::maybe_number::or_nan(deserializer)?;
        Ok(if value.is_infinite() { Self::Infinite } else { Self::of(value) })
    }
}
