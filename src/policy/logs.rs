//! The logs that a sample of a normal distribution carries, whatever the unit of x.

use super::{Normal, Problem};
use crate::estimator::expr::Quadratic;
use std::f64::consts::PI;

impl Problem {
    /// `logp`, `D` and `log(rho)` as functions of z = (x - mu) / sigma, mu and sigma the policy's.
    pub(crate) fn logs(&self) -> Logs {
        Logs {
            log_prob: -libm::log(self.policy.sigma() * (2.0 * PI).sqrt()),
            reference: LogRatio::new(self.policy, self.reference),
            behaviour: LogRatio::new(self.policy, self.behaviour),
        }
    }
}

/// The logs of a sample.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Logs {
    log_prob: f64,
    reference: LogRatio,
    behaviour: LogRatio,
}

impl Logs {
    /// `logp`, `D` and `log(rho)` at z.
    #[inline(always)]
    pub(crate) fn at(&self, z: f64) -> [f64; 3] {
        [self.log_prob - z * z / 2.0, self.reference.at(z), self.behaviour.at(z)]
    }

    /// The same as polynomials in z.
    pub(crate) fn polynomials(&self) -> [Quadratic; 3] {
        [[self.log_prob, 0.0, -0.5], self.reference.polynomial(), self.behaviour.polynomial()]
    }

    /// The standard score under pi_ref less z.
    pub(crate) fn lift(&self, z: f64) -> f64 {
        self.reference.lift(z)
    }

    /// log(sigma / tau), tau the standard deviation of pi_ref.
    pub(crate) fn log_widths(&self) -> f64 {
        self.reference.log_widths
    }

    /// The logarithm of the density of z under the policy that draws.
    pub(crate) fn log_density(&self, z: f64) -> f64 {
        let standard = self.behaviour.other(z);
        self.behaviour.log_widths - standard * standard / 2.0 - (2.0 * PI).sqrt().ln()
    }

    /// The same as a polynomial in z, but for the constant.
    pub(crate) fn density(&self) -> Quadratic {
        let LogRatio { widths, gap, .. } = self.behaviour;
        [0.0, -gap * widths * widths, -widths * widths / 2.0]
    }
}

/// log pi_theta - log q for a normal q = N(m, tau^2).
///
/// # Formula
/// With z = (x - mu) / sigma and y = (x - m) / tau it is (y^2 - z^2) / 2 - log(sigma / tau) = (y - z)(y + z) / 2 - log(..).
/// The difference y - z, the *lift*, is (sigma / tau - 1) z + (mu - m) / tau, which does not cancel where the two are nearly
/// equal; where their widths differ, y is sigma / tau times z + (mu - m) / sigma, which does not cancel near q.
#[derive(Clone, Copy, Debug)]
struct LogRatio {
    /// sigma / tau, and by how much it is beyond 1.
    widths: f64,
    beyond: f64,
    log_widths: f64,
    /// (mu - m) / sigma.
    gap: f64,
}

impl LogRatio {
    fn new(policy: Normal, other: Normal) -> Self {
        let beyond = (policy.sigma() - other.sigma()) / other.sigma();
        let widths = policy.sigma() / other.sigma();
        let log_widths = if near(widths) { libm::log1p(beyond) } else { libm::log(widths) };
        Self { widths, beyond, log_widths, gap: (policy.mu() - other.mu()) / policy.sigma() }
    }

    /// y, which does not cancel with z where the widths differ.
    fn other(&self, z: f64) -> f64 {
        if near(self.widths) { z + self.lift(z) } else { (z + self.gap) * self.widths }
    }

    /// y - z.
    #[inline(always)]
    fn lift(&self, z: f64) -> f64 {
        if near(self.widths) { self.beyond * z + self.gap * self.widths } else { (z + self.gap) * self.widths - z }
    }

    #[inline(always)]
    fn at(&self, z: f64) -> f64 {
        let lift = self.lift(z);
        lift * (lift / 2.0 + z) - self.log_widths
    }

    fn polynomial(&self) -> Quadratic {
        let gap = self.gap * self.widths;
        [gap * gap / 2.0 - self.log_widths, gap * self.widths, self.beyond * (self.widths + 1.0) / 2.0]
    }
}

#[inline(always)]
fn near(widths: f64) -> bool {
    (0.5..=2.0).contains(&widths)
}
