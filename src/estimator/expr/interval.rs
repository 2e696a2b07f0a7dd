//! Between what numbers a result lies, whatever the sample.

use super::node::{Binary, Node, Unary};

/// From `low` to `high`; nothing is said of what is no number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    low: f64,
    high: f64,
}

const ALL: Interval = Interval { low: f64::NEG_INFINITY, high: f64::INFINITY };

impl Interval {
    /// Of the result of a node.
    pub(super) fn of(node: &Node, before: &[Self]) -> Self {
        match *node {
            Node::Linear(form) => form.as_constant().map_or(ALL, Self::point),
            Node::Length => Self { low: 1.0, ..ALL },
            Node::Unary(function, x) => before[x].unary(function),
            Node::Binary(Binary::Pow, x, y) => before[x].power(before[y]),
            Node::Binary(function, x, y) => before[x].binary(function, before[y]),
            Node::Clamp(x, low, high) => before[x].map(|x| x.clamp(low, high)),
            Node::Where(_, [.., x, y]) => before[x].either(before[y]),
        }
    }

    fn point(value: f64) -> Self {
        Self { low: value, high: value }
    }

    /// Whether a number is farther from it than some positive number.
    pub(super) fn is_away_from(&self, number: f64) -> bool {
        self.low > number || self.high < number
    }

    /// A function that rises.
    fn map(self, function: impl Fn(f64) -> f64) -> Self {
        Self { low: function(self.low), high: function(self.high) }
    }

    fn unary(self, function: Unary) -> Self {
        match function {
            Unary::Neg => Self { low: -self.high, high: -self.low },
            Unary::Exp => self.map(f64::exp),
            Unary::ExpM1 => self.map(f64::exp_m1),
            Unary::Log => self.map(|x| x.max(0.0).ln()),
            Unary::Log1p => self.map(|x| x.max(-1.0).ln_1p()),
            Unary::Sqrt => self.map(|x| x.max(0.0).sqrt()),
            Unary::Abs => self.absolute(),
            Unary::Sign => Self { low: -1.0, high: 1.0 },
            Unary::Stop | Unary::Sum | Unary::Mean | Unary::After | Unary::Full => self,
        }
    }

    fn binary(self, function: Binary, other: Self) -> Self {
        match function {
            Binary::Add => Self { low: self.low + other.low, high: self.high + other.high },
            Binary::Sub => self.binary(Binary::Add, other.unary(Unary::Neg)),
            Binary::Mul => self.times(other),
            Binary::Div if other.is_away_from(0.0) => self.times(Self { low: 1.0 / other.high, high: 1.0 / other.low }),
            Binary::Min => Self { low: self.low.min(other.low), high: self.high.min(other.high) },
            Binary::Max => Self { low: self.low.max(other.low), high: self.high.max(other.high) },
            Binary::Div | Binary::Pow => ALL,
        }
    }

    fn times(self, other: Self) -> Self {
        // Infinity stands for any number, whose product with 0 is 0.
        let product = |a: f64, b: f64| if a == 0.0 || b == 0.0 { 0.0 } else { a * b };
        let products = [self.low, self.high].into_iter().flat_map(|a| [other.low, other.high].map(|b| product(a, b)));
        products.map(Self::point).reduce(Self::either).expect("there are four")
    }

    fn either(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    fn absolute(self) -> Self {
        let low = if self.low <= 0.0 && self.high >= 0.0 { 0.0 } else { self.low.abs().min(self.high.abs()) };
        Self { low, high: self.low.abs().max(self.high.abs()) }
    }

    fn power(self, exponent: Self) -> Self {
        let exponent = if exponent.low == exponent.high { exponent.low } else { return ALL };
        let base = if exponent % 2.0 == 0.0 { self.absolute() } else { self };
        match exponent > 0.0 {
            true if base.low >= 0.0 => base.map(|x| x.powf(exponent)),
            false if base.low > 0.0 => Self { low: base.high.powf(exponent), high: base.low.powf(exponent) },
            _ => ALL,
        }
    }
}
