//! The expectations that the limits of a variance are made of, against sums over all values of y_1 + .. + y_n.

use super::law::Law;
use super::lower::Lower;
use super::sample::Sample;
use super::upper::Upper;
use crate::estimator::expr::Expr;
use crate::policy::{Normal, Problem};

/// Of two losses, with respect to the mean: one with a heavy tail, and one whose gradient is 0 for many samples.
fn samples() -> [Sample; 2] {
    let normal = |mu, sigma| Normal::new(mu, sigma).expect("the standard deviation is positive");
    let r = (-Expr::log_ratio()).exp();
    [(r.clone(), 0.8), (r.clamp(0.5, 1.5), 1.1)].map(|(loss, sigma)| {
        let [law, _] = Law::of(&Problem::on_policy(normal(0.0, 1.0), normal(0.7, sigma)), &loss);
        law.expect("it has a variance").within(4.0)
    })
}

/// E\[f(S^2 / n)\] for n = 1 and 2; the samples that are left out count as those of y = 0, which only widens a limit.
fn expectation(sample: &Sample, sample_size: usize, f: impl Fn(f64) -> f64) -> f64 {
    let left_out = 1.0 - sample.nodes().map(|(weight, _)| weight).sum::<f64>();
    let nodes: Vec<(f64, f64)> =
        sample.nodes().chain([(left_out, 0.0)]).filter(|(weight, _)| *weight > 1e-10).collect();
    match sample_size {
        1 => nodes.iter().map(|(weight, y)| weight * f(y * y)).sum(),
        _ => {
            let second = |(weight, y): &(f64, f64)| -> f64 {
                weight * nodes.iter().map(|(other, x)| other * f((x + y).powi(2) / 2.0)).sum::<f64>()
            };
            nodes.iter().map(second).sum()
        }
    }
}

#[test]
fn expectations_of_growing_exponentials_are_bounded_closely() {
    for sample in samples() {
        let farthest = [sample.bound * 2f64.sqrt(); 2];
        for (sample_size, theta) in [(1, 1e-4), (1, 0.01), (1, 0.3), (2, 0.01), (2, 0.2)] {
            // Of one sample, and not too far out for the knots.
            let found = Upper::new(&sample, sample_size as f64, farthest).log_expectation(theta);
            let expected = expectation(&sample, sample_size, |square| (theta * square).exp()).ln();
            if found.is_finite() {
                assert!((found / expected - 1.0).abs() < 1e-4, "{sample_size}, {theta}: {found:e}, not {expected:e}");
            }
            assert!(found.is_finite() || expected > 50.0, "{sample_size}, {theta}: beyond the knots");
        }
    }
}

#[test]
fn expectations_of_falling_exponentials_are_close() {
    for sample in samples() {
        for (sample_size, theta) in [(1, 0.01), (1, 1.0), (1, 30.0), (2, 0.01), (2, 1.0), (2, 30.0)] {
            let found = Lower::new(&sample, sample_size as f64, 0.1).log_expectation(theta);
            let expected = expectation(&sample, sample_size, |square| (-theta * square).exp()).ln();
            assert!(
                (found - expected).abs() < 1e-4 * expected.abs(),
                "{sample_size}, {theta}: {found:e}, not {expected:e}"
            );
        }
    }
}
