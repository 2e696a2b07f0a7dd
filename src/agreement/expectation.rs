//! What a run's numbers are held against.

use super::law::TrialLaw;
use crate::engine::{Engine, sums};
use crate::estimator::expr::Expr;
use crate::estimator::{ARTICLES, Draw, Estimator, Parameter};
use crate::experiment::Experiment;
use crate::policy::Problem;
use crate::theory::quadrature::{self, Factor};
use crate::theory::rounding::{Arithmetic, Rounding, rounding};
use crate::theory::{self, Moment, Moments};

/// A trial's gradient with respect to one parameter.
pub(super) struct Expectation {
    pub mean: f64,
    /// What rounding may have moved the mean by in theory, in 64 bits.
    pub within: f64,
    pub stdev: f64,
    pub law: TrialLaw,
    pub sample_size: f64,
    pub trials: f64,
    pub rounding: Rounding,
}

/// For each parameter; else why there is none, as the end of a sentence.
pub(super) fn expectations(
    estimator: &Estimator,
    experiment: &Experiment,
    engine: Engine,
    probability: f64,
) -> [Result<Expectation, String>; 2] {
    if let Some(why) = without_law(estimator, experiment, engine, probability) {
        return Parameter::ALL.map(|_| Err(why.to_owned()));
    }
    let sample_size = experiment.run().sample_size;
    let trial = theory::trial_moments(std::slice::from_ref(estimator), &experiment.held(), sample_size).remove(0);
    Parameter::ALL.map(|parameter| expectation(estimator, parameter, trial[parameter as usize], experiment, engine))
}

fn expectation(
    estimator: &Estimator,
    parameter: Parameter,
    moments: Moments,
    experiment: &Experiment,
    engine: Engine,
) -> Result<Expectation, String> {
    let (problem, run) = (experiment.held(), experiment.run());
    let [mean, variance] =
        [("mean", moments.mean), ("variance", moments.variance)].map(|(name, moment)| match moment {
            Moment::Finite(value) => Ok(value),
            Moment::Infinite => Err(format!("its {name} is infinite")),
            Moment::Overflow => Err(format!("its {name} is beyond 64-bit floats")),
            Moment::Unresolved => Err(format!("64-bit floats do not resolve its expected {name}")),
            Moment::Undefined => Err("its gradient is not a number for a part of the samples".to_owned()),
        });
    let (variance, mean) = (variance?, mean?);
    let stdev = variance.sqrt();
    let loss = theory::loss(estimator, parameter, &problem).ok_or("its lambda is beyond 64-bit floats")?;
    let rounding = rounding(&problem, &loss, parameter, arithmetic(estimator, &problem, engine));
    let (sample_size, trials) = (run.sample_size as f64, run.num_trials as f64);
    if stdev > 0.0 && rounding.of_mean() > 0.1 * stdev * sample_size.sqrt() {
        return Err("rounding to 32 bits is not small beside its standard deviation".to_owned());
    }
    let law = TrialLaw::of(estimator, parameter, &loss, [mean, stdev], experiment)
        .ok_or("its variance is beyond 64-bit floats")?;
    let within = quadrature::mean_gradient(&problem, &loss, parameter).within / problem.policy.sigma();
    Ok(Expectation { mean, within, stdev, law, sample_size, trials, rounding })
}

/// Why neither number of an estimator can be tested, whatever its moments.
fn without_law(
    estimator: &Estimator,
    experiment: &Experiment,
    engine: Engine,
    probability: f64,
) -> Option<&'static str> {
    let is_previous = estimator.baseline().is_some_and(|baseline| baseline.mean().draw == Draw::Previous);
    if is_previous {
        return Some("its lambda comes from the trial before, so that its trials are not independent");
    }
    let samples = experiment.run().sample_size as f64 * experiment.run().num_trials as f64;
    let divides_by_r = engine == Engine::Autograd && estimator.name() == "k3";
    (divides_by_r && samples * probability_of_tiny_r(&experiment.held()) > probability).then_some(
        "autograd divides by the ratio r, which is 0 in 32 bits, or nearly so, at some samples that the run may have",
    )
}

/// That of a sample at which 1 / r is beyond 32-bit floats.
fn probability_of_tiny_r(problem: &Problem) -> f64 {
    let largest = f64::from(f32::MAX).ln();
    let is_tiny = Expr::log_ratio().greater_than(largest).choose(1.0, 0.0);
    quadrature::expectation(problem, &is_tiny, Factor::One).value.finite().unwrap_or(1.0)
}

/// How an engine computes an estimator's gradients.
fn arithmetic(estimator: &Estimator, problem: &Problem, engine: Engine) -> Arithmetic {
    let is_the_articles = ARTICLES.iter().any(|row| row.name == estimator.name());
    match engine {
        Engine::Autograd if is_the_articles => Arithmetic::Article,
        Engine::Score if sums::are_in_32_bits(problem, estimator.expression()) => Arithmetic::Relative,
        Engine::Autograd | Engine::Score => Arithmetic::Double,
    }
}
