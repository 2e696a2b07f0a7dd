//! Gradient ascent on logits, written apart from all that it tests.

use super::*;

/// The policy after so many steps of exact gradients, pi (g - mean of g) with g = R - beta c(D).
fn ascend(answers: &Answers, beta: f64, c: fn(f64) -> f64, start: &[f64], [steps, rate]: [f64; 2]) -> Vec<f64> {
    let mut logits = start.to_vec();
    let policy = |logits: &[f64]| {
        let sum: f64 = logits.iter().map(|logit| logit.exp()).sum();
        logits.iter().map(|logit| logit.exp() / sum).collect::<Vec<f64>>()
    };
    for _ in 0..steps as u32 {
        let now = policy(&logits);
        let push =
            |place: usize| answers.rewards[place] - beta * c((now[place].ln() - answers.log_ref[place]).max(-300.0));
        let pushes: Vec<f64> = (0..now.len()).map(push).collect();
        let mean: f64 = now.iter().zip(&pushes).map(|(p, push)| p * push).sum();
        for ((logit, p), push) in logits.iter_mut().zip(&now).zip(&pushes) {
            *logit += rate * p * (push - mean);
        }
    }
    policy(&logits)
}

/// The reference, the uniform policy, and one that likes what the reference does not.
fn starts(answers: &Answers) -> [Vec<f64>; 3] {
    let opposed = answers.log_ref.iter().map(|log| -log / 2.0).collect();
    [answers.log_ref.clone(), vec![0.0; answers.log_ref.len()], opposed]
}

fn objective(answers: &Answers, policy: &[f64], beta: f64) -> f64 {
    let of = |place: usize| {
        let p = policy[place];
        p * answers.rewards[place] - if p > 0.0 { beta * p * (p.ln() - answers.log_ref[place]) } else { 0.0 }
    };
    (0..policy.len()).map(of).sum()
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn ends_where_the_formula_says_from_any_start() {
    let answers = six();
    // Steps that are stable for the steepest of them, and as many as the slowest needs.
    for (text, c) in RISING {
        for beta in [1.0, 3.0] {
            let end = end(text, &answers, beta);
            if end.policy.contains(&0.0) {
                continue;
            }
            for start in starts(&answers) {
                let reached = ascend(&answers, beta, c, &start, [8000.0, 0.25 / beta]);
                let off = objective(&answers, &reached, beta) - end.objective;
                assert!(off.abs() < 1e-6, "{text}, beta = {beta}: {reached:?}, not {:?}", end.policy);
                assert!(largest_difference(&reached, &end.policy) < 1e-4, "{text}: {reached:?}, not {:?}", end.policy);
            }
        }
    }
}

/// Probabilities that go to 0 do so as one over the number of steps.
#[test]
fn ends_on_the_boundary_are_neared() {
    let answers = six();
    let cases: [(ByHand, f64, usize); 4] = [
        (("chi2", f64::exp_m1), 0.2, 2),
        (("reward(tanh_of_d)", |d| d.tanh()), 0.3, 3),
        (("k1", |_| 1.0), 0.5, 5),
        (("k2", |d| d), 0.0, 5),
    ];
    for ((text, c), beta, zeros) in cases {
        let ends = answers.ends(&penalty(text), beta);
        assert_eq!((ends.kind, ends.zeros), (Kind::Unique, zeros), "{text}: {ends}");
        let end = ends.end.unwrap();
        for start in starts(&answers) {
            let reached = ascend(&answers, beta, c, &start, [30_000.0, 2.0]);
            assert!(largest_difference(&reached, &end.policy) < 1e-3, "{text}: {reached:?}, not {:?}", end.policy);
        }
    }
}

/// Where c falls next to the reference nothing is held there, and a start decides which answers are left.
#[test]
fn k3_in_the_reward_runs_away() {
    let answers = six();
    let c: fn(f64) -> f64 = |d| (-d).exp_m1() + d;
    let ends = answers.ends(&penalty("k3_in_reward"), 0.1);
    assert_eq!((ends.kind, &ends.end), (Kind::None, &None), "{ends}");
    let reached = starts(&answers).map(|start| ascend(&answers, 0.1, c, &start, [20_000.0, 0.5]));
    assert!(reached.iter().all(|policy| policy.iter().filter(|p| **p < 1e-3).count() >= 5), "{reached:?}");
    // The same rewards with k2 leave every answer what e^(R/beta) says.
    let best = |policy: &[f64]| policy.iter().copied().fold(0.0, f64::max);
    assert!(best(&reached[0]) > 0.999 && best(&super::end("k2", &answers, 0.1).policy) < 0.85);
}

/// c falls below -1 for D + D^2 / 2, and below 0 for D^2 / 2: each answer alone is an end, and so is the one that is given.
#[test]
fn one_of_several_ends_attracts_what_is_near() {
    let answers = six();
    let cases: [ByHand; 2] = [("rho_k2", |d| d + d * d / 2.0), ("k2_in_reward", |d| d * d / 2.0)];
    for (text, c) in cases {
        for beta in [0.1, 0.5, 2.0] {
            let ends = answers.ends(&penalty(text), beta);
            let Some(end) = &ends.end else { continue };
            assert_eq!(ends.kind, Kind::Several, "{text}: {ends}");
            let back = ascend(&answers, beta, c, &beside(end, &answers), [30_000.0, 0.5]);
            assert!(largest_difference(&back, &end.policy) < 2e-3, "{text}, {beta}: {back:?}, not {:?}", end.policy);
            let corner: Vec<f64> = (0..6).map(|place| if place == 1 { 9.0 } else { 0.0 }).collect();
            let alone = ascend(&answers, beta, c, &corner, [30_000.0, 0.5]);
            assert!(alone[1] > 0.997, "{text}, {beta}: {alone:?}");
        }
    }
}

/// c falls for D above 2, below -1, below 0 and at a clamp: where the reference leads is a matter of the whole path.
#[test]
fn where_c_falls_the_end_is_the_one_that_the_reference_leads_to() {
    let cases: [ByHand; 4] = [
        ("reverse_k1", |d| (-d).exp() * (d - 1.0)),
        ("rho_k2", |d| d + d * d / 2.0),
        ("k2_in_reward", |d| d * d / 2.0),
        ("k3_clamped", |d| if (-d).exp_m1() + d <= 10.0 { -(-d).exp_m1() } else { 0.0 }),
    ];
    let rare_best = answers(&[0.4, 0.3, 0.2, 0.05, 0.03, 0.02], &[0.1, 0.5, -0.3, 0.4, 1.0, -1.0]);
    for answers in [six(), rare_best] {
        for (text, c) in cases {
            for beta in [0.05, 0.3, 0.8, 2.0] {
                let ends = answers.ends(&penalty(text), beta);
                let end = ends.end.as_ref().unwrap_or_else(|| panic!("{text}, {beta}: {ends}"));
                let reached = ascend(&answers, beta, c, &answers.log_ref, [60_000.0, 0.2]);
                assert!(largest_difference(&reached, &end.policy) < 1e-3, "{text}, {beta}: {reached:?}, not {ends:?}");
            }
        }
    }
}

/// The logits of a policy that is a hundredth of the way to the reference.
fn beside(end: &End, answers: &Answers) -> Vec<f64> {
    end.policy.iter().zip(&answers.log_ref).map(|(p, log_ref)| (0.99 * p + 0.01 * log_ref.exp()).ln()).collect()
}

/// A clamp holds as long as no answer comes to where it is dead; what does is given up. Other starts have other ends.
#[test]
fn what_a_clamp_does_not_hold_is_given_up() {
    let answers = six();
    let c: fn(f64) -> f64 = |d| if (-d).exp_m1() + d <= 10.0 { -(-d).exp_m1() } else { 0.0 };
    for (beta, zeros) in [(1.0, 0), (0.05, 3)] {
        let ends = answers.ends(&penalty("k3_clamped"), beta);
        let end = ends.end.clone().unwrap();
        assert_eq!(ends.zeros, zeros, "{ends}");
        let reached = ascend(&answers, beta, c, &beside(&end, &answers), [30_000.0, 0.5]);
        assert!(largest_difference(&reached, &end.policy) < 1e-3, "{reached:?}, not {:?}", end.policy);
    }
}
