//! A problem, the estimators and the size of a run, and every check of them.

mod distributions;
mod setting;

pub use distributions::Distributions;
pub use setting::{InvalidSetting, Setting};

use crate::estimator::Estimator;
use crate::policy::Problem;
use setting::check_count;
use std::ops::RangeInclusive;

/// How much is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Samples drawn in a trial.
    pub sample_size: usize,
    /// Trials, each with a draw of its own.
    pub num_trials: usize,
    /// Seed of libtorch's generator, one of [`SEEDS`].
    pub seed: i64,
}

impl Default for Run {
    /// The article's: 1000 trials of 50,000 samples, seed 42.
    fn default() -> Self {
        Self { sample_size: 50_000, num_trials: 1000, seed: 42 }
    }
}

/// libtorch counts seeds modulo 2^32, so that a seed beyond these is another one's draw; -1 is 4294967295.
pub const SEEDS: RangeInclusive<i64> = i32::MIN as i64..=u32::MAX as i64;

/// What an engine runs; it has passed every check.
///
/// ```
/// use klgrad::estimator::Estimator;
/// use klgrad::experiment::{Experiment, Run};
/// use klgrad::policy::Problem;
///
/// let mine: Estimator = "mine = clamp(k3, -10, 10)".parse().unwrap();
/// let experiment = Experiment::new(Problem::default(), Run::default(), vec![mine]).unwrap();
/// assert_eq!(experiment.estimators()[0].name(), "mine");
/// let refusal = Experiment::new(Problem::default(), Run { num_trials: 0, ..Run::default() }, vec![]).unwrap_err();
/// assert_eq!(refusal.to_string(), "num_trials is 0, but must be at least 1");
/// ```
#[derive(Clone, Debug)]
pub struct Experiment {
    problem: Problem,
    run: Run,
    estimators: Vec<Estimator>,
}

impl Experiment {
    /// Checks them together.
    ///
    /// # Errors
    /// The first setting that is out of its range. Engines hold means and standard deviations as 32-bit floats, and they have
    /// to be in range as such.
    pub fn new(problem: Problem, run: Run, estimators: Vec<Estimator>) -> Result<Self, InvalidSetting> {
        distributions(&problem).problem()?;
        check_count(Setting::SampleSize, run.sample_size)?;
        check_count(Setting::NumTrials, run.num_trials)?;
        check_seed(run.seed)?;
        check_estimators(&estimators, run.sample_size)?;
        Ok(Self { problem, run, estimators })
    }

    /// The distributions, as they were asked for.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// The problem that engines solve, who hold means and standard deviations as 32-bit floats.
    pub fn held(&self) -> Problem {
        self.problem.as_held().expect("an experiment's numbers are in the range of 32-bit floats")
    }

    /// The sizes and the seed.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The estimators, in the order asked for.
    pub fn estimators(&self) -> &[Estimator] {
        &self.estimators
    }

    /// Whether this is the article's experiment, for some or all of its estimators.
    pub fn is_the_articles(&self) -> bool {
        self.problem == Problem::default()
            && self.run == Run::default()
            && self.estimators.iter().all(|estimator| Estimator::articles().contains(estimator))
    }
}

fn distributions(problem: &Problem) -> Distributions {
    let Problem { policy, reference, behaviour } = problem;
    Distributions {
        mu_theta: policy.mu(),
        sigma_theta: policy.sigma(),
        mu_ref: reference.mu(),
        sigma_ref: reference.sigma(),
        mu_old: Some(behaviour.mu()),
        sigma_old: Some(behaviour.sigma()),
    }
}

fn check_seed(seed: i64) -> Result<(), InvalidSetting> {
    let (least, most) = (SEEDS.start(), SEEDS.end());
    match SEEDS.contains(&seed) {
        true => Ok(()),
        false => Err(InvalidSetting::new(
            Setting::Seed,
            format!("is {seed}, but libtorch counts seeds modulo 2^32; one from {least} to {most} would be right"),
        )),
    }
}

/// Checks estimators for trials of so many samples.
///
/// # Errors
/// There is none, one stands there twice, or one asks for more samples.
pub fn check_estimators(estimators: &[Estimator], sample_size: usize) -> Result<(), InvalidSetting> {
    check_names(estimators)?;
    if let Some(full) = estimators.iter().find(|estimator| estimator.expression().sees_vocabulary()) {
        return invalid_estimators(format!(
            "names {}, which sums over the whole vocabulary of a softmax, and a normal distribution has none; one in which \
             full does not stand would be right",
            full.name()
        ));
    }
    match estimators.iter().find(|estimator| estimator.fewest_samples() > sample_size) {
        Some(estimator) => invalid_estimators(format!(
            "names {}, which leaves one sample out of the mean over a trial: a trial of 2 samples or more would be right",
            estimator.name()
        )),
        None => Ok(()),
    }
}

/// Checks estimators for softmax policies.
///
/// # Errors
/// There is none, one stands there twice, or one has a baseline over a batch, which a single sample has not.
pub fn check_token_estimators(estimators: &[Estimator]) -> Result<(), InvalidSetting> {
    check_names(estimators)?;
    match estimators.iter().find(|estimator| estimator.baseline().is_some()) {
        Some(estimator) => invalid_estimators(format!(
            "names {}, whose baseline is a mean over the samples of a trial of normals; k2, from which it is subtracted, \
             would be right",
            estimator.name()
        )),
        None => Ok(()),
    }
}

/// Whether there are estimators, each once.
///
/// # Errors
/// There is none, or one is named twice.
pub fn check_names(estimators: &[Estimator]) -> Result<(), InvalidSetting> {
    if estimators.is_empty() {
        return invalid_estimators("names none; the known ones are ".to_owned() + &Estimator::known());
    }
    let is_repeated = |(index, estimator): &(usize, &Estimator)| {
        estimators[..*index].iter().any(|earlier| earlier.name() == estimator.name())
    };
    if let Some((_, twice)) = estimators.iter().enumerate().find(is_repeated) {
        return invalid_estimators(format!("names {} twice; once is enough", twice.name()));
    }
    Ok(())
}

fn invalid_estimators(reason: String) -> Result<(), InvalidSetting> {
    Err(InvalidSetting::new(Setting::Estimators, reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_range_is_named_with_what_would_be_right() {
        let article = Run::default();
        let new = |run, names: &[&str]| {
            let estimators = names.iter().map(|name| Estimator::named(name).unwrap()).collect();
            Experiment::new(Problem::default(), run, estimators)
        };
        for (run, names, words) in [
            (Run { sample_size: 0, ..article }, &["k1"][..], "sample_size is 0, but must be at least 1"),
            (Run { num_trials: 0, ..article }, &["k1"], "num_trials is 0, but must be at least 1"),
            (Run { seed: 1 << 32, ..article }, &["k1"], "seed is 4294967296, but libtorch counts seeds modulo 2^32"),
            (Run { seed: i64::MIN, ..article }, &["k1"], "one from -2147483648 to 4294967295 would be right"),
            (article, &[], "estimators names none; the known ones are k1, k2, k3"),
            (article, &["k1", "k2", "k1"], "estimators names k1 twice"),
            (article, &["k1", "kl_full"], "names kl_full, which sums over the whole vocabulary of a softmax"),
            (Run { sample_size: 1, ..article }, &["k2_leave_one_out"], "a trial of 2 samples or more would be right"),
        ] {
            let refusal = new(run, names).unwrap_err().to_string();
            assert!(refusal.contains(words), "{refusal}");
        }
        for seed in [i32::MIN.into(), -3, u32::MAX.into()] {
            assert!(new(Run { seed, ..article }, &["k1"]).is_ok(), "{seed}");
        }
        assert!(new(Run { sample_size: 2, ..article }, &["k2_leave_one_out"]).is_ok());
    }
}
