//! The numbers that the sides of the equations are made of.

use crate::estimator::{Divergence, Estimator, Parameter};
use crate::experiment::Settings;
use crate::theory::{self, Moment, Term};

pub const ONE: Term = Term { weight: 1.0, power_of_d: 0, power_of_r: 0 };
pub const D: Term = Term { power_of_d: 1, ..ONE };
pub const R: Term = Term { power_of_r: 1, ..ONE };
pub const RD: Term = Term { power_of_d: 1, power_of_r: 1, ..ONE };
pub const R_SQUARED: Term = Term { power_of_r: 2, ..ONE };

pub fn forward(parameter: Parameter, settings: &Settings) -> Moment {
    Moment::of(theory::kl_gradient(Divergence::Forward, parameter, settings))
}

pub fn reverse(parameter: Parameter, settings: &Settings) -> Moment {
    Moment::of(theory::kl_gradient(Divergence::Reverse, parameter, settings))
}

/// E\[c s\].
pub fn mean(coefficient: &[Term], parameter: Parameter, settings: &Settings) -> Moment {
    theory::gradient_moments(coefficient, parameter, settings).mean
}

fn named(name: &str) -> &'static Estimator {
    Estimator::named(name).expect("the equations name estimators of the table")
}

/// E\[grad K\]: the derivative of the value K with respect to D, times the score.
pub fn gradient(name: &str, parameter: Parameter, settings: &Settings) -> Moment {
    theory::moments(named(name), parameter, settings).mean
}

/// E\[s K\] + E\[grad K\].
pub fn split(name: &str, parameter: Parameter, settings: &Settings) -> Moment {
    mean(value(name), parameter, settings).plus(gradient(name, parameter, settings))
}

/// The value K, which in the reward is the gradient coefficient.
fn value(name: &str) -> &'static [Term] {
    named(&format!("{name}_in_reward")).coefficient
}

/// grad E\[K\], by central differences of the exact E\[K\] that are h and 2 h wide: (4 slope(h) - slope(2 h)) / 3, whose
/// error is of the order h^4 = 1e-12, and 1e-16 / h of rounding.
pub fn slope(name: &str, parameter: Parameter, settings: &Settings) -> Moment {
    let h = 1e-3 * settings.sigma_theta;
    // As only the gap of the means counts, it is not rounded to the means.
    let gap = settings.mu_theta - settings.mu_ref;
    let centred = Settings { mu_theta: gap, mu_ref: 0.0, ..settings.clone() };
    let at = |by: f64| {
        let mut moved = centred.clone();
        match parameter {
            Parameter::Mu => moved.mu_theta += by,
            Parameter::Sigma => moved.sigma_theta += by,
        }
        theory::expectation(value(name), &moved)
    };
    central_difference(h, at)
}

/// (4 slope(h) - slope(2 h)) / 3 of a function at 0.
fn central_difference(h: f64, at: impl Fn(f64) -> Moment) -> Moment {
    let slope = |h: f64| at(h).plus(at(-h).map(|value| -value)).map(|difference| difference / (2.0 * h));
    slope(h).map(|narrow| 4.0 * narrow / 3.0).plus(slope(2.0 * h).map(|wide| -wide / 3.0))
}

/// z of the sample at which gradients are compared without an expectation.
const SAMPLE: f64 = 1.5;

/// c s at the sample.
pub fn at_sample(coefficient: &[Term], parameter: Parameter, settings: &Settings) -> Moment {
    Moment::of(theory::gradient_at(coefficient, parameter, settings, SAMPLE))
}

/// The slope of the value K at the sample, which stays where it is, by central differences.
pub fn slope_at(name: &str, parameter: Parameter, settings: &Settings) -> Moment {
    let gap = settings.mu_theta - settings.mu_ref;
    let sigma = settings.sigma_theta;
    let at = |by: f64| {
        let (mut mu, mut stdev) = (0.0, sigma);
        match parameter {
            Parameter::Mu => mu = by,
            Parameter::Sigma => stdev += by,
        }
        let moved = Settings { mu_theta: gap + mu, sigma_theta: stdev, mu_ref: 0.0, ..settings.clone() };
        Moment::of(theory::value_at(value(name), &moved, (SAMPLE * sigma - mu) / stdev))
    };
    central_difference(1e-3 * sigma, at)
}

/// The exact lambda of a baseline.
pub fn lambda(name: &str, parameter: Parameter, settings: &Settings) -> Moment {
    named(name).baseline.map_or(Moment::Overflow, |baseline| theory::exact_lambda(&baseline, parameter, settings))
}

/// The lambda of the least variance of (D - lambda) s_i.
pub fn best_of_component(parameter: Parameter, settings: &Settings) -> Moment {
    vertex(size_of_log_ratio(settings), |lambda| variance(lambda, parameter, settings))
}

/// The lambda of the least sum of the components' variances.
pub fn best_of_all(_: Parameter, settings: &Settings) -> Moment {
    vertex(size_of_log_ratio(settings), |lambda| {
        variance(lambda, Parameter::Mu, settings).plus(variance(lambda, Parameter::Sigma, settings))
    })
}

/// Var\[(D - lambda) s\], which differs from the article's E\[s^2 (D - lambda)^2\] by a constant: E\[(D - lambda) s\] does
/// not depend on lambda.
fn variance(lambda: f64, parameter: Parameter, settings: &Settings) -> Moment {
    theory::gradient_moments(&[D, ONE.times(-lambda)], parameter, settings).variance
}

/// Where a parabola has its vertex, from its values at 0 and at `step` on either side.
fn vertex(step: f64, parabola: impl Fn(f64) -> Moment) -> Moment {
    let [Moment::Finite(left), Moment::Finite(middle), Moment::Finite(right)] = [-step, 0.0, step].map(parabola) else {
        return Moment::Overflow;
    };
    Moment::of(step * (left - right) / (2.0 * (left - 2.0 * middle + right)))
}

/// The root mean square of D, and at least 1: steps of this size change a variance by as much as it is.
fn size_of_log_ratio(settings: &Settings) -> f64 {
    let square = Term { power_of_d: 2, ..ONE };
    theory::expectation(&[square], settings).finite().map_or(1.0, |square| square.sqrt().max(1.0))
}
