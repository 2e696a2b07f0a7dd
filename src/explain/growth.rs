//! How fast a coefficient grows far from the reference.

use super::combination::six_digits;
use crate::estimator::expr::Order;
use std::fmt;

/// What a coefficient does not exceed, but for a factor, as D goes to minus or plus infinity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Growth {
    /// A constant.
    Bounded,
    /// |D|^p e^(b|D|).
    Of {
        /// b, at least 0.
        rate: f64,
        /// p, which may be negative where b is not 0.
        power: f64,
    },
    /// It may grow faster than every e^(b|D|).
    Faster,
}

impl Growth {
    pub(super) fn new(order: Order) -> Self {
        match order {
            Order::Plain { square, linear, .. } if square > 0.0 || linear == f64::INFINITY => Self::Faster,
            Order::Plain { square: 0.0, linear, power } if linear > 0.0 || linear == 0.0 && power > 0.0 => {
                Self::Of { rate: linear, power }
            }
            Order::Nothing | Order::Plain { .. } => Self::Bounded,
            order if order.is_below(&Order::power(0.0)) => Self::Bounded,
            Order::Exponential(_) | Order::Any => Self::Faster,
        }
    }

    /// b where it is |D|^p e^(b|D|).
    pub(super) fn rate(self) -> f64 {
        match self {
            Self::Bounded => 0.0,
            Self::Of { rate, .. } => rate,
            Self::Faster => f64::INFINITY,
        }
    }
}

impl fmt::Display for Growth {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let Self::Of { rate, power } = *self else {
            return formatter.pad(if *self == Self::Bounded { "bounded" } else { "faster than any e^(b|D|)" });
        };
        let powers = match power {
            0.0 => String::new(),
            1.0 => "|D|".to_owned(),
            power => format!("|D|^{}", six_digits(power)),
        };
        let exponential = match rate {
            0.0 => String::new(),
            1.0 => "e^|D|".to_owned(),
            rate => format!("e^({}|D|)", six_digits(rate)),
        };
        let both = [powers, exponential].into_iter().filter(|factor| !factor.is_empty()).collect::<Vec<_>>();
        formatter.pad(&both.join(" "))
    }
}

/// Where the variance of the gradient does not exist on normals: bounds of sigma_ref / sigma_theta, below the first and from
/// the second on.
///
/// Where pi_theta draws, D grows far out as a x^2 with a = (1/sigma_ref^2 - 1/sigma_theta^2) / 2, to plus infinity where the reference is narrower
/// and to minus infinity where it is wider. With |c| as e^(b|D|), E\[c^2 s^2\] exists where 2 b |a| < 1 / (2 sigma_theta^2):
/// for a narrower reference where (sigma_theta/sigma_ref)^2 < 1 + 1/(2 b), for a wider one where
/// (sigma_theta/sigma_ref)^2 > 1 - 1/(2 b). Where the policy that stands for the reference draws, the density of the samples
/// falls as exp(-x^2 / (2 sigma_ref^2)), and theta and ref change their places.
pub(super) fn infinite_variance([down, up]: [Growth; 2], draws: Draws) -> [Option<f64>; 2] {
    let growing = |rate: f64| (rate > 0.0).then(|| (1.0 + 0.5 / rate).sqrt());
    let falling = |rate: f64| (rate > 0.5).then(|| (1.0 - 0.5 / rate).sqrt());
    match draws {
        Draws::Theta => [growing(up.rate()).map(f64::recip), falling(down.rate()).map(f64::recip)],
        Draws::Reference => [falling(up.rate()), growing(down.rate())],
    }
}

/// Who draws the samples.
pub(super) enum Draws {
    Theta,
    Reference,
}
