//! The exact lambda of a baseline, and what estimating it from the trial's own draw does to the gradient.

use super::moment::Moment;
use super::normal::{Pair, Term};
use super::polynomial::Polynomial;
use crate::estimator::{Baseline, Draw, Estimator, Parameter, Weight};
use crate::experiment::Settings;

/// E\[w D^p\] / E\[w\], which the estimate of lambda approaches as the draw grows.
pub fn exact_lambda(baseline: &Baseline, parameter: Parameter, settings: &Settings) -> Moment {
    let pair = Pair::new(settings);
    let weight = weight(&pair, baseline.weight, parameter);
    let power = pair.log_ratio.to_the(baseline.power_of_d);
    Moment::of(standard_expectation(&weight.times(&power)) / standard_expectation(&weight))
}

/// The gradient coefficient of an estimator with respect to a parameter, less its exact lambda where it has one.
///
/// Without a value where lambda has none.
pub fn coefficient(estimator: &Estimator, parameter: Parameter, settings: &Settings) -> Option<Vec<Term>> {
    let lambda = estimator.baseline.map(|baseline| exact_lambda(&baseline, parameter, settings));
    let subtracted = match lambda {
        None => None,
        Some(lambda) => Some(Term { weight: -lambda.finite()?, power_of_d: 0, power_of_r: 0 }),
    };
    Some(estimator.coefficient.iter().copied().chain(subtracted).collect())
}

/// The bias of a trial's gradient where lambda comes from its own draw of n samples, to the order 1/n; 0 where it does
/// not.
///
/// # Formula
/// -Cov\[lambda, mean of s\] = -E\[s w (D^p - lambda*)\] / (n E\[w\]): the delta method. Exact for the mean of D.
pub fn own_draw_bias(estimator: &Estimator, parameter: Parameter, settings: &Settings) -> f64 {
    let Some(baseline @ Baseline { draw: Draw::Own, .. }) = estimator.baseline else { return 0.0 };
    let Moment::Finite(lambda) = exact_lambda(&baseline, parameter, settings) else { return f64::NAN };
    let pair = Pair::new(settings);
    let weight = weight(&pair, baseline.weight, parameter);
    let centred = pair.log_ratio.to_the(baseline.power_of_d).plus(&Polynomial::constant(-lambda));
    let covariance = standard_expectation(&pair.score(parameter).times(&weight).times(&centred));
    -covariance / (settings.sample_size as f64 * standard_expectation(&weight))
}

fn weight(pair: &Pair, weight: Weight, parameter: Parameter) -> Polynomial {
    let square = |parameter| pair.score(parameter).to_the(2);
    match weight {
        Weight::Component => square(parameter),
        Weight::Norm => square(Parameter::Mu).plus(&square(Parameter::Sigma)),
        Weight::One => Polynomial::constant(1.0),
    }
}

fn standard_expectation(polynomial: &Polynomial) -> f64 {
    polynomial.normal_expectation(0.0, 1.0)
}
