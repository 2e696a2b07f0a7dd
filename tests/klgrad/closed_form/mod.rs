//! The oracle of theory: the moments in closed form where c is a sum of terms D^a r^b.
//!
//! Exact moments of c s for pi_theta = N(mu, sigma^2) and pi_ref = N(m, tau^2), in 64-bit floats.
//!
//! In z = (x - mu) / sigma, standard normal under pi_theta, everything is a polynomial:
//!
//! - the log-ratio D = log(tau / sigma) - z^2 / 2 + (mu - m + sigma z)^2 / (2 tau^2) = d0 + d1 z + d2 z^2;
//! - the score s = z / sigma with respect to mu, and (z^2 - 1) / sigma with respect to sigma.
//!
//! And r^b pi_theta, with r = exp(-D), is a normal density in z up to a factor: its precision is
//! p = (1 - b) + b sigma^2 / tau^2, its mean -b d1 / p, and its mass exp(-b d0 + (b d1)^2 / (2 p)) / sqrt(p), which is
//! (sigma / tau)^b exp(b (b - 1) (mu - m)^2 / (2 p tau^2)) / sqrt(p): 1 for b = 0 and for b = 1. So each expectation of
//! D^a r^b s^k is a polynomial moment of a normal distribution; where p is not positive, it is infinite.

mod polynomial;

use klgrad::estimator::Parameter;
use klgrad::policy::Problem;
use klgrad::theory::{Moment, Moments};
use polynomial::Polynomial;

/// A term `weight` D^`power_of_d` r^`power_of_r` of a gradient coefficient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// Its factor.
    pub weight: f64,
    /// a in D^a.
    pub power_of_d: u32,
    /// b in r^b.
    pub power_of_r: u32,
}

/// E[c s] and Var[c s] for the coefficient c that is the sum of the terms.
///
/// Where pi_theta and pi_ref are so near that the terms of c nearly cancel, c is first expanded in powers of D, with
/// exact weights; see `Pair::near`.
pub fn gradient_moments(coefficient: &[Term], parameter: Parameter, problem: &Problem) -> Moments {
    let pair = Pair::new(problem);
    let gradient = pair.gradient(coefficient, parameter);
    let mean = pair.expectation(&gradient);
    let variance = match mean {
        Moment::Finite(value) => {
            let centred = gradient.plus(&Expansion::constant(-value));
            // Rounding may leave a variance of 0 just below it.
            pair.expectation(&centred.times(&centred)).map(|variance| variance.max(0.0))
        }
        no_mean => no_mean,
    };
    Moments { mean, variance }
}

/// E[sum of the terms] under pi_theta.
pub fn expectation(terms: &[Term], problem: &Problem) -> Moment {
    let pair = Pair::new(problem);
    pair.expectation(&pair.sum(terms))
}

/// Below this root mean square of D, r is expanded in powers of D.
const NEAR: f64 = 0.03;

/// The highest power of D in the expansion. Its terms fall off like (2 b d2)^n, at most 0.08^n, and d1^n / sqrt(n!):
/// below 1e-13 beyond this one. Beyond [`NEAR`] the terms of k3's coefficient in the reward, about D^2 / 2, cancel to
/// 0.03^4 / 4 of the sum of their squares: rounding leaves 1e-9 of it.
const SERIES_ORDER: u32 = 12;

/// Sum over b of a polynomial in z times r^b.
#[derive(Clone, Debug)]
struct Expansion(Vec<Polynomial>);

impl Expansion {
    fn constant(value: f64) -> Self {
        Self(vec![Polynomial::constant(value)])
    }

    fn plus(&self, other: &Self) -> Self {
        let none = Polynomial(Vec::new());
        let at = |expansion: &Self, power: usize| expansion.0.get(power).unwrap_or(&none).clone();
        let powers = 0..self.0.len().max(other.0.len());
        Self(powers.map(|power| at(self, power).plus(&at(other, power))).collect())
    }

    fn times(&self, other: &Self) -> Self {
        let mut product = vec![Polynomial(Vec::new()); (self.0.len() + other.0.len()).saturating_sub(1)];
        for (i, a) in self.0.iter().enumerate() {
            for (j, b) in other.0.iter().enumerate() {
                product[i + j] = product[i + j].plus(&a.times(b));
            }
        }
        Self(product)
    }
}

/// mu, sigma, m, tau.
fn numbers(problem: &Problem) -> [f64; 4] {
    let Problem { policy, reference, .. } = problem;
    [policy.mu(), policy.sigma(), reference.mu(), reference.sigma()]
}

/// The two distributions, in z.
struct Pair {
    sigma: f64,
    /// (mu - m) / tau.
    gap: f64,
    /// sigma / tau.
    ratio: f64,
    log_ratio: Polynomial,
}

impl Pair {
    fn new(problem: &Problem) -> Self {
        let [mu, sigma, m, tau] = numbers(problem);
        let gap = (mu - m) / tau;
        let ratio = sigma / tau;
        let log_ratio =
            Polynomial(vec![gap * gap / 2.0 - ratio.ln(), gap * ratio, (ratio - 1.0) * (ratio + 1.0) / 2.0]);
        Self { sigma, gap, ratio, log_ratio }
    }

    /// The score with respect to a parameter.
    fn score(&self, parameter: Parameter) -> Polynomial {
        match parameter {
            Parameter::Mu => Polynomial(vec![0.0, 1.0 / self.sigma]),
            Parameter::Sigma => Polynomial(vec![-1.0 / self.sigma, 0.0, 1.0 / self.sigma]),
        }
    }

    /// c s, for the coefficient c that is the sum of the terms.
    fn gradient(&self, coefficient: &[Term], parameter: Parameter) -> Expansion {
        self.sum(coefficient).times(&Expansion(vec![self.score(parameter)]))
    }

    fn sum(&self, terms: &[Term]) -> Expansion {
        if self.near() { self.series(terms) } else { self.closed(terms) }
    }

    /// Whether r is so near 1 that sums of its powers cancel.
    fn near(&self) -> bool {
        self.log_ratio.to_the(2).normal_expectation(0.0, 1.0).sqrt() < NEAR
    }

    /// The sum of the terms as it stands.
    fn closed(&self, terms: &[Term]) -> Expansion {
        terms.iter().fold(Expansion(Vec::new()), |sum, term| {
            let mut powers = vec![Polynomial(Vec::new()); term.power_of_r as usize];
            powers.push(self.log_ratio.to_the(term.power_of_d).scaled(term.weight));
            sum.plus(&Expansion(powers))
        })
    }

    /// The sum of the terms as a polynomial in D: r^b = sum over n of (-b D)^n / n!. What cancels, cancels between
    /// the weights, which are exact.
    fn series(&self, terms: &[Term]) -> Expansion {
        let weight_of = |power: u32| -> f64 {
            let weight = |term: &Term| {
                let n = power.checked_sub(term.power_of_d)?;
                let factors = (1..=n).map(|k| -f64::from(term.power_of_r) / f64::from(k));
                Some(term.weight * factors.product::<f64>())
            };
            terms.iter().filter_map(weight).sum()
        };
        let powers = (0..=SERIES_ORDER).map(|power| self.log_ratio.to_the(power).scaled(weight_of(power)));
        Expansion(vec![powers.fold(Polynomial(Vec::new()), |sum, power| sum.plus(&power))])
    }

    /// E[sum] under pi_theta.
    fn expectation(&self, sum: &Expansion) -> Moment {
        let moments = sum.0.iter().enumerate().map(|(power, polynomial)| self.tilted_moment(polynomial, power as f64));
        moments.fold(Moment::Finite(0.0), Moment::plus)
    }

    /// E[polynomial(z) r^b].
    fn tilted_moment(&self, polynomial: &Polynomial, b: f64) -> Moment {
        let Self { gap, ratio, .. } = self;
        if polynomial.is_zero() {
            return Moment::Finite(0.0);
        }
        let precision = (1.0 - b) + b * ratio * ratio;
        if precision <= 0.0 {
            return Moment::Infinite;
        }
        let mean = -b * self.log_ratio.0[1] / precision;
        let mass = ratio.powf(b) / precision.sqrt() * (b * (b - 1.0) * gap * gap / (2.0 * precision)).exp();
        Moment::of(mass * polynomial.normal_expectation(mean, 1.0 / precision))
    }
}

/// c of the rows that are such sums.
pub const COEFFICIENTS: [(&str, &[Term]); 10] = [
    ("k1", &[ONE]),
    ("k2", &[D]),
    ("k3", &[ONE, term(-1.0, 0, 1)]),
    ("reverse_k1", &[term(-1.0, 0, 1), term(1.0, 1, 1)]),
    ("reverse_k2", &[term(-1.0, 0, 1)]),
    ("k1_in_reward", &[D]),
    ("k2_in_reward", &[term(0.5, 2, 0)]),
    ("k3_in_reward", &[term(1.0, 0, 1), term(-1.0, 0, 0), D]),
    ("reverse_k1_in_reward", &[term(-1.0, 1, 1)]),
    ("reverse_k2_in_reward", &[term(1.0, 0, 1)]),
];

pub const ONE: Term = term(1.0, 0, 0);
pub const D: Term = term(1.0, 1, 0);

pub const fn term(weight: f64, power_of_d: u32, power_of_r: u32) -> Term {
    Term { weight, power_of_d, power_of_r }
}
