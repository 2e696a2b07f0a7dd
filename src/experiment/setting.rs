//! The settings by their names, and what is wrong with one.

use std::fmt;

/// What a user may set. Its name, as [`Display`](fmt::Display) writes it, is that of the field, in lower case: `mu_theta`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// The policy's mean.
    MuTheta,
    /// The policy's standard deviation.
    SigmaTheta,
    /// The reference's mean.
    MuRef,
    /// The reference's standard deviation.
    SigmaRef,
    /// The mean of the policy that draws the samples.
    MuOld,
    /// Its standard deviation.
    SigmaOld,
    /// How many tokens a made pair has, the end of a sequence among them.
    Vocabulary,
    /// KL(theta||ref) of a made pair, per token.
    Kl,
    /// KL(old||theta) of a made pair, per token.
    OldKl,
    /// After how many tokens a sequence is cut.
    MaxLength,
    /// Samples in a trial.
    SampleSize,
    /// Trials.
    NumTrials,
    /// Seed of what is drawn.
    Seed,
    /// The estimators.
    Estimators,
    /// What a sweep varies.
    Over,
}

impl fmt::Display for Setting {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::MuTheta => "mu_theta",
            Self::SigmaTheta => "sigma_theta",
            Self::MuRef => "mu_ref",
            Self::SigmaRef => "sigma_ref",
            Self::MuOld => "mu_old",
            Self::SigmaOld => "sigma_old",
            Self::Vocabulary => "vocabulary",
            Self::Kl => "kl",
            Self::OldKl => "old_kl",
            Self::MaxLength => "max_length",
            Self::SampleSize => "sample_size",
            Self::NumTrials => "num_trials",
            Self::Seed => "seed",
            Self::Estimators => "estimators",
            Self::Over => "over",
        })
    }
}

/// A setting that no experiment can have.
#[derive(Clone, Debug, PartialEq)]
pub struct InvalidSetting {
    /// Which one.
    pub setting: Setting,
    /// What is wrong with it and what would be right: the predicate of a sentence whose subject is the setting.
    pub reason: String,
}

impl InvalidSetting {
    /// `reason` is the predicate of a sentence: "is 0, but must be at least 1".
    pub fn new(setting: Setting, reason: impl Into<String>) -> Self {
        Self { setting, reason: reason.into() }
    }
}

impl fmt::Display for InvalidSetting {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{} {}", self.setting, self.reason)
    }
}

impl std::error::Error for InvalidSetting {}

pub(super) fn check_mean(setting: Setting, value: f64) -> Result<(), InvalidSetting> {
    match (value as f32).is_finite() {
        true => Ok(()),
        false => {
            Err(InvalidSetting::new(setting, format!("is {value:?}, but a mean must be finite, as a 32-bit float too")))
        }
    }
}

pub(super) fn check_stdev(setting: Setting, value: f64) -> Result<(), InvalidSetting> {
    let as_held = value as f32;
    match as_held.is_finite() && as_held > 0.0 {
        true => Ok(()),
        false => Err(InvalidSetting::new(
            setting,
            format!("is {value:?}, but a standard deviation must be positive and finite, as a 32-bit float too"),
        )),
    }
}

pub(super) fn check_count(setting: Setting, value: usize) -> Result<(), InvalidSetting> {
    match value {
        0 => Err(InvalidSetting::new(setting, "is 0, but must be at least 1")),
        _ => Ok(()),
    }
}
