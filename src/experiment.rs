//! The settings of one run, and every check of them.

use crate::estimator::{ESTIMATORS, Estimator};
use serde::Serialize;
use std::fmt;
use std::ops::RangeInclusive;

/// What a user may set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Settings {
    /// Mean of pi_theta.
    pub mu_theta: f64,
    /// Standard deviation of pi_theta.
    pub sigma_theta: f64,
    /// Mean of pi_ref.
    pub mu_ref: f64,
    /// Standard deviation of pi_ref.
    pub sigma_ref: f64,
    /// Samples drawn from pi_theta in a trial.
    pub sample_size: usize,
    /// Trials, each with a draw of its own.
    pub num_trials: usize,
    /// Seed of libtorch's generator, one of [`SEEDS`].
    pub seed: i64,
    /// Names of the estimators to differentiate.
    pub estimators: Vec<String>,
}

/// libtorch counts seeds modulo 2^32, so that a seed beyond these is another one's draw; -1 is 4294967295.
pub const SEEDS: RangeInclusive<i64> = i32::MIN as i64..=u32::MAX as i64;

impl Default for Settings {
    /// The article's own: N(0, 1) against N(1, 1.1), 1000 trials of 50,000 samples, seed 42, all its estimators.
    fn default() -> Self {
        Self {
            mu_theta: 0.0,
            sigma_theta: 1.0,
            mu_ref: 1.0,
            sigma_ref: 1.1,
            sample_size: 50_000,
            num_trials: 1000,
            seed: 42,
            estimators: Estimator::articles().iter().map(|estimator| estimator.name.to_owned()).collect(),
        }
    }
}

impl Settings {
    /// The same, with the distributions' parameters as engines hold them: rounded to 32 bits.
    pub fn as_held(&self) -> Self {
        let held = |value: f64| f64::from(value as f32);
        Self {
            mu_theta: held(self.mu_theta),
            sigma_theta: held(self.sigma_theta),
            mu_ref: held(self.mu_ref),
            sigma_ref: held(self.sigma_ref),
            ..self.clone()
        }
    }
}

/// Settings that have passed every check; derefs to them.
#[derive(Clone, Debug)]
pub struct Experiment {
    settings: Settings,
    estimators: Vec<&'static Estimator>,
}

/// A setting that no experiment can have: the option, its value and what would be right.
#[derive(Debug, PartialEq)]
pub struct InvalidSetting(String);

impl InvalidSetting {
    /// A message that names the option, its value and what would be right.
    pub fn new(message: String) -> Self {
        Self(message)
    }
}

impl fmt::Display for InvalidSetting {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for InvalidSetting {}

impl Experiment {
    /// Checks the settings.
    ///
    /// # Errors
    /// The first setting that is out of its range. Means and standard deviations are held as 32-bit floats, and have to
    /// be in range as such.
    pub fn new(settings: Settings) -> Result<Self, InvalidSetting> {
        check_mean("--mu-theta", settings.mu_theta)?;
        check_stdev("--sigma-theta", settings.sigma_theta)?;
        check_mean("--mu-ref", settings.mu_ref)?;
        check_stdev("--sigma-ref", settings.sigma_ref)?;
        check_count("--sample-size", settings.sample_size)?;
        check_count("--num-trials", settings.num_trials)?;
        check_seed(settings.seed)?;
        let estimators = find_estimators(&settings.estimators)?;
        Ok(Self { settings, estimators })
    }

    /// The estimators, in the order asked for.
    pub fn estimators(&self) -> &[&'static Estimator] {
        &self.estimators
    }

    /// Whether this is the article's experiment, for some or all of its estimators.
    pub fn is_the_articles(&self) -> bool {
        let estimators = self.settings.estimators.clone();
        let articles = Estimator::articles();
        estimators.iter().all(|name| articles.iter().any(|estimator| estimator.name == name))
            && self.settings == Settings { estimators, ..Settings::default() }
    }
}

impl std::ops::Deref for Experiment {
    type Target = Settings;

    fn deref(&self) -> &Settings {
        &self.settings
    }
}

fn check_mean(option: &str, value: f64) -> Result<(), InvalidSetting> {
    match (value as f32).is_finite() {
        true => Ok(()),
        false => {
            Err(InvalidSetting(format!("{option} is {value:?}, but a mean must be finite, as a 32-bit float too")))
        }
    }
}

fn check_stdev(option: &str, value: f64) -> Result<(), InvalidSetting> {
    let as_held = value as f32;
    match as_held.is_finite() && as_held > 0.0 {
        true => Ok(()),
        false => Err(InvalidSetting(format!(
            "{option} is {value:?}, but a standard deviation must be positive and finite, as a 32-bit float too"
        ))),
    }
}

fn check_count(option: &str, value: usize) -> Result<(), InvalidSetting> {
    match value {
        0 => Err(InvalidSetting(format!("{option} is 0, but must be at least 1"))),
        _ => Ok(()),
    }
}

fn check_seed(seed: i64) -> Result<(), InvalidSetting> {
    let (least, most) = (SEEDS.start(), SEEDS.end());
    match SEEDS.contains(&seed) {
        true => Ok(()),
        false => Err(InvalidSetting(format!(
            "--seed is {seed}, but libtorch counts seeds modulo 2^32; one from {least} to {most} would be right"
        ))),
    }
}

fn find_estimators(names: &[String]) -> Result<Vec<&'static Estimator>, InvalidSetting> {
    let known = ESTIMATORS.iter().map(|estimator| estimator.name).collect::<Vec<_>>().join(", ");
    if names.is_empty() {
        return Err(InvalidSetting(format!("--estimators names none; the known ones are {known}")));
    }
    if let Some(twice) = names.iter().enumerate().find(|(index, name)| names[..*index].contains(name)) {
        return Err(InvalidSetting(format!("--estimators names {} twice; once is enough", twice.1)));
    }
    let find = |name: &String| {
        Estimator::named(name).ok_or_else(|| {
            InvalidSetting(format!("--estimators names '{name}', which is unknown; the known ones are {known}"))
        })
    };
    names.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_range_is_named_with_what_would_be_right() {
        let article = Settings::default;
        for (settings, words) in [
            (Settings { mu_theta: f64::NEG_INFINITY, ..article() }, "--mu-theta is -inf, but a mean must be finite"),
            (Settings { sigma_ref: f64::NAN, ..article() }, "--sigma-ref is NaN, but a standard deviation must be"),
            (Settings { sample_size: 0, ..article() }, "--sample-size is 0, but must be at least 1"),
            (Settings { num_trials: 0, ..article() }, "--num-trials is 0, but must be at least 1"),
            (Settings { seed: 1 << 32, ..article() }, "--seed is 4294967296, but libtorch counts seeds modulo 2^32"),
            (Settings { seed: i64::MIN, ..article() }, "one from -2147483648 to 4294967295 would be right"),
        ] {
            let refusal = Experiment::new(settings).unwrap_err().to_string();
            assert!(refusal.contains(words), "{refusal}");
        }
        for seed in [i32::MIN.into(), -3, u32::MAX.into()] {
            assert!(Experiment::new(Settings { seed, ..article() }).is_ok(), "{seed}");
        }
    }
}
