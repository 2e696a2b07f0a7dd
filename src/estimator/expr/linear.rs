use std::ops::Neg;

/// A linear form of the logs that a step carries, and what its gradient is: the leaf of every expression.
///
/// Its value is `constant + log_prob logp + log_ratio D + log_rho (logp - old)`. Its derivative with respect to log pi of
/// the step, `slope`, stands apart, so that `ref = logp - D` (slope 0), `sg(D)` (slope 0) and `logp - sg(logp)` (value 0,
/// slope 1) are linear forms too, and no combination of them is a difference of large rounded numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Linear {
    pub(crate) constant: f64,
    pub(crate) log_prob: f64,
    pub(crate) log_ratio: f64,
    pub(crate) log_rho: f64,
    pub(crate) slope: f64,
    /// Whether each token has a number of its own; `0 * D` has, although all are alike.
    pub(crate) per_token: bool,
}

impl Linear {
    pub(crate) const LOG_PROB: Self = Self { log_prob: 1.0, slope: 1.0, per_token: true, ..Self::constant(0.0) };
    pub(crate) const LOG_RATIO: Self = Self { log_ratio: 1.0, slope: 1.0, per_token: true, ..Self::constant(0.0) };
    pub(crate) const LOG_RHO: Self = Self { log_rho: 1.0, slope: 1.0, per_token: true, ..Self::constant(0.0) };

    pub(crate) const fn constant(constant: f64) -> Self {
        Self { constant, log_prob: 0.0, log_ratio: 0.0, log_rho: 0.0, slope: 0.0, per_token: false }
    }

    /// 0 at each token.
    pub(crate) const ZERO: Self = Self { per_token: true, ..Self::constant(0.0) };

    /// The number that it is for the whole sequence, if it is one.
    pub(crate) fn as_constant(self) -> Option<f64> {
        (!self.per_token).then_some(self.constant)
    }

    /// The slope that it has where nothing in it is stopped.
    pub(crate) fn natural_slope(self) -> f64 {
        self.log_prob + self.log_ratio + self.log_rho
    }

    /// Whether the first of its factors is negative.
    pub(crate) fn is_negative(self) -> bool {
        let factors = [self.log_prob, self.log_ratio, self.log_rho, self.slope, self.constant];
        factors.into_iter().find(|factor| *factor != 0.0).is_some_and(|factor| factor < 0.0)
    }

    pub(crate) fn stop(self) -> Self {
        Self { slope: 0.0, ..self }
    }

    /// The sum, unless it overflows.
    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        self.with(other, |a, b| a + b)
    }

    /// The product, where one of the two is a constant, unless it overflows.
    pub(crate) fn times(self, other: Self) -> Option<Self> {
        match (self.as_constant(), other.as_constant()) {
            (_, Some(factor)) => self.with(self, |a, _| a * factor),
            (Some(factor), None) => other.with(other, |a, _| a * factor),
            (None, None) => None,
        }
    }

    /// The quotient, where the divisor is a constant, unless it overflows.
    pub(crate) fn over(self, other: Self) -> Option<Self> {
        other.as_constant().and_then(|divisor| self.with(self, |a, _| a / divisor))
    }

    fn with(self, other: Self, combine: impl Fn(f64, f64) -> f64) -> Option<Self> {
        // Adding 0 turns -0 into 0, so that equal forms have equal text.
        let combine = |a, b| combine(a, b) + 0.0;
        let form = Self {
            constant: combine(self.constant, other.constant),
            log_prob: combine(self.log_prob, other.log_prob),
            log_ratio: combine(self.log_ratio, other.log_ratio),
            log_rho: combine(self.log_rho, other.log_rho),
            slope: combine(self.slope, other.slope),
            per_token: self.per_token || other.per_token,
        };
        let numbers = [form.constant, form.log_prob, form.log_ratio, form.log_rho, form.slope];
        numbers.iter().all(|number| number.is_finite()).then_some(form)
    }
}

impl Neg for Linear {
    type Output = Self;

    fn neg(self) -> Self {
        Self {
            constant: 0.0 - self.constant,
            log_prob: 0.0 - self.log_prob,
            log_ratio: 0.0 - self.log_ratio,
            log_rho: 0.0 - self.log_rho,
            slope: 0.0 - self.slope,
            per_token: self.per_token,
        }
    }
}
