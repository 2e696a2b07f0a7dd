//! An end, and its numbers.

use super::answers::Answers;

/// A policy at which a training ends.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// The probability of each answer.
    pub policy: Vec<f64>,
    /// D = log pi - log pi_ref of each answer, minus infinity where it has probability 0.
    pub log_ratios: Vec<f64>,
    /// E\[R\].
    pub reward: f64,
    /// KL(theta||ref).
    pub kl: f64,
    /// KL(ref||theta), infinite where an answer has probability 0.
    pub kl_ref: f64,
    /// E\[R\] - beta KL(theta||ref).
    pub objective: f64,
    /// By how much the objective is below that of the optimum, pi_ref e^(R/beta) / Z.
    pub gap: f64,
    /// KL(theta||optimum), which is the gap over beta; for beta = 0 infinite, unless the best answers have all probability.
    pub kl_to_optimum: f64,
}

impl End {
    pub(super) fn new(answers: &Answers, beta: f64, log_ratios: Vec<f64>) -> Self {
        let logs = answers.log_ref.iter().zip(&log_ratios);
        let policy: Vec<f64> = logs.map(|(log_ref, d)| (log_ref + d).exp()).collect();
        let best = answers.best();
        // What is lost to the best reward does not cancel where that is large.
        let lost: f64 = policy.iter().zip(&answers.rewards).map(|(p, reward)| p * (best - reward)).sum();
        let zeros = vec![0.0; log_ratios.len()];
        let kl = divergence(&answers.log_ref, &log_ratios, &zeros);
        let kl_ref = divergence(&answers.log_ref, &zeros, &log_ratios);
        let kl_to_optimum = match beta > 0.0 {
            true => divergence(&answers.log_ref, &log_ratios, &answers.log_ratios_of_optimum(beta)),
            false if lost > 0.0 => f64::INFINITY,
            false => 0.0,
        };
        let gap = if beta > 0.0 { beta * kl_to_optimum } else { lost };
        let reward = best - lost;
        Self { policy, log_ratios, reward, kl, kl_ref, objective: reward - beta * kl, gap, kl_to_optimum }
    }
}

/// KL(p||q), of policies that are given by their log-ratios to the reference.
///
/// # Formula
/// sum q (1 - e^u + u e^u) with u = log p - log q: each term is at least 0, so that they do not cancel where p is near q.
fn divergence(log_ref: &[f64], p: &[f64], q: &[f64]) -> f64 {
    let term = |((log_ref, p), q): ((&f64, &f64), &f64)| {
        let u = p - q;
        match () {
            () if *p == f64::NEG_INFINITY => (log_ref + q).exp(),
            () if *q == f64::NEG_INFINITY => f64::INFINITY,
            () if u.abs() < SMALL => (log_ref + q).exp() * u * u * (0.5 + u / 3.0 + u * u / 8.0),
            // By the larger of the two, so that neither overflows.
            () => (log_ref + p).exp() * u - (log_ref + p).exp() + (log_ref + q).exp(),
        }
    };
    log_ref.iter().zip(p).zip(q).map(term).sum()
}

/// Where three terms of the series are exact to 1e-12 of their sum.
const SMALL: f64 = 1e-4;
