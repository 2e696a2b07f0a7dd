//! What the value of a loss estimates.

use super::coefficient::Coefficient;
use super::combination::{Combination, Fit, six_digits};
use super::divergence::Known;
use super::follows::{places, smooth};
use super::growth::Growth;
use super::ranges::Range;
use super::subject::Subject;
use super::words;
use std::fmt;

/// The value of a loss, or of the penalty in the reward that it stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// It depends on log pi_theta itself, and estimates nothing.
    Meaningless,
    /// It is not a number for some D.
    Undefined,
    /// A function of D.
    OfLogRatio {
        /// Its mean over the samples, as a constant and known divergences; none where it is none of these.
        mean: Option<(f64, Combination)>,
        /// The range of D that holds for, where it does not for all.
        within: Option<Range>,
        /// Whether it is the penalty in the reward, which the gradient is weighed with, and not the loss itself.
        is_penalty: bool,
        /// It is nowhere below 0.
        is_never_negative: bool,
        /// Its variance as a part of that of k1 = D, between two normals of equal width at these values of KL; none where
        /// it is infinite or beyond 64-bit floats.
        relative_variances: Vec<(f64, f64)>,
    },
}

/// Values of KL at which variances are compared.
const DISTANCES: [f64; 2] = [0.01, 1.0];

/// How far on either side of 0 a value is looked at, in D.
const WIDE: f64 = 30.0;

impl Value {
    /// `range` is where the coefficient is what it follows; `drawn` has the samples that are really drawn.
    pub(super) fn of(coefficient: &Coefficient, drawn: &Coefficient, subject: Subject, range: Range) -> Self {
        let at = &places(range)[..];
        let is_penalty = is_surrogate(coefficient, at);
        if !(is_penalty || is_in_log_ratio(coefficient, at)) {
            return Self::Meaningless;
        }
        let values = |of: &Coefficient, d: &[f64]| if is_penalty { of.at(d) } else { of.losses(d) };
        let wide: Vec<f64> = (-600..=600).map(|step| WIDE * f64::from(step) / 600.0).collect();
        let seen = values(coefficient, &wide);
        if seen.iter().any(|value| value.is_nan()) {
            return Self::Undefined;
        }
        let mean = mean(&values(coefficient, at), values(coefficient, &[0.0])[0], at, subject);
        let holds = |(constant, combination): &(f64, Combination)| {
            is_everywhere(&wide, &seen, *constant, combination, values(coefficient, &[1.0])[0])
        };
        // It is looked at near 0, and holds up to where the loss changes its formula.
        let stretch = smooth(coefficient);
        let is_bounded = stretch.iter().any(|end| end.is_finite());
        let within = mean.as_ref().filter(|mean| !holds(mean)).map(|_| if is_bounded { stretch } else { range });
        let size = |d: f64| 1e-12 * (1.0 + d.abs());
        let is_never_negative = seen.iter().zip(&wide).all(|(value, d)| !value.is_finite() || *value >= -size(*d));
        let grows = drawn.growth().map(Growth::new).contains(&Growth::Faster);
        let comparable = subject != Subject::Entropy && !grows;
        let relative = |kl: f64| (kl, relative_variance(kl, subject, |d| values(drawn, d)));
        let parts = DISTANCES.map(relative).into_iter().filter(|(_, part)| comparable && part.is_finite());
        Self::OfLogRatio { mean, within, is_penalty, is_never_negative, relative_variances: parts.collect() }
    }
}

/// Whether a value is that constant and these divergences, and a part of e^-D - 1, wherever it can be seen.
fn is_everywhere(d: &[f64], seen: &[f64], constant: f64, combination: &Combination, at_one: f64) -> bool {
    let terms = |d: f64| combination.0.iter().map(move |(factor, known)| factor * known.value(d));
    let part = (at_one - constant - terms(1.0).sum::<f64>()) / (-1f64).exp_m1();
    // What rounding leaves would be multiplied by e^30.
    let part = if part.abs() < 1e-9 { 0.0 } else { part };
    d.iter().zip(seen).filter(|(_, value)| value.is_finite()).all(|(&d, &value)| {
        let ratio = part * (-d).exp_m1();
        let size = value.abs() + constant.abs() + ratio.abs() + terms(d).map(f64::abs).sum::<f64>();
        (value - constant - ratio - terms(d).sum::<f64>()).abs() <= 1e-7 * size
    })
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
    a == b || (a - b).abs() <= 1e-9 * (a.abs() + b.abs()) || a.is_nan() && b.is_nan()
}

/// As E\[e^-D\] = 1, constants and e^-D - 1 do not count beside the divergences, each of which has the value 0 at D = 0.
fn mean(values: &[f64], at_zero: f64, at: &[f64], subject: Subject) -> Option<(f64, Combination)> {
    let free: [fn(f64) -> f64; 2] = [|_| 1.0, |d| (-d).exp()];
    let free = if subject == Subject::Entropy { &free[..1] } else { &free };
    let fit = Fit { candidates: subject.candidates(), of: Known::value, free, at };
    fit.exact(values).map(|combination| (at_zero, combination))
}

/// D is normal, of variance 2 KL and mean KL, or -KL where the policy that stands for the reference draws.
fn relative_variance(kl: f64, subject: Subject, values: impl Fn(&[f64]) -> Vec<f64>) -> f64 {
    const STEPS: i32 = 2000;
    let z: Vec<f64> = (-STEPS..=STEPS).map(|step| 12.0 * f64::from(step) / f64::from(STEPS)).collect();
    let weights: Vec<f64> = z.iter().map(|z| (-z * z / 2.0).exp()).collect();
    let mean_of_d = if subject == Subject::Sampler { -kl } else { kl };
    let values = values(&z.iter().map(|z| mean_of_d + (2.0 * kl).sqrt() * z).collect::<Vec<f64>>());
    let total: f64 = weights.iter().sum();
    let mean = |of: &dyn Fn(f64) -> f64| {
        weights.iter().zip(&values).map(|(weight, value)| weight * of(*value)).sum::<f64>() / total
    };
    let center = mean(&|value| value);
    mean(&|value| (value - center).powi(2)) / (2.0 * kl)
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        if *self == Self::Undefined {
            return formatter.write_str("it is not a number for some D");
        }
        let Self::OfLogRatio { mean, within, is_penalty, is_never_negative, relative_variances } = self else {
            return formatter.write_str("it depends on log pi_theta beside D, and estimates no divergence");
        };
        let what = if *is_penalty { "penalty" } else { "value" };
        match mean {
            Some((constant, combination)) => {
                write!(formatter, "E[{what}] is {}", with_constant(*constant, combination))?
            }
            None => write!(formatter, "E[{what}] is none of the known divergences")?,
        }
        if let Some(range) = within {
            write!(formatter, " {}, and not beyond", words::within(*range))?;
        }
        formatter.write_str(if *is_never_negative {
            "; it is never negative"
        } else {
            "; a sample may be negative"
        })?;
        let of_one = |(kl, part): &(f64, f64)| format!("{} times k1's at a KL of {kl}", rounded(*part));
        let parts: Vec<String> = relative_variances.iter().map(of_one).collect();
        match parts.is_empty() {
            true => Ok(()),
            false => write!(formatter, "; its variance is {} (normals of one width)", parts.join(", ")),
        }
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
