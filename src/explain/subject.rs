//! What a loss at a single step is a function of.

use super::coefficient::{Coefficient, coefficients};
use super::divergence::Known;
use crate::estimator::expr::{Exponent, Expr};

/// What a loss is held against, and what D stands for in its coefficient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The reference, with samples of pi_theta: D = log pi_theta - log pi_ref.
    Reference,
    /// The policy that drew the samples, in a loss without a reference: D = log pi_theta - log pi_old.
    Sampler,
    /// The entropy of pi_theta, in a loss in log pi_theta alone: D stands for log pi_theta.
    Entropy,
}

const NOTHING: Exponent = [0.0; 3];
const LOG_PROB: Exponent = [1.0, 0.0, 0.0];
const LOG_RATIO: Exponent = [0.0, 1.0, 0.0];

impl Subject {
    /// What this loss is held against.
    pub(super) fn of(loss: &Expr) -> Self {
        match Expr::logs_in(std::slice::from_ref(loss)) {
            [_, true, _] => Self::Reference,
            [_, false, true] if Coefficient::new(Self::Sampler.loss(loss)).is_in_log_ratio() => Self::Sampler,
            [true, false, _] => Self::Entropy,
            _ => Self::Sampler,
        }
    }

    /// The loss whose coefficient is c(D): with the samples of another policy, they are weighted as if pi_theta drew them.
    pub(super) fn loss(self, loss: &Expr) -> Expr {
        match self {
            Self::Reference => loss.with_logs([LOG_PROB, LOG_RATIO, NOTHING]),
            Self::Sampler => {
                let weight = (-Expr::log_rho()).exp().stop();
                (weight * loss).with_logs([LOG_PROB, NOTHING, LOG_RATIO])
            }
            Self::Entropy => loss.with_logs([LOG_RATIO, NOTHING, NOTHING]),
        }
    }

    /// The same without the weight: with the samples that are really drawn.
    pub(super) fn unweighted(self, loss: &Expr) -> Expr {
        match self {
            Self::Sampler => loss.with_logs([LOG_PROB, NOTHING, LOG_RATIO]),
            Self::Reference | Self::Entropy => self.loss(loss),
        }
    }

    /// What it may follow.
    pub(super) fn candidates(self) -> &'static [Known] {
        match self {
            Self::Reference | Self::Sampler => &Known::DIVERGENCES,
            Self::Entropy => &[Known::Entropy],
        }
    }

    /// Whether a loss follows the same with samples of any policy: its coefficient is rho times a function of D. In a loss
    /// that is held against the sampler, that is no question.
    pub(super) fn off_policy(self, loss: &Expr) -> Option<bool> {
        let (d, log_rho) = pairs();
        let log_prob: Vec<f64> = d.iter().map(|d| -0.5 - d.abs()).collect();
        let at = |log_rho: &[f64]| coefficients(loss, &d, log_rho, &log_prob);
        let (c, on_policy) = (at(&log_rho), at(&vec![0.0; d.len()]));
        let weighted = on_policy.iter().zip(&log_rho).map(|(c, log_rho)| c * log_rho.exp());
        (self != Self::Sampler).then(|| c.iter().zip(weighted).all(|(&c, weighted)| alike(c, weighted)))
    }
}

/// D and log(rho), each with each: at no place where a clamp is likely to end.
fn pairs() -> (Vec<f64>, Vec<f64>) {
    let d = (-40..=40).map(|step| 0.3137 * f64::from(step) + 0.0123);
    d.flat_map(|d| [-4.1, -0.7, 0.3, 2.9].map(|log_rho| (d, log_rho))).unzip()
}

fn alike(a: f64, b: f64) -> bool {
    // A dozen roundings, of numbers that have cancelled by a factor of up to a million.
    a == b || (a - b).abs() <= 1e-9 * (a.abs() + b.abs()) || a.is_nan() && b.is_nan()
}
