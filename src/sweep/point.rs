//! The distributions at a point of the grid, which stand first in each file of a sweep.

use crate::policy::Problem;
use serde::{Serialize, Serializer};

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

/// What a row of a file says of a point: its columns stand behind those of the point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct At<T> {
    /// The point.
    pub point: Point,
    /// What there is to say of it.
    pub row: T,
}

impl<T: Serialize> Serialize for At<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.point, &self.row).serialize(serializer)
    }
}
