//! The check of a run against theory: does every estimator's mean gradient lie where it has to?

use crate::check::Check;
use crate::estimator::{Draw, Estimator, Parameter};
use crate::experiment::{Experiment, Settings};
use crate::summary::Row;
use crate::theory::{self, Limits, Moment, Term, deviation_limits, gradient_moments};

/// The probability that the check of a whole run fails although all is right: at most this.
pub const FALSE_ALARM: f64 = 1e-6;

/// Tests the mean gradient of each row against its expectation. What has no row misses.
///
/// A mean misses where it lies farther from its expectation than the limit on that side that [`deviation_limits`] gives
/// for an equal share of [`FALSE_ALARM`], plus what the engine's rounding to 32 bits and the terms beyond 1/n of a
/// baseline's bias may add. Left out, and named, are rows whose variance is infinite, for which there is no limit, and
/// rows that rounding drowns. Rows that are tested so loosely that a gradient of the wrong sign could pass are named.
pub fn check(rows: &[Row], experiment: &Experiment) -> Check {
    let mut check = Check::of(rows, experiment);
    for row in rows {
        let Some(estimator) = Estimator::named(&row.estimator) else { continue };
        let what = format!("{}, {}", estimator.name, row.parameter);
        match tolerance(estimator, row.parameter, experiment, rows.len()) {
            Err(why) => check.remarks.push(format!("{what}: left out, {why}")),
            Ok(tolerance) => {
                check.compared += 1;
                check.misses.extend(tolerance.miss(row).map(|miss| format!("{what}: {miss}")));
                check.remarks.extend(tolerance.looseness().map(|remark| format!("{what}: {remark}")));
            }
        }
    }
    check
}

/// Makes sure that there is an estimator that [`check`] would not leave out.
///
/// # Errors
/// Why the first is left out.
pub fn can_check(experiment: &Experiment) -> Result<(), String> {
    let pairs = experiment.estimators().iter().flat_map(|estimator| Parameter::ALL.map(|p| (estimator, p)));
    let mut tolerances = pairs.map(|(estimator, parameter)| tolerance(estimator, parameter, experiment, 1));
    let first = tolerances.next().expect("an experiment has an estimator").map(drop);
    if tolerances.any(|tolerance| tolerance.is_ok()) { Ok(()) } else { first }
}

/// Where a mean may lie.
struct Tolerance {
    expected: f64,
    standard_error: f64,
    limits: Limits,
    /// What rounding and approximation may add on either side.
    allowance: f64,
    /// 1 / sigma, the order of gradients.
    unit: f64,
}

/// For one of `rows` means that share the probability of a false alarm; else why there is none.
fn tolerance(
    estimator: &Estimator,
    parameter: Parameter,
    experiment: &Experiment,
    rows: usize,
) -> Result<Tolerance, String> {
    let settings = experiment.as_held();
    let moments = theory::moments(estimator, parameter, &settings);
    let infinite = |moment: Moment| format!("its standard deviation is {}", moment.map(f64::sqrt));
    let variance = moments.variance.finite().ok_or_else(|| infinite(moments.variance))?;
    let mean = moments.mean.finite().ok_or_else(|| infinite(moments.variance))?;
    let coefficient = theory::coefficient(estimator, parameter, &settings).ok_or("its lambda is beyond floats")?;
    let samples = experiment.sample_size as f64 * experiment.num_trials as f64;
    let limits = deviation_limits(&coefficient, parameter, &settings, samples, FALSE_ALARM / rows as f64)
        .ok_or_else(|| infinite(moments.variance))?;
    let rounding = rounding(&coefficient, parameter, &settings);
    let resolved = rounding <= 0.1 * variance.sqrt() || variance == 0.0;
    if !resolved {
        return Err("rounding to 32 bits is not small beside its standard deviation".to_owned());
    }
    let bias = theory::own_draw_bias(estimator, parameter, &settings);
    Ok(Tolerance {
        expected: mean + bias,
        standard_error: (variance / samples).sqrt(),
        limits,
        allowance: rounding + beyond_first_order(estimator, bias, variance.sqrt(), &settings),
        unit: 1.0 / settings.sigma_theta,
    })
}

impl Tolerance {
    fn miss(&self, row: &Row) -> Option<String> {
        let &Self { expected, standard_error, limits: Limits { below, above }, allowance, .. } = self;
        let distance = row.mean_gradient - expected;
        let lowest = -below * standard_error - allowance;
        let highest = above * standard_error + allowance;
        // Not a number misses, too.
        (!(lowest..=highest).contains(&distance)).then(|| {
            if !distance.is_finite() {
                return format!("mean gradient is {}, for some are beyond 32-bit floats", row.mean_gradient);
            }
            format!(
                "mean gradient is {:e}, expected {expected:e}: {:.1} standard errors away, where {:.1} below and {:.1} \
                 above are the limits",
                row.mean_gradient,
                distance.abs() / standard_error,
                -lowest / standard_error,
                highest / standard_error
            )
        })
    }

    /// A gradient of the wrong sign is twice its size away. One that is 0 but for the rounding of 64-bit floats has none.
    fn looseness(&self) -> Option<&'static str> {
        let side = if self.expected > 0.0 { self.limits.below } else { self.limits.above };
        let reach = side * self.standard_error + self.allowance;
        let has_sign = self.expected.abs() > 1e-12 * self.unit;
        (has_sign && reach > 2.0 * self.expected.abs())
            .then_some("tested loosely, for with so few samples even the opposite sign would pass")
    }
}

/// What 32-bit floats may add to a mean gradient.
///
/// # Formula
/// With e = 2^-24, u = (x - mu) / sigma and v = (x - m) / tau are wrong by du = e (1 + the larger mean / the smaller
/// standard deviation), D = log(tau / sigma) + (v^2 - u^2) / 2 by dD = 2 du (1 + v) + e (1 + v^2), with v's root mean
/// square. A term w D^a r^b s then is by its own size times du + e, and by its derivative with respect to D times dD.
/// Sizes are root mean squares; four times all of it, for several roundings of each kind.
fn rounding(coefficient: &[Term], parameter: Parameter, settings: &Settings) -> f64 {
    let &Settings { mu_theta: mu, sigma_theta: sigma, mu_ref: m, sigma_ref: tau, .. } = settings;
    let e = 2f64.powi(-24);
    let v = (sigma / tau).hypot((mu - m) / tau);
    let du = e * (1.0 + mu.abs().max(m.abs()) / sigma.min(tau));
    let dd = 2.0 * du * (1.0 + v) + e * (1.0 + v * v);
    // The root of E[(c s)^2], of a single term; where that is beyond floats, so is the rounding.
    let size = |term: Term| {
        let moments = gradient_moments(&[term], parameter, settings);
        let (mean, variance) = moments.mean.finite().zip(moments.variance.finite()).unwrap_or((0.0, f64::INFINITY));
        (variance + mean * mean).sqrt()
    };
    let of_term = |&term: &Term| {
        let (a, b) = (term.power_of_d, term.power_of_r);
        let lower = if a > 0 { f64::from(a) * size(Term { power_of_d: a - 1, ..term }) } else { 0.0 };
        (du + e) * size(term) + dd * (lower + f64::from(b) * size(term))
    };
    4.0 * coefficient.iter().map(of_term).sum::<f64>()
}

/// What the order 1/n^2 may add to the bias of a baseline that is estimated from its own draw of n samples: 30 times
/// 1/n^2 of one sample's standard deviation. Its factors are ratios of moments such as E\[s^6\] / E\[s^2\]^3 = 15.
fn beyond_first_order(estimator: &Estimator, bias: f64, stdev: f64, settings: &Settings) -> f64 {
    if estimator.baseline.is_none_or(|baseline| baseline.draw == Draw::Previous) {
        return 0.0;
    }
    let count = settings.sample_size as f64;
    30.0 / count * (bias.abs() + stdev / count)
}
