use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_beta_of_a_kl_spends_it(answers in any_answers(), part in 0.001..0.9_f64) {
        // As much as the best answer alone has is spent in the limit.
        let best = answers.rewards.iter().position(|reward| *reward == answers.best()).unwrap();
        let kl = -part * answers.log_ref[best];
        for name in ["k2", "k3", "chi2"] {
            let beta = answers.beta_for_kl(&penalty(name), kl).map_err(|error| TestCaseError::fail(error.to_string()))?;
            let spent = end(name, &answers, beta).kl;
            prop_assert!((spent / kl - 1.0).abs() <= 1e-9, "{}: {} at {}, not {}", name, spent, beta, kl);
        }
    }

    #[test]
    fn the_larger_beta_the_less_kl(answers in any_answers(), beta in 0.05..3.0_f64) {
        for text in ["k2", "k3", "chi2", "reverse_k2"] {
            let [more, less] = [beta, 1.3 * beta].map(|beta| end(text, &answers, beta).kl);
            prop_assert!(less <= more + 1e-13, "{}: {} and {}", text, more, less);
        }
    }
}

#[test]
fn a_kl_that_no_beta_spends_is_said() {
    let answers = six();
    let refusal = |name: &str, kl: f64| answers.beta_for_kl(&penalty(name), kl).unwrap_err().to_string();
    // The best answer alone, of probability 0.08, has 2.525729 nat.
    assert!(
        refusal("k2", 3.0).ends_with("the end spends at most 2.525729 nat; less would be right"),
        "{}",
        refusal("k2", 3.0)
    );
    assert!(refusal("k1", 3.0).contains("at most 2.525729"), "{}", refusal("k1", 3.0));
    assert!(
        refusal("k1", 1.0).ends_with("the end spends 2.525729 nat or more; more would be right"),
        "{}",
        refusal("k1", 1.0)
    );
    // abs holds all answers or gives one up: from 0 nat to that of the worst answer's 0.25 moved to the best.
    let moved = 0.33 * (0.33_f64 / 0.08).ln();
    let jump = format!("it jumps from 0 to {moved:.6} nat");
    assert!(refusal("abs", 0.1).contains(&jump), "{}", refusal("abs", 0.1));
}
