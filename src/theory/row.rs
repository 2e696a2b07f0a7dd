//! What an estimator's gradient is on average, and how noisy: the rows that `klgrad theory` prints.

use super::trial::of_trials;
use super::{Moment, Moments, kl_gradient, lambda, quadrature};
use crate::estimator::expr::Expr;
use crate::estimator::{Estimator, Parameter};
use crate::explain::{Follows, follows};
use crate::policy::Problem;
use serde::Serialize;

/// The theory of one estimator and parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Name of the estimator.
    pub estimator: String,
    /// The parameter of pi_theta.
    pub parameter: Parameter,
    /// E\[c s\]; with a baseline that of a trial, which estimates its lambda.
    pub expected_gradient: Moment,
    /// Which divergence it is the gradient of, whatever the settings; with a baseline, with the exact lambda.
    pub follows: Follows,
    /// |expected_gradient - g| / |g|, g the gradient of the divergence that it is held against; none where g is 0.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub relative_bias: Option<Moment>,
    /// Standard deviation of c s; with a baseline, with the exact lambda.
    pub stdev_one_sample: Moment,
    /// Standard deviation of a trial, the mean over its samples.
    pub stdev_of_mean: Moment,
    /// The exact lambda that a baseline subtracts from c, which its estimates approach as trials grow; none
    /// where nothing is subtracted.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub lambda: Option<Moment>,
}

/// The theory of each estimator, a row for each parameter. A trial has `sample_size` samples: see
/// [`trial_moments`](super::trial_moments).
///
/// ```
/// use klgrad::estimator::Estimator;
/// use klgrad::policy::Problem;
/// use klgrad::theory;
///
/// let mine: Estimator = "mine = clamp(k3, -10, 10)".parse().unwrap();
/// let [mu, sigma] = &theory::rows(&[mine], &Problem::default(), 50_000)[..] else { panic!("a row for each parameter") };
/// // The clamp takes a seventh from the -1 of k3, and a third from its -1.21.
/// assert_eq!(format!("{:.4} {:.4}", mu.expected_gradient, sigma.expected_gradient), "-0.8640 -0.7883");
/// ```
pub fn rows(estimators: &[Estimator], problem: &Problem, sample_size: usize) -> Vec<Row> {
    let of_samples = moments(estimators, problem);
    let of_trials = of_trials(estimators, &of_samples, problem, sample_size);
    let mut rows = Vec::new();
    for (index, estimator) in estimators.iter().enumerate() {
        let follows = follows(estimator.expression(), problem.is_on_policy());
        for parameter in Parameter::ALL {
            let moments = [&of_samples, &of_trials].map(|moments| moments[index][parameter as usize]);
            rows.push(row(estimator, parameter, moments, follows.clone(), problem));
        }
    }
    rows
}

fn row(
    estimator: &Estimator,
    parameter: Parameter,
    [of_sample, of_trial]: [Moments; 2],
    follows: Follows,
    problem: &Problem,
) -> Row {
    let truth = kl_gradient(estimator.aim(), parameter, problem);
    let mean = of_trial.mean;
    Row {
        estimator: estimator.name().to_owned(),
        parameter,
        expected_gradient: mean,
        follows,
        relative_bias: (truth != 0.0).then(|| mean.map(|mean| ((mean - truth) / truth).abs())),
        stdev_one_sample: of_sample.variance.map(f64::sqrt),
        stdev_of_mean: of_trial.variance.map(f64::sqrt),
        lambda: estimator.baseline().map(|baseline| lambda::exact(problem, &baseline.mean(), parameter)),
    }
}

/// Mean and variance of each estimator's gradient from one sample, with respect to each parameter; with its exact lambda
/// where it has a baseline.
pub fn moments(estimators: &[Estimator], problem: &Problem) -> Vec<[Moments; 2]> {
    let all = estimators.iter().flat_map(|estimator| Parameter::ALL.map(|parameter| (estimator, parameter)));
    let losses: Vec<Option<Expr>> = all.clone().map(|(estimator, p)| loss(estimator, p, problem)).collect();
    let known: Vec<Expr> = losses.iter().flatten().cloned().collect();
    let mut moments = quadrature::moments(problem, &known).into_iter();
    let unless_out_of_sight = infinite(problem);
    let of = |((estimator, parameter), loss): ((&Estimator, Parameter), &Option<Expr>)| match loss {
        Some(_) => {
            let moments = moments.next().expect("there are moments for each loss")[parameter as usize];
            let variance = if moments.variance == Moment::Infinite { unless_out_of_sight } else { moments.variance };
            Moments { mean: resolved(moments, estimator, parameter, problem), variance }
        }
        None => Moments { mean: Moment::Overflow, variance: Moment::Overflow },
    };
    let moments: Vec<Moments> = all.zip(&losses).map(of).collect();
    moments.as_chunks().0.to_vec()
}

/// The mean, unless rounding may have moved it by a thousandth of itself or of the gradient that it is held against. Where
/// that is 0, so that a mean of 0 is right, a billionth of the gradient's scale counts as none.
fn resolved(moments: Moments, estimator: &Estimator, parameter: Parameter, problem: &Problem) -> Moment {
    const PART: f64 = 1e-3;
    let mean = match moments.mean {
        Moment::Finite(mean) => mean,
        Moment::Infinite => return infinite(problem),
        other => return other,
    };
    let (truth, sigma) = (kl_gradient(estimator.aim(), parameter, problem), problem.policy.sigma());
    let size = mean.abs().max(truth.abs());
    // The terms of the mean are together no larger than this, times the sizes of the logarithms that they are made of.
    let scale = moments.variance.finite().map_or(f64::INFINITY, |variance| variance.sqrt() + mean.abs());
    let scale = scale + lambda_of(estimator, parameter, problem) / sigma;
    if size * PART > MOST_LOGARITHM * f64::EPSILON * scale {
        return moments.mean;
    }
    // Without the baseline: with it D and lambda may cancel, but what D is rounded by stays.
    let known = quadrature::mean_gradient(problem, estimator.expression(), parameter);
    let least = if truth == 0.0 { 1e-9 * scale.max(sigma.recip()) } else { 0.0 };
    match known.value {
        Moment::Finite(_) if known.within / sigma <= (PART * size).max(least) => moments.mean,
        Moment::Finite(_) => Moment::Unresolved,
        other => other,
    }
}

/// What is infinite, unless 64-bit floats do not tell.
fn infinite(problem: &Problem) -> Moment {
    if quadrature::is_out_of_sight(problem) { Moment::Unresolved } else { Moment::Infinite }
}

/// The size of what is subtracted from c.
fn lambda_of(estimator: &Estimator, parameter: Parameter, problem: &Problem) -> f64 {
    let lambda = estimator.baseline().map(|baseline| lambda::exact(problem, &baseline.mean(), parameter));
    lambda.and_then(Moment::finite).map_or(0.0, f64::abs)
}

/// Logarithms of probabilities and ratios are below this wherever 64-bit floats hold the numbers themselves, with a few
/// roundings each.
const MOST_LOGARITHM: f64 = 1e5;

/// What is differentiated with respect to a parameter, with its exact lambda; none where that is beyond floats.
pub(crate) fn loss(estimator: &Estimator, parameter: Parameter, problem: &Problem) -> Option<Expr> {
    match estimator.baseline() {
        None => Some(estimator.expression().clone()),
        Some(baseline) => Some(estimator.less(lambda::exact(problem, &baseline.mean(), parameter).finite()?)),
    }
}
