//! Which integrals over the support exist.

use super::moment::Moment;
use super::singular::{Singularity, worst};
use crate::estimator::expr::{Expr, Growth, Order, Quadratic, Shape};
use crate::policy::Logs;

/// What is known of where a coefficient is large: at either end, and at a sample.
pub(super) struct Existence {
    /// Of the coefficient.
    ends: [Growth; 2],
    /// Of the density of the policy that draws.
    density: [Order; 2],
    singularity: Singularity,
    /// Whether the panels are laid for all that the integrands have.
    pub(super) is_plain: bool,
}

/// Whether an integral exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exists {
    Yes,
    No,
    /// What is known of the integrand does not tell.
    Unknown,
}

impl Exists {
    /// The integral, where it exists.
    pub(super) fn moment(self, integral: impl FnOnce() -> Moment) -> Moment {
        match self {
            Self::Yes => integral(),
            Self::No => Moment::Infinite,
            Self::Unknown => Moment::Unresolved,
        }
    }

    /// It exists where it does by the most that the integrand may be, and does not where it does not by the least.
    fn between(by_least: bool, by_most: bool) -> Self {
        match (by_least, by_most) {
            (_, true) => Self::Yes,
            (false, _) => Self::No,
            (true, false) => Self::Unknown,
        }
    }

    /// Of the integral over two parts.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Unknown,
        }
    }
}

impl Existence {
    /// For the coefficient of a loss.
    pub(super) fn of(loss: &Expr, shape: &Shape, edges: &[f64], logs: &Logs) -> Self {
        let sides = [-1.0, 1.0];
        let outwards = |side: f64| move |[constant, linear, square]: Quadratic| [constant, side * linear, square];
        let density = |side: f64| {
            let [_, linear, square] = outwards(side)(logs.density());
            Order::plain(square, linear, 0.0)
        };
        Self {
            ends: sides.map(|side| loss.growth(&logs.polynomials().map(outwards(side)))),
            density: sides.map(density),
            singularity: worst(loss, shape, edges, logs),
            is_plain: shape.is_plain,
        }
    }

    /// Whether |c p|^power pi_old has an integral, p a polynomial of this degree.
    pub(super) fn integral(&self, degree: f64, power: f64) -> Exists {
        // Of |z - z0|^-0.8 a thousandth lies nearer to z0 than floats lie to each other.
        const SEEN: f64 = 0.75;
        let ends = self.ends.iter().zip(&self.density).map(|(growth, density)| {
            let falls = |order: &Order, side: f64| {
                let weighted = order.raised(power).times(&Order::plain(0.0, 0.0, power * degree), side);
                weighted.times(density, side).is_below(&Order::plain(0.0, 0.0, -1.0))
            };
            Exists::between(falls(&growth.least, -1.0), falls(&growth.most, 1.0))
        });
        let Singularity { least, most } = self.singularity;
        ends.fold(Exists::between(power * least < 1.0, power * most < SEEN), Exists::and)
    }
}
