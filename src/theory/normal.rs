//! Exact moments of c s for pi_theta = N(mu, sigma^2) and pi_ref = N(m, tau^2), in 64-bit floats.
//!
//! In z = (x - mu) / sigma, standard normal under pi_theta, everything is a polynomial:
//!
//! - the log-ratio D = log(tau / sigma) - z^2 / 2 + (mu - m + sigma z)^2 / (2 tau^2) = d0 + d1 z + d2 z^2;
//! - the score s = z / sigma with respect to mu, and (z^2 - 1) / sigma with respect to sigma.
//!
//! And r^b pi_theta, with r = exp(-D), is a normal density in z up to a factor: its precision is
//! p = (1 - b) + b sigma^2 / tau^2, its mean -b d1 / p, and its mass exp(-b d0 + (b d1)^2 / (2 p)) / sqrt(p). So each
//! expectation of D^a r^b s^k is a polynomial moment of a normal distribution; where p is not positive, it is infinite.

use crate::estimator::{Divergence, Parameter};
use crate::experiment::Settings;
use serde::{Serialize, Serializer};
use std::fmt;

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

/// A moment, which may not be finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Moment {
    /// Its value.
    Finite(f64),
    /// The integral diverges.
    Infinite,
    /// The integral exists, but it, or a part of its sum, is beyond 64-bit floats.
    Overflow,
}

impl Moment {
    fn of(value: f64) -> Self {
        if value.is_finite() { Self::Finite(value) } else { Self::Overflow }
    }

    /// A function of its value, where it has one.
    pub fn map(self, function: impl FnOnce(f64) -> f64) -> Self {
        match self {
            Self::Finite(value) => Self::of(function(value)),
            other => other,
        }
    }

    fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Finite(a), Self::Finite(b)) => Self::of(a + b),
            (Self::Infinite, _) | (_, Self::Infinite) => Self::Infinite,
            _ => Self::Overflow,
        }
    }
}

impl fmt::Display for Moment {
    /// Like its float; `inf` where it is infinite, `nan` where it is beyond floats.
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Finite(value) => value.fmt(formatter),
            Self::Infinite => formatter.pad("inf"),
            Self::Overflow => formatter.pad("nan"),
        }
    }
}

impl Serialize for Moment {
    /// A number; the texts `inf` where it is infinite and `nan` where it is beyond floats, which JSON has no number for.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Finite(value) => serializer.serialize_f64(*value),
            Self::Infinite => serializer.serialize_str("inf"),
            Self::Overflow => serializer.serialize_str("nan"),
        }
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
        (Divergence::Forward, Parameter::Sigma) => sigma / tau.powi(2) - 1.0 / sigma,
        (Divergence::Reverse, Parameter::Mu) => gap / sigma.powi(2),
        (Divergence::Reverse, Parameter::Sigma) => 1.0 / sigma - (tau.powi(2) + gap.powi(2)) / sigma.powi(3),
    }
}

/// E\[c s\] and Var\[c s\] for the coefficient c that is the sum of the terms.
///
/// The variance is E\[c^2 s^2\] - E\[c s\]^2, so where pi_theta and pi_ref are so near that c is small, its relative error
/// grows as 1e-16 E\[s^2\] / E\[c^2 s^2\].
pub fn gradient_moments(coefficient: &[Term], parameter: Parameter, settings: &Settings) -> Moments {
    let pair = Pair::new(settings);
    let score = pair.score(parameter);
    let square: Vec<Term> = coefficient
        .iter()
        .flat_map(|a| {
            coefficient.iter().map(|b| Term {
                weight: a.weight * b.weight,
                power_of_d: a.power_of_d + b.power_of_d,
                power_of_r: a.power_of_r + b.power_of_r,
            })
        })
        .collect();
    let mean = pair.expectation(coefficient, &score);
    let second = pair.expectation(&square, &score.times(&score));
    let variance = match (mean, second) {
        // Rounding may leave a variance of 0 just below it.
        (Moment::Finite(mean), second) => second.map(|second| second - mean * mean).map(|variance| variance.max(0.0)),
        (no_mean, _) => no_mean,
    };
    Moments { mean, variance }
}

/// The two distributions, in z.
struct Pair {
    sigma: f64,
    /// sigma^2 / tau^2.
    precision_ratio: f64,
    log_ratio: Polynomial,
}

impl Pair {
    fn new(settings: &Settings) -> Self {
        let Settings { mu_theta: mu, sigma_theta: sigma, mu_ref: m, sigma_ref: tau, .. } = *settings;
        let gap = (mu - m) / tau;
        let ratio = sigma / tau;
        let log_ratio =
            Polynomial(vec![gap * gap / 2.0 - ratio.ln(), gap * ratio, (ratio - 1.0) * (ratio + 1.0) / 2.0]);
        Self { sigma, precision_ratio: ratio * ratio, log_ratio }
    }

    fn score(&self, parameter: Parameter) -> Polynomial {
        match parameter {
            Parameter::Mu => Polynomial(vec![0.0, 1.0 / self.sigma]),
            Parameter::Sigma => Polynomial(vec![-1.0 / self.sigma, 0.0, 1.0 / self.sigma]),
        }
    }

    /// E[sum of the terms, times the factor]. Terms with the same power of r are added up as polynomials first.
    fn expectation(&self, terms: &[Term], factor: &Polynomial) -> Moment {
        let highest = terms.iter().map(|term| term.power_of_r).max().unwrap_or(0);
        let of_power = |power: u32| {
            let terms = terms.iter().filter(move |term| term.power_of_r == power);
            terms.fold(Polynomial(Vec::new()), |sum, term| {
                sum.plus(&self.log_ratio.to_the(term.power_of_d).times(&Polynomial(vec![term.weight])))
            })
        };
        let moments = (0..=highest).map(|power| self.tilted_moment(&of_power(power).times(factor), power));
        moments.fold(Moment::Finite(0.0), Moment::plus)
    }

    /// E[polynomial(z) r^b].
    fn tilted_moment(&self, polynomial: &Polynomial, power_of_r: u32) -> Moment {
        if polynomial.0.iter().all(|&coefficient| coefficient == 0.0) {
            return Moment::Finite(0.0);
        }
        let b = f64::from(power_of_r);
        let precision = (1.0 - b) + b * self.precision_ratio;
        if precision <= 0.0 {
            return Moment::Infinite;
        }
        let (d0, d1) = (self.log_ratio.0[0], self.log_ratio.0[1]);
        let mean = -b * d1 / precision;
        let mass = (-b * d0 + (b * d1).powi(2) / (2.0 * precision)).exp() / precision.sqrt();
        Moment::of(mass * polynomial.normal_expectation(mean, 1.0 / precision))
    }
}

/// Coefficients of the powers of z, from the zeroth.
#[derive(Clone, Debug)]
struct Polynomial(Vec<f64>);

impl Polynomial {
    fn plus(&self, other: &Self) -> Self {
        let at = |polynomial: &Self, power: usize| polynomial.0.get(power).copied().unwrap_or(0.0);
        Self((0..self.0.len().max(other.0.len())).map(|power| at(self, power) + at(other, power)).collect())
    }

    fn times(&self, other: &Self) -> Self {
        let mut product = vec![0.0; (self.0.len() + other.0.len()).saturating_sub(1)];
        for (i, a) in self.0.iter().enumerate() {
            for (j, b) in other.0.iter().enumerate() {
                product[i + j] += a * b;
            }
        }
        Self(product)
    }

    fn to_the(&self, exponent: u32) -> Self {
        (0..exponent).fold(Self(vec![1.0]), |power, _| power.times(self))
    }

    /// Its expectation under N(mean, variance), by the moments' recurrence
    /// E\[z^(k+1)\] = mean E\[z^k\] + k variance E\[z^(k-1)\].
    fn normal_expectation(&self, mean: f64, variance: f64) -> f64 {
        let (mut previous, mut moment, mut sum) = (0.0, 1.0, 0.0);
        for (power, coefficient) in self.0.iter().enumerate() {
            sum += coefficient * moment;
            (previous, moment) = (moment, mean * moment + power as f64 * variance * previous);
        }
        sum
    }
}
