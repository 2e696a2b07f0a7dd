//! How fast a coefficient grows where the sample goes to infinity, so that it is known which integrals exist.

use super::Expr;
use super::dual::Number;
use super::linear::Linear;
use super::order::{Bound, Order};

/// A quadratic polynomial in t, from the constant on.
pub(crate) type Quadratic = [f64; 3];

impl Expr {
    /// What the coefficient does not exceed, but for a factor, as t goes to infinity; `logp`, `D` and `log(rho)` are these
    /// polynomials in t.
    ///
    /// It is found operation by operation: which branch an `abs`, `min`, `max`, `clamp` or `where` ends on is known where the
    /// orders of magnitude of what it compares differ, or both are polynomials. Elsewhere both branches count.
    pub(crate) fn growth(&self, logs: &[Quadratic; 3]) -> Order {
        let slope = self.dual::<Range>(logs).slope;
        if slope.low.order > slope.high.order { slope.low.order } else { slope.high.order }
    }
}

/// Between what bounds a number lies as t goes to infinity.
#[derive(Clone, Copy, Debug)]
struct Range {
    low: Bound,
    high: Bound,
    /// The polynomial that it is exactly, where it is one.
    polynomial: Option<Quadratic>,
}

impl Range {
    fn new(low: Bound, high: Bound) -> Self {
        Self { low, high, polynomial: None }
    }

    fn of(polynomial: Quadratic) -> Self {
        let leading = (0..3).rev().find(|&power| polynomial[power] != 0.0);
        let bound = leading.map_or(Bound::ZERO, |power| Bound::new(polynomial[power], Order::power(power as f64)));
        Self { low: bound, high: bound, polynomial: Some(polynomial) }
    }

    /// The number that it is, if it is one.
    fn constant_value(&self) -> Option<f64> {
        self.polynomial.filter(|polynomial| polynomial[1..] == [0.0; 2]).map(|polynomial| polynomial[0])
    }
}

impl Number for Range {
    type Logs = [Quadratic; 3];

    fn constant(constant: f64) -> Self {
        Self::of([constant, 0.0, 0.0])
    }

    fn linear(form: Linear, logs: &[Quadratic; 3]) -> Self {
        let factors = [form.log_prob, form.log_ratio, form.log_rho];
        let at = |power: usize| factors.iter().zip(logs).map(|(factor, log)| factor * log[power]).sum::<f64>();
        Self::of([form.constant + at(0), at(1), at(2)])
    }

    fn plus(&self, other: &Self) -> Self {
        match self.polynomial.zip(other.polynomial) {
            Some((a, b)) => Self::of(std::array::from_fn(|power| a[power] + b[power])),
            None => Self::new(self.low.plus(other.low, -1.0), self.high.plus(other.high, 1.0)),
        }
    }

    fn negated(&self) -> Self {
        let polynomial = self.polynomial.map(|polynomial| polynomial.map(|factor| 0.0 - factor));
        Self { low: self.high.negated(), high: self.low.negated(), polynomial }
    }

    fn times(&self, other: &Self) -> Self {
        let scaled = |x: &Self, y: &Self| x.constant_value().zip(y.polynomial).map(|(a, b)| Self::of(b.map(|b| a * b)));
        scaled(self, other).or_else(|| scaled(other, self)).unwrap_or_else(|| {
            let products = [self.low, self.high].map(|a| [other.low, other.high].map(|b| a.times(b)));
            let [a, b, c, d] = [products[0][0], products[0][1], products[1][0], products[1][1]];
            Self::new(a.min(b).min(c.min(d)), a.max(b).max(c.max(d)))
        })
    }

    fn exp(&self) -> Self {
        if let Some(constant) = self.constant_value() {
            return Self::constant(constant.exp());
        }
        if let Some([_, linear, square]) = self.polynomial {
            let bound = Bound::new(1.0, Order { square, linear, power: 0.0 });
            return Self::new(bound, bound);
        }
        // Not faster than exp(C t^k) with C unknown.
        let high = match self.high {
            Bound { sign, order } if sign <= 0.0 || order <= Order::ONE => Order::ONE,
            Bound { order, .. } if order < Order::power(2.0) => Order { linear: f64::INFINITY, ..Order::ONE },
            _ => Order::MOST,
        };
        let low = if self.low.sign >= 0.0 || self.low.order <= Order::ONE { Bound::ONE } else { Bound::ZERO };
        Self::new(low, Bound::new(1.0, high))
    }

    fn expm1(&self) -> Self {
        match self.constant_value() {
            Some(constant) => Self::constant(constant.exp_m1()),
            None => self.exp().plus(&Self::constant(-1.0)),
        }
    }

    fn log(&self) -> Self {
        match self.constant_value() {
            Some(constant) if constant > 0.0 => Self::constant(constant.ln()),
            // What is no number does not grow.
            _ if self.high.sign <= 0.0 => Self::constant(0.0),
            _ if self.low.sign > 0.0 => Self::new(self.low.order.log(-1.0), self.high.order.log(1.0)),
            _ => Self::new(Bound::new(-1.0, Order::MOST), Bound::new(1.0, Order::MOST)),
        }
    }

    fn log1p(&self) -> Self {
        self.plus(&Self::constant(1.0)).log()
    }

    fn power(&self, exponent: f64) -> Self {
        let whole = exponent.fract() == 0.0;
        if let Some(constant) = self.constant_value().map(|constant| constant.powf(exponent)).filter(|x| x.is_finite())
        {
            return Self::constant(constant);
        }
        match (self.low.sign, self.high.sign) {
            (low, _) if low > 0.0 || (low == 0.0 && exponent > 0.0) => {
                let (a, b) = (self.low.power(exponent), self.high.power(exponent));
                Self::new(a.min(b), a.max(b))
            }
            (_, high) if high <= 0.0 && whole && (high < 0.0 || exponent > 0.0) => {
                let positive = self.negated().power(exponent);
                if exponent % 2.0 == 0.0 { positive } else { positive.negated() }
            }
            (_, _) if whole && exponent > 0.0 => {
                let size = Bound::new(1.0, self.low.order.max(self.high.order)).power(exponent);
                let low = if exponent % 2.0 == 0.0 { Bound::ZERO } else { size.negated() };
                Self::new(low, size)
            }
            // It may come as near to 0 as it likes.
            _ => Self::new(Bound::new(-1.0, Order::MOST), Bound::new(1.0, Order::MOST)),
        }
    }

    fn sign(&self) -> Option<f64> {
        match (self.low.sign, self.high.sign) {
            (low, _) if low > 0.0 => Some(1.0),
            (_, high) if high < 0.0 => Some(-1.0),
            (0.0, 0.0) => Some(0.0),
            _ => None,
        }
    }

    fn least(&self, other: &Self) -> Self {
        Self::new(self.low.min(other.low), self.high.min(other.high))
    }

    fn either(&self, other: &Self) -> Self {
        Self::new(self.low.min(other.low), self.high.max(other.high))
    }
}
