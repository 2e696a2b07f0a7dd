//! Trials against exact theory: the check passes where the run is right, and fails where something is wrong.

use super::{estimator, exact, one_token, sequences};
use crate::named;
use klgrad::agreement::check_tokens;
use klgrad::check::Check;
use klgrad::engine::Engine;
use klgrad::engine::softmax::{Measured, Task, Trials};
use klgrad::estimator::Estimator;
use klgrad::estimator::expr::Expr;
use klgrad::policy::{Problem, Softmax};
use std::num::NonZeroUsize;

const TRIALS: usize = 150;

/// Of these estimators, in trials of 40 samples.
fn measured(estimators: &[Estimator], problem: &Problem<Softmax>, engine: Engine, seed: i64) -> Vec<Measured> {
    let losses: Vec<Expr> = estimators.iter().map(|estimator| estimator.expression().clone()).collect();
    let task = Task { problem, losses: &losses, factor: 1.0, sample_size: 40, seed };
    let trials = Trials { count: TRIALS, engine, threads: const { NonZeroUsize::new(2).unwrap() } };
    trials.run(&task, &exact(&[], problem).target, &|| ())
}

fn check(expected: &[Estimator], measured: &[Measured], problem: &Problem<Softmax>) -> Check {
    check_tokens(&exact(expected, problem).rows(expected, problem), measured, TRIALS)
}

#[test]
fn trials_of_every_estimator_agree_with_theory() {
    let estimators = Estimator::of_tokens(true);
    for (seed, problem) in
        [sequences(None), sequences(Some(0.01)), one_token(None), one_token(Some(0.01))].iter().enumerate()
    {
        let check = check(&estimators, &measured(&estimators, problem, Engine::Score, seed as i64), problem);
        assert!(check.misses.is_empty(), "{:#?}", check.misses);
        assert_eq!((check.compared, check.remarks.len()), (4 * estimators.len(), 0));
    }
}

#[cfg(feature = "libtorch")]
#[test]
fn trials_by_autograd_agree_with_theory() {
    let estimators = named(&["k1", "k3", "rho_k3", "rho_sequence_k1_to_go", "rho_mean_k3", "kl_full_to_go"]);
    for (seed, problem) in [sequences(Some(0.01)), one_token(None)].iter().enumerate() {
        let check = check(&estimators, &measured(&estimators, problem, Engine::Autograd, seed as i64), problem);
        assert!(check.misses.is_empty(), "{:#?}", check.misses);
    }
}

/// What the check says of k2, where something else was measured in its place.
fn misses(problem: &Problem<Softmax>, loss: &str, change: impl Fn(&mut Measured)) -> Vec<String> {
    let mut measured = measured(&[estimator("wrong", loss)], problem, Engine::Score, 5);
    measured.iter_mut().for_each(change);
    check(&named(&["k2"]), &measured, problem).misses
}

/// Of each miss, the number that it is about.
fn about(misses: &[String]) -> Vec<&str> {
    misses.iter().map(|miss| miss.strip_prefix("k2: the ").unwrap().split(" is ").next().unwrap()).collect()
}

#[test]
fn what_is_wrong_is_found() {
    let problem = one_token(None);
    assert_eq!(misses(&problem, "k2", |_| ()), [""; 0]);
    // Another estimator, which is farther from G and noisier.
    assert!(about(&misses(&problem, "k3", |_| ())).contains(&"strength"));
    // Half of k2 beyond it, and its noise with it.
    assert!(about(&misses(&problem, "1.5 * k2", |_| ())).contains(&"strength"));
    // The right mean with other noise: E[s] is 0.
    assert_eq!(about(&misses(&problem, "k2 + logp", |_| ())), ["variance"]);
    // Noise that is 1.3 times as large.
    assert_eq!(about(&misses(&problem, "k2", |measured| measured.variance.value *= 1.3 * 1.3)), ["variance"]);
}

/// With as many tests, each has a lower limit: a miss of one among many is found still.
#[test]
fn one_that_is_wrong_is_found_among_many() {
    let (problem, estimators) = (sequences(None), Estimator::of_tokens(true));
    let mut measured = measured(&estimators, &problem, Engine::Score, 6);
    let place = |name: &str| estimators.iter().position(|estimator| estimator.name() == name).unwrap();
    measured[place("k1_to_go")] = measured[place("k2")];
    let misses = check(&estimators, &measured, &problem).misses;
    assert!(!misses.is_empty() && misses.iter().all(|miss| miss.starts_with("k1_to_go: ")), "{misses:#?}");
}
