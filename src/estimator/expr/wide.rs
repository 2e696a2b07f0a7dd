//! Coefficients whose computation is beyond 64-bit floats.

use super::Expr;
use super::dual::{Dual, Number};
use super::linear::Linear;

/// A number by its sign and the logarithm of its magnitude.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Wide {
    /// -1, 0 or 1; not a number for what is none.
    pub(crate) sign: f64,
    /// Minus infinity for 0.
    pub(crate) log: f64,
}

impl Expr {
    /// The coefficient of a single sample, whose `logp`, `D` and `log(rho)` these are.
    pub(crate) fn wide_coefficient(&self, logs: [f64; 3]) -> Wide {
        self.dual::<Wide>(&logs).slope
    }
}

impl Wide {
    const NOT_A_NUMBER: Self = Self { sign: f64::NAN, log: f64::NAN };

    fn new(sign: f64, log: f64) -> Self {
        if sign == 0.0 || log == f64::NEG_INFINITY {
            Self { sign: 0.0, log: f64::NEG_INFINITY }
        } else {
            Self { sign, log }
        }
    }

    fn float(self) -> f64 {
        if self.sign == 0.0 { 0.0 } else { self.sign * self.log.exp() }
    }

    fn is_below(self, other: Self) -> bool {
        self.plus(&other.negated()).sign < 0.0
    }
}

impl Number for Wide {
    type Logs = [f64; 3];

    fn constant(x: f64) -> Self {
        if x.is_nan() { Self::NOT_A_NUMBER } else { Self::new(if x == 0.0 { 0.0 } else { x.signum() }, x.abs().ln()) }
    }

    fn linear(form: Linear, logs: &[f64; 3]) -> Self {
        let factors = [form.log_prob, form.log_ratio, form.log_rho];
        let terms = factors.iter().zip(logs).filter(|(factor, _)| **factor != 0.0);
        Self::constant(terms.fold(form.constant, |sum, (factor, log)| sum + factor * log))
    }

    fn plus(&self, other: &Self) -> Self {
        let (large, small) = if self.log >= other.log { (self, other) } else { (other, self) };
        if small.sign == 0.0 {
            return *large;
        }
        let ratio = (small.log - large.log).exp();
        match large.sign == small.sign {
            true => Self::new(large.sign, large.log + ratio.ln_1p()),
            // Equal ones leave the logarithm of 0.
            false if !(large.sign * small.sign).is_nan() => Self::new(large.sign, large.log + (-ratio).ln_1p()),
            false => Self::NOT_A_NUMBER,
        }
    }

    fn negated(&self) -> Self {
        Self { sign: -self.sign + 0.0, ..*self }
    }

    fn times(&self, other: &Self) -> Self {
        if self.sign == 0.0 || other.sign == 0.0 {
            Self::constant(0.0)
        } else {
            Self::new(self.sign * other.sign, self.log + other.log)
        }
    }

    fn exp(&self) -> Self {
        let log = self.float();
        if log.is_nan() { Self::NOT_A_NUMBER } else { Self::new(1.0, log) }
    }

    fn expm1(&self) -> Self {
        match self.float() {
            x if x.abs() < 700.0 => Self::constant(x.exp_m1()),
            _ => self.exp().plus(&Self::constant(-1.0)),
        }
    }

    fn log(&self) -> Self {
        match self.sign {
            sign if sign > 0.0 => Self::constant(self.log),
            0.0 => Self { sign: -1.0, log: f64::INFINITY },
            _ => Self::NOT_A_NUMBER,
        }
    }

    fn log1p(&self) -> Self {
        match self.log < 700.0 {
            true => Self::constant(self.float().ln_1p()),
            false => self.plus(&Self::constant(1.0)).log(),
        }
    }

    fn power(&self, exponent: f64) -> Self {
        let whole = exponent.fract() == 0.0;
        match self.sign {
            sign if sign > 0.0 => Self::new(1.0, self.log * exponent),
            sign if sign < 0.0 && whole => {
                Self::new(if exponent % 2.0 == 0.0 { 1.0 } else { -1.0 }, self.log * exponent)
            }
            0.0 => Self::constant(0f64.powf(exponent)),
            _ => Self::NOT_A_NUMBER,
        }
    }

    fn sign(&self) -> Option<f64> {
        (!self.sign.is_nan()).then_some(self.sign)
    }

    fn least(&self, other: &Self) -> Self {
        if other.is_below(*self) { *other } else { *self }
    }

    /// Only at a tie, which has no weight.
    fn either(&self, other: &Self) -> Self {
        if self.sign.is_nan() { *self } else { *other }
    }

    /// Of two of one sign, each with its share of the sum.
    fn relative_slope(x: &Dual<Self>, y: &Dual<Self>) -> Option<Self> {
        if x.value.sign * y.value.sign != 1.0 {
            return None;
        }
        let whole = x.value.plus(&y.value).power(-1.0);
        let share = |of: &Dual<Self>| of.relative.map(|relative| relative.times(&of.value.times(&whole)));
        Some(share(x)?.plus(&share(y)?))
    }
}
