//! How often D has which value, and what each loss does there.

use crate::audit::{Audit, Bin, LossAudit};
use crate::estimator::Table;
use crate::estimator::expr::{Expr, Steps, Tape};
use crate::figure::{Format, HistogramFigure, Overlay, draw_histogram, in_font};
use anyhow::Result;

/// More functions cannot be told from each other.
const MOST: usize = 8;
/// Two log-probabilities: what differs between them depends on more than D.
const LOG_PROBS: [f64; 2] = [-1.0, -2.75];

pub(super) fn draw(audit: &Audit, format: Format) -> Option<Result<Vec<u8>>> {
    if audit.log_ratios.is_empty() {
        return None;
    }
    let mut figure = HistogramFigure {
        title: "How many tokens have which D, and the gradient coefficient c of each loss".to_owned(),
        x_label: "D = log policy - log ref".to_owned(),
        right_label: right_label(&audit.all.losses).to_owned(),
        bins: bins(&audit.log_ratios),
        limits: Vec::new(),
        overlays: Vec::new(),
    };
    figure.overlays = overlays(&audit.all.losses, &figure.places());
    Some(draw_histogram(&figure, format))
}

pub(super) fn bins(bins: &[Bin]) -> Vec<([f64; 2], u64)> {
    bins.iter().map(|bin| ([bin.from, bin.to], bin.count)).collect()
}

/// A function for each loss whose coefficient is one of D; those that are the same here are one.
fn overlays(losses: &[LossAudit], places: &[f64]) -> Vec<Overlay> {
    let mut overlays: Vec<Overlay> = Vec::new();
    for (name, values) in losses.iter().filter_map(|loss| Some((in_font(&loss.name), coefficients(loss, places)?))) {
        match overlays.iter_mut().find(|other| are_same(&other.values, &values)) {
            Some(other) => other.name = format!("{}, {name}", other.name),
            None => overlays.push(Overlay { name, values }),
        }
    }
    overlays.truncate(MOST);
    overlays
}

/// What the functions are of, where not every loss has one.
fn right_label(losses: &[LossAudit]) -> &'static str {
    match losses.iter().all(|loss| coefficients(loss, &LOG_PROBS).is_some()) {
        true => "gradient coefficient c(D) at rho = 1",
        false => "c(D) at rho = 1, of the losses that see D alone",
    }
}

/// None where it depends on more than D: on the rest of the sequence, or on the log-probability by itself.
fn coefficients(loss: &LossAudit, d: &[f64]) -> Option<Vec<f64>> {
    let expression = Expr::parse_loss(&loss.expression, &Table).ok()?;
    if expression.sees_sequences() || expression.sees_vocabulary() {
        return None;
    }
    let mut tape = Tape::new(std::slice::from_ref(&expression));
    // The sampler is the policy: log(rho) is 0.
    let log_rhos = vec![0.0; d.len()];
    let [here, there] = LOG_PROBS.map(|log_prob| {
        let log_probs = vec![log_prob; d.len()];
        tape.evaluate(Steps::samples(&log_probs, d, &log_rhos)).coefficients(0).to_vec()
    });
    are_same(&here, &there).then_some(here)
}

fn are_same(a: &[f64], b: &[f64]) -> bool {
    let near = |a: f64, b: f64| (a - b).is_finite() && (a - b).abs() <= 1e-9 * (a.abs() + b.abs());
    a.iter().zip(b).all(|(&a, &b)| a == b || near(a, b) || a.is_nan() && b.is_nan())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::example;

    fn loss(name: &str, expression: &str) -> LossAudit {
        let loss = example::audit(1).all.losses[0].clone();
        LossAudit { name: name.to_owned(), expression: expression.to_owned(), ..loss }
    }

    #[test]
    fn a_loss_is_drawn_where_its_coefficient_is_a_function_of_d() {
        let losses = [
            loss("k2", "D^2 / 2"),
            loss("in_reward", "sg(D) * logp"),
            loss("k3_clamped", "clamp(expm1(-D) + D, -10, 10)"),
            loss("to_go", "sg(after(D)) * logp"),
            loss("full", "full(D)"),
            loss("entropy", "sg(logp) * logp"),
        ];
        let overlays = overlays(&losses, &[-12.0, 0.0, 0.5]);
        let names: Vec<&str> = overlays.iter().map(|overlay| overlay.name.as_str()).collect();
        assert_eq!(names, ["k2, in_reward", "k3_clamped"]);
        assert_eq!(overlays[0].values, [-12.0, 0.0, 0.5]);
        assert_eq!(overlays[1].values, [0.0, 0.0, -(-0.5_f64).exp_m1()]);
        assert!(right_label(&losses).ends_with("D alone") && right_label(&losses[..3]).ends_with("rho = 1"));
    }
}
