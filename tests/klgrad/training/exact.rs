//! Exact runs come to the ends that the formulas give, or to none where there is none.

use super::{ends, farthest, named, objective, probabilities, run};
use crate::expr::for_all;
use klgrad::estimator::Estimator;
use klgrad::policy::Softmax;
use klgrad::training::ends::{End, Kind};
use klgrad::training::{Objective, Optimizer, Settings};
use proptest::prelude::*;

/// Learning rates of Adam, and the steps at each.
///
/// Every stage begins with new moments, so that a logit moves by about the rate in each step, however small its probability is:
/// by up to 18 in the first four, far enough for an answer that is to get probability 0, which by steps along the gradient falls
/// as 1 over their number alone. With the last rate a logit swings around its end by 1e-4 at most.
const STAGES: [(f64, usize); 7] = [(0.1, 45), (0.1, 45), (0.1, 45), (0.1, 45), (0.01, 45), (0.001, 45), (0.0001, 45)];

/// The objective where c is smooth at the end: a hundredth of the last rate, as steps along a slope that becomes flat do not
/// swing by the whole of it.
const INSIDE: f64 = 1e-6;

/// Each probability where an answer goes to 0, or stays at a jump of c, around which logits swing.
const AT_A_BOUND: f64 = 1e-3;

/// The policy after all stages.
fn reach(objective: &Objective, start: &Softmax, estimator: &Estimator) -> Softmax {
    STAGES.into_iter().fold(start.clone(), |start, (learning_rate, steps)| {
        let settings =
            Settings { steps, learning_rate, optimizer: Optimizer::Adam, exact: true, ..Settings::default() };
        run(objective, &start, estimator, settings, 0).policy
    })
}

/// Whether c is smooth at the end, and all answers keep a probability.
fn is_inside(end: &End) -> bool {
    end.log_ratios.iter().all(|d| d.is_finite() && d.abs() > 1e-6)
}

fn check_reached(objective: &Objective, start: &Softmax, estimator: &Estimator, end: &End) -> Result<(), String> {
    let reached = reach(objective, start, estimator);
    let missed = objective.judge(&reached).objective - end.objective;
    let far = farthest(&reached, &end.policy);
    let is_there = far < AT_A_BOUND && (!is_inside(end) || missed.abs() < INSIDE);
    let text = || format!("{} ends {missed:e} off, {far:e} off in a probability: {end:?}", estimator.name());
    if is_there { Ok(()) } else { Err(text()) }
}

/// Four answers of probabilities from 0.1 to 0.4, the rarest of which is nearly the best.
fn four() -> Objective {
    objective(&[0.4, 0.3, 0.2, 0.1], &[0.1, 0.5, -0.3, 0.4], 0.5)
}

/// Every loss that one token can have.
fn losses() -> impl Iterator<Item = Estimator> {
    Estimator::all().into_iter().chain([named("kl_full")])
}

/// Every loss that has one end comes to it from here, and each that has one near the reference where that is the start.
fn check_all(start: &Softmax) {
    let objective = four();
    let is_reference = start == objective.reference();
    let (mut unique, mut near) = (0, 0);
    for estimator in losses() {
        let ends = ends(&objective, &estimator);
        match ends.kind {
            Kind::Unique => unique += 1,
            Kind::UniqueNearReference if is_reference => near += 1,
            _ => continue,
        }
        check_reached(&objective, start, &estimator, &ends.end.unwrap()).unwrap();
    }
    // Of 30 losses 8 have several ends or none, as c falls for some D.
    assert_eq!((unique, near, losses().count()), (21, usize::from(is_reference), 30));
}

#[test]
fn every_loss_with_one_end_reaches_it_from_the_reference() {
    check_all(four().reference());
}

#[test]
fn every_loss_with_one_end_reaches_it_from_the_uniform_policy() {
    check_all(&Softmax::categorical(vec![0.0; 4]).unwrap());
}

#[test]
fn every_loss_with_one_end_reaches_it_from_far_away() {
    check_all(&Softmax::categorical(vec![-1.3, 0.4, 1.1, -0.2]).unwrap());
}

/// Of up to 10 answers, each of probability 0.01 or more in the reference.
#[test]
fn whatever_the_answers_are_the_end_is_reached() {
    let answers = (2..=10_usize).prop_flat_map(|count| {
        let numbers = || prop::collection::vec(0.01..1.0_f64, count);
        (numbers(), numbers(), prop::collection::vec(-1.5..1.5_f64, count))
    });
    for_all(6, &(answers, 0.3..1.0_f64), |((weights, rewards, start), beta)| {
        let sum: f64 = weights.iter().sum();
        let free = 1.0 - 0.01 * weights.len() as f64;
        let reference: Vec<f64> = weights.iter().map(|weight| 0.01 + free * weight / sum).collect();
        let objective = objective(&reference, &rewards, beta);
        let start = Softmax::categorical(start).unwrap();
        for name in ["k2", "k3", "chi2", "abs", "kl_full"] {
            let estimator = named(name);
            let ends = ends(&objective, &estimator);
            prop_assert_eq!(ends.kind, Kind::Unique);
            let reached = check_reached(&objective, &start, &estimator, &ends.end.unwrap());
            prop_assert!(reached.is_ok(), "{}", reached.unwrap_err());
        }
        Ok(())
    });
}

/// Where there is none, answers are driven off one after the other, to a ratio that numbers do not hold or to a single answer.
#[test]
fn what_has_no_end_runs_to_a_corner() {
    let objective = four();
    let settings = Settings { steps: 400, learning_rate: 3.0, exact: true, ..Settings::default() };
    let without: Vec<Estimator> = losses().filter(|estimator| ends(&objective, estimator).kind == Kind::None).collect();
    let names: Vec<&str> = without.iter().map(Estimator::name).collect();
    assert_eq!(names, ["k3_in_reward", "reverse_k1_in_reward", "reverse_k2_in_reward"]);
    for estimator in &without {
        let run = run(&objective, objective.reference(), estimator, settings, 0);
        let largest = probabilities(&run.policy).into_iter().fold(0.0, f64::max);
        let last = run.steps.last().unwrap();
        // Some answer's log-probability is below -100 / 0.4, where a loss with an end has none below -10.
        assert!(largest > 0.999 && last.kl_ref > 100.0, "{}: {largest}, {}", estimator.name(), last.kl_ref);
    }
}

/// Where there are several, each of them attracts: the start decides, and from the reference small steps do.
#[test]
fn of_several_ends_the_start_decides() {
    let objective = four();
    let estimator = named("k2_in_reward");
    let ends = ends(&objective, &estimator);
    assert_eq!(ends.kind, Kind::Several);
    let end = ends.end.unwrap();
    let nearly_one_answer = Softmax::categorical(vec![-3.0, 3.0, -3.0, -3.0]).unwrap();
    let small_steps = Settings { steps: 40_000, learning_rate: 0.2, exact: true, ..Settings::default() };
    let near = run(&objective, objective.reference(), &estimator, small_steps, 0).policy;
    let far = reach(&objective, &nearly_one_answer, &estimator);
    assert!(farthest(&near, &end.policy) < AT_A_BOUND, "{:?} for {end:?}", probabilities(&near));
    assert!(probabilities(&far)[1] > 0.99, "{:?}", probabilities(&far));
}
