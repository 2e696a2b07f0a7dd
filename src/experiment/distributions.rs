//! The numbers of a problem, as a user sets them.

use super::setting::{InvalidSetting, Setting, check_mean, check_stdev};
use crate::policy::{Normal, Problem};

/// Means and standard deviations, not yet checked.
///
/// ```
/// use klgrad::experiment::Distributions;
///
/// let problem = Distributions { mu_old: Some(0.5), ..Distributions::default() }.problem().unwrap();
/// assert_eq!((problem.behaviour.mu(), problem.behaviour.sigma()), (0.5, problem.policy.sigma()));
/// let refusal = Distributions { sigma_ref: 0.0, ..Distributions::default() }.problem().unwrap_err();
/// assert!(refusal.to_string().starts_with("sigma_ref is 0.0, but a standard deviation must be positive"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distributions {
    /// Mean of pi_theta.
    pub mu_theta: f64,
    /// Standard deviation of pi_theta.
    pub sigma_theta: f64,
    /// Mean of pi_ref.
    pub mu_ref: f64,
    /// Standard deviation of pi_ref.
    pub sigma_ref: f64,
    /// Mean of the policy that draws the samples; none is pi_theta's.
    pub mu_old: Option<f64>,
    /// Its standard deviation; none is pi_theta's.
    pub sigma_old: Option<f64>,
}

impl Default for Distributions {
    /// The article's: see [`Problem::default`].
    fn default() -> Self {
        let Problem { policy, reference, .. } = Problem::default();
        Self {
            mu_theta: policy.mu(),
            sigma_theta: policy.sigma(),
            mu_ref: reference.mu(),
            sigma_ref: reference.sigma(),
            mu_old: None,
            sigma_old: None,
        }
    }
}

impl Distributions {
    /// The value of a setting; none where it is not set, or is not one of these.
    pub fn get(&self, setting: Setting) -> Option<f64> {
        match setting {
            Setting::MuTheta => Some(self.mu_theta),
            Setting::SigmaTheta => Some(self.sigma_theta),
            Setting::MuRef => Some(self.mu_ref),
            Setting::SigmaRef => Some(self.sigma_ref),
            Setting::MuOld => self.mu_old,
            Setting::SigmaOld => self.sigma_old,
            _ => None,
        }
    }

    /// The same, with another value for a setting; unchanged where it is not one of these.
    pub fn with(mut self, setting: Setting, value: f64) -> Self {
        match setting {
            Setting::MuTheta => self.mu_theta = value,
            Setting::SigmaTheta => self.sigma_theta = value,
            Setting::MuRef => self.mu_ref = value,
            Setting::SigmaRef => self.sigma_ref = value,
            Setting::MuOld => self.mu_old = Some(value),
            Setting::SigmaOld => self.sigma_old = Some(value),
            _ => {}
        }
        self
    }

    /// The problem that they pose.
    ///
    /// # Errors
    /// The first that is out of its range. Engines hold means and standard deviations as 32-bit floats, and they have to be
    /// in range as such.
    pub fn problem(&self) -> Result<Problem, InvalidSetting> {
        Ok(Problem {
            policy: normal(Setting::MuTheta, self.mu_theta, Setting::SigmaTheta, self.sigma_theta)?,
            reference: normal(Setting::MuRef, self.mu_ref, Setting::SigmaRef, self.sigma_ref)?,
            behaviour: normal(
                Setting::MuOld,
                self.mu_old.unwrap_or(self.mu_theta),
                Setting::SigmaOld,
                self.sigma_old.unwrap_or(self.sigma_theta),
            )?,
        })
    }
}

fn normal(mean: Setting, mu: f64, stdev: Setting, sigma: f64) -> Result<Normal, InvalidSetting> {
    check_mean(mean, mu)?;
    check_stdev(stdev, sigma)?;
    Ok(Normal::new(mu, sigma).expect("a number in the range of 32-bit floats is in that of 64-bit floats"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_range_is_named_with_what_would_be_right() {
        let article = Distributions::default();
        for (distributions, words) in [
            (Distributions { mu_theta: f64::NEG_INFINITY, ..article }, "mu_theta is -inf, but a mean must be finite"),
            (Distributions { sigma_ref: f64::NAN, ..article }, "sigma_ref is NaN, but a standard deviation must be"),
            (Distributions { sigma_theta: 1e-50, ..article }, "sigma_theta is 1e-50, but"),
            (Distributions { mu_old: Some(1e39), ..article }, "mu_old is 1e39, but a mean must be finite, as a 32-bit"),
            (Distributions { sigma_old: Some(-1.0), ..article }, "sigma_old is -1.0, but"),
        ] {
            let refusal = distributions.problem().unwrap_err().to_string();
            assert!(refusal.contains(words), "{refusal}");
        }
    }
}
