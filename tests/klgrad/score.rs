//! The score engine against autograd, the article and arithmetic in 64 bits.

use crate::{gradients_of, rows_of};
use klgrad::check::Check;
use klgrad::engine::{Engine, score};
use klgrad::estimator::{ESTIMATORS, Estimator, Parameter};
use klgrad::experiment::{Experiment, Settings};
use klgrad::gradients::Gradients;
use klgrad::published;
use klgrad::theory::{self, Moment};
use std::num::NonZeroUsize;

fn experiment(settings: Settings) -> Experiment {
    Experiment::new(settings).expect("the settings are in range")
}

/// An experiment with every estimator.
fn of_all(
    [mu_theta, sigma_theta, mu_ref, sigma_ref]: [f64; 4],
    sample_size: usize,
    num_trials: usize,
    seed: i64,
) -> Experiment {
    let estimators = ESTIMATORS.iter().map(|estimator| estimator.name.to_owned()).collect();
    experiment(Settings { mu_theta, sigma_theta, mu_ref, sigma_ref, sample_size, num_trials, seed, estimators })
}

fn by_score(experiment: &Experiment, threads: usize) -> Gradients {
    let mut gradients = Gradients::empty(experiment.estimators().iter().copied(), &std::env::temp_dir());
    let threads = NonZeroUsize::new(threads).expect("there is a thread");
    score::run(experiment, 0, threads, |trial| gradients.push(trial)).expect("there is room for it");
    gradients
}

fn by_autograd(experiment: &Experiment) -> Gradients {
    gradients_of(Engine::Autograd, experiment)
}

/// How far a gradient may be from autograd's.
///
/// Both round each sample's D, a difference of log-densities of the order of 1 to 10, by some 1e-7 to 1e-6, and with it
/// D s by as much of s, which is of the order of 1 / sigma, and r s by as much of itself. A mean over samples is rounded
/// by no more than the mean of |c s|, which is below the gradient itself where a single sample dominates it, and below
/// the standard deviation of c s otherwise.
fn tolerance(gradient: f32, estimator: &'static Estimator, parameter: Parameter, settings: &Settings) -> f64 {
    let stdev = match theory::row(estimator, parameter, settings).stdev_one_sample {
        Moment::Finite(stdev) => stdev,
        Moment::Infinite | Moment::Overflow => 0.0,
    };
    4e-6 * (f64::from(gradient).abs() + stdev + 1.0 / settings.sigma_theta)
}

fn assert_agreement(experiment: &Experiment) {
    let (mut score, mut autograd) = (by_score(experiment, 2), by_autograd(experiment));
    for (actual, expected) in score.all_series().zip(autograd.all_series()) {
        let (actual, expected) = (actual.unwrap(), expected.unwrap());
        let estimator = Estimator::named(&actual.estimator).expect("it is in the table");
        assert_eq!(actual.gradients.len(), experiment.num_trials);
        for (trial, (&a, &e)) in actual.gradients.iter().zip(&expected.gradients).enumerate() {
            let close = f64::from(a - e).abs() <= tolerance(e, estimator, actual.parameter, experiment);
            let what = format!("{} {}, trial {trial}", estimator.name, actual.parameter);
            assert!(close, "{what} of {:?}: {a}, not {e}", **experiment);
        }
    }
}

/// At sizes below, at and above libtorch's groups of 16, of one block and of several.
#[test]
fn agrees_with_autograd_at_all_sizes() {
    for (sample_size, num_trials) in [(7, 10), (16, 10), (17, 10), (999, 4), (50_000, 2), (200_003, 1)] {
        assert_agreement(&of_all([0.0, 1.0, 1.0, 1.1], sample_size, num_trials, 42));
    }
}

#[test]
fn agrees_with_autograd_on_other_distributions() {
    for (distributions, seed) in [
        ([-0.3, 0.7, 0.4, 0.9], 7),
        // The reference is narrow.
        ([2.0, 3.0, 4.5, 1.8], -3),
        // The variance is infinite.
        ([0.25, 0.5, -0.5, 0.8], 11),
        // The distributions nearly agree.
        ([100.0, 0.01, 100.00001, 0.010001], 5),
    ] {
        for (sample_size, num_trials) in [(17, 10), (999, 5), (20_000, 1)] {
            assert_agreement(&of_all(distributions, sample_size, num_trials, seed));
        }
    }
}

/// A batch has 1024 draws. A baseline of the previous draw reaches into the batch before.
#[test]
fn agrees_with_autograd_over_several_batches_of_short_trials() {
    let estimators = vec!["k2_lambda_shared".to_owned()];
    let settings = Settings { sample_size: 7, num_trials: 1100, estimators, ..Settings::default() };
    assert_agreement(&experiment(settings));
}

/// Where r is 0, autograd's k3 has the derivative of log r, 1 / 0, times 0.
#[test]
fn is_finite_where_the_ratio_underflows() {
    let settings = Settings { mu_ref: 15.0, sigma_ref: 0.9, sample_size: 100, num_trials: 10, ..Settings::default() };
    let experiment = experiment(settings);
    assert!(by_autograd(&experiment).not_finite() > 0);
    assert_eq!(by_score(&experiment, 1).not_finite(), 0);
}

#[test]
fn reproduces_every_published_number() {
    let experiment = experiment(Settings::default());
    let check = published::check(&rows_of(&mut by_score(&experiment, 2), &experiment), &experiment, 0.0);
    assert_eq!(check, Check { compared: 34, ..Check::default() });
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    for (sample_size, num_trials) in [(17, 5000), (200_003, 10)] {
        let experiment = of_all([-0.3, 0.7, 0.4, 0.9], sample_size, num_trials, 7);
        let series = |threads| by_score(&experiment, threads).all_series().map(Result::unwrap).collect::<Vec<_>>();
        let with_one = series(1);
        for threads in [2, 5] {
            assert!(series(threads) == with_one, "{threads} threads, {sample_size} samples");
        }
    }
}

#[test]
fn ends_where_the_sink_fails() {
    let experiment = experiment(Settings { sample_size: 10, num_trials: usize::MAX, ..Settings::default() });
    let mut trials = 0;
    let result = score::run(&experiment, 0, NonZeroUsize::MIN, |_| {
        trials += 1;
        if trials < 5000 { Ok(()) } else { Err("full") }
    });
    assert_eq!((result, trials), (Err("full"), 5000));
}

#[test]
fn has_every_estimator_of_the_table() {
    assert!(ESTIMATORS.iter().all(score::supports));
}
