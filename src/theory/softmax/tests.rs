//! Random pairs against finite differences, and estimators against what is known of them.

use super::*;
use crate::estimator::expr::Expr;
use crate::estimator::{Estimator, Table};
use crate::policy::{Problem, Softmax};
use proptest::prelude::*;
use std::num::NonZeroUsize;

fn logits(count: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-1.0..1.0_f64, count)
}

/// Policy, reference and a third policy: one token of 2 to 6, or sequences of at most 1 to 4 tokens of a vocabulary of 2 to 4.
fn policies() -> impl Strategy<Value = [Softmax; 3]> {
    let categorical = (2..=6_usize).prop_flat_map(|v| [logits(v), logits(v), logits(v)]);
    let sequence = (2..=4_usize, 1..=4_usize).prop_flat_map(|(v, t)| {
        let logits = [logits(v * v), logits(v * v), logits(v * v)];
        logits.prop_map(move |logits| logits.map(|logits| Softmax::sequence(logits, v, t).unwrap()))
    });
    prop_oneof![categorical.prop_map(|logits| logits.map(|l| Softmax::categorical(l).unwrap())), sequence]
}

fn moved(policy: &Softmax, entry: usize, by: f64) -> Softmax {
    let mut logits = policy.logits().to_vec();
    logits[entry] += by;
    match policy.is_sequence() {
        true => Softmax::sequence(logits, policy.vocabulary(), policy.max_length()).unwrap(),
        false => Softmax::categorical(logits).unwrap(),
    }
}

/// The derivative with respect to each logit, by differences of fourth order.
///
/// With steps of 1e-3 the error of the formula is about h^4, 1e-12, that of rounding 1e-16 / h, 1e-13, of a number near 1.
fn differences(policy: &Softmax, of: impl Fn(&Softmax) -> f64) -> Vec<f64> {
    const H: f64 = 1e-3;
    let at = |entry: usize| {
        let [a, b, c, d] = [-2.0, -1.0, 1.0, 2.0].map(|steps| of(&moved(policy, entry, steps * H)));
        (a - 8.0 * b + 8.0 * c - d) / (12.0 * H)
    };
    (0..policy.logits().len()).map(at).collect()
}

fn exact(names: &[&str], problem: &Problem<Softmax>) -> Vec<Row> {
    let estimators: Vec<Estimator> = names.iter().map(|name| Estimator::named(name).unwrap()).collect();
    let theory = theory(&estimators, problem, Aggregate::TokenSum, NonZeroUsize::MIN, &|| ());
    theory.rows(&estimators, problem)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_target_is_the_gradient_of_kl([policy, reference, _] in policies()) {
        let target = Target::of(&Problem::on_policy(policy.clone(), reference.clone()));
        prop_assert!((target.kl - kl(&policy, &reference).0).abs() < 1e-14);
        let visits = Visits::of(&policy);
        let rows = |policy: &Softmax| {
            let pairs: Vec<f64> = policy.log_probs().iter().zip(policy.log_ratios(&reference)).map(|(l, d)| l.exp() * d).collect();
            let rows = pairs.chunks(policy.vocabulary()).map(|row| row.iter().sum::<f64>());
            rows.zip(visits.rows()).map(|(kl, visits)| visits * kl).sum::<f64>()
        };
        let whole = differences(&policy, |policy| kl(policy, &reference).0);
        let local = differences(&policy, rows);
        for (entry, (whole, local)) in whole.iter().zip(&local).enumerate() {
            prop_assert!((target.gradient[entry] - whole).abs() < 1e-8, "{entry}: {} for {whole}", target.gradient[entry]);
            prop_assert!((target.local[entry] - local).abs() < 1e-8, "{entry}: {} for {local}", target.local[entry]);
        }
    }

    /// What is known to have no bias, over sequences and for one token, on-policy and off.
    #[test]
    fn unbiased_estimators_have_no_bias([policy, reference, old] in policies()) {
        let on_policy = Problem::on_policy(policy.clone(), reference.clone());
        for row in exact(&["k1_to_go", "k1_whole", "k2_sequence", "kl_full_to_go"], &on_policy) {
            prop_assert!(row.relative_bias.unwrap() < 1e-10, "{row:?}");
        }
        for row in exact(&["k2", "kl_full", "k1_in_reward", "rho_k3", "self_k3"], &on_policy) {
            prop_assert!(row.relative_bias_local.unwrap() < 1e-10, "{row:?}");
        }
        let off_policy = Problem { policy, reference, behaviour: old };
        for row in exact(&["rho_sequence_k1_to_go"], &off_policy) {
            prop_assert!(row.relative_bias.unwrap() < 1e-9, "{row:?}");
        }
        if !off_policy.policy.is_sequence() {
            for row in exact(&["rho_k3", "sg_rho_k2", "kl_full"], &off_policy) {
                prop_assert!(row.relative_bias.unwrap() < 1e-9, "{row:?}");
            }
        }
    }

    /// The means by recursion over positions are those of enumeration.
    #[test]
    fn additive_means_need_no_enumeration([policy, reference, behaviour] in policies()) {
        let problem = Problem { policy, reference, behaviour };
        let losses = [
            "D", "k2", "k3", "rho * k2", "full(D)", "clamp(k3, -1, 1)", "sg(after(D)) * logp", "sg(after(k3)) * k2 + r",
            "full(D) + sg(after(full(D)) - full(D)) * logp", "sg(rho * after(D) - after(r)) * logp + sg(after(D)) * full(k2)",
        ];
        let losses = losses.map(|text| Expr::parse(text, &Table).unwrap());
        let tables = Tables::of(&problem);
        let positions: Vec<Vec<f64>> = visits::positions(&problem.behaviour, &tables.behaviour).collect();
        let all = moments::enumerated(&losses, &problem, &tables, NonZeroUsize::MIN, &|| ());
        for (enumerated, loss) in all.iter().zip(&losses) {
            let additive = additive::additive(loss, &positions, &tables).unwrap();
            for (a, b) in enumerated.mean.iter().zip(&additive.mean) {
                prop_assert!((a - b).abs() < 1e-12, "{loss}: {a} for {b}");
            }
        }
    }
}

/// What is no sum over tokens, or sends a gradient to later ones, has no such recursion.
#[test]
fn other_means_are_not_additive() {
    let policy = Softmax::sequence(vec![0.0; 9], 3, 3).unwrap();
    let tables = Tables::of(&Problem::on_policy(policy.clone(), policy.clone()));
    let positions: Vec<Vec<f64>> = visits::positions(&policy, &tables.behaviour).collect();
    for text in
        ["sum(D)^2 / 2", "mean(D)", "D / length", "after(D)", "sg(exp(after(D))) * logp", "sg(after(D)^2) * logp"]
    {
        let loss = Expr::parse(text, &Table).unwrap();
        assert!(additive::additive(&loss, &positions, &tables).is_none(), "{text}");
    }
}

#[test]
fn every_sequence_is_enumerated_once() {
    for (vocabulary, max_length) in [(2, 1), (2, 7), (3, 1), (3, 2), (3, 5), (5, 4)] {
        let logits = (0..vocabulary * vocabulary).map(|entry| (entry as f64 * 1.3).sin()).collect();
        let policy = Softmax::sequence(logits, vocabulary, max_length).unwrap();
        let problem = Problem::on_policy(policy.clone(), policy);
        let tables = Tables::of(&problem);
        let mut seen = std::collections::HashSet::new();
        let mut total = 0.0;
        for part in 0..enumeration::PARTS {
            enumeration::enumerate(&problem, &tables, part, |entries, probability| {
                assert!(seen.insert(entries.to_vec()), "{entries:?} comes twice");
                total += probability;
            });
        }
        assert_eq!(seen.len() as u64, problem.sequences().unwrap(), "{vocabulary} tokens, {max_length} at most");
        assert!((total - 1.0).abs() < 1e-14, "{total}");
    }
}

/// The trace of the covariance by the vectors themselves, on one token.
#[test]
fn the_noise_is_the_trace_of_the_covariance() {
    let [policy, reference] =
        [[0.3, -0.2, 0.9, 0.0], [0.0, 0.5, 0.1, -0.7]].map(|l| Softmax::categorical(l.to_vec()).unwrap());
    let problem = Problem::on_policy(policy.clone(), reference.clone());
    let p: Vec<f64> = policy.log_probs().into_iter().map(f64::exp).collect();
    let d = policy.log_ratios(&reference);
    let gradient =
        |token: usize, c: f64| (0..4).map(|k| c * (f64::from(u8::from(k == token)) - p[k])).collect::<Vec<_>>();
    let norm = Target::of(&problem).norm();
    let c_of_k3 = |d: f64| -(-d).exp_m1();
    let coefficients: [&dyn Fn(f64) -> f64; 3] = [&|d| d, &c_of_k3, &|_| 1.0];
    for (name, c) in ["k2", "k3", "k1"].into_iter().zip(coefficients) {
        let samples: Vec<Vec<f64>> = (0..4).map(|token| gradient(token, c(d[token]))).collect();
        let mean: Vec<f64> = (0..4).map(|k| (0..4).map(|token| p[token] * samples[token][k]).sum()).collect();
        let variance: f64 =
            (0..4).map(|token| p[token] * (0..4).map(|k| (samples[token][k] - mean[k]).powi(2)).sum::<f64>()).sum();
        let row = &exact(&[name], &problem)[0];
        assert!((row.relative_stdev_one_sample.unwrap() - variance.sqrt() / norm).abs() < 1e-12, "{name}");
    }
    let full = &exact(&["kl_full"], &problem)[0];
    assert_eq!((full.relative_stdev_one_sample, full.samples_for_10_percent), (Some(0.0), Some(1.0)));
    let k1 = &exact(&["k1"], &problem)[0];
    assert_eq!(
        (k1.strength, k1.cosine, k1.relative_bias, k1.samples_for_10_percent),
        (Some(0.0), None, Some(1.0), None)
    );
}
