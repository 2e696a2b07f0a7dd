//! The gradient of an update: expected, sampled, and what theory says.

use super::sequences;
use crate::engine::softmax::{Draw, Sequences};
use crate::estimator::Estimator;
use crate::policy::{Problem, Softmax};
use crate::theory::softmax::{Aggregate, Tables};
use crate::training::loss::Loss;
use crate::training::{MadeReward, Objective, Reward, Settings};
use std::iter::zip;

const BETA: f64 = 0.7;

/// Policy, reference and a third policy that draws: of one token of four, or of sequences of at most three tokens of two.
fn problems() -> [Problem<Softmax>; 2] {
    let numbers = |phase: f64| (0..4).map(|place| (1.7 * f64::from(place) + phase).sin()).collect::<Vec<f64>>();
    let phases = [0.3, 1.1, 2.9].map(numbers);
    let of = |[policy, reference, behaviour]: [Softmax; 3]| Problem { policy, reference, behaviour };
    let categorical = phases.clone().map(|logits| Softmax::categorical(logits).unwrap());
    [of(categorical), of(phases.map(|logits| Softmax::sequence(logits, 2, 3).unwrap()))]
}

fn on_policy(problem: &Problem<Softmax>) -> Problem<Softmax> {
    Problem::on_policy(problem.policy.clone(), problem.reference.clone())
}

fn objective(problem: &Problem<Softmax>, beta: f64) -> Objective {
    let reward = Reward::made(MadeReward::Dense, &problem.reference, 5).unwrap();
    Objective::new(problem.reference.clone(), reward, beta).unwrap()
}

fn settings(aggregate: Aggregate, group: usize) -> Settings {
    Settings { aggregate, group, ..Settings::default() }
}

fn named(name: &str) -> Estimator {
    Estimator::named(name).unwrap()
}

fn expected(name: &str, objective: &Objective, problem: &Problem<Softmax>) -> Vec<f64> {
    let loss = Loss::new(objective, &named(name), &settings(Aggregate::TokenSum, 2));
    loss.expected(problem, &Tables::of(problem)).unwrap()
}

/// The largest difference of two vectors.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    zip(a, b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// A few hundred roundings of numbers near 1.
const ROUNDING: f64 = 1e-13;

/// The mean of the sampled gradient over every batch of two.
fn over_all_batches(loss: &mut Loss, problem: &Problem<Softmax>) -> Vec<f64> {
    let (tables, all) = (Tables::of(problem), sequences(&problem.behaviour));
    let mut mean = vec![0.0; problem.policy.logits().len()];
    for (first, p) in &all {
        for (second, q) in &all {
            let entries = [first.as_slice(), second].concat();
            let drawn = Sequences { ends: vec![first.len(), entries.len()], entries };
            let gradient = loss.sampled(problem, &tables, &drawn);
            zip(&mut mean, gradient).for_each(|(mean, g)| *mean += p * q * g);
        }
    }
    mean
}

/// Without a baseline and with the other sample as one; on-policy and off; for each way to aggregate.
#[test]
fn sampled_gradients_have_the_expected_mean() {
    for problem in problems().into_iter().flat_map(|problem| [on_policy(&problem), problem]) {
        let objective = objective(&problem, BETA);
        for estimator in
            Estimator::of_tokens(problem.policy.is_sequence()).into_iter().chain([named("k2_leave_one_out")])
        {
            for (aggregate, group) in Aggregate::ALL.into_iter().flat_map(|aggregate| [(aggregate, 1), (aggregate, 2)])
            {
                let mut loss = Loss::new(&objective, &estimator, &settings(aggregate, group));
                let expected = loss.expected(&problem, &Tables::of(&problem)).unwrap();
                let mean = over_all_batches(&mut loss, &problem);
                let distance = distance(&mean, &expected);
                assert!(distance < ROUNDING, "{} {aggregate} {group}: {distance}", estimator.name());
            }
        }
    }
}

/// The difference that a batch makes has the leave-one-out baseline in it.
#[test]
fn a_baseline_of_two_samples_is_the_other_sample() {
    let [problem, _] = problems().map(|problem| on_policy(&problem));
    let (objective, tables) = (objective(&problem, BETA), Tables::of(&problem));
    let drawn = Sequences { entries: vec![1, 3], ends: vec![1, 2] };
    let gradient = Loss::new(&objective, &named("k1_in_reward"), &settings(Aggregate::TokenSum, 2))
        .sampled(&problem, &tables, &drawn);
    let [first, second] = [1, 3].map(|k| objective.reward().entries()[k] - BETA * tables.log_ratio[k]);
    // (A s_1 - A s_3) / 2, with A the difference of what the two earn: the probabilities cancel.
    let advantage = (first - second) / 2.0;
    assert!(distance(&gradient, &[0.0, advantage, 0.0, -advantage]) < ROUNDING, "{gradient:?}");
}

#[test]
fn a_lambda_of_the_draw_before_has_no_bias_and_one_of_the_draw_itself_has() {
    for problem in problems().into_iter().flat_map(|problem| [on_policy(&problem), problem]) {
        let objective = objective(&problem, BETA);
        let expected = expected("k2", &objective, &problem);
        let with_lambda = |name: &str| {
            let mut loss = Loss::new(&objective, &named(name), &settings(Aggregate::TokenSum, 1));
            // A draw before gives a lambda that is not 0.
            let before = Sequences { entries: vec![0, 1], ends: vec![1, 2] };
            loss.sampled(&problem, &Tables::of(&problem), &before);
            loss.next_draw();
            (loss.sampled(&problem, &Tables::of(&problem), &before), over_all_batches(&mut loss, &problem))
        };
        let (one, mean) = with_lambda("k2_lambda_shared");
        assert!(distance(&mean, &expected) < ROUNDING);
        let without = Loss::new(&objective, &named("k2"), &settings(Aggregate::TokenSum, 1)).sampled(
            &problem,
            &Tables::of(&problem),
            &Sequences { entries: vec![0, 1], ends: vec![1, 2] },
        );
        assert!(distance(&one, &without) > 1e-3, "the lambda is subtracted");
        for name in ["k2_lambda", "k2_mean_baseline", "k2_lambda_printed"] {
            assert!(distance(&with_lambda(name).1, &expected) > 1e-3, "{name}");
        }
    }
}

/// lambda_i = sum s_i^2 D / sum s_i^2, sample by sample.
#[test]
fn a_lambda_is_the_weighted_mean_of_the_samples() {
    let [problem, _] = problems().map(|problem| on_policy(&problem));
    let (objective, tables) = (objective(&problem, BETA), Tables::of(&problem));
    let tokens = [1, 3, 3, 0];
    let drawn = Sequences { entries: tokens.to_vec(), ends: vec![1, 2, 3, 4] };
    let gradient = |name: &str| {
        Loss::new(&objective, &named(name), &settings(Aggregate::TokenSum, 1)).sampled(&problem, &tables, &drawn)
    };
    let score = |token: usize, k: usize| f64::from(u8::from(token == k)) - tables.policy[k];
    let norm = |token: usize| (0..4).map(|k| score(token, k).powi(2)).sum::<f64>();
    let d = &tables.log_ratio;
    type Weight<'a> = &'a dyn Fn(usize, usize) -> f64;
    let by_component: Weight = &|token, k| score(token, k).powi(2);
    for (name, weight, power) in
        [("k2_lambda", by_component, 1), ("k2_lambda_printed", by_component, 2), ("k2_mean_baseline", &|_, _| 1.0, 1)]
    {
        for k in 0..4 {
            let total: f64 = tokens.iter().map(|&x| weight(x, k)).sum();
            let lambda = tokens.iter().map(|&x| weight(x, k) * d[x].powi(power)).sum::<f64>() / total;
            let sent = |x: &usize| (objective.reward().entries()[*x] - BETA * (d[*x] - lambda)) * score(*x, k);
            let expected = tokens.iter().map(sent).sum::<f64>() / 4.0;
            assert!((gradient(name)[k] - expected).abs() < ROUNDING, "{name}");
        }
    }
    // The shared one takes the draw before, which is this one again.
    let mut shared = Loss::new(&objective, &named("k2_lambda_shared"), &settings(Aggregate::TokenSum, 1));
    shared.sampled(&problem, &tables, &drawn);
    shared.next_draw();
    let gradient = shared.sampled(&problem, &tables, &drawn);
    let lambda = tokens.iter().map(|&x| norm(x) * d[x]).sum::<f64>() / tokens.iter().map(|&x| norm(x)).sum::<f64>();
    let sent = |x: &usize| (objective.reward().entries()[*x] - BETA * (d[*x] - lambda)) * score(*x, 2);
    assert!((gradient[2] - tokens.iter().map(sent).sum::<f64>() / 4.0).abs() < ROUNDING);
}

/// What follows KL(theta||ref) of whole sequences ascends the objective; k1 in the loss ascends the reward alone.
#[test]
fn the_right_losses_send_the_gradient_of_the_objective() {
    let [categorical, sequence] = problems();
    let all = |problem: &Problem<Softmax>, right: &[&str], wrong: &[&str]| {
        let objective = objective(problem, BETA);
        let gradient = objective.gradient(&problem.policy);
        for (names, is_right) in [(right, true), (wrong, false)] {
            for name in names {
                let distance = distance(&expected(name, &objective, problem), &gradient);
                assert!(if is_right { distance < ROUNDING } else { distance > 1e-3 }, "{name}: {distance}");
            }
        }
        let reward_alone = self::objective(problem, 0.0).gradient(&problem.policy);
        if problem.is_on_policy() {
            assert!(distance(&expected("k1", &objective, problem), &reward_alone) < ROUNDING);
        }
    };
    all(&on_policy(&categorical), &["k2", "k1_in_reward", "rho_k3", "kl_full"], &["k1", "k3", "chi2"]);
    all(&categorical, &["rho_k3", "sg_rho_k2", "kl_full"], &["k2", "k1_in_reward", "rho_k2"]);
    let right = ["k1_to_go", "k1_whole", "k2_sequence", "kl_full_to_go"];
    all(&on_policy(&sequence), &right, &["k2", "kl_full", "k1_in_reward"]);
    all(&sequence, &["rho_sequence_k1_to_go"], &["k1_to_go", "k2_sequence"]);
}

/// 2,000 batches of 16 sequences that are drawn: each of the 4 components of 6 means is within 5 standard errors, which fails by
/// chance in 24 * 5.7e-7 = 1.4e-5 of all seeds, and never for the one that stands here.
#[test]
fn drawn_gradients_average_to_the_expected_one() {
    for problem in problems() {
        let (objective, tables) = (objective(&problem, BETA), Tables::of(&problem));
        let draw = Draw::new(&problem.behaviour, &tables.behaviour);
        for name in ["k2", "k1_in_reward", "rho_k3"] {
            let mut loss = Loss::new(&objective, &named(name), &settings(Aggregate::TokenSum, 4));
            let expected = loss.expected(&problem, &tables).unwrap();
            let batches: Vec<Vec<f64>> =
                (0..2000).map(|batch| loss.sampled(&problem, &tables, &draw.sequences(16, 3, batch))).collect();
            for (k, expected) in expected.iter().enumerate() {
                let numbers = || batches.iter().map(|gradient| gradient[k]);
                let mean = numbers().sum::<f64>() / 2000.0;
                let error = (numbers().map(|x| (x - mean).powi(2)).sum::<f64>() / 1999.0 / 2000.0).sqrt();
                assert!((mean - expected).abs() < 5.0 * error, "{name}, {k}: {mean} for {expected}, error {error}");
            }
        }
    }
}
