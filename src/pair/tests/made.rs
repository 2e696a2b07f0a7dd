//! What made pairs are, and what cannot be made.

use crate::pair::Made;
use crate::pair::made::LEAST_KL;
use crate::policy::{Problem, Softmax};
use crate::theory::softmax::kl;
use proptest::prelude::*;
use std::collections::BTreeSet;

const SEQUENCE_OF_30: Made = Made { vocabulary: 30, kl: 0.01, old_kl: None, max_length: Some(8), seed: 1 };

fn per_token(policy: &Softmax, other: &Softmax) -> f64 {
    let (divergence, mean_length) = kl(policy, other);
    divergence / mean_length
}

/// t of theta = ref + t noise, by the standard deviation of their difference.
fn size(policy: &Softmax, other: &Softmax) -> f64 {
    let squares = policy.logits().iter().zip(other.logits()).map(|(a, b)| (a - b).powi(2));
    (squares.sum::<f64>() / policy.logits().len() as f64).sqrt()
}

proptest! {
    #[test]
    fn divergences_are_those_asked_for(
        vocabulary in 3..60_usize,
        exponents in prop::array::uniform2(-10.0..-1.0_f64),
        max_length in prop::option::of(1..30_usize),
        seed in any::<i64>(),
    ) {
        let [asked, old_asked] = exponents.map(|exponent| 10_f64.powf(exponent));
        let made = Made { vocabulary, kl: asked, old_kl: Some(old_asked), max_length, seed };
        let Problem { policy, reference, behaviour } = made.problem().unwrap();
        prop_assert!((per_token(&policy, &reference) / asked - 1.0).abs() < 1e-9);
        prop_assert!((per_token(&behaviour, &policy) / old_asked - 1.0).abs() < 1e-9);
        // The same reference and theta, without an old policy.
        prop_assert_eq!(Made { old_kl: None, ..made }.problem().unwrap(), Problem::on_policy(policy, reference));
    }
}

#[test]
fn two_tokens_that_the_noise_hardly_tells_apart_come_to_the_least_divergence_too() {
    for seed in 0..2000 {
        let made = Made { vocabulary: 2, kl: LEAST_KL, old_kl: None, max_length: None, seed };
        let problem = made.problem().unwrap();
        assert!((per_token(&problem.policy, &problem.reference) / LEAST_KL - 1.0).abs() < 1e-9, "seed {seed}");
    }
}

#[test]
fn a_categorical_reference_is_zipfs() {
    let made = Made { vocabulary: 4, max_length: None, ..SEQUENCE_OF_30 };
    let of_rank = |rank: f64| 1.0 / rank / (1.0 + 1.0 / 2.0 + 1.0 / 3.0 + 1.0 / 4.0);
    for (log_prob, rank) in made.problem().unwrap().reference.log_probs().iter().zip([1.0, 2.0, 3.0, 4.0]) {
        assert!((log_prob.exp() - of_rank(rank)).abs() < 1e-15);
    }
}

#[test]
fn each_row_of_a_sequence_orders_zipfs_tokens_in_its_own_way() {
    let reference = SEQUENCE_OF_30.problem().unwrap().reference;
    let tokens: Vec<Vec<u64>> =
        reference.logits().chunks(30).map(|row| row[..29].iter().map(|logit| logit.to_bits()).collect()).collect();
    let orders: BTreeSet<_> = tokens.iter().collect();
    assert_eq!(orders.len(), 30);
    let ranks: BTreeSet<_> = (1..30).map(|rank| (-f64::from(rank).ln()).to_bits()).collect();
    assert!(tokens.into_iter().all(|row| row.into_iter().collect::<BTreeSet<_>>() == ranks));
}

#[test]
fn a_sequence_ends_with_two_over_its_longest_length() {
    for (max_length, probability) in [(1, 2.0 / 3.0), (2, 2.0 / 3.0), (3, 2.0 / 3.0), (4, 0.5), (1000, 0.002)] {
        let reference = Made { max_length: Some(max_length), ..SEQUENCE_OF_30 }.problem().unwrap().reference;
        for row in reference.log_probs().chunks(30) {
            assert!((row[29].exp() / probability - 1.0).abs() < 1e-13, "{max_length}");
        }
    }
}

/// KL is t^2 / 2 times the variance of the noise under the reference, at first.
#[test]
fn the_noise_is_that_of_a_standard_normal() {
    let made = Made { vocabulary: 100_000, kl: 1e-6, old_kl: Some(1e-6), max_length: None, seed: 7 };
    let Problem { policy, reference, behaviour } = made.problem().unwrap();
    let noise = |from: &Softmax, to: &Softmax| {
        let size = size(to, from);
        to.logits().iter().zip(from.logits()).map(move |(to, from)| (to - from) / size).collect::<Vec<_>>()
    };
    let noises = [noise(&reference, &policy), noise(&policy, &behaviour)];
    let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / 1e5;
    for noise in &noises {
        assert!(mean(&mut noise.iter().copied()).abs() < 0.015);
        assert!((mean(&mut noise.iter().map(|x| x.powi(4))) - 3.0).abs() < 0.15);
    }
    assert!(mean(&mut noises[0].iter().zip(&noises[1]).map(|(a, b)| a * b)).abs() < 0.015);
}

#[test]
fn a_seed_gives_one_direction_for_every_divergence_and_another_seed_another() {
    let direction = |made: Made| {
        let Problem { policy, reference, .. } = made.problem().unwrap();
        let size = size(&policy, &reference);
        policy.logits().iter().zip(reference.logits()).map(|(a, b)| (a - b) / size).collect::<Vec<_>>()
    };
    let near = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9);
    let [here, there] = [0.01, 0.3].map(|kl| direction(Made { kl, ..SEQUENCE_OF_30 }));
    assert!(near(&here, &there));
    let others = direction(Made { seed: 2, ..SEQUENCE_OF_30 });
    assert!(!near(&here, &others));
    assert_ne!(
        Made { seed: 2, ..SEQUENCE_OF_30 }.problem().unwrap().reference,
        SEQUENCE_OF_30.problem().unwrap().reference
    );
}

#[test]
fn a_categorical_comes_near_its_largest_divergence_and_not_beyond() {
    let made = Made { vocabulary: 50, kl: 1.0, old_kl: None, max_length: None, seed: 1 };
    let refusal = Made { kl: 10.0, ..made }.problem().unwrap_err().to_string();
    let largest: f64 = refusal.split("about ").nth(1).unwrap().split(';').next().unwrap().parse().unwrap();
    assert!(Made { kl: largest - 0.01, ..made }.problem().is_ok(), "{refusal}");
    assert!(Made { kl: largest + 0.01, ..made }.problem().is_err(), "{refusal}");
}

#[test]
fn what_is_out_of_range_is_named_with_what_would_be_right() {
    let categorical = Made { max_length: None, ..SEQUENCE_OF_30 };
    for (made, words) in [
        (
            Made { vocabulary: 1, ..categorical },
            "vocabulary is 1, but must be from 2 to 1000000 for a made categorical",
        ),
        (Made { vocabulary: 1_000_001, ..categorical }, "vocabulary is 1000001, but must be from 2 to 1000000"),
        (Made { vocabulary: 2, ..SEQUENCE_OF_30 }, "vocabulary is 2, but must be from 3 to 2000 for a made sequence"),
        (Made { vocabulary: 2001, ..SEQUENCE_OF_30 }, "vocabulary is 2001, but"),
        (Made { max_length: Some(0), ..SEQUENCE_OF_30 }, "max_length is 0, but must be from 1 to 1000000"),
        (Made { max_length: Some(1_000_001), ..SEQUENCE_OF_30 }, "max_length is 1000001, but"),
        (Made { kl: 0.0, ..categorical }, "kl is 0.0, but a divergence per token must be finite, and 1e-10 or more"),
        (Made { kl: f64::NAN, ..categorical }, "kl is NaN, but"),
        (Made { kl: f64::INFINITY, ..categorical }, "kl is inf, but"),
        (Made { old_kl: Some(-1.0), ..categorical }, "old_kl is -1.0, but"),
        (
            Made { kl: 30.0, ..SEQUENCE_OF_30 },
            "kl is 30.0, but a vocabulary of 30 with the seed 1 was not found to reach",
        ),
        (Made { old_kl: Some(99.0), ..categorical }, "old_kl is 99.0, but a vocabulary of 30 with the seed 1 was not"),
    ] {
        let refusal = made.problem().unwrap_err().to_string();
        assert!(refusal.starts_with(words), "{refusal}");
    }
}
