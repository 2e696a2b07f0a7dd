use super::*;

/// As the two formulas say, in closed form: with p the reference's probability of the one answer whose reward is 1.
#[test]
fn a_rare_answer_is_found_by_k3_and_not_by_k2() {
    let (p, beta) = (1e-6, 0.1);
    let answers = answers(&[1.0 - p, p], &[0.0, 1.0]);
    let [k2, k3] = ["k2", "k3"].map(|name| end(name, &answers, beta).policy[1]);
    let odds = p / (1.0 - p) * (1.0_f64 / beta).exp();
    assert!((k2 - odds / (1.0 + odds)).abs() < 1e-12 && (k2 - 0.02).abs() < 0.005, "{k2}");
    // With x the best answer's probability, p / x = 1 - m and (1 - p) / (1 - x) = 1 - m + 1 / beta.
    let left = (1.0 - p) / (1.0 - k3) - p / k3 - 1.0 / beta;
    assert!(left.abs() < 1e-9 && (k3 - 0.90).abs() < 0.001, "{k3}");
}

#[test]
fn k2_ends_at_the_optimum() {
    let answers = six();
    for beta in [0.01, 0.1, 1.0, 100.0] {
        let (end, optimum) = (end("k2", &answers, beta), answers.optimum(beta));
        let weights: Vec<f64> =
            answers.rewards.iter().zip(&answers.log_ref).map(|(reward, log)| log + reward / beta).collect();
        let log_sum = weights.iter().map(|weight| (weight - 1.0 / beta).exp()).sum::<f64>().ln() + 1.0 / beta;
        // The objective of the optimum is beta log Z.
        assert!((optimum.objective - beta * log_sum).abs() < 1e-13 * (1.0 + beta), "{beta}");
        assert!(end.gap < 1e-14 && end.kl_to_optimum < 1e-13 / beta, "{beta}: {end:?}");
        for (p, weight) in end.policy.iter().zip(weights) {
            assert!((p - (weight - log_sum).exp()).abs() < 1e-13 * (1.0 + 1.0 / beta), "{beta}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// As sums of logarithms.
    #[test]
    fn numbers_are_those_of_the_policy(answers in any_answers(), beta in 0.05..3.0_f64) {
        let reference: Vec<f64> = answers.log_ref.iter().map(|log| log.exp()).collect();
        let kl = |p: &[f64], q: &[f64]| -> f64 {
            p.iter().zip(q).map(|(p, q)| if *p > 0.0 { p * (p / q).ln() } else { 0.0 }).sum()
        };
        let optimum = answers.optimum(beta);
        for name in ["k2", "k3", "chi2"] {
            let end = end(name, &answers, beta);
            let expected = [
                end.policy.iter().zip(&answers.rewards).map(|(p, reward)| p * reward).sum(),
                kl(&end.policy, &reference),
                kl(&reference, &end.policy),
                end.reward - beta * end.kl,
                optimum.objective - end.objective,
                kl(&end.policy, &optimum.policy),
            ];
            let found = [end.reward, end.kl, end.kl_ref, end.objective, end.gap, end.kl_to_optimum];
            for (found, expected) in found.into_iter().zip(expected) {
                let rounding = 1e-12 * (1.0 + 1.0 / beta);
                prop_assert!(found == expected || (found - expected).abs() < rounding, "{}: {}, not {}", name, found, expected);
            }
        }
    }
}

/// With rewards that hardly differ D is (R - E[R]) / beta, and KL half its variance: numbers that sums of logarithms lose.
#[test]
fn a_small_kl_keeps_its_digits() {
    let answers = answers(&[0.5, 0.5], &[0.0, 2e-7]);
    for name in ["k2", "k3", "chi2"] {
        let kl = end(name, &answers, 1.0).kl;
        assert!((kl / 5e-15 - 1.0).abs() < 1e-6, "{name}: {kl}");
    }
}

#[test]
fn what_is_no_set_of_answers_is_named() {
    let reference = Softmax::categorical(vec![0.0, 0.0]).unwrap();
    let sequence = Softmax::sequence(vec![0.0; 4], 2, 3).unwrap();
    for (reference, rewards, words) in [
        (&reference, &[0.0][..], "1 rewards for 2 tokens"),
        (&reference, &[0.0, f64::NAN], "the reward of token 1 (counted from 0) is NaN"),
        (&sequence, &[0.0, 0.0], "a categorical would be right"),
    ] {
        let refusal = Answers::new(reference, rewards).unwrap_err().to_string();
        assert!(refusal.contains(words), "{refusal}");
    }
}
