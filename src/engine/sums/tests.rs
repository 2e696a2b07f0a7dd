//! Sums against those of the tape in 64 bits, step by step, on the same samples.

use super::*;
use crate::estimator::expr::{Steps, Tape};
use crate::estimator::{Estimator, Table};
use crate::policy::Normal;
use std::f64::consts::TAU;

fn problem([mu, sigma, m, tau]: [f64; 4], behaviour: Option<[f64; 2]>) -> Problem {
    let normal = |mu, sigma| Normal::new(mu, sigma).expect("it is one");
    let on_policy = Problem::on_policy(normal(mu, sigma), normal(m, tau));
    let behaviour = behaviour.map_or(on_policy.policy, |[mu, sigma]| normal(mu, sigma));
    Problem { behaviour, ..on_policy }.as_held().expect("its numbers are in range")
}

/// The article's, and others beside it, all of them held in 32 bits.
fn problems() -> Vec<Problem> {
    let gaps = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7];
    let nearly = gaps.into_iter().flat_map(|gap| [[0.0, 1.0, gap, 1.0], [0.0, 1.0, gap, 1.0 + gap]]);
    let apart = [[0.0, 1.0, 1.0, 1.1], [-0.3, 0.7, 0.4, 0.9], [2.0, 3.0, 4.5, 1.8], [0.0, 1.0, 0.5, 0.01]];
    let on_policy = apart.into_iter().chain([[0.0, 1.0, 3.0, 20.0]]).chain(nearly).map(|four| problem(four, None));
    let off_policy = [[0.0, 1.0, 1.0, 1.1], [0.0, 1.0, 1e-6, 1.0]].map(|four| problem(four, Some([0.5, 1.25])));
    on_policy.chain(off_policy).collect()
}

/// Variates that fill the normal distribution evenly.
fn normals(count: usize) -> Vec<f32> {
    let fraction = |index: usize, step: f64| (index as f64 + 0.5) * step % 1.0;
    let normal = |i| {
        (-2.0 * fraction(i, 0.754_877_666_246_692_7).ln()).sqrt() * (TAU * fraction(i, 0.569_840_290_998_053_3)).cos()
    };
    (0..count).map(|index| normal(index) as f32).collect()
}

/// Losses with the two ways of summing: every row of the table, and others.
fn losses() -> Vec<(String, Expr)> {
    let rows = Estimator::all().into_iter().map(|row| (row.name().to_owned(), row.expression().clone()));
    let others = ["rho * k3 + logp * 0", "clamp(rho * (expm1(-D) + D), -10, 10) + 0.1 * abs(D) * min(w, 2)"];
    let others = others.map(|text| (text.to_owned(), Expr::parse_loss(text, &Table).expect("it is a loss")));
    rows.chain(others).collect()
}

/// The means of c s and of |c s|, sample by sample in 64 bits.
fn exact(problem: &Problem, loss: &Expr, normals: &[f32]) -> [[f64; 2]; 2] {
    let [scale, shift] = [problem.behaviour.sigma() as f32, problem.behaviour.mu() as f32];
    let mut tape = Tape::new(std::slice::from_ref(loss));
    let mut means = [[0.0; 2]; 2];
    for normal in normals {
        let x = f64::from(normal * scale + shift);
        let u = (x - problem.policy.mu()) / problem.policy.sigma();
        let [log_prob, log_ratio, log_rho] = problem.logs().at(u).map(|log| [log]);
        let c = tape.evaluate(Steps::samples(&log_prob, &log_ratio, &log_rho)).coefficients(0)[0];
        for (parameter, unit) in [u, u * u - 1.0].into_iter().enumerate() {
            let term = c * unit / problem.policy.sigma() / normals.len() as f64;
            means[0][parameter] += term;
            means[1][parameter] += term.abs();
        }
    }
    means
}

#[test]
fn gradients_are_those_of_the_tape_to_the_precision_of_32_bits() {
    let (normals, losses) = (normals(1500), losses());
    for problem in problems() {
        let sums = Sums::new(&problem, losses.iter().map(|(_, loss)| loss), true);
        let block = sums.over(&normals);
        for (index, (name, loss)) in losses.iter().enumerate() {
            let [mean, size] = exact(&problem, loss, &normals);
            let tolerance = match sums.ways[index] {
                Way::Tape(_) => 1e-12,
                // D is rounded at the size of its terms, which grow with the gap in widths of the reference.
                Way::Terms(_) if problem.policy.sigma() > 50.0 * problem.reference.sigma() => 3e-5,
                Way::Terms(_) => 2e-6,
            };
            for (i, gradient) in sums.gradient(index, &block).into_iter().enumerate() {
                let fits = (gradient - mean[i]).abs() <= tolerance * size[i];
                assert!(fits || !size[i].is_finite(), "{name} {i}: {gradient}, not {}: {:?}", mean[i], problem);
            }
        }
    }
}

/// In 32-bit differences the spread of r - 1 + D would be that of their rounding, millions of times too large.
#[test]
fn the_spread_near_equality_is_that_of_the_estimator() {
    let problem = problem([0.0, 1.0, 1e-7, 1.0], None);
    let loss = Estimator::named("k3_in_reward").expect("it is in the table").expression().clone();
    let sums = Sums::new(&problem, [&loss], false);
    let normals = normals(20_000);
    let [mut square, mut exact_square] = [0.0; 2];
    for trial in normals.chunks(100) {
        square += sums.gradient(0, &sums.over(trial))[0].powi(2);
        exact_square += exact(&problem, &loss, trial)[0][0].powi(2);
    }
    assert!(exact_square > 0.0 && (square / exact_square - 1.0).abs() < 1e-5, "{square}, not {exact_square}");
}

#[test]
fn the_hand_made_sums_serve_what_they_can() {
    let way = |name: &str, problem: &Problem| {
        let loss = Estimator::named(name).expect("it is in the table").expression().clone();
        Sums::new(problem, [&loss], false).ways[0]
    };
    let (on_policy, off_policy) = (Problem::default(), problem([0.0, 1.0, 1.0, 1.1], Some([0.5, 1.0])));
    for name in
        ["k1", "k2", "k3", "reverse_k1", "reverse_k2", "k3_in_reward", "k2_lambda", "straight_through", "rho_k3"]
    {
        assert!(matches!(way(name, &on_policy), Way::Terms(_)), "{name}");
    }
    for name in ["abs", "chi2", "k3_clamped"] {
        assert!(matches!(way(name, &on_policy), Way::Tape(0)), "{name}");
    }
    assert!(matches!(way("k3", &off_policy), Way::Terms(_)));
    assert!(matches!(way("rho_k3", &off_policy), Way::Tape(0)));
}

#[test]
fn blocks_add_up() {
    let losses = losses();
    let sums = Sums::new(&Problem::default(), losses.iter().map(|(_, loss)| loss), true);
    let normals = normals(1024);
    let mut added = BlockSums::default();
    normals.chunks(512).for_each(|block| added.add(&sums.over(block)));
    let at_once = sums.over(&normals);
    assert_eq!(added.samples(), 1024);
    for (loss, (name, _)) in losses.iter().enumerate() {
        for (added, at_once) in sums.gradient(loss, &added).into_iter().zip(sums.gradient(loss, &at_once)) {
            assert!((added - at_once).abs() < 1e-12 * at_once.abs().max(1.0), "{name}");
        }
    }
}
