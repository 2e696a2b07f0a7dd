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

use super::moment::Moment;
use super::polynomial::Polynomial;
use crate::estimator::{Divergence, Parameter};
use crate::experiment::Settings;

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

impl Term {
    /// The term, `factor` times.
    pub const fn times(self, factor: f64) -> Self {
        Self { weight: factor * self.weight, ..self }
    }
}

/// Mean and variance of one sample's gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// E\[c s\].
    pub mean: Moment,
    /// Var\[c s\].
    pub variance: Moment,
}

/// KL(pi_theta||pi_ref), or KL(pi_ref||pi_theta), in nats.
///
/// # Formula
/// KL(N(mu, sigma^2)||N(m, tau^2)) = log(tau / sigma) + (sigma^2 + (mu - m)^2) / (2 tau^2) - 1/2
pub fn kl(divergence: Divergence, settings: &Settings) -> f64 {
    let Settings { mu_theta, sigma_theta, mu_ref, sigma_ref, .. } = *settings;
    let ratio = match divergence {
        Divergence::Forward => sigma_theta / sigma_ref,
        Divergence::Reverse => sigma_ref / sigma_theta,
    };
    let gap = match divergence {
        Divergence::Forward => (mu_theta - mu_ref) / sigma_ref,
        Divergence::Reverse => (mu_theta - mu_ref) / sigma_theta,
    };
    // (ratio^2 - 1) / 2 - log ratio: its leading terms cancel near 1, so log1p is asked for what is beyond 1.
    let beyond = ratio - 1.0;
    beyond * (ratio + 1.0) / 2.0 - beyond.ln_1p() + gap * gap / 2.0
}

/// The gradient of a divergence with respect to a parameter of pi_theta.
///
/// # Formula
/// KL(pi_theta||pi_ref): (mu - m) / tau^2, and sigma / tau^2 - 1 / sigma.
/// KL(pi_ref||pi_theta): (mu - m) / sigma^2, and 1 / sigma - (tau^2 + (mu - m)^2) / sigma^3.
pub fn kl_gradient(divergence: Divergence, parameter: Parameter, settings: &Settings) -> f64 {
    let Settings { mu_theta: mu, sigma_theta: sigma, mu_ref: m, sigma_ref: tau, .. } = *settings;
    let gap = mu - m;
    match (divergence, parameter) {
        (Divergence::Forward, Parameter::Mu) => gap / tau.powi(2),
        (Divergence::Forward, Parameter::Sigma) => (sigma - tau) * (sigma + tau) / (sigma * tau.powi(2)),
        (Divergence::Reverse, Parameter::Mu) => gap / sigma.powi(2),
        (Divergence::Reverse, Parameter::Sigma) => {
            let (widths, means) = ((sigma - tau) * (sigma + tau), gap.powi(2));
            // What rounding leaves of equal numbers is 0.
            let rounding = 4.0 * f64::EPSILON * means;
            if (widths - means).abs() <= rounding { 0.0 } else { (widths - means) / sigma.powi(3) }
        }
    }
}

/// E\[c s\] and Var\[c s\] for the coefficient c that is the sum of the terms.
///
/// Where pi_theta and pi_ref are so near that the terms of c nearly cancel, c is first expanded in powers of D, with
/// exact weights; see `Pair::near`.
pub fn gradient_moments(coefficient: &[Term], parameter: Parameter, settings: &Settings) -> Moments {
    let pair = Pair::new(settings);
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

/// The sum of the terms at the sample x = mu + z sigma.
pub fn value_at(terms: &[Term], settings: &Settings, z: f64) -> f64 {
    let pair = Pair::new(settings);
    pair.value(&pair.sum(terms), z)
}

/// c s at the sample x = mu + z sigma, for the coefficient c that is the sum of the terms.
pub fn gradient_at(coefficient: &[Term], parameter: Parameter, settings: &Settings, z: f64) -> f64 {
    let pair = Pair::new(settings);
    pair.value(&pair.gradient(coefficient, parameter), z)
}

/// E\[sum of the terms\] under pi_theta.
pub fn expectation(terms: &[Term], settings: &Settings) -> Moment {
    let pair = Pair::new(settings);
    pair.expectation(&pair.sum(terms))
}

/// E\[sum of the terms, times the score where a parameter is given\] under pi_ref, for terms without r; directly under
/// pi_ref, not by weights.
///
/// # Panics
/// Where a term has a power of r.
pub fn expectation_under_ref(terms: &[Term], parameter: Option<Parameter>, settings: &Settings) -> Moment {
    let pair = Pair::new(settings);
    let score = parameter.map_or(Polynomial::constant(1.0), |parameter| pair.score(parameter));
    let Expansion(powers) = pair.closed(terms);
    match powers.as_slice() {
        [polynomial] => pair.expectation_under_ref(&polynomial.times(&score)),
        _ => panic!("the terms have a power of r"),
    }
}

/// Below this root mean square of D, r is expanded in powers of D.
const NEAR: f64 = 0.03;

/// The highest power of D in the expansion. Its terms fall off like (2 b d2)^n, at most 0.08^n, and d1^n / sqrt(n!):
/// below 1e-13 beyond this one. Beyond [`NEAR`] the terms of k3's coefficient in the reward, about D^2 / 2, cancel to
/// 0.03^4 / 4 of the sum of their squares: rounding leaves 1e-9 of it.
const SERIES_ORDER: u32 = 12;

/// Sum over b of a polynomial in z times r^b.
#[derive(Clone, Debug)]
pub(super) struct Expansion(Vec<Polynomial>);

impl Expansion {
    pub(super) fn constant(value: f64) -> Self {
        Self(vec![Polynomial::constant(value)])
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        let none = Polynomial(Vec::new());
        let at = |expansion: &Self, power: usize| expansion.0.get(power).unwrap_or(&none).clone();
        let powers = 0..self.0.len().max(other.0.len());
        Self(powers.map(|power| at(self, power).plus(&at(other, power))).collect())
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        let mut product = vec![Polynomial(Vec::new()); (self.0.len() + other.0.len()).saturating_sub(1)];
        for (i, a) in self.0.iter().enumerate() {
            for (j, b) in other.0.iter().enumerate() {
                product[i + j] = product[i + j].plus(&a.times(b));
            }
        }
        Self(product)
    }
}

/// The two distributions, in z.
pub(super) struct Pair {
    sigma: f64,
    /// (mu - m) / tau.
    gap: f64,
    /// sigma / tau.
    ratio: f64,
    pub(super) log_ratio: Polynomial,
}

impl Pair {
    pub(super) fn new(settings: &Settings) -> Self {
        let Settings { mu_theta: mu, sigma_theta: sigma, mu_ref: m, sigma_ref: tau, .. } = *settings;
        let gap = (mu - m) / tau;
        let ratio = sigma / tau;
        let log_ratio =
            Polynomial(vec![gap * gap / 2.0 - ratio.ln(), gap * ratio, (ratio - 1.0) * (ratio + 1.0) / 2.0]);
        Self { sigma, gap, ratio, log_ratio }
    }

    /// The score with respect to a parameter.
    pub(super) fn score(&self, parameter: Parameter) -> Polynomial {
        match parameter {
            Parameter::Mu => Polynomial(vec![0.0, 1.0 / self.sigma]),
            Parameter::Sigma => Polynomial(vec![-1.0 / self.sigma, 0.0, 1.0 / self.sigma]),
        }
    }

    /// c s, for the coefficient c that is the sum of the terms.
    pub(super) fn gradient(&self, coefficient: &[Term], parameter: Parameter) -> Expansion {
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

    /// The sum at z.
    pub(super) fn value(&self, sum: &Expansion, z: f64) -> f64 {
        let ratio = (-self.log_ratio.at(z)).exp();
        sum.0.iter().rev().fold(0.0, |value, polynomial| value * ratio + polynomial.at(z))
    }

    /// E\[sum\] under pi_theta.
    pub(super) fn expectation(&self, sum: &Expansion) -> Moment {
        let moments = sum.0.iter().enumerate().map(|(power, polynomial)| self.tilted_moment(polynomial, power as f64));
        moments.fold(Moment::Finite(0.0), Moment::plus)
    }

    /// E\[polynomial(z)\] under pi_ref, where z is N((m - mu) / sigma, tau^2 / sigma^2).
    pub(super) fn expectation_under_ref(&self, polynomial: &Polynomial) -> Moment {
        let variance = self.ratio.powi(-2);
        Moment::of(polynomial.normal_expectation(-self.log_ratio.0[1] * variance, variance))
    }

    /// E\[polynomial(z) r^b\].
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
