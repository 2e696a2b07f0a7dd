//! Which gradient coefficients are weighted sums of the terms.

use super::TERMS;
use crate::estimator::expr::Expr;

/// A gradient coefficient as weights of 1, D, D^2, r - 1, r - 1 + D, r and D r.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Combination(pub(super) [f64; TERMS]);

impl Combination {
    /// The coefficient 1.
    pub const ONE: Self = Self([1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);

    /// The gradient coefficient of a loss, where it is such a sum and no terms cancel in it: not near D = 0, and not where r
    /// is small.
    pub fn of(loss: &Expr, on_policy: bool) -> Option<Self> {
        let [[one, beyond_one], [d, d_beyond_one], [d_squared, other]] = loss.polynomial_coefficient(on_policy)?;
        // 1 + (r - 1) is r, as D + D (r - 1) is D r; D (r - 1) has no sum of its own.
        let [one, beyond_one, ratio] = if one == beyond_one { [0.0, 0.0, one] } else { [one, beyond_one, 0.0] };
        let [d, d_ratio] = if d == d_beyond_one { [0.0, d] } else { [d, 0.0] };
        if other != 0.0 || d_ratio != d_beyond_one {
            return None;
        }
        let [d, beyond_one, beyond_linear] = if d == beyond_one { [0.0, 0.0, d] } else { [d, beyond_one, 0.0] };
        let combination = Self([one, d, d_squared, beyond_one, beyond_linear, ratio, d_ratio]);
        (!combination.cancels_near_equality()).then_some(combination)
    }

    /// Whether it has a sum with the ratio r.
    pub fn needs_ratio(&self) -> bool {
        self.0[3..].iter().any(|weight| *weight != 0.0)
    }

    /// Whether the lowest powers of D that its terms have about D = 0 leave nothing.
    fn cancels_near_equality(&self) -> bool {
        let [one, d, d_squared, beyond_one, beyond_linear, ratio, d_ratio] = self.0;
        let by_power = [[one, ratio, 0.0], [d, -beyond_one, d_ratio], [d_squared, beyond_linear / 2.0, 0.0]];
        let lowest = by_power.iter().find(|weights| weights.iter().any(|weight| *weight != 0.0));
        lowest.is_some_and(|weights| weights.iter().sum::<f64>() == 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimator::Table;

    fn combination(text: &str) -> Option<[f64; TERMS]> {
        let loss = Expr::parse(text, &Table).unwrap_or_else(|error| panic!("{error}"));
        Combination::of(&loss, true).map(|combination| combination.0)
    }

    #[test]
    fn terms_are_those_that_do_not_cancel() {
        assert_eq!(combination("k1"), Some(Combination::ONE.0));
        assert_eq!(combination("k2 + reward(k2)"), Some([0.0, 1.0, 0.5, 0.0, 0.0, 0.0, 0.0]));
        assert_eq!(combination("k3"), Some([0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0]));
        assert_eq!(combination("reward(k3)"), Some([0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0]));
        assert_eq!(combination("reverse_k1"), Some([0.0, 0.0, 0.0, 0.0, 0.0, -1.0, 1.0]));
    }

    #[test]
    fn what_cancels_or_has_another_form_is_none() {
        // D + exp(-D) - 1 is a term; that less D^2 / 2 is not, nor is D (exp(-D) - 1), nor exp(-D) - 1 + D exp(-D).
        assert!(combination("k2 - k3").is_some());
        let cancelling = ["reward(k3 - k2)", "reward(D * expm1(-D))", "reward(expm1(-D) + D * r)"];
        for text in cancelling.iter().chain(&["abs(D)", "clamp(k3, -10, 10)", "expm1(D) - D", "D^2 * r"]) {
            assert_eq!(combination(text), None, "{text}");
        }
    }
}
