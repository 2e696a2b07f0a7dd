//! How fast a coefficient grows where the sample goes to infinity, so that it is known which integrals exist.

use super::Expr;
use super::bound::Bound;
use super::dual::{Dual, Number};
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
    /// The polynomial that it is exactly, where it is one.
    polynomial: Option<Quadratic>,
}

impl Range {
    fn new(low: Bound, high: Bound) -> Self {
        Self { low, high, polynomial: None }
    }

    fn of(polynomial: Quadratic) -> Self {
        let leading = (0..3).rev().find(|&power| polynomial[power] != 0.0);
        let bound =
            leading.map_or(Bound::ZERO, |power| Bound { factor: polynomial[power], order: Order::power(power as f64) });
        Self { low: bound.clone(), high: bound, polynomial: Some(polynomial) }
    }

    /// The number that it is, if it is one.
    fn constant_value(&self) -> Option<f64> {
        self.polynomial.filter(|polynomial| polynomial[1..] == [0.0; 2]).map(|polynomial| polynomial[0])
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

    /// The product of two polynomials, where it is quadratic.
    fn product(a: &Quadratic, b: &Quadratic) -> Option<Quadratic> {
        let degree = |polynomial: &Quadratic| (0..3).rev().find(|&power| polynomial[power] != 0.0).unwrap_or(0);
        let factor = |power: usize| (0..=power).map(|i| a[i] * b[power - i]).sum();
        let product = std::array::from_fn(factor);
        (degree(a) + degree(b) <= 2 && product.iter().all(|factor: &f64| factor.is_finite())).then_some(product)
    }

    fn is_above(&self, other: &Self) -> bool {
        other.size().most.is_below(&self.size().least)
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
            None => Self::new(self.low.plus(&other.low, -1.0), self.high.plus(&other.high, 1.0)),
        }
    }

    fn negated(&self) -> Self {
        let polynomial = self.polynomial.map(|polynomial| polynomial.map(|factor| 0.0 - factor));
        Self { low: self.high.negated(), high: self.low.negated(), polynomial }
    }

    fn times(&self, other: &Self) -> Self {
        let polynomials = self.polynomial.zip(other.polynomial);
        if let Some(product) = polynomials.and_then(|(a, b)| Self::product(&a, &b)) {
            return Self::of(product);
        }
        let products = |side: f64| {
            [&self.low, &self.high].map(|a| [&other.low, &other.high].map(|b| a.times(b, side))).into_iter().flatten()
        };
        let low = products(-1.0).reduce(Bound::min).expect("there are four");
        Self::new(low, products(1.0).reduce(Bound::max).expect("there are four"))
    }

    fn exp(&self) -> Self {
        if let Some(constant) = self.constant_value().map(f64::exp).filter(|exp| exp.is_finite()) {
            return Self::constant(constant);
        }
        match self.polynomial {
            Some([constant, linear, square]) => {
                let order = Order::plain(square, linear, 0.0);
                let bound = |side| Bound { factor: super::bound::clipped(constant.exp(), side), order: order.clone() };
                Self::new(bound(-1.0), bound(1.0))
            }
            None => Self::new(self.low.exp(-1.0), self.high.exp(1.0)),
        }
    }

    fn expm1(&self) -> Self {
        match self.constant_value() {
            Some(constant) => Self::constant(constant.exp_m1()),
            None if self.vanishes() => Self::new(self.low.clone(), self.high.clone()),
            None => self.exp().plus(&Self::constant(-1.0)),
        }
    }

    fn log(&self) -> Self {
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
        let square = self.polynomial.filter(|_| exponent == 2.0).and_then(|of| Self::product(&of, &of));
        if let Some(square) = square {
            return Self::of(square);
        }
        if self.low.is_positive() || (!self.low.is_negative() && exponent > 0.0) {
            let (a, b) = (self.low.power(exponent), self.high.power(exponent));
            return if exponent > 0.0 { Self::new(a, b) } else { Self::new(b, a) };
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
        match (self.polynomial, other.polynomial) {
            (Some(_), _) => self,
            (_, Some(_)) => other,
            _ => Self::new(self.low.max(other.low), self.high.min(other.high)),
        }
    }
}
