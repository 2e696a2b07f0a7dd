//! The distributions of a problem, as they stand in files.

use crate::policy::Problem;
use serde::Serialize;

/// The means and standard deviations of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Mean of pi_theta.
    pub mu_theta: f64,
    /// Standard deviation of pi_theta.
    pub sigma_theta: f64,
    /// Mean of pi_ref.
    pub mu_ref: f64,
    /// Standard deviation of pi_ref.
    pub sigma_ref: f64,
    /// Mean of the policy that draws the samples.
    pub mu_old: f64,
    /// Its standard deviation.
    pub sigma_old: f64,
}

impl From<&Problem> for Point {
    fn from(Problem { policy, reference, behaviour }: &Problem) -> Self {
        Self {
            mu_theta: policy.mu(),
            sigma_theta: policy.sigma(),
            mu_ref: reference.mu(),
            sigma_ref: reference.sigma(),
            mu_old: behaviour.mu(),
            sigma_old: behaviour.sigma(),
        }
    }
}
