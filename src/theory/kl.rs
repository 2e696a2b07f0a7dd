//! The two divergences of two normal distributions and their gradients, which everything is held against.

use crate::estimator::{Divergence, Parameter};
use crate::policy::Problem;

/// KL(pi_theta||pi_ref), or KL(pi_ref||pi_theta), in nats.
///
/// # Formula
/// KL(N(mu, sigma^2)||N(m, tau^2)) = log(tau / sigma) + (sigma^2 + (mu - m)^2) / (2 tau^2) - 1/2
pub fn kl(divergence: Divergence, problem: &Problem) -> f64 {
    let Problem { policy, reference, .. } = problem;
    let (own, other) = match divergence {
        Divergence::Forward => (policy.sigma(), reference.sigma()),
        Divergence::Reverse => (reference.sigma(), policy.sigma()),
    };
    let gap = (policy.mu() - reference.mu()) / other;
    // (ratio^2 - 1) / 2 - log ratio: its leading terms cancel near 1, so log1p is asked for what is beyond 1.
    let (ratio, beyond) = (own / other, (own - other) / other);
    let log_ratio = if (0.5..=2.0).contains(&ratio) { beyond.ln_1p() } else { ratio.ln() };
    beyond * (ratio + 1.0) / 2.0 - log_ratio + gap * gap / 2.0
}

/// The gradient of a divergence with respect to a parameter of pi_theta.
///
/// # Formula
/// KL(pi_theta||pi_ref): (mu - m) / tau^2, and sigma / tau^2 - 1 / sigma.
/// KL(pi_ref||pi_theta): (mu - m) / sigma^2, and 1 / sigma - (tau^2 + (mu - m)^2) / sigma^3.
pub fn kl_gradient(divergence: Divergence, parameter: Parameter, problem: &Problem) -> f64 {
    let Problem { policy, reference, .. } = problem;
    let (sigma, tau) = (policy.sigma(), reference.sigma());
    let gap = policy.mu() - reference.mu();
    match (divergence, parameter) {
        (Divergence::Forward, Parameter::Mu) => gap / tau.powi(2),
        (Divergence::Forward, Parameter::Sigma) => (sigma - tau) * (sigma + tau) / (sigma * tau.powi(2)),
        (Divergence::Reverse, Parameter::Mu) => gap / sigma.powi(2),
        (Divergence::Reverse, Parameter::Sigma) => {
            let (widths, means) = ((sigma - tau) * (sigma + tau), gap.powi(2));
            // What rounding leaves of equal numbers is 0.
            let rounding = 4.0 * f64::EPSILON * means;
            if (widths - means).abs() <= rounding { 0.0 } else { (widths - means) / sigma.powi(3) }
        }
    }
}
