//! What a policy is worth, and the best one.

use super::sequences;
use crate::policy::Softmax;
use crate::training::judge::with_logits;
use crate::training::recursion::Walk;
use crate::training::{MadeReward, Objective, Reward};
use proptest::prelude::*;

fn logits(count: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-1.0..1.0_f64, count)
}

/// Policy and reference: one token of 2 to 6, or sequences of at most 1 to 4 tokens of a vocabulary of 2 to 4.
fn pairs() -> impl Strategy<Value = [Softmax; 2]> {
    let categorical = (2..=6_usize).prop_flat_map(|v| [logits(v), logits(v)]);
    let sequence = (2..=4_usize, 1..=4_usize).prop_flat_map(|(v, t)| {
        [logits(v * v), logits(v * v)].prop_map(move |l| l.map(|l| Softmax::sequence(l, v, t).unwrap()))
    });
    prop_oneof![categorical.prop_map(|l| l.map(|l| Softmax::categorical(l).unwrap())), sequence]
}

fn objective(reference: &Softmax, beta: f64, seed: i64) -> Objective {
    Objective::new(reference.clone(), Reward::made(MadeReward::Dense, reference, seed).unwrap(), beta).unwrap()
}

/// The derivative with respect to each logit, by differences of fourth order: with steps of 1e-3 the error of the formula is
/// about h^4, 1e-12, that of rounding 1e-16 / h, 1e-13, of a number near 1.
fn differences(policy: &Softmax, of: impl Fn(&Softmax) -> f64) -> Vec<f64> {
    const H: f64 = 1e-3;
    let moved = |entry: usize, by: f64| {
        let mut logits = policy.logits().to_vec();
        logits[entry] += by;
        of(&with_logits(policy, logits).unwrap())
    };
    let at = |entry: usize| {
        let [a, b, c, d] = [-2.0, -1.0, 1.0, 2.0].map(|steps| moved(entry, steps * H));
        (a - 8.0 * b + 8.0 * c - d) / (12.0 * H)
    };
    (0..policy.logits().len()).map(at).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Each number of a policy is its definition, sequence by sequence.
    #[test]
    fn a_policy_is_judged_by_all_sequences([policy, reference] in pairs(), beta in 0.0..2.0_f64, seed in 0..100_i64) {
        let objective = objective(&reference, beta, seed);
        let judged = objective.judge(&policy);
        let [log_pi, log_ref] = [&policy, &reference].map(|policy| policy.log_probs());
        let d = |entries: &[usize]| entries.iter().map(|&entry| log_pi[entry] - log_ref[entry]).sum::<f64>();
        let mean = |policy: &Softmax, of: &dyn Fn(&[usize]) -> f64| {
            sequences(policy).iter().map(|(entries, p)| p * of(entries)).sum::<f64>()
        };
        let earned = mean(&policy, &|entries| entries.iter().map(|&entry| objective.reward().entries()[entry]).sum());
        let (kl, kl_ref) = (mean(&policy, &d), -mean(&reference, &d));
        let length = mean(&policy, &|entries| entries.len() as f64);
        for (ours, theirs) in [
            (judged.reward, earned),
            (judged.kl, kl),
            (judged.kl_ref, kl_ref),
            (judged.objective, earned - beta * kl),
            (judged.mean_length, length),
        ] {
            // Some hundred roundings of numbers of at most ten.
            prop_assert!((ours - theirs).abs() < 1e-12, "{ours} for {theirs}");
        }
    }

    #[test]
    fn gradients_are_finite_differences([policy, reference] in pairs(), beta in 0.0..2.0_f64, seed in 0..100_i64) {
        let objective = objective(&reference, beta, seed);
        let ours = objective.gradient(&policy);
        let theirs = differences(&policy, |policy| objective.judge(policy).objective);
        for (ours, theirs) in ours.iter().zip(theirs) {
            prop_assert!((ours - theirs).abs() < 1e-8, "{ours} for {theirs}");
        }
    }

    /// E\[(X - b) w sum_t s_t\] is the derivative of the mean of (X - b) w, which are constants of a sequence.
    #[test]
    fn a_weighted_gradient_is_that_of_the_mean_over_sequences([policy, reference] in pairs(), b in -1.0..1.0_f64) {
        let objective = objective(&reference, 1.0, 1);
        let x = objective.reward().entries();
        let weight = |length: usize| 1.0 / length as f64;
        let mean = |policy: &Softmax| {
            let of = |entries: &[usize]| (entries.iter().map(|&entry| x[entry]).sum::<f64>() - b) * weight(entries.len());
            sequences(policy).iter().map(|(entries, p)| p * of(entries)).sum::<f64>()
        };
        for (ours, theirs) in Walk::of(&policy).gradient(x, b, weight).iter().zip(differences(&policy, mean)) {
            prop_assert!((ours - theirs).abs() < 1e-8, "{ours} for {theirs}");
        }
    }

    /// No policy near the optimum is better, and the gradient is 0 there.
    #[test]
    fn the_optimum_is_the_best_nearby([noise, reference] in pairs(), beta in 0.05..2.0_f64, seed in 0..100_i64) {
        let objective = objective(&reference, beta, seed);
        let optimum = objective.optimum();
        let (policy, best) = (optimum.policy.unwrap(), optimum.objective.unwrap());
        // The gradient is a sum of terms of rounding 1e-16 times rewards of at most ten.
        prop_assert!(optimum.gradient < 1e-12, "{}", optimum.gradient);
        prop_assert!(best >= objective.judge(&reference).objective - 1e-13);
        for size in [1e-3, 1e-2, 0.1, -1e-2] {
            let moved = policy.logits().iter().zip(noise.logits()).map(|(logit, noise)| logit + size * noise).collect();
            prop_assert!(objective.judge(&with_logits(&policy, moved).unwrap()).objective <= best + 1e-13);
        }
    }
}

#[test]
fn the_optimum_of_a_categorical_is_the_tilted_reference() {
    let reference = Softmax::categorical(vec![0.5_f64.ln(), 0.3_f64.ln(), 0.2_f64.ln()]).unwrap();
    let reward = Reward::new(&[3], vec![0.1, -0.2, 1.0], &reference).unwrap();
    let optimum = Objective::new(reference.clone(), reward.clone(), 0.25).unwrap().optimum();
    let z: f64 = [(0.5, 0.1), (0.3, -0.2), (0.2, 1.0)].iter().map(|(p, r): &(f64, f64)| p * (r / 0.25).exp()).sum();
    // A few roundings of numbers near 1.
    assert!((optimum.objective.unwrap() - 0.25 * z.ln()).abs() < 1e-15);
    assert!((optimum.policy.unwrap().log_probs()[2].exp() - 0.2 * 4_f64.exp() / z).abs() < 1e-15);
    // Without a penalty the best token is drawn for ever, which finite logits do not say.
    let without = Objective::new(reference.clone(), reward, 0.0).unwrap().optimum();
    assert_eq!((without.policy, without.objective), (None, Some(1.0)));
}

#[test]
fn a_beta_below_0_and_a_reward_of_another_policy_are_refused() {
    let [two, three] = [2, 3].map(|count| Softmax::categorical(vec![0.0; count]).unwrap());
    let reward = Reward::made(MadeReward::Dense, &two, 0).unwrap();
    let refusal = |reference, beta| Objective::new(reference, reward.clone(), beta).unwrap_err().to_string();
    assert_eq!(refusal(two.clone(), -0.1), "beta is -0.1; a number of 0 or more would be right");
    assert_eq!(refusal(three, 1.0), "reward has 2 numbers and the reference 3 logits; as many would be right");
}
