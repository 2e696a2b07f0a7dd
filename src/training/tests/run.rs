//! Where runs end, and what they are made of.

use crate::estimator::Estimator;
use crate::policy::Softmax;
use crate::theory::softmax::Aggregate;
use crate::training::{Divergence, End, MadeReward, Objective, Optimizer, Reward, Run, Settings, Training};
use std::num::NonZeroUsize;

const BETA: f64 = 0.5;

/// Probabilities of 0.02 to 0.4.
fn reference() -> Softmax {
    Softmax::categorical([0.4, 0.3, 0.15, 0.08, 0.05, 0.02].map(f64::ln).to_vec()).unwrap()
}

fn objective(beta: f64) -> Objective {
    let reference = reference();
    let reward = Reward::new(&[6], vec![0.0, 0.3, -0.2, 0.5, 0.1, 0.4], &reference).unwrap();
    Objective::new(reference, reward, beta).unwrap()
}

fn sequence(beta: f64) -> Objective {
    let logits = [0.2, 0.5, -0.3, 0.1, -0.4, 0.0, 0.6, 0.3, -0.2].to_vec();
    let reference = Softmax::sequence(logits, 3, 4).unwrap();
    let reward = Reward::made(MadeReward::Dense, &reference, 2).unwrap();
    Objective::new(reference, reward, beta).unwrap()
}

fn exact(steps: usize, learning_rate: f64) -> Settings {
    Settings { steps, learning_rate, exact: true, ..Settings::default() }
}

fn run_from(start: &Softmax, objective: &Objective, name: &str, settings: Settings, seed: i64) -> Run {
    let optimum = objective.optimum();
    let training = Training::new(objective, &optimum, start, settings).unwrap();
    let estimator = Estimator::named(name).unwrap();
    training.check(&estimator).unwrap();
    training.run(&estimator, seed)
}

fn run(objective: &Objective, name: &str, settings: Settings, seed: i64) -> Run {
    run_from(&objective.reference().clone(), objective, name, settings, seed)
}

fn last_gap(run: &Run) -> f64 {
    assert_eq!(run.end, End::Finished);
    run.steps.last().unwrap().gap.unwrap()
}

fn probabilities(policy: &Softmax) -> Vec<f64> {
    policy.log_probs().into_iter().map(f64::exp).collect()
}

/// The end of k3 in the loss: pi_ref / (1 - (R - lambda) / beta), with lambda so that it sums to 1, by bisection.
fn end_of_k3(objective: &Objective) -> Vec<f64> {
    let at = |lambda: f64| -> Vec<f64> {
        let pairs = probabilities(objective.reference()).into_iter().zip(objective.reward().entries());
        pairs.map(|(p, r)| p / (1.0 - (r - lambda) / objective.beta())).collect()
    };
    // The sum falls from infinity, where the largest reward is lambda + beta, to 0.
    let (mut low, mut high) = (0.5 - objective.beta() + 1e-12, 10.0);
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if at(middle).iter().sum::<f64>() > 1.0 { low = middle } else { high = middle }
    }
    at(high)
}

#[test]
fn exact_runs_of_what_follows_kl_reach_the_optimum_from_every_start() {
    let objective = objective(BETA);
    let elsewhere = Softmax::categorical(vec![-1.0, 1.0, 0.0, 0.5, -0.5, 0.2]).unwrap();
    for name in ["k2", "k1_in_reward", "kl_full"] {
        for start in [&reference(), &elsewhere] {
            let run = run_from(start, &objective, name, exact(600, 3.0), 0);
            assert!(last_gap(&run) < 1e-6, "{name}: {}", last_gap(&run));
        }
    }
    let by_adam = Settings { optimizer: Optimizer::Adam, ..exact(600, 0.02) };
    assert!(last_gap(&run(&objective, "k2", by_adam, 0)) < 1e-6);
}

#[test]
fn exact_runs_of_sequences_reach_the_optimum_by_the_losses_of_whole_sequences() {
    let objective = sequence(BETA);
    for name in ["k1_to_go", "k2_sequence", "kl_full_to_go"] {
        let run = run(&objective, name, exact(1200, 1.0), 0);
        assert!(last_gap(&run).abs() < 1e-6, "{name}: {}", last_gap(&run));
    }
    // The local gradient ends elsewhere.
    assert!(last_gap(&run(&objective, "k2", exact(1200, 1.0), 0)) > 1e-4);
}

#[test]
fn k3_in_the_loss_ends_where_the_formula_says() {
    let objective = objective(BETA);
    let run = run(&objective, "k3", exact(1500, 3.0), 0);
    for (ours, theirs) in probabilities(&run.policy).iter().zip(end_of_k3(&objective)) {
        assert!((ours - theirs).abs() < 1e-6, "{ours} for {theirs}");
    }
    assert!(last_gap(&run) > 1e-4, "{}", last_gap(&run));
}

#[test]
fn k1_in_the_loss_takes_the_path_of_no_penalty() {
    for (with, without) in [(objective(BETA), objective(0.0)), (sequence(BETA), sequence(0.0))] {
        let [k1, none] =
            [(&with, "k1"), (&without, "k2")].map(|(objective, name)| run(objective, name, exact(60, 1.0), 0));
        for (k1, none) in k1.steps.iter().zip(&none.steps) {
            // Roundings of 60 updates.
            assert!((k1.reward - none.reward).abs() < 1e-12 && (k1.kl - none.kl).abs() < 1e-12);
        }
        assert!(k1.steps[60].reward > k1.steps[0].reward + 0.01);
    }
    // A mean over each sequence's tokens does not leave it without effect.
    let settings = Settings { aggregate: Aggregate::SequenceMean, ..exact(60, 1.0) };
    let [k1, none] = [(sequence(BETA), "k1"), (sequence(0.0), "k1")].map(|(o, name)| run(&o, name, settings, 0));
    assert!((k1.steps[60].mean_length - none.steps[60].mean_length).abs() > 0.01);
}

/// Sampled runs end around the point at which the expected gradient is 0, and not at another one.
///
/// # Formula
/// Where the gradient has the trace tr C of a covariance for one sample, ascent with the rate a on batches of B stays around the
/// end, at a mean gap of a tr C / (4 B): H S + S H = a C / B of a quadratic with the Hessian H, whose gap is tr(H S) / 2.
#[test]
fn sampled_runs_end_where_exact_ones_do_within_their_noise() {
    let objective = objective(BETA);
    let settings = Settings { steps: 400, batch: 64, learning_rate: 2.0, ..Settings::default() };
    let mean_gap = |name: &str, updates_per_batch: usize| {
        let settings = Settings { updates_per_batch, ..settings };
        let late = (0..4).flat_map(|seed| run(&objective, name, settings, seed).steps.split_off(200));
        late.map(|step| step.gap.unwrap()).sum::<f64>() / 804.0
    };
    let optimum = objective.optimum().policy.unwrap();
    let p = probabilities(&optimum);
    let reward = objective.reward().entries();
    let mean: f64 = p.iter().zip(reward).map(|(p, r)| p * r).sum();
    // At the optimum R - beta D is constant, so that a sample of k2 sends that, less the mean reward of the 7 others.
    let variance: f64 = p.iter().zip(reward).map(|(p, r)| p * (r - mean).powi(2)).sum();
    let coefficient = (objective.judge(&optimum).objective - mean).powi(2) + variance / 7.0;
    let trace = coefficient * (1.0 - p.iter().map(|p| p * p).sum::<f64>());
    let noise = settings.learning_rate * trace / (4.0 * settings.batch as f64);
    // 804 correlated steps leave that to about a third. One batch for 8 updates is as one update at 8 times the rate.
    for (name, updates_per_batch) in [("k2", 1), ("rho_k3", 1), ("rho_k3", 8), ("sg_rho_k2", 8)] {
        let (gap, noise) = (mean_gap(name, updates_per_batch), noise * updates_per_batch as f64);
        assert!(gap < 2.0 * noise && gap > 0.1 * noise, "{name}: {gap}, and {noise} expected");
    }
    // Here the baselines of reward and penalty leave no noise at the optimum, where what a sample earns is constant.
    for (name, updates_per_batch) in [("k1_in_reward", 1), ("k2_leave_one_out", 8)] {
        let gap = mean_gap(name, updates_per_batch);
        assert!(gap < 1e-8, "{name}: {gap}");
    }
    let its_own = last_gap(&run(&objective, "k3", exact(1500, 2.0), 0));
    let of_k3 = mean_gap("k3", 1);
    assert!((of_k3 - its_own).abs() < 0.2 * its_own && its_own > 20.0 * noise, "{of_k3} for {its_own}");
}

#[test]
fn threads_change_no_byte() {
    let objective = sequence(BETA);
    let optimum = objective.optimum();
    let settings = Settings {
        steps: 12,
        batch: 16,
        updates_per_batch: 3,
        optimizer: Optimizer::Adam,
        learning_rate: 0.05,
        ..Settings::default()
    };
    let start = objective.reference().clone();
    let training = Training::new(&objective, &optimum, &start, settings).unwrap();
    let estimators = ["k2_sequence", "k1_to_go", "k3"].map(|name| Estimator::named(name).unwrap());
    let runs = |threads: usize| {
        let mut runs = Vec::new();
        training.runs(&estimators, &[1, 2, 9], 0, NonZeroUsize::new(threads).unwrap(), |run| runs.push(run));
        runs
    };
    let alone = runs(1);
    assert_eq!(alone.len(), 9);
    assert_eq!(alone[3], training.run(&estimators[1], 1));
    assert_ne!(alone[3], alone[4]);
    for threads in [2, 7] {
        assert_eq!(runs(threads), alone);
    }
}

#[test]
fn a_run_that_leads_nowhere_says_so_and_keeps_what_it_had() {
    let start = reference();
    for (size, rate, reason) in [(1e6, 100.0, Divergence::OutOfReach), (1e100, 1e300, Divergence::NotFinite)] {
        let reward = Reward::new(&[6], vec![0.0, size, -size, 0.0, 0.0, 0.0], &start).unwrap();
        let objective = Objective::new(start.clone(), reward, BETA).unwrap();
        let run = run(&objective, "k2", exact(50, rate), 0);
        assert_eq!(run.end, End::Diverged { step: 0, reason });
        assert_eq!((run.steps.len(), &run.policy), (1, &start));
    }
}

#[test]
fn beyond_a_thousand_steps_some_are_left_out_and_the_last_is_kept() {
    let run = run(&objective(BETA), "k2", exact(2001, 1.0), 0);
    let steps: Vec<usize> = run.steps.iter().map(|step| step.step).collect();
    assert_eq!((steps.len(), &steps[..3], steps[steps.len() - 1]), (668, &[0, 3, 6][..], 2001));
}

#[test]
fn a_start_of_another_shape_and_a_loss_without_an_expectation_are_refused() {
    let (objective, other) = (objective(BETA), Softmax::categorical(vec![0.0; 3]).unwrap());
    let optimum = objective.optimum();
    let refusal = Training::new(&objective, &optimum, &other, Settings::default()).unwrap_err().to_string();
    assert!(refusal.contains("(1, 3, 1) and the reference (1, 6, 1)"), "{refusal}");
    let start = reference();
    let alone = Settings { group: 1, ..Settings::default() };
    let leave_one_out = Estimator::named("k2_leave_one_out").unwrap();
    let refusal = Training::new(&objective, &optimum, &start, alone).unwrap().check(&leave_one_out).unwrap_err();
    assert!(refusal.to_string().contains("the group is 1; 2 or more would be right"), "{refusal}");
    let long = Softmax::sequence(vec![0.0; 16], 4, 40).unwrap();
    let reward = Reward::made(MadeReward::Dense, &long, 0).unwrap();
    let objective = Objective::new(long.clone(), reward, 1.0).unwrap();
    let optimum = objective.optimum();
    let training = Training::new(&objective, &optimum, &long, exact(1, 1.0)).unwrap();
    let of = |name: &str| training.check(&Estimator::named(name).unwrap());
    assert!(of("k1_to_go").is_ok());
    assert!(of("k2_sequence").unwrap_err().to_string().contains("takes every sequence, of which there are too many"));
}
