//! What is said of a run, and when it is not.

use super::super::{Loss, Remark, RemarkKind, Role};
use super::{Sequence, loss, summary};
use Role::{Old, Ref};

/// Numbers without a pattern, from -1 to 1.
fn noise(place: usize) -> f64 {
    (12.9898 * place as f64 + 3.7).sin() * (78.233 * place as f64).cos()
}

/// So many sequences of 50 tokens, whose log-ratio is a function of a number without a pattern.
fn sequences(count: usize, step: i64, log_ratio: impl Fn(f64) -> f64) -> Vec<Sequence> {
    let of = |sequence: usize| {
        let places = 50 * sequence..50 * (sequence + 1);
        let policy: Vec<f64> = places.clone().map(|place| -40.0 + noise(place + 7)).collect();
        let reference: Vec<f64> = places.zip(&policy).map(|(place, p)| p - log_ratio(noise(place))).collect();
        Sequence::new(&[(Old, &policy), (Ref, &reference)]).at_step(step)
    };
    (0..count).map(of).collect()
}

fn remarks(sequences: &[Sequence], losses: Vec<Loss>) -> Vec<Remark> {
    summary(sequences, losses).audit().unwrap().remarks
}

fn said(sequences: &[Sequence], kind: RemarkKind) -> Option<String> {
    remarks(sequences, Loss::defaults()).into_iter().find(|remark| remark.kind == kind).map(|remark| remark.text)
}

#[test]
fn a_negative_mean_of_k1_is_told_with_its_noise() {
    let of = |by: f64| said(&sequences(20, 0, move |noise| 0.1 * noise + by), RemarkKind::NegativeK1);
    assert_eq!(of(0.05), None);
    let within = of(-1e-4 - mean()).unwrap();
    assert!(within.contains("within its noise"), "{within}");
    let beyond = of(-0.05).unwrap();
    assert!(beyond.contains("beyond its noise") && beyond.contains("hardly samples"), "{beyond}");
    let alone = said(&sequences(1, 0, |_| -0.05), RemarkKind::NegativeK1).unwrap();
    assert!(alone.contains("of one sequence its noise is not known"), "{alone}");
}

/// The mean of a tenth of the noise of twenty sequences.
fn mean() -> f64 {
    (0..1000).map(noise).sum::<f64>() / 10_000.0
}

#[test]
fn a_heavy_tail_is_told() {
    // r = exp(-D) is the inverse of an even number from 0 to 1, whose Pareto index is 1.
    let heavy = said(&sequences(40, 0, |noise| (noise.abs() + 1e-9).ln()), RemarkKind::HeavyTail).unwrap();
    assert!(heavy.contains("above 0.7"), "{heavy}");
    assert_eq!(said(&sequences(40, 0, |noise| 0.1 * noise), RemarkKind::HeavyTail), None);
}

#[test]
fn a_penalty_of_second_order_is_told_where_little_is_left() {
    let weak = |size: f64| {
        let run = sequences(10, 0, move |noise| size * noise);
        let remarks = remarks(&run, vec![loss("k2_again = k2"), loss("in_reward = reward(k3)")]);
        remarks.into_iter().filter(|remark| remark.kind == RemarkKind::WeakPull).collect::<Vec<_>>()
    };
    let [remark] = &weak(0.05)[..] else { panic!("one of the two losses is weak") };
    assert!(remark.text.starts_with("in_reward has a gradient of second order"), "{}", remark.text);
    assert!(weak(20.0).is_empty());
}

#[test]
fn a_reference_that_is_not_the_start_policy_is_told() {
    let run = |start: f64| [sequences(5, 0, move |noise| start * noise), sequences(5, 1, |noise| 0.5 * noise)].concat();
    let said_of = |start: f64| said(&run(start), RemarkKind::NotTheStart);
    assert!(said_of(0.3).unwrap().contains("KL begins at"), "{:?}", said_of(0.3));
    assert_eq!(said_of(1e-4), None);
    let late: Vec<Sequence> =
        run(0.3).into_iter().map(|sequence| Sequence { step: sequence.step + 7, ..sequence }).collect();
    assert_eq!(said(&late, RemarkKind::NotTheStart), None, "the start is not there");
}

#[test]
fn the_fewest_tokens_that_carry_the_value_are_counted() {
    let of = |tokens: usize, large: usize| {
        let reference: Vec<f64> = (0..tokens).map(|place| if place < large { -20.0 } else { -30.0 }).collect();
        let run = [Sequence::new(&[(Old, &vec![-30.0; tokens]), (Ref, &reference)])];
        said(&run, RemarkKind::FewTokens)
    };
    assert_eq!(of(10_000, 1).unwrap(), "1 token carries the value: 100% of the sum of k3 over 10000 tokens.");
    assert_eq!(of(10_000, 9).unwrap(), "5 tokens carry the value: 55.6% of the sum of k3 over 10000 tokens.");
    assert_eq!(of(10_000, 20), None, "of which ten are no more than half");
    assert_eq!(of(800, 1).unwrap(), "1 token carries the value: 100% of the sum of k3 over 800 tokens.");
    assert_eq!(of(800, 2), None);
    assert_eq!(of(50, 1), None, "where one is not few");
}

#[test]
fn the_place_is_that_of_the_largest_k3() {
    // D of 20 has a k3 of 19, and that of -15 has 3 million.
    let first = |large: usize| {
        let log_ratio = |token: usize| if token == 700 { -15.0 } else { 20.0 * f64::from(u8::from(token < large)) };
        let reference: Vec<f64> = (0..1500).map(|token| -40.0 - log_ratio(token)).collect();
        let remarks = remarks(&[Sequence::new(&[(Old, &[-40.0; 1500]), (Ref, &reference)])], Loss::defaults());
        let few = remarks.into_iter().find(|remark| remark.kind == RemarkKind::FewTokens).unwrap();
        (few.count, few.first.and_then(|place| place.token))
    };
    assert_eq!(first(5), (1, Some(701)));
    assert_eq!(first(1400), (1, None), "it is not among the tokens that are told");
}

#[test]
fn a_k3_beyond_floats_is_told() {
    let of = |far: &[f64]| {
        let policy: Vec<f64> = far.iter().copied().chain(std::iter::repeat(-1.0)).take(2000).collect();
        let audit =
            summary(&[Sequence::new(&[(Old, &policy), (Ref, &[-1.1; 2000])])], Loss::defaults()).audit().unwrap();
        let remark = audit.remarks.iter().find(|remark| remark.kind == RemarkKind::Overflow).cloned();
        (remark, audit)
    };
    let (remark, audit) = of(&[-1.0, -20.0, -900.0, -100.0]);
    let remark = remark.unwrap();
    assert_eq!(
        remark.text,
        "k3 is beyond floats at 1 token, so that its mean and what follows from it are not known; it is infinite for a framework \
         that computes in 32 bits at 2 tokens, where D is below -88.7228, and in 16 bits at 3 tokens, where D is below -11.0899."
    );
    assert_eq!((remark.count, remark.first.and_then(|place| place.token)), (1, Some(3)));
    let clamped = &audit.all.losses[3];
    assert_eq!(
        (clamped.dead, clamped.dead_share, audit.all.losses[0].dead_share),
        (Some(0.0015), Some(1.0), Some(0.0))
    );
    assert!(
        clamped.rms.is_some() && clamped.distance.is_some() && clamped.noise.is_some() && clamped.top_share.is_some()
    );
    let (remark, _) = of(&[-100.0]);
    assert!(remark.unwrap().text.starts_with("k3 is infinite for a framework that computes in 32 bits at 1 token, "));
    assert_eq!(of(&[-20.0]).0, None);
}
