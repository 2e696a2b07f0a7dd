//! The gradient that a KL estimator sends to the policy when it is differentiated as a loss.
//!
//! Define an estimator, ask theory what it follows and how noisy it is, and run both routes on the same samples:
//!
//! ```
//! use klgrad::engine::Engine;
//! use klgrad::estimator::Estimator;
//! use klgrad::experiment::{Distributions, Experiment, Run};
//! use klgrad::theory;
//! use std::convert::Infallible;
//! use std::num::NonZeroUsize;
//!
//! // pi_theta is N(0, 1) and pi_ref N(0.3, 1): KL is 0.045 nat. A loss of your own beside one that has a name.
//! let problem = Distributions { mu_ref: 0.3, sigma_ref: 1.0, ..Distributions::default() }.problem()?;
//! let mine: Estimator = "mine = clamp(k3, -10, 10)".parse()?;
//! let estimators = vec![mine, Estimator::named("k2").expect("it is in the table")];
//!
//! // Exact, without a sample: a row for each estimator and parameter. The gradient of KL is -0.3 and 0.
//! let rows = theory::rows(&estimators, &problem, 1000);
//! assert!((rows[2].expected_gradient.finite().expect("k2 has a mean") - -0.3).abs() < 1e-12);
//!
//! // 20 trials of 1000 samples: libtorch differentiates, where there is one, or coefficients times scores are summed.
//! let run = Run { sample_size: 1000, num_trials: 20, seed: 42 };
//! let experiment = Experiment::new(problem, run, estimators)?;
//! for engine in Engine::ALL {
//!     let mut sum = 0.0;
//!     let add = |gradients: &[f32]| {
//!         // Of `mine` with respect to mu and sigma, then of k2.
//!         sum += f64::from(gradients[2]);
//!         Ok::<(), Infallible>(())
//!     };
//!     let Ok(()) = engine.run(&experiment, 0, NonZeroUsize::MIN, add);
//!     // Within five standard errors.
//!     let error = rows[2].stdev_of_mean.finite().expect("k2 has a variance") / 20f64.sqrt();
//!     assert!((sum / 20.0 + 0.3).abs() < 5.0 * error, "by {engine}: {}", sum / 20.0);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it is about
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
//! # How it is laid out
//!
//! An [`estimator`] is an expression; a [`policy::Problem`] says who is trained, against whom, and who draws; a [`pair`] of
//! softmax policies comes from a file, or is made. [`theory`] needs no more. Policies are normals, or softmaxes over tokens. An [`experiment`] adds the size of a run, and
//! data flows one way from there: [`engine`] ->
//! [`gradients::Gradients`] -> [`summary`] -> [`report`], [`export`], [`figure`] and the checks against [`published`] numbers
//! and against theory ([`agreement`]). [`audit`] needs neither: it reads the logs of a real run. [`claims`] are the article's
//! equations as numbers, [`sweep`] is theory over a grid, and [`training`] asks where a softmax policy comes to with each loss. With the feature `libtorch`, `measure` takes a real language model,
//! which `model` reads from a Hugging Face folder, in the place of a policy.
//!
//! # What it does to the process
//!
//! All but autograd and models change nothing outside of themselves. [`engine::Engine::Autograd`], which the feature `libtorch`
//! (on by default) brings, seeds libtorch's one random generator and keeps others from it until its last draw;
//! sets libtorch's threads to one in each thread that it starts; and, on Linux with glibc, tells the
//! allocator to keep freed memory (`mallopt`). The bits of what libtorch differentiates depend on the vector kernels of the
//! CPU; the program chooses them by an environment variable before any thread runs, the library does not.

#![warn(missing_docs)]

pub mod agreement;
pub mod audit;
pub mod catalogue;
pub mod check;
pub mod claims;
pub mod engine;
pub mod estimator;
pub mod experiment;
pub mod explain;
pub mod export;
pub mod figure;
pub mod gradients;
mod in_order;
#[cfg(test)]
mod instruction_sets;
pub mod libtorch;
mod maybe_number;
#[cfg(feature = "libtorch")]
pub mod measure;
#[cfg(feature = "libtorch")]
pub mod model;
pub mod number;
pub mod pair;
mod point;
pub mod policy;
pub mod published;
pub mod report;
pub mod spelling;
pub mod statistics;
mod stored;
pub mod summary;
pub mod sweep;
pub mod theory;
pub mod training;

/// The README, whose program in Rust is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
