//! Sums of exponentials of polynomials, in which what cancels is gone: of `rho * (r - 1 + D)` on-policy, whose coefficient is
//! r - 1 + D + 1 - r, D is left, and no trace of how fast r grows.

use super::bound::{Bound, clipped};
use super::growth::Quadratic;
use super::order::Order;

/// The sum of `factor` t^`power` exp(`exponent`(t)).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sum(Vec<Term>);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Term {
    factor: f64,
    power: u32,
    exponent: Quadratic,
}

/// Sums of more terms are not followed.
const MOST: usize = 32;

/// By which part factors and exponents may be rounded.
const ROUNDING: f64 = 1e-12;

impl Sum {
    pub(super) fn of(polynomial: Quadratic) -> Self {
        let terms = polynomial.into_iter().zip(0..).map(|(factor, power)| Term { factor, power, exponent: [0.0; 3] });
        Self(terms.filter(|term| term.factor != 0.0).collect())
    }

    /// The polynomial that it is, if it is one.
    pub(super) fn polynomial(&self) -> Option<Quadratic> {
        let mut polynomial = [0.0; 3];
        for term in &self.0 {
            let [_, linear, square] = term.exponent;
            let place = polynomial.get_mut(term.power as usize)?;
            if [linear, square] != [0.0; 2] {
                return None;
            }
            *place += term.factor * term.exponent[0].exp();
        }
        polynomial.iter().all(|factor| factor.is_finite()).then_some(polynomial)
    }

    pub(super) fn constant_value(&self) -> Option<f64> {
        self.polynomial().filter(|polynomial| polynomial[1..] == [0.0; 2]).map(|polynomial| polynomial[0])
    }

    pub(super) fn plus(&self, other: &Self) -> Option<Self> {
        other.0.iter().try_fold(self.clone(), |sum, term| sum.and(*term))
    }

    fn and(mut self, term: Term) -> Option<Self> {
        let Some(place) = self.0.iter().position(|other| other.is_multiple_of(&term)) else {
            self.0.push(term);
            return (self.0.len() <= MOST).then_some(self);
        };
        let sum = self.0[place].plus(&term)?;
        match sum.factor == 0.0 {
            true => drop(self.0.swap_remove(place)),
            false => self.0[place] = sum,
        }
        Some(self)
    }

    pub(super) fn negated(&self) -> Self {
        Self(self.0.iter().map(|term| Term { factor: -term.factor, ..*term }).collect())
    }

    pub(super) fn times(&self, other: &Self) -> Option<Self> {
        let products = self.0.iter().flat_map(|a| other.0.iter().map(|b| a.times(b)));
        products.into_iter().try_fold(Self(Vec::new()), |sum, product| sum.and(product?))
    }

    /// The exponential of a polynomial.
    pub(super) fn exp(&self) -> Option<Self> {
        let exponent = self.polynomial()?;
        Some(Self(vec![Term { factor: 1.0, power: 0, exponent }]))
    }

    /// The logarithm of a single exponential.
    pub(super) fn log(&self) -> Option<Self> {
        match self.0[..] {
            [Term { factor, power: 0, exponent: [constant, linear, square] }] if factor > 0.0 => {
                Some(Self::of([constant + factor.ln(), linear, square]))
            }
            _ => None,
        }
    }

    /// A whole power, or any power of a single exponential.
    pub(super) fn power(&self, exponent: f64) -> Option<Self> {
        if let [Term { factor, power: 0, exponent: of }] = self.0[..]
            && (factor > 0.0 || exponent.fract() == 0.0)
        {
            let factor = factor.powf(exponent);
            let term = Term { factor, power: 0, exponent: of.map(|coefficient| exponent * coefficient) };
            return (factor.is_finite() && factor != 0.0).then_some(Self(vec![term]));
        }
        let is_small = exponent.fract() == 0.0 && (1.0..=8.0).contains(&exponent);
        is_small.then(|| (1..exponent as u32).try_fold(self.clone(), |product, _| product.times(self))).flatten()
    }

    /// What is left of it as t goes to infinity, as a bound from below (`side` -1) or above (1).
    pub(super) fn leading(&self, side: f64) -> Bound {
        let bound = |term: &Term| {
            let [constant, linear, square] = term.exponent;
            let order = Order::plain(square, linear, f64::from(term.power));
            let outwards = term.factor.signum() * side;
            Bound { factor: term.factor.signum() * clipped(term.factor.abs() * constant.exp(), outwards), order }
        };
        let largest = self.0.iter().map(bound).max_by(|a, b| a.order.compare(&b.order));
        largest.unwrap_or(Bound::ZERO)
    }
}

impl Term {
    /// Whether they differ by a factor alone.
    fn is_multiple_of(&self, other: &Self) -> bool {
        let close = |a: f64, b: f64| (a - b).abs() <= ROUNDING * (a.abs() + b.abs());
        let [_, a, b] = self.exponent;
        let [_, c, d] = other.exponent;
        self.power == other.power && close(a, c) && close(b, d)
    }

    /// The sum of two that differ by a factor; 0 where rounding alone keeps them from cancelling.
    fn plus(&self, other: &Self) -> Option<Self> {
        let (large, small) = if self.exponent[0] >= other.exponent[0] { (self, other) } else { (other, self) };
        let added = small.factor * (small.exponent[0] - large.exponent[0]).exp();
        let factor = large.factor + added;
        let cancels = factor.abs() <= ROUNDING * (large.factor.abs() + added.abs());
        factor.is_finite().then_some(Self { factor: if cancels { 0.0 } else { factor }, ..*large })
    }

    fn times(&self, other: &Self) -> Option<Self> {
        let exponent = std::array::from_fn(|power| sum(self.exponent[power], other.exponent[power]));
        let factor = self.factor * other.factor;
        (factor.is_finite() && factor != 0.0).then_some(Self { factor, power: self.power + other.power, exponent })
    }
}

/// 0 where rounding alone keeps two numbers from cancelling.
fn sum(a: f64, b: f64) -> f64 {
    if (a + b).abs() <= ROUNDING * (a.abs() + b.abs()) { 0.0 } else { a + b }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cancels_is_gone() {
        let d = Sum::of([0.25, -1.5, 0.75]);
        let r = d.negated().exp().unwrap();
        let w = d.exp().unwrap();
        let one = Sum::of([1.0, 0.0, 0.0]);
        assert_eq!(w.times(&r).unwrap().constant_value(), Some(1.0));
        // r - 1 + D, and its derivative 1 - r.
        let k3 = r.plus(&one.negated()).and_then(|sum| sum.plus(&d)).unwrap();
        let slope = one.plus(&r.negated()).unwrap();
        assert_eq!(k3.plus(&slope).unwrap().polynomial(), Some([0.25, -1.5, 0.75]));
        // (r - 1)^2 - r^2 + 2 r = 1.
        let square = r.plus(&one.negated()).unwrap().power(2.0).unwrap();
        let rest =
            square.plus(&r.power(2.0).unwrap().negated()).and_then(|sum| sum.plus(&r)).and_then(|sum| sum.plus(&r));
        assert_eq!(rest.unwrap().constant_value(), Some(1.0));
        assert_eq!(r.log().unwrap().polynomial(), Some([-0.25, 1.5, -0.75]));
    }

    #[test]
    fn the_largest_term_is_what_is_left() {
        let sum = Sum::of([0.0, 1.0, 0.0]).plus(&Sum::of([0.0, 2.0, 0.0]).exp().unwrap().negated()).unwrap();
        let bound = sum.leading(1.0);
        assert_eq!((bound.factor, bound.order), (-1.0, Order::plain(0.0, 2.0, 0.0)));
    }
}
