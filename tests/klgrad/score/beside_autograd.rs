//! The score engine against autograd, trial by trial.

use super::{by_score, of_all, where_the_ratio_underflows};
use crate::expr::for_all;
use crate::{experiment, normal, problem};
use klgrad::engine::Engine;
use klgrad::experiment::{Experiment, Run};
use klgrad::gradients::Gradients;
use klgrad::policy::Problem;
use klgrad::theory::{self, Moment, Moments};
use proptest::prelude::*;
use std::num::NonZeroUsize;

/// The trials from `first` on.
fn by_autograd_from(first: usize, experiment: &Experiment) -> Gradients {
    let mut gradients = Gradients::empty(experiment.estimators(), &std::env::temp_dir());
    let two = const { NonZeroUsize::new(2).unwrap() };
    let sink = |trial: &[f32]| gradients.push(trial);
    Engine::Autograd.run(experiment, first, two, sink).expect("there is room for it");
    gradients
}

/// How far a gradient may be from autograd's.
///
/// Both round each sample's D, a difference of log-densities of the order of 1 to 10, by some 1e-7 to 1e-6, and with it
/// D s by as much of s, which is of the order of 1 / sigma, and r s by as much of itself. A mean over samples is rounded
/// by no more than the mean of |c s|, which is below the gradient itself where a single sample dominates it, and below
/// the standard deviation of c s otherwise.
fn tolerance(gradient: f32, moments: Moments, problem: &Problem) -> f64 {
    let stdev = match moments.variance {
        Moment::Finite(variance) => variance.sqrt(),
        _ => 0.0,
    };
    4e-6 * (f64::from(gradient).abs() + stdev + 1.0 / problem.policy.sigma())
}

fn moments_of(experiment: &Experiment) -> Vec<[Moments; 2]> {
    theory::moments(experiment.estimators(), experiment.problem())
}

fn assert_agreement(experiment: &Experiment, moments: &[[Moments; 2]]) {
    assert_agreement_from(0, experiment, moments);
}

/// From this trial on, up to which autograd only draws.
fn assert_agreement_from(first: usize, experiment: &Experiment, moments: &[[Moments; 2]]) {
    let (mut score, mut autograd) = (by_score(experiment, 2), by_autograd_from(first, experiment));
    assert_eq!(score.names().len(), 2 * experiment.estimators().len());
    for ((actual, expected), moments) in score.all_series().zip(autograd.all_series()).zip(moments.as_flattened()) {
        let (actual, expected) = (actual.unwrap(), expected.unwrap());
        assert_eq!(actual.gradients.len(), experiment.run().num_trials);
        assert_eq!(expected.gradients.len(), experiment.run().num_trials - first);
        for (trial, (&a, &e)) in actual.gradients[first..].iter().zip(&expected.gradients).enumerate() {
            let close = f64::from(a - e).abs() <= tolerance(e, *moments, experiment.problem());
            let what = format!("{} {}, trial {}", actual.estimator, actual.parameter, first + trial);
            assert!(close, "{what} of {:?}, {:?}: {a}, not {e}", experiment.problem(), experiment.run());
        }
    }
}

/// At sizes below, at and above libtorch's groups of 16, of one block and of several.
#[test]
fn agrees_with_autograd_at_all_sizes() {
    let of_size = |sample_size, num_trials| of_all(Problem::default(), sample_size, num_trials, 42);
    let moments = moments_of(&of_size(1000, 1));
    for (sample_size, num_trials) in [(7, 10), (16, 10), (17, 10), (999, 4), (5000, 2), (131_075, 1)] {
        assert_agreement(&of_size(sample_size, num_trials), &moments);
    }
}

#[test]
fn agrees_with_autograd_on_other_distributions() {
    for (problem, seed) in [
        (problem(-0.3, 0.7, 0.4, 0.9), 7),
        // The reference is narrow.
        (problem(2.0, 3.0, 4.5, 1.8), -3),
        // The variance is infinite.
        (problem(0.25, 0.5, -0.5, 0.8), 11),
        // The distributions nearly agree.
        (problem(100.0, 0.01, 100.00001, 0.010001), 5),
        // Another policy draws the samples: a wider one, and one that has fallen behind.
        (Problem { behaviour: normal(0.1, 0.8), ..problem(-0.3, 0.7, 0.4, 0.9) }, 2),
        (Problem { behaviour: normal(0.2, 1.0), ..problem(0.0, 1.1, 1.0, 1.2) }, 13),
    ] {
        let moments = moments_of(&of_all(problem, 1000, 1, seed));
        for (sample_size, num_trials) in [(17, 5), (999, 3)] {
            assert_agreement(&of_all(problem, sample_size, num_trials, seed), &moments);
        }
    }
}

/// Products and sums of parts that are finite at every sample, on- and off-policy.
#[test]
fn agrees_with_autograd_on_random_expressions_and_problems() {
    const PARTS: [&str; 12] = [
        "k1",
        "k2",
        "k3",
        "r",
        "w",
        "rho",
        "sg(rho)",
        "abs(D)",
        "clamp(k3, -1, 2)",
        "min(w, 2)",
        "sqrt(1 + D^2)",
        "sg(D)",
    ];
    let part = || prop::sample::select(&PARTS[..]);
    let loss = (part(), part(), part(), -2.0..2.0).prop_map(|(a, b, c, factor)| format!("{a} * {b} + {factor} * {c}"));
    let policy = || (-0.5..0.5, 0.8..1.3).prop_map(|(mu, sigma): (f64, f64)| normal(mu, sigma));
    let problems = (policy(), policy(), prop::option::of(policy())).prop_map(|(policy, reference, old)| Problem {
        policy,
        reference,
        behaviour: old.unwrap_or(policy),
    });
    for_all(60, &(prop::collection::vec(loss, 3), problems, 2..300usize), |(losses, problem, sample_size)| {
        let define =
            |(place, loss): (usize, &String)| format!("loss{place} = reward({loss}) + {loss}").parse().unwrap();
        let estimators = losses.iter().enumerate().map(define).collect();
        let run = Run { sample_size, num_trials: 2, seed: 3 };
        let experiment = Experiment::new(problem, run, estimators).unwrap();
        assert_agreement(&experiment, &moments_of(&experiment));
        Ok(())
    });
}

/// A batch has 1024 draws. A baseline of the previous draw reaches into the batch before.
#[test]
fn agrees_with_autograd_over_several_batches_of_short_trials() {
    let run = Run { sample_size: 7, num_trials: 1100, ..Run::default() };
    let experiment = experiment(Problem::default(), run, &["k2_lambda_shared", "k3"]);
    assert_agreement_from(1000, &experiment, &moments_of(&experiment));
}

/// Autograd's k3 has the derivative of log r, 1 / 0, times 0.
#[test]
fn is_finite_where_autograd_is_not() {
    assert!(by_autograd_from(0, &where_the_ratio_underflows()).not_finite() > 0);
}
