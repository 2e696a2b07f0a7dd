//! Gradient coefficients that are polynomials in the log-ratio D and in r - 1 = expm1(-D).

use super::Expr;
use super::dual::Number;
use super::elementwise;
use super::exponential::{exp, expm1};
use super::linear::Linear;
use super::logarithm::{log, log1p};

/// The weights of D^i (r - 1)^j, i up to 2 and j up to 1.
pub(crate) type Weights = [[f64; 2]; 3];

const ZERO: Weights = [[0.0; 2]; 3];

impl Expr {
    /// The gradient coefficient of a single sample as a polynomial, where it is one.
    ///
    /// On-policy, where the policy itself has drawn the sample, log(rho) is 0 with the derivative 1.
    pub(crate) fn polynomial_coefficient(&self, on_policy: bool) -> Option<Weights> {
        let coefficient = self.dual::<Polynomial>(&on_policy).slope.0?;
        coefficient.as_flattened().iter().all(|weight| weight.is_finite()).then_some(coefficient)
    }
}

/// None where it is no such polynomial.
#[derive(Clone, Debug, PartialEq)]
struct Polynomial(Option<Weights>);

const OTHER: Polynomial = Polynomial(None);

impl Polynomial {
    fn as_constant(&self) -> Option<f64> {
        let weights = self.0?;
        (Self::constant(weights[0][0]) == *self).then_some(weights[0][0])
    }

    /// f of a constant.
    fn map_constant(&self, f: impl Fn(f64) -> f64) -> Self {
        self.as_constant().map_or(OTHER, |constant| Self::constant(f(constant)))
    }

    /// The constant and D's factor, where there is nothing else.
    fn as_linear(&self) -> Option<[f64; 2]> {
        let [[constant, _], [factor, _], _] = self.0?;
        (self.0 == Some([[constant, 0.0], [factor, 0.0], [0.0; 2]])).then_some([constant, factor])
    }

    fn scaled(&self, factor: f64) -> Self {
        Self(self.0.map(|weights| weights.map(|row| row.map(|weight| factor * weight))))
    }
}

/// The functions are those of tapes, and none of them is the system's, so that the weights are the same everywhere.
impl Number for Polynomial {
    /// Whether samples are the policy's own.
    type Logs = bool;

    fn constant(constant: f64) -> Self {
        Self(Some([[constant, 0.0], [0.0; 2], [0.0; 2]]))
    }

    fn linear(form: Linear, on_policy: &bool) -> Self {
        if form.log_prob != 0.0 || (form.log_rho != 0.0 && !on_policy) {
            return OTHER;
        }
        Self(Some([[form.constant, 0.0], [form.log_ratio, 0.0], [0.0; 2]]))
    }

    fn plus(&self, other: &Self) -> Self {
        let sum = |(a, b): (Weights, Weights)| std::array::from_fn(|i| std::array::from_fn(|j| a[i][j] + b[i][j]));
        Self(self.0.zip(other.0).map(sum))
    }

    fn negated(&self) -> Self {
        self.scaled(-1.0)
    }

    fn times(&self, other: &Self) -> Self {
        // No derivative flows, whatever stands beside it.
        if [self, other].iter().any(|factor| factor.as_constant() == Some(0.0)) {
            return Self::constant(0.0);
        }
        let (Some(a), Some(b)) = (self.0, other.0) else { return OTHER };
        let mut product = ZERO;
        for (i, j, k, l) in indices().filter(|&(i, j, k, l)| a[i][j] != 0.0 && b[k][l] != 0.0) {
            if i + k >= product.len() || j + l >= product[0].len() {
                return OTHER;
            }
            product[i + k][j + l] += a[i][j] * b[k][l];
        }
        Self(Some(product))
    }

    fn exp(&self) -> Self {
        match self.as_linear() {
            Some([constant, -1.0]) => Self(Some([[1.0; 2], [0.0; 2], [0.0; 2]])).scaled(exp(constant)),
            _ => self.map_constant(exp),
        }
    }

    fn expm1(&self) -> Self {
        match self.as_constant() {
            Some(constant) => Self::constant(expm1(constant)),
            None => self.exp().plus(&Self::constant(-1.0)),
        }
    }

    fn log(&self) -> Self {
        self.map_constant(log)
    }

    fn log1p(&self) -> Self {
        self.map_constant(log1p)
    }

    fn power(&self, exponent: f64) -> Self {
        match exponent {
            0.0 | 1.0 | 2.0 => (0..exponent as u32).fold(Self::constant(1.0), |power, _| power.times(self)),
            _ => self.map_constant(|constant| {
                let mut power = [0.0];
                elementwise::power(&[constant], exponent, &mut power);
                power[0]
            }),
        }
    }

    fn sign(&self) -> Option<f64> {
        let constant = self.as_constant().filter(|constant| !constant.is_nan())?;
        Some(f64::from(i8::from(constant > 0.0) - i8::from(constant < 0.0)))
    }

    fn least(&self, other: &Self) -> Self {
        self.either(other)
    }

    fn either(&self, other: &Self) -> Self {
        if self == other { self.clone() } else { OTHER }
    }
}

/// All pairs of monomials: i and j of one, k and l of the other.
fn indices() -> impl Iterator<Item = (usize, usize, usize, usize)> {
    (0..36).map(|pair| (pair / 12, pair / 6 % 2, pair / 2 % 3, pair % 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimator::Table;

    fn weights(text: &str, on_policy: bool) -> Option<Weights> {
        Expr::parse_loss(text, &Table).unwrap_or_else(|error| panic!("{error}")).polynomial_coefficient(on_policy)
    }

    const MINUS_E1: Option<Weights> = Some([[0.0, -1.0], [0.0; 2], [0.0; 2]]);

    #[test]
    fn coefficients_are_found_in_any_form() {
        for text in ["k3", "r - 1 + D", "expm1(-D) - ref + logp", "1 / w + D", "k2 - sg(D) * D + k3"] {
            assert_eq!(weights(text, false), MINUS_E1, "{text}");
        }
        assert_eq!(weights("reward(3 * D^2 * r)", false), Some([[0.0; 2], [0.0; 2], [3.0, 3.0]]));
        assert_eq!(weights("D^3", false), Some([[0.0; 2], [0.0; 2], [3.0, 0.0]]));
        assert_eq!(weights("-r * D", false), Some([[-1.0, -1.0], [1.0, 1.0], [0.0; 2]]));
        assert_eq!(
            weights("where(D < 0, D, D) + log(2) * abs(-3) * D", false).map(|weights| weights[1]),
            Some([0.0; 2])
        );
    }

    #[test]
    fn the_ratio_to_the_policy_that_drew_is_one_where_that_is_the_policy() {
        // The product rule: rho has the derivative 1 with it.
        assert_eq!(weights("rho * k1", true), Some([[1.0, 0.0], [1.0, 0.0], [0.0; 2]]));
        assert_eq!(weights("sg(rho) * k3", true), MINUS_E1);
        assert_eq!(weights("rho * k1", false), None);
        assert_eq!(weights("reward(logp - old)", true), Some(ZERO));
    }

    #[test]
    fn weights_are_the_same_on_every_system() {
        for hundredth in 1..2000 {
            let constant = f64::from(hundredth) / 100.0;
            let weight = weights(&format!("reward(exp({constant} - D))"), false).expect("it is a multiple of r")[0][1];
            assert_eq!(weight.to_bits(), exp(constant).to_bits(), "exp({constant})");
        }
    }

    #[test]
    fn anything_else_is_none() {
        for text in
            ["abs(D)", "clamp(k3, -10, 10)", "w - 1 - D", "logp * D", "max(D, 0)", "r^2", "D^4", "log1p(w)", "1 / D"]
        {
            let text = format!("{text} + D");
            let loss = Expr::parse(&text, &Table).unwrap();
            assert_eq!(loss.polynomial_coefficient(true), None, "{text}");
        }
    }
}
