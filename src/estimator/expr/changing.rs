//! How a gradient coefficient changes along a path of samples: a derivative that sees through `sg`.

use super::Expr;
use super::dual::Number;
use super::linear::Linear;

/// A number, and its derivative along the path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Changing {
    pub(crate) value: f64,
    pub(crate) rate: f64,
    /// The sum of the absolute terms that the value is made of: a few roundings of this are the value's.
    pub(crate) size: f64,
}

impl Expr {
    /// The coefficient of a single sample, and its derivative, where `logp`, `D` and `log(rho)` are and change like this.
    pub(crate) fn changing_coefficient(&self, logs: [Changing; 3]) -> Changing {
        self.dual::<Changing>(&logs).slope
    }
}

impl Changing {
    /// A number that changes at this rate.
    pub(crate) fn new(value: f64, rate: f64) -> Self {
        Self { value, rate, size: value.abs() }
    }

    /// The result of a smooth function, given its value and derivative.
    fn through(&self, value: f64, derivative: f64) -> Self {
        // What does not change does not change where a function is steep without bound, either.
        let scaled = |by: f64| if by == 0.0 { 0.0 } else { by * derivative };
        Self { value, rate: scaled(self.rate), size: value.abs().max(scaled(self.size).abs()) }
    }
}

impl Number for Changing {
    type Logs = [Self; 3];

    fn constant(value: f64) -> Self {
        Self::new(value, 0.0)
    }

    fn linear(form: Linear, logs: &[Self; 3]) -> Self {
        let factors = [form.log_prob, form.log_ratio, form.log_rho];
        let terms = factors.iter().zip(logs).filter(|(factor, _)| **factor != 0.0);
        terms.fold(Self::constant(form.constant), |sum, (factor, log)| Self {
            value: sum.value + factor * log.value,
            rate: sum.rate + factor * log.rate,
            size: sum.size + factor.abs() * log.size,
        })
    }

    fn plus(&self, other: &Self) -> Self {
        Self { value: self.value + other.value, rate: self.rate + other.rate, size: self.size + other.size }
    }

    fn negated(&self) -> Self {
        Self { value: -self.value, rate: -self.rate, size: self.size }
    }

    fn times(&self, other: &Self) -> Self {
        let product = |a: f64, b: f64| if a == 0.0 || b == 0.0 { 0.0 } else { a * b };
        Self {
            value: product(self.value, other.value),
            rate: product(self.rate, other.value) + product(self.value, other.rate),
            size: product(self.size, other.value.abs()).max(product(self.value.abs(), other.size)),
        }
    }

    fn exp(&self) -> Self {
        let value = self.value.exp();
        self.through(value, value)
    }

    fn expm1(&self) -> Self {
        self.through(self.value.exp_m1(), self.value.exp())
    }

    fn log(&self) -> Self {
        self.through(self.value.ln(), self.value.recip())
    }

    fn log1p(&self) -> Self {
        self.through(self.value.ln_1p(), (1.0 + self.value).recip())
    }

    fn power(&self, exponent: f64) -> Self {
        self.through(self.value.powf(exponent), exponent * self.value.powf(exponent - 1.0))
    }

    fn sign(&self) -> Option<f64> {
        Some(if self.value == 0.0 { 0.0 } else { self.value.signum() })
    }

    /// At a tie.
    fn least(&self, other: &Self) -> Self {
        self.either(other)
    }

    /// Each counts a half, as at a tie in PyTorch.
    fn either(&self, other: &Self) -> Self {
        let Self { value, rate, size } = self.plus(other);
        Self { value: value / 2.0, rate: rate / 2.0, size: size / 2.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A coefficient and its derivative, by hand.
    type ByHand = fn(f64) -> [f64; 2];

    #[test]
    fn the_derivative_of_a_coefficient_goes_through_stop_gradients() {
        let at = |text: &str, value: f64| {
            let still = Changing::constant;
            let logs = [still(-1.0), Changing::new(value, 1.0), still(0.0)];
            Expr::parse_loss(text, &()).unwrap().changing_coefficient(logs)
        };
        let cases: [(&str, ByHand); 8] = [
            ("D^2 / 2", |d| [d, 1.0]),
            ("sg(expm1(-D) + D) * logp", |d| [(-d).exp() - 1.0 + d, 1.0 - (-d).exp()]),
            ("clamp(D^2 / 2, -1, 1)", |d| if d * d <= 2.0 { [d, 1.0] } else { [0.0, 0.0] }),
            ("abs(D)^3", |d| [3.0 * d * d.abs(), 6.0 * d.abs()]),
            ("log(1 + w)", |d| [d.exp() / (1.0 + d.exp()), d.exp() / (1.0 + d.exp()).powi(2)]),
            ("sqrt(1 + D^2)", |d| [d / (1.0 + d * d).sqrt(), (1.0 + d * d).powf(-1.5)]),
            ("max(w, 2 * D)", |d| [d.exp(), d.exp()]),
            ("rho * expm1(D)", |d| [2.0 * d.exp() - 1.0, 2.0 * d.exp()]),
        ];
        for (text, expected) in cases {
            for d in [-2.3, -0.4, 0.7, 1.9] {
                let Changing { value, rate, .. } = at(text, d);
                let [c, slope] = expected(d);
                // A dozen roundings of numbers below 30.
                assert!((value - c).abs() < 1e-13 && (rate - slope).abs() < 1e-13, "{text} at {d}: {value}, {rate}");
            }
        }
    }

    #[test]
    fn what_cancels_is_known_by_its_size() {
        let k3 = Expr::parse_loss("rho * (expm1(-D) + D)", &()).unwrap();
        let still = Changing::constant;
        let c = k3.changing_coefficient([still(-1.0), Changing::new(-40.0, 1.0), still(0.0)]);
        // c = D is what e^40 leaves.
        assert!(c.size > 40f64.exp() && c.size < 100.0 * 40f64.exp(), "{c:?}");
    }
}
