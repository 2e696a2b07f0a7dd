//! Both routes give the gradients of one trial alike.

use super::problems;
use crate::expr::for_all;
use klgrad::engine::Engine;
use klgrad::engine::softmax::Task;
use klgrad::estimator::expr::Expr;
use klgrad::estimator::{Estimator, Table};
use proptest::prelude::*;

/// What no row of the tables has: sums over the vocabulary and over tokens within one another, and with a gradient.
const OTHERS: [&str; 8] = [
    "full(k2) * D + full(-r * D)",
    "sg(after(D)^2) * logp + after(full(D)) * D",
    "sum(k3) * mean(D)",
    "exp(sum(logp - old)) * sum(D)^2 / length",
    "where(D < 0.05, full(D * logp), k2) / length",
    "exp(after(logp - old)) * k3 + mean(full(r)) * sum(r)",
    "max(after(k2), full(k3)) + min(D, mean(D))",
    "clamp(sum(D), -0.3, 0.4) * after(full(w))",
];

#[test]
fn autograd_and_coefficients_give_the_same_gradients() {
    let table = Estimator::of_tokens(true);
    let parsed = OTHERS.iter().map(|text| Expr::parse(text, &Table).unwrap());
    let losses: Vec<Expr> = table.iter().map(|estimator| estimator.expression().clone()).chain(parsed).collect();
    for_all(10, &(problems(), 1..7_usize, any::<u32>()), |(problem, sample_size, seed)| {
        let task = Task { problem: &problem, losses: &losses, factor: 0.7, sample_size, seed: seed.into() };
        let [score, autograd] = [Engine::Score, Engine::Autograd].map(|engine| task.gradients(engine, 1));
        for ((loss, score), autograd) in losses.iter().zip(&score).zip(&autograd) {
            let sizes = |of: &[f64]| of.iter().map(|component| component.abs()).sum::<f64>();
            // Terms that cancel are those of a few tokens with log-ratios near 1.
            let allowed = 1e-10 * (1.0 + sizes(score));
            let worst = score.iter().zip(autograd).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            prop_assert!(worst <= allowed, "{loss}: {score:?}, and {autograd:?} by autograd");
        }
        Ok(())
    });
}

/// Were it 0 for all, the routes would agree on nothing.
#[test]
fn every_loss_sends_something() {
    let problem = super::sequences(Some(0.05));
    let losses = OTHERS.map(|text| Expr::parse(text, &Table).unwrap());
    let task = Task { problem: &problem, losses: &losses, factor: 1.0, sample_size: 50, seed: 1 };
    for (loss, gradient) in losses.iter().zip(task.gradients(Engine::Autograd, 0)) {
        assert!(gradient.iter().map(|component| component * component).sum::<f64>() > 1e-6, "{loss}");
    }
}
