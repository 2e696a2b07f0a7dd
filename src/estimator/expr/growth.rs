//! How fast a coefficient grows where the sample goes to infinity, so that it is known which integrals exist.

use super::Expr;
use super::bound::Bound;
use super::dual::{Dual, Number};
use super::exact::Sum;
use super::linear::Linear;
use super::order::Order;

/// A quadratic polynomial in t, from the constant on.
pub(crate) type Quadratic = [f64; 3];

/// Between what orders of magnitude a coefficient lies, but for factors.
#[derive(Clone, Debug)]
pub(crate) struct Growth {
    /// It is at least that large.
    pub(crate) least: Order,
    /// It is at most that large.
    pub(crate) most: Order,
}

impl Expr {
    /// How fast the coefficient grows as t goes to infinity; `logp`, `D` and `log(rho)` are these polynomials in t.
    ///
    /// It is found operation by operation: which branch an `abs`, `min`, `max`, `clamp` or `where` ends on is known where what
    /// it compares differs in its order of magnitude, or in the factor of that. Elsewhere both branches count.
    pub(crate) fn growth(&self, logs: &[Quadratic; 3]) -> Growth {
        self.dual::<Range>(logs).slope.size()
    }
}

/// Between what bounds a number lies as t goes to infinity.
#[derive(Clone, Debug)]
pub(super) struct Range {
    low: Bound,
    high: Bound,
    /// What it is exactly, where it is a sum of exponentials.
    exact: Option<Sum>,
}

impl Range {
    fn new(low: Bound, high: Bound) -> Self {
        Self { low, high, exact: None }
    }

    fn of(sum: Sum) -> Self {
        Self { low: sum.leading(-1.0), high: sum.leading(1.0), exact: Some(sum) }
    }

    /// The number that it is, if it is one.
    fn constant_value(&self) -> Option<f64> {
        self.exact.as_ref().and_then(Sum::constant_value)
    }

    fn size(&self) -> Growth {
        let [low, high] = [self.low.order.clone(), self.high.order.clone()];
        match self.sign() {
            Some(1.0) => Growth { least: low, most: high },
            Some(-1.0) => Growth { least: high, most: low },
            _ => Growth { least: Order::Nothing, most: low.max(high) },
        }
    }

    fn vanishes(&self) -> bool {
        [&self.low, &self.high].iter().all(|bound| bound.order.is_below(&Order::ONE))
    }

    /// What it becomes exactly, where that is known.
    fn exactly(&self, function: impl FnOnce(&Sum) -> Option<Sum>) -> Option<Self> {
        self.exact.as_ref().and_then(function).map(Self::of)
    }

    fn exactly_with(&self, other: &Self, function: impl FnOnce(&Sum, &Sum) -> Option<Sum>) -> Option<Self> {
        self.exactly(|a| other.exact.as_ref().and_then(|b| function(a, b)))
    }

    fn is_above(&self, other: &Self) -> bool {
        other.size().most.is_below(&self.size().least)
    }
}

impl Number for Range {
    type Logs = [Quadratic; 3];

    fn constant(constant: f64) -> Self {
        Self::of(Sum::of([constant, 0.0, 0.0]))
    }

    fn linear(form: Linear, logs: &[Quadratic; 3]) -> Self {
        let factors = [form.log_prob, form.log_ratio, form.log_rho];
        let at = |power: usize| factors.iter().zip(logs).map(|(factor, log)| factor * log[power]).sum::<f64>();
        Self::of(Sum::of([form.constant + at(0), at(1), at(2)]))
    }

    fn plus(&self, other: &Self) -> Self {
        let bounds = || Self::new(self.low.plus(&other.low, -1.0), self.high.plus(&other.high, 1.0));
        self.exactly_with(other, Sum::plus).unwrap_or_else(bounds)
    }

    fn negated(&self) -> Self {
        let exact = self.exact.as_ref().map(Sum::negated);
        Self { low: self.high.negated(), high: self.low.negated(), exact }
    }

    fn times(&self, other: &Self) -> Self {
        if let Some(product) = self.exactly_with(other, Sum::times) {
            return product;
        }
        let products = |side: f64| {
            [&self.low, &self.high].map(|a| [&other.low, &other.high].map(|b| a.times(b, side))).into_iter().flatten()
        };
        let low = products(-1.0).reduce(Bound::min).expect("there are four");
        Self::new(low, products(1.0).reduce(Bound::max).expect("there are four"))
    }

    fn exp(&self) -> Self {
        let constant = self.constant_value().map(f64::exp).filter(|exp| exp.is_finite()).map(Self::constant);
        let exponential = || self.exactly(Sum::exp);
        constant.or_else(exponential).unwrap_or_else(|| Self::new(self.low.exp(-1.0), self.high.exp(1.0)))
    }

    fn expm1(&self) -> Self {
        match self.constant_value() {
            Some(constant) => Self::constant(constant.exp_m1()),
            None if self.vanishes() && self.exact.as_ref().is_none_or(|sum| sum.exp().is_none()) => {
                Self::new(self.low.clone(), self.high.clone())
            }
            None => self.exp().plus(&Self::constant(-1.0)),
        }
    }

    fn log(&self) -> Self {
        if let Some(log) = self.exactly(Sum::log) {
            return log;
        }
        match self.constant_value() {
            Some(constant) if constant > 0.0 => Self::constant(constant.ln()),
            // What is no number does not grow.
            _ if !self.high.is_positive() => Self::constant(0.0),
            _ if self.low.is_positive() => Self::new(self.low.log(-1.0), self.high.log(1.0)),
            _ => Self::new(Bound::NONE.negated(), self.high.log(1.0)),
        }
    }

    fn log1p(&self) -> Self {
        match self.vanishes() && self.constant_value().is_none() {
            true => Self::new(self.low.clone(), self.high.clone()),
            false => self.plus(&Self::constant(1.0)).log(),
        }
    }

    fn power(&self, exponent: f64) -> Self {
        let whole = exponent.fract() == 0.0;
        let constant = self.constant_value().map(|constant| constant.powf(exponent));
        if let Some(constant) = constant.filter(|constant| constant.is_finite()) {
            return Self::constant(constant);
        }
        if exponent == 1.0 {
            return self.clone();
        }
        if let Some(power) = self.exactly(|sum| sum.power(exponent)) {
            return power;
        }
        if self.low.is_positive() || (!self.low.is_negative() && exponent > 0.0) {
            let (a, b) = (self.low.power(exponent), self.high.power(exponent));
            return if exponent > 0.0 { Self::new(a, b) } else { Self::new(b, a) };
        }
        if !whole && !self.high.is_positive() {
            // What is no number does not grow.
            return Self::constant(0.0);
        }
        let is_odd = exponent % 2.0 != 0.0;
        if whole && (self.high.is_negative() || (!self.high.is_positive() && exponent > 0.0)) {
            let positive = self.negated().power(exponent);
            return if is_odd { positive.negated() } else { positive };
        }
        if whole && exponent > 0.0 {
            let size = self.high.clone().max(self.low.negated()).power(exponent);
            let low = if is_odd { size.negated() } else { Bound::ZERO };
            return Self::new(low, size);
        }
        // It may come as near to 0 as it likes.
        let low = if self.low.is_negative() { Bound::NONE.negated() } else { self.high.power(exponent) };
        Self::new(low, Bound::NONE)
    }

    fn sign(&self) -> Option<f64> {
        match (self.low.factor, self.high.factor) {
            (low, _) if low > 0.0 => Some(1.0),
            (_, high) if high < 0.0 => Some(-1.0),
            (0.0, 0.0) => Some(0.0),
            _ => None,
        }
    }

    fn least(&self, other: &Self) -> Self {
        Self::new(self.low.clone().min(other.low.clone()), self.high.clone().min(other.high.clone()))
    }

    fn either(&self, other: &Self) -> Self {
        Self::new(self.low.clone().min(other.low.clone()), self.high.clone().max(other.high.clone()))
    }

    /// Of what outgrows the other it is the own one, and what is left of the other's; of two of one sign, something between.
    fn relative_slope(x: &Dual<Self>, y: &Dual<Self>) -> Option<Self> {
        let (of_x, of_y) = (x.relative.as_ref()?, y.relative.as_ref()?);
        let beside = |large: &Dual<Self>, small: &Dual<Self>, own: &Self, other: &Self| {
            let rest = small.value.times(&large.value.power(-1.0)).times(other);
            Self::new(own.low.clone(), own.high.clone()).plus(&rest)
        };
        if x.value.is_above(&y.value) {
            Some(beside(x, y, of_x, of_y))
        } else if y.value.is_above(&x.value) {
            Some(beside(y, x, of_y, of_x))
        } else {
            let signs = x.value.sign().zip(y.value.sign());
            signs.filter(|(a, b)| a == b).map(|_| of_x.either(of_y))
        }
    }

    /// What both say.
    fn sharper(self, other: Self) -> Self {
        match (&self.exact, &other.exact) {
            (Some(_), _) => self,
            (_, Some(_)) => other,
            _ => Self::new(self.low.max(other.low), self.high.min(other.high)),
        }
    }
}
