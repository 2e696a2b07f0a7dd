//! What an estimator's gradient is on average, and how noisy, exactly: no sample is drawn.

mod baseline;
mod follows;
mod moment;
mod normal;
mod panels;
mod polynomial;

pub mod quadrature;
mod singular;
mod tail;

use crate::policy::{Normal, Problem};
pub use baseline::{coefficient, exact_lambda, own_draw_bias};
pub use follows::{Follows, follows};
pub use moment::Moment;
pub use normal::{
    Moments, Term, expectation, expectation_under_ref, gradient_at, gradient_moments, kl, kl_gradient, value_at,
};
pub use tail::{Limits, deviation_limits};

use crate::estimator::{Definition, Divergence, Estimator, Parameter};
use crate::experiment::Settings;
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
    /// |E\[c s\] - g| / |g|, g the gradient of the divergence it is meant for; none where g is 0.
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

/// The theory of an estimator at these settings; a mean is over `settings.sample_size` samples.
pub fn row(estimator: &'static Estimator, parameter: Parameter, settings: &Settings) -> Row {
    let moments = moments(estimator, parameter, settings);
    let truth = kl_gradient(estimator.divergence, parameter, settings);
    Row {
        lambda: estimator.baseline.map(|baseline| exact_lambda(&baseline, parameter, settings)),
        ..row_of_moments(
            estimator.name,
            moments,
            truth,
            follows(estimator.coefficient, parameter, settings),
            parameter,
            settings,
        )
    }
}

/// The theory of an estimator that a user defines, held against the gradient of KL(pi_theta||pi_ref); a row for each
/// parameter. The policy draws its samples itself: `old` is `logp`.
pub fn rows_of_definition(definition: &Definition, settings: &Settings) -> [Row; 2] {
    let losses = [definition.expression().clone()];
    let moments = |settings: &Settings| -> [Moments; 2] {
        let normal = |mu, sigma| Normal::new(mu, sigma).expect("an experiment has positive standard deviations");
        let policy = normal(settings.mu_theta, settings.sigma_theta);
        quadrature::moments(&Problem::on_policy(policy, normal(settings.mu_ref, settings.sigma_ref)), &losses)[0]
    };
    let here = moments(settings);
    Parameter::ALL.map(|parameter| {
        let follows = follows::follows_mean(parameter, settings, |settings| moments(settings)[parameter as usize].mean);
        let truth = kl_gradient(Divergence::Forward, parameter, settings);
        row_of_moments(definition.name(), here[parameter as usize], truth, follows, parameter, settings)
    })
}

/// A row without a baseline, from one sample's moments; `truth` is the gradient that it is held against.
fn row_of_moments(
    name: &str,
    Moments { mean, variance }: Moments,
    truth: f64,
    follows: Follows,
    parameter: Parameter,
    settings: &Settings,
) -> Row {
    let stdev = variance.map(f64::sqrt);
    Row {
        estimator: name.to_owned(),
        parameter,
        expected_gradient: mean,
        follows,
        relative_bias: (truth != 0.0).then(|| mean.map(|mean| ((mean - truth) / truth).abs())),
        stdev_one_sample: stdev,
        stdev_of_mean: stdev.map(|stdev| stdev / (settings.sample_size as f64).sqrt()),
        lambda: None,
    }
}

/// Mean and variance of an estimator's gradient from one sample, with its exact lambda where it has a baseline.
pub fn moments(estimator: &Estimator, parameter: Parameter, settings: &Settings) -> Moments {
    // lambda E[s] is 0, and exactly so only where lambda is left out.
    let Moments { mean, variance } = gradient_moments(estimator.coefficient, parameter, settings);
    let variance = match (estimator.baseline, coefficient(estimator, parameter, settings)) {
        (None, _) => variance,
        (Some(_), Some(coefficient)) => gradient_moments(&coefficient, parameter, settings).variance,
        (Some(_), None) => Moment::Overflow,
    };
    Moments { mean, variance }
}
