//! What an estimator's gradient is on average, and how noisy: the rows that `klgrad theory` prints.

use super::{Follows, Moment, Moments, follows, kl_gradient, lambda, quadrature};
use crate::estimator::expr::Expr;
use crate::estimator::{Estimator, Parameter};
use crate::policy::Problem;
use serde::Serialize;

/// The theory of one estimator and parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Name of the estimator.
    pub estimator: String,
    /// The parameter of pi_theta.
    pub parameter: Parameter,
    /// E\[c s\].
    pub expected_gradient: Moment,
    /// Which gradient that is.
    pub follows: Follows,
    /// |E\[c s\] - g| / |g|, g the gradient of the divergence that it is held against; none where g is 0.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub relative_bias: Option<Moment>,
    /// Standard deviation of c s.
    pub stdev_one_sample: Moment,
    /// Standard deviation of its mean over independent samples.
    pub stdev_of_mean: Moment,
    /// What a baseline subtracts from c: its exact lambda, whose estimate c is computed with elsewhere.
    #[serde(skip)]
    pub lambda: Option<Moment>,
}

/// The theory of each estimator, a row for each parameter; a mean is over `sample_size` samples.
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
    let losses: Vec<Expr> = estimators.iter().map(|estimator| estimator.expression().clone()).collect();
    let follows = follows(&losses, problem.is_on_policy());
    let moments = moments(estimators, problem);
    let mut rows = Vec::new();
    for (index, estimator) in estimators.iter().enumerate() {
        for parameter in Parameter::ALL {
            let (moments, follows) = (moments[index][parameter as usize], follows[index][parameter as usize]);
            rows.push(row(estimator, parameter, moments, follows, problem, sample_size));
        }
    }
    rows
}

fn row(
    estimator: &Estimator,
    parameter: Parameter,
    Moments { mean, variance }: Moments,
    follows: Follows,
    problem: &Problem,
    sample_size: usize,
) -> Row {
    let truth = kl_gradient(estimator.aim(), parameter, problem);
    let stdev = variance.map(f64::sqrt);
    Row {
        estimator: estimator.name().to_owned(),
        parameter,
        expected_gradient: mean,
        follows,
        relative_bias: (truth != 0.0).then(|| mean.map(|mean| ((mean - truth) / truth).abs())),
        stdev_one_sample: stdev,
        stdev_of_mean: stdev.map(|stdev| stdev / (sample_size as f64).sqrt()),
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
