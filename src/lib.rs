//! The gradient that a KL estimator sends to the policy when it is differentiated as a loss.
//!
//! A policy pi_theta is kept near a reference pi_ref by a penalty on a divergence that is *estimated* from samples
//! x ~ pi_theta and then differentiated. But the gradient of an unbiased estimate of KL is in general not an unbiased
//! estimate of the gradient of KL:
//!
//! grad E\[f_theta(x)\] = E\[f_theta(x) grad log pi_theta(x)\] + E\[grad f_theta(x)\],
//!
//! and differentiating a mean over samples gives the second term alone. With the log-ratio
//! D = log pi_theta(x) - log pi_ref(x), the ratio r = exp(-D) and the score s = grad log pi_theta(x), each estimator
//! sends c s to the policy, with a scalar c, its *gradient coefficient*: 1 for k1, D for k2, 1 - r for k3,
//! -r (1 - D) for reverse_k1, -r for reverse_k2. On average, E\[D s\] is the gradient of KL(pi_theta||pi_ref), E\[-r s\]
//! that of KL(pi_ref||pi_theta), and E\[s\] is 0.
//!
//! Source: Xiaobo Yang, *Gradient Estimation of KL Divergence in Large Language Model Reinforcement Learning* (2025),
//! whose experiment on two normal distributions this crate reproduces.
//!
//! Data flows one way: [`experiment::Settings`] -> [`experiment::Experiment`] -> [`engine`] ->
//! [`gradients::Gradients`] -> [`summary`] -> [`report`], [`export`], [`figure`] and the checks against [`published`] numbers and against
//! theory ([`agreement`]).
//! Beside it stands [`theory`]: the same gradients' exact means and variances, from the settings alone, and [`claims`], the
//! article's equations as numbers; [`sweep`] is theory over a grid of settings.

#![warn(missing_docs)]

pub mod agreement;
pub mod check;
pub mod claims;
pub mod engine;
pub mod estimator;
pub mod experiment;
pub mod export;
pub mod figure;
pub mod gradients;
pub mod libtorch;
mod maybe_number;
pub mod number;
pub mod policy;
pub mod published;
pub mod report;
pub mod statistics;
pub mod summary;
pub mod sweep;
pub mod theory;
