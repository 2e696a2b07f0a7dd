use super::*;
use crate::estimator::expr::Expr;
use crate::estimator::{Estimator, Table};
use crate::explain::Penalty;
use crate::policy::Softmax;
use proptest::prelude::*;

mod ascent;
mod beta;
mod kinds;
mod numbers;

/// A loss, and its coefficient by hand.
type ByHand = (&'static str, fn(f64) -> f64);

/// c falls nowhere, and is continuous.
const RISING: [ByHand; 13] = [
    ("k2", |d| d),
    ("k3", |d| -(-d).exp_m1()),
    ("chi2", f64::exp_m1),
    ("reverse_k2", |d| -(-d).exp()),
    ("k1_in_reward", |d| d),
    ("straight_through", |d| d),
    ("rho_k1", |d| 1.0 + d),
    ("rho_k3", |d| d),
    ("sg_rho_k3", |d| -(-d).exp_m1()),
    ("self_k3", |d| d),
    // No formula has the D of these: they are bisected.
    ("reward(D + w)", |d| d + d.exp()),
    ("reward(tanh_of_d)", |d| d.tanh()),
    ("reward(max(-1, min(D, 2)) + w / 8)", |d| d.clamp(-1.0, 2.0) + d.exp() / 8.0),
];

fn penalty(text: &str) -> Penalty {
    let text = text.replace("tanh_of_d", "(w^2 - 1) / (w^2 + 1)");
    let named = Estimator::named(&text).map(|estimator| estimator.expression().clone());
    Penalty::of(&named.unwrap_or_else(|| Expr::parse_loss(&text, &Table).unwrap())).unwrap()
}

fn answers(reference: &[f64], rewards: &[f64]) -> Answers {
    let logits = reference.iter().map(|p| p.ln()).collect();
    Answers::new(&Softmax::categorical(logits).unwrap(), rewards).unwrap()
}

/// Six answers, of probability 0.02 and more.
fn six() -> Answers {
    answers(&[0.3, 0.25, 0.2, 0.15, 0.08, 0.02], &[0.1, 0.0, 0.7, 0.4, 1.0, 0.9])
}

fn end(text: &str, answers: &Answers, beta: f64) -> End {
    answers.ends(&penalty(text), beta).end.unwrap_or_else(|| panic!("{text} has no end"))
}

fn any_answers() -> impl Strategy<Value = Answers> {
    let pairs = prop::collection::vec((-3.0..3.0_f64, -1.0..1.0_f64), 2..8);
    pairs.prop_map(|pairs| {
        let (logits, rewards): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        Answers::new(&Softmax::categorical(logits).unwrap(), &rewards).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// Plugged in: R - beta c(D) is one number where there is probability, and not above it in the limit where there is none.
    #[test]
    fn policies_stand_still_at_ends(answers in any_answers(), beta in 0.05..3.0_f64) {
        for (text, c) in RISING {
            let ends = answers.ends(&penalty(text), beta);
            prop_assert_eq!(ends.kind, Kind::Unique, "{}: {}", text, ends);
            let end = ends.end.unwrap();
            prop_assert!((end.policy.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            let pushes = || answers.rewards.iter().zip(&end.log_ratios).map(|(reward, d)| (reward - beta * c(*d), d));
            let sizes = end.log_ratios.iter().map(|d| beta * c(*d).abs());
            // D is known to a few roundings of c, and c changes with D no faster than it and D grow.
            let rounding = 1e-12 * (1.0 + sizes.fold(0.0, f64::max));
            let lambda = pushes().filter(|(_, d)| d.is_finite()).map(|(push, _)| push).fold(f64::NEG_INFINITY, f64::max);
            for (push, d) in pushes() {
                let allowed = if d.is_finite() { (push - lambda).abs() } else { push - lambda };
                prop_assert!(allowed <= rounding, "{}: {} at {}, and {}", text, push, d, lambda);
            }
        }
    }
}
