//! What is known of estimators without a formula of this program.

use super::{exact, one_token, problems, rows, sequences};
use crate::expr::for_all;
use klgrad::engine::Engine;
use klgrad::engine::softmax::{Task, Trials};
use klgrad::estimator::Estimator;
use klgrad::estimator::expr::Expr;
use klgrad::pair::Made;
use klgrad::policy::Problem;
use klgrad::theory::softmax::{Aggregate, theory};
use proptest::prop_assert;
use std::num::NonZeroUsize;

/// E[s] is 0 with samples of pi_theta.
#[test]
fn a_constant_that_is_added_to_the_coefficient_changes_no_mean() {
    let estimators = Estimator::of_tokens(true);
    let moved = |one: &Estimator| {
        // A loss that is one number for the sequence counts once, and one with a number for each token as often.
        let scores = if one.name() == "k2_sequence" { Expr::log_prob().sum() } else { Expr::log_prob() };
        Estimator::new("moved", one.expression() + 3.0 * scores).unwrap()
    };
    let moved: Vec<Estimator> = estimators.iter().map(moved).collect();
    for_all(12, &problems(), |problem| {
        let problem = Problem::on_policy(problem.policy, problem.reference);
        let [here, there] = [&estimators, &moved].map(|estimators| exact(estimators, &problem).moments);
        for ((one, here), there) in estimators.iter().zip(here).zip(there) {
            for (here, there) in here.unwrap().mean.iter().zip(there.unwrap().mean) {
                prop_assert!((here - there).abs() < 1e-12 * (1.0 + here.abs()), "{}: {here}, {there}", one.name());
            }
        }
        Ok(())
    });
}

/// Those without a bias over sequences, with samples of pi_theta.
const OF_THE_SEQUENCE: [&str; 5] = ["k1_to_go", "k1_whole", "k2_sequence", "rho_sequence_k1_to_go", "kl_full_to_go"];

/// Those without a bias on one token, with samples of pi_theta: c is D and a constant, or the sum over the vocabulary.
const OF_A_TOKEN: [&str; 15] = [
    "k2",
    "k1_in_reward",
    "straight_through",
    "rho_k1",
    "rho_k3",
    "sg_rho_k2",
    "self_k3",
    "k2_clamped",
    "k1_to_go",
    "k1_whole",
    "k2_sequence",
    "rho_sequence_k1_to_go",
    "rho_mean_k3",
    "kl_full",
    "kl_full_to_go",
];

/// Of every other estimator, trials measure the bias that theory knows, and tell it from none.
#[test]
fn every_other_estimator_has_the_bias_that_is_known_of_it() {
    for (problem, unbiased) in [(sequences(None), &OF_THE_SEQUENCE[..]), (one_token(None), &OF_A_TOKEN)] {
        let estimators = Estimator::of_tokens(true);
        let theory = exact(&estimators, &problem);
        let task = Task { problem: &problem, losses: &theory.losses, factor: 1.0, sample_size: 1000, seed: 11 };
        let trials = Trials { count: 60, engine: Engine::Score, threads: const { NonZeroUsize::new(2).unwrap() } };
        let measured = trials.run(&task, &theory.target, &|| ());
        for (row, measured) in theory.rows(&estimators, &problem).iter().zip(measured) {
            let (bias, squared) = (row.relative_bias.unwrap(), measured.squared_bias);
            if unbiased.contains(&row.estimator.as_str()) {
                assert!(bias < 1e-10 && squared.value < 7.0 * squared.error + 1e-11, "{row:?} {squared:?}");
            } else {
                assert!(bias > 0.1 && squared.value > 7.0 * squared.error, "{row:?} {squared:?}");
                assert!((squared.value - bias * bias).abs() < 7.0 * squared.error + 1e-11, "{row:?} {squared:?}");
            }
        }
    }
}

#[test]
fn the_exact_divergence_of_what_follows_has_the_least_noise() {
    let names = ["kl_full_to_go", "k1_to_go", "k1_whole", "k2_sequence"];
    for kl in [1e-4, 1e-2, 0.1] {
        for (vocabulary, max_length) in [(3, 6), (6, 4)] {
            for seed in 0..8 {
                let made = Made { vocabulary, kl, old_kl: None, max_length: Some(max_length), seed };
                let stdevs: Vec<f64> = rows(&names, &made.problem().unwrap())
                    .iter()
                    .map(|row| row.relative_stdev_one_sample.unwrap())
                    .collect();
                assert!(stdevs[1..].iter().all(|other| *other > stdevs[0]), "{made:?}: {stdevs:?}");
                // Both send sum(D) times the score of the sequence.
                assert!((stdevs[2] / stdevs[3] - 1.0).abs() < 1e-12, "{made:?}: {stdevs:?}");
            }
        }
    }
}

/// One over the mean length, whoever draws; of a mean over each sequence's own tokens, k1 pushes on the length alone.
#[test]
fn aggregates_have_the_strength_that_is_known() {
    let of = |aggregate, name: &str, problem: &Problem<_>| {
        let estimators = crate::named(&[name]);
        let theory = theory(&estimators, problem, aggregate, NonZeroUsize::MIN, &|| ());
        (theory.rows(&estimators, problem).remove(0), theory)
    };
    for problem in [sequences(None), sequences(Some(0.05))] {
        let (sum, _) = of(Aggregate::TokenSum, "k1_to_go", &problem);
        let (mean, theory) = of(Aggregate::TokenMean, "k1_to_go", &problem);
        assert!((mean.strength.unwrap() * theory.drawn_length / sum.strength.unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(sum.samples_for_10_percent, mean.samples_for_10_percent, "a factor changes no noise");
    }
    let (full, theory) = of(Aggregate::TokenMean, "kl_full_to_go", &sequences(None));
    assert!((full.strength.unwrap() * theory.drawn_length - 1.0).abs() < 1e-12, "{full:?}");
    let Problem { policy, reference, .. } = sequences(None);
    let push = |reference| {
        let (_, theory) = of(Aggregate::SequenceMean, "k1", &Problem::on_policy(policy.clone(), reference));
        theory.moments[0].clone().unwrap().mean
    };
    let (here, there) = (push(reference), push(sequences(Some(0.3)).behaviour));
    assert!(here.iter().map(|component| component * component).sum::<f64>().sqrt() > 1e-2, "{here:?}");
    assert!(here.iter().zip(&there).all(|(a, b)| (a - b).abs() < 1e-15), "whatever the reference is");
}
