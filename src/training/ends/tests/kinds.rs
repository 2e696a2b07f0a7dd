use super::*;

fn text(loss: &str, answers: &Answers, beta: f64) -> String {
    answers.ends(&penalty(loss), beta).to_string()
}

#[test]
fn ends_are_said_to_be_unique_several_or_none() {
    let answers = six();
    for (loss, beta, expected) in [
        ("k2", 0.1, "unique: c rises over all D"),
        ("k3", 0.1, "unique: c rises over all D"),
        ("chi2", 0.2, "unique, on the boundary: 2 answers get probability 0; c rises over all D"),
        ("k1", 0.1, "unique, on the boundary: 5 answers get probability 0; c is constant, which is no penalty"),
        ("abs", 0.6, "unique: c falls nowhere"),
        ("abs", 0.32, "unique, on the boundary: 2 answers get probability 0; c falls nowhere"),
        // No answer can be above the 10 where the clamp ends.
        ("k1_clamped", 2.0, "unique: c falls nowhere that an answer can be"),
        ("k3", 0.0, "unique, on the boundary: 5 answers get probability 0; beta is 0, which is no penalty"),
        (
            "k2_clamped",
            1.0,
            "several: c falls at D = -4.47214, and small steps of gradient ascent lead here from the reference, \
             others perhaps elsewhere",
        ),
    ] {
        assert_eq!(text(loss, &answers, beta), expected, "{loss}, beta = {beta}");
    }
    let runs_away =
        "none: c falls for D below 0, and drives an answer off there: the training runs away from the reference";
    assert_eq!(text("k3_in_reward", &answers, 0.1), runs_away);
    let several = text("k2_in_reward", &answers, 0.1);
    assert!(several.starts_with("several, one of them on the boundary: "), "{several}");
    let apart = text("-k2", &answers, 0.1);
    assert!(
        apart.starts_with("several, one of them on the boundary: 5 answers get probability 0; c falls "),
        "{apart}"
    );
    let no_reference = Penalty::of(&Expr::parse_loss("(logp - old)^2", &Table).unwrap()).err().unwrap();
    assert_eq!(
        Ends::from(no_reference).to_string(),
        "none: the loss has no pi_ref, from which it could keep the policy"
    );
}

#[test]
fn answers_that_earn_the_same_may_share_in_any_way_where_nothing_is_charged() {
    let same = answers(&[0.5, 0.3, 0.2], &[1.0; 3]);
    for (loss, beta, reason) in [("k1", 0.1, "c is constant for them"), ("k2", 0.0, "there is no penalty")] {
        let expected = format!(
            "several: 3 answers may share their probability in any way, as {reason}; here they share it as in the reference"
        );
        assert_eq!(text(loss, &same, beta), expected);
    }
    assert_eq!(text("k2", &same, 0.1), "unique: c rises over all D");
}

/// A constant c leaves the best answers what they had, relative to each other.
#[test]
fn best_answers_that_tie_leave_a_choice_where_c_is_constant() {
    let tied = answers(&[0.5, 0.3, 0.2], &[0.0, 1.0, 1.0]);
    let ends = tied.ends(&penalty("k1"), 0.1);
    assert_eq!(ends.kind, Kind::Several, "{ends}");
    for (found, expected) in ends.end.unwrap().policy.into_iter().zip([0.0, 0.6, 0.4]) {
        assert!((found - expected).abs() < 1e-12);
    }
    assert_eq!(tied.ends(&penalty("k2"), 0.1).kind, Kind::Unique);
}

/// Every policy of a grid on three answers is worse: E[R] - 2 beta TV by hand.
#[test]
fn abs_ends_at_the_best_of_a_linear_program() {
    let (reference, rewards) = ([0.5, 0.3, 0.2], [0.0, 0.5, 1.0]);
    let answers = answers(&reference, &rewards);
    let value = |policy: &[f64], beta: f64| -> f64 {
        (0..3).map(|x| policy[x] * rewards[x] - beta * (policy[x] - reference[x]).abs()).sum()
    };
    for (beta, expected) in [(0.6, [0.5, 0.3, 0.2]), (0.4, [0.0, 0.3, 0.7]), (0.2, [0.0, 0.0, 1.0])] {
        let end = end("abs", &answers, beta);
        assert!(end.policy.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{beta}: {:?}", end.policy);
        let grid =
            (0..=100).flat_map(|a| (0..=100 - a).map(move |b| [a, b, 100 - a - b].map(|n| f64::from(n) / 100.0)));
        let best = grid.map(|policy| value(&policy, beta)).fold(f64::NEG_INFINITY, f64::max);
        assert!((best - value(&end.policy, beta)).abs() < 1e-9, "{beta}");
    }
}

/// Rewards that are all the same ask for nothing.
#[test]
fn without_a_difference_of_rewards_the_reference_is_the_end() {
    let answers = answers(&[0.5, 0.3, 0.2], &[1.0; 3]);
    for (text, _) in RISING {
        let end = end(text, &answers, 0.1);
        assert!(end.log_ratios.iter().all(|d| d.abs() < 1e-12), "{text}: {end:?}");
    }
}
