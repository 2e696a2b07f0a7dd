//! What the value of a loss estimates.

use super::coefficient::Coefficient;
use super::combination::{Combination, Fit, six_digits};
use super::divergence::Known;
use super::subject::Subject;
use std::fmt;

/// The value of a loss, or of the penalty in the reward that it stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// It depends on log pi_theta itself, and estimates nothing.
    Meaningless,
    /// A function of D.
    OfLogRatio {
        /// Its mean over pi_theta, as a constant and known divergences; none where it is none of these.
        mean: Option<(f64, Combination)>,
        /// Whether it is the penalty in the reward, which the gradient is weighed with, and not the loss itself.
        is_penalty: bool,
        /// It is nowhere below 0.
        is_never_negative: bool,
        /// Its variance as a part of that of k1 = D, between two normals of equal width at these values of KL.
        relative_variances: Vec<(f64, f64)>,
    },
}

/// Values of KL at which variances are compared.
const DISTANCES: [f64; 2] = [0.01, 1.0];

/// How far on either side of 0 a value is looked at, in D.
const WIDE: f64 = 30.0;

impl Value {
    /// `at` are the places where the coefficient is what it follows.
    pub(super) fn of(coefficient: &Coefficient, subject: Subject, at: &[f64]) -> Self {
        let is_penalty = is_surrogate(coefficient, at);
        let values = |d: &[f64]| if is_penalty { coefficient.at(d) } else { coefficient.losses(d) };
        if subject == Subject::Entropy || !(is_penalty || is_in_log_ratio(coefficient, at)) {
            return Self::Meaningless;
        }
        let wide: Vec<f64> = (-600..=600).map(|step| WIDE * f64::from(step) / 600.0).collect();
        let near = values(&wide).into_iter().filter(|value| value.is_finite()).collect::<Vec<f64>>();
        let size = |d: f64| 1e-12 * (1.0 + d.abs());
        Self::OfLogRatio {
            mean: mean(&values(at), values(&[0.0])[0], at),
            is_penalty,
            is_never_negative: near.iter().zip(&wide).all(|(value, d)| *value >= -size(*d)),
            relative_variances: DISTANCES.map(|kl| (kl, relative_variance(kl, values))).to_vec(),
        }
    }
}

/// Whether a loss is `sg(K) * logp`: its value is c log pi_theta.
fn is_surrogate(coefficient: &Coefficient, at: &[f64]) -> bool {
    let by_c = |log_prob: f64| {
        let products = coefficient.at(at).into_iter().map(move |c| c * log_prob);
        coefficient.losses_at(at, log_prob).into_iter().zip(products).all(|(loss, product)| alike(loss, product))
    };
    by_c(-1.0) && by_c(-2.5)
}

/// Whether its value does not depend on log pi_theta beside D.
fn is_in_log_ratio(coefficient: &Coefficient, at: &[f64]) -> bool {
    let [one, other] = [-1.0, -2.5].map(|log_prob| coefficient.losses_at(at, log_prob));
    one.into_iter().zip(other).all(|(one, other)| alike(one, other))
}

fn alike(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (a.abs() + b.abs())
}

/// As E\[e^-D\] = 1, constants and e^-D - 1 do not count beside the divergences, each of which has the value 0 at D = 0.
fn mean(values: &[f64], at_zero: f64, at: &[f64]) -> Option<(f64, Combination)> {
    let free: [fn(f64) -> f64; 2] = [|_| 1.0, |d| (-d).exp()];
    let fit = Fit { candidates: &Known::DIVERGENCES, of: Known::value, free: &free, at };
    fit.exact(values).map(|combination| (at_zero, combination))
}

/// D is normal, of mean KL and variance 2 KL.
fn relative_variance(kl: f64, values: impl Fn(&[f64]) -> Vec<f64>) -> f64 {
    const STEPS: i32 = 2000;
    let z: Vec<f64> = (-STEPS..=STEPS).map(|step| 12.0 * f64::from(step) / f64::from(STEPS)).collect();
    let weights: Vec<f64> = z.iter().map(|z| (-z * z / 2.0).exp()).collect();
    let values = values(&z.iter().map(|z| kl + (2.0 * kl).sqrt() * z).collect::<Vec<f64>>());
    let total: f64 = weights.iter().sum();
    let mean = |of: &dyn Fn(f64) -> f64| {
        weights.iter().zip(&values).map(|(weight, value)| weight * of(*value)).sum::<f64>() / total
    };
    let center = mean(&|value| value);
    mean(&|value| (value - center).powi(2)) / (2.0 * kl)
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let Self::OfLogRatio { mean, is_penalty, is_never_negative, relative_variances } = self else {
            return formatter.write_str("it depends on log pi_theta itself, and estimates no divergence");
        };
        let what = if *is_penalty { "penalty" } else { "value" };
        match mean {
            Some((constant, combination)) => {
                write!(formatter, "E[{what}] is {}", with_constant(*constant, combination))?
            }
            None => write!(formatter, "E[{what}] is none of the known divergences")?,
        }
        formatter.write_str(if *is_never_negative {
            "; it is never negative"
        } else {
            "; a sample may be negative"
        })?;
        let of_one = |(kl, part): &(f64, f64)| format!("{} times k1's at a KL of {kl}", rounded(*part));
        let parts: Vec<String> = relative_variances.iter().map(of_one).collect();
        write!(formatter, "; its variance is {} (between normals of one width)", parts.join(", "))
    }
}

fn with_constant(constant: f64, combination: &Combination) -> String {
    match (constant == 0.0, combination.0.is_empty()) {
        (true, true) => "0".to_owned(),
        (true, false) => combination.to_string(),
        (false, true) => six_digits(constant),
        (false, false) => {
            let text = combination.to_string();
            let sign = if text.starts_with('-') { " - " } else { " + " };
            six_digits(constant) + sign + text.trim_start_matches('-')
        }
    }
}

/// To three digits.
fn rounded(number: f64) -> String {
    format!("{number:.2e}").parse::<f64>().map_or_else(|_| number.to_string(), six_digits)
}
