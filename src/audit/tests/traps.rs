//! What files hold that is no log-probability.

use super::super::{Kind, Place, RemarkKind, Role, Sink, Summary, Worker};
use super::{Sequence, audit, close, settings, summary};
use crate::audit::Loss;
use Role::{Old, Policy, Ref, Rollout};
use std::sync::Mutex;

fn found(sequences: &[Sequence]) -> Vec<(Kind, u64, Option<String>)> {
    let problems = summary(sequences, Loss::defaults()).audit().map(|audit| audit.problems).unwrap_or_default();
    problems
        .into_iter()
        .map(|problem| (problem.kind, problem.count, problem.first.map(|place| place.to_string())))
        .collect()
}

#[test]
fn a_zero_filled_engine_is_found() {
    // NeMo-RL's issue 4218: the true value is -10.8.
    let sequences = [
        Sequence::new(&[(Rollout, &[-1.1, -0.7]), (Old, &[-1.2, -0.8])]),
        Sequence::new(&[(Rollout, &[0.0, -0.3, 0.0]), (Old, &[-10.8, -0.4, -0.001])]),
    ];
    let sample = audit(&sequences);
    assert_eq!(sample.all.tokens, 4);
    assert_eq!(found(&sequences), [(Kind::Zero, 1, Some("file.jsonl, line 2, token 1".to_owned()))]);
}

#[test]
fn positive_log_probabilities_are_refused() {
    // slime's test has .5 .7 .9 for log-probabilities.
    let sequences = [Sequence::new(&[(Old, &[0.5, 0.7, 0.9]), (Ref, &[0.4, 0.5, 0.6])])];
    let all = summary(&sequences, Loss::defaults());
    assert!(all.audit().is_none(), "nothing is left");
    let (kind, role, place, _) = all.first_fault().unwrap();
    assert_eq!((kind, role, place.token), (Kind::Positive, Some(Old), Some(1)));
}

#[test]
fn what_the_mask_leaves_out_does_not_matter() {
    let mask = [1, 0, 1, 0, 0, 1, 0];
    let garbage = Sequence::new(&[
        (Old, &[-1.1, f64::NAN, -2.3, 1.0, 0.0, -0.7, f64::INFINITY]),
        (Ref, &[-1.2, 1.0, -2.1, -9999.0, f64::NEG_INFINITY, -0.8, 3.0]),
    ]);
    let clean = Sequence::new(&[(Old, &[-1.1, -2.3, -0.7]), (Ref, &[-1.2, -2.1, -0.8])]);
    let [masked, clean] = [audit(&[garbage.masked(&mask)]), audit(&[clean])];
    assert_eq!(masked.all.kl.as_ref().unwrap().k1, clean.all.kl.as_ref().unwrap().k1);
    assert_eq!(masked.all.kl.as_ref().unwrap().k3, clean.all.kl.as_ref().unwrap().k3);
    assert_eq!((masked.all.masked_out, masked.problems.len()), (4, 0));
    assert_eq!(masked.tokens[0].place.token, Some(3), "as the file counts");
    assert_eq!(masked.tokens[0].position, 1, "among those that count");
}

#[test]
fn tokens_that_cannot_be_used_are_counted_by_kind() {
    let columns: [(f64, f64); 7] = [
        (-1.0, -1.5),
        (f64::NAN, -1.0),
        (-1.0, 1.0),
        (0.3, -1.0),
        (-9999.0, -1.0),
        (-1.0, f64::NEG_INFINITY),
        (-2.0, -1.0),
    ];
    let (old, reference): (Vec<f64>, Vec<f64>) = columns.into_iter().unzip();
    let sequences = [Sequence::new(&[(Old, &old), (Ref, &reference)])];
    let place = |token| Some(format!("file.jsonl, line 1, token {token}"));
    let expected = [
        (Kind::NotANumber, 1, place(2)),
        (Kind::Infinite, 1, place(5)),
        (Kind::Infinite, 1, place(6)),
        (Kind::Sentinel, 1, place(3)),
        (Kind::Positive, 1, place(4)),
    ];
    assert_eq!(found(&sequences)[..5], expected);
    assert_eq!(audit(&sequences).all.tokens, 2);
}

#[test]
fn sequences_that_cannot_be_used_are_counted() {
    let fine = || Sequence::new(&[(Old, &[-1.0, -2.0]), (Ref, &[-1.1, -1.9])]);
    let sequences = [
        fine(),
        // ms-swift's issue 4465: a mask of zeros among others.
        fine().masked(&[0, 0]),
        Sequence::new(&[(Old, &[-1.0]), (Ref, &[-1.1, -1.9])]),
        Sequence::new(&[(Old, &[-1.0])]),
        Sequence::new(&[(Old, &[]), (Ref, &[])]),
        fine().masked(&[1]),
    ];
    let line = |line| Some(format!("file.jsonl, line {line}"));
    let expected = [
        // Of ref, and of old, which is not as long as the mask.
        (Kind::LengthsDiffer, 1, line(3)),
        (Kind::LengthsDiffer, 1, line(6)),
        (Kind::NoColumn, 1, line(4)),
        (Kind::FullyMasked, 2, line(2)),
    ];
    assert_eq!(found(&sequences)[..4], expected);
    let sample = audit(&sequences);
    assert_eq!((sample.all.sequences, sample.all.tokens, sample.all.masked_out), (1, 2, 2));
    close(sample.all.kl.unwrap().k1.mean, 0.0, 14);
}

#[test]
fn equal_rows_are_counted_and_kept() {
    let of = |first: f64| Sequence::new(&[(Old, &[first, -2.3]), (Ref, &[-1.1, -1.9])]);
    let sequences = [of(-1.3), of(-1.4), of(-1.3), of(-1.3)];
    assert!(found(&sequences).contains(&(Kind::Equal, 2, Some("file.jsonl, line 1".to_owned()))));
    assert_eq!(audit(&sequences).all.sequences, 4);
}

#[test]
fn padding_without_a_mask_is_told() {
    let padding = |zeros: usize| {
        let of = |log_prob: f64| [vec![log_prob; 20 - zeros], vec![0.0; zeros]].concat();
        let sequences = [Sequence::new(&[(Old, &of(-1.0)), (Ref, &of(-1.1))])];
        let problems = summary(&sequences, Loss::defaults()).audit().unwrap().problems;
        problems.into_iter().find(|problem| problem.kind == Kind::Padding)
    };
    let problem = padding(5).unwrap();
    assert_eq!((problem.count, problem.first.as_ref().and_then(|place| place.token)), (5, Some(16)));
    assert!(problem.text.starts_with("It looks like padding: 25.0% of the tokens that count"), "{}", problem.text);
    assert_eq!((padding(1), padding(0)), (None, None), "an end that is sure");
    let masked = Sequence::new(&[(Old, &[-1.0, 0.0, 0.0]), (Ref, &[-1.1, 0.0, 0.0])]).masked(&[1, 1, 1]);
    assert!(found(&[masked]).iter().all(|(kind, ..)| *kind != Kind::Padding), "the mask counts them");
}

#[test]
fn a_copy_of_the_policy_is_no_reference() {
    let sequences = [Sequence::new(&[(Old, &[-1.3, -2.3]), (Ref, &[-1.3, -2.3])])];
    let sample = audit(&sequences);
    assert!(sample.problems.iter().any(|problem| problem.kind == Kind::ReferenceIsPolicy));
    assert_eq!(sample.all.kl.unwrap().k3.mean, Some(0.0));
    assert!(sample.tokens.is_empty() && sample.worst.is_empty());
}

/// A number below 0 that looks drawn.
fn noise(place: usize) -> f64 {
    (12.9898 * place as f64 + 3.7).sin().abs().ln().max(-8.0)
}

#[test]
fn a_shift_by_a_token_is_found() {
    let policy: Vec<f64> = (0..400).map(noise).collect();
    let near = |place: usize| noise(place) * 1.01;
    for (shift, side) in [(0, None), (1, Some("earlier")), (-1, Some("later"))] {
        let reference: Vec<f64> =
            (0..400).map(|place: usize| near(place.wrapping_add_signed(shift).min(400))).collect();
        let sample = audit(&[Sequence::new(&[(Old, &policy), (Ref, &reference)])]);
        let shifted = sample.problems.iter().find(|problem| problem.kind == Kind::Shifted);
        assert_eq!(shifted.is_some(), side.is_some(), "{shift}");
        if let (Some(problem), Some(side)) = (shifted, side) {
            assert!(problem.text.contains(&format!("a token {side}")), "{}", problem.text);
            let kinds: Vec<_> = sample.remarks.iter().map(|remark| remark.kind).collect();
            assert_eq!(kinds, [RemarkKind::Shifted], "nothing is said of what compares different tokens");
        }
    }
}

#[test]
fn a_shifted_sampler_leaves_what_is_said_of_the_reference() {
    let policy: Vec<f64> = (0..400).map(noise).collect();
    let reference: Vec<f64> = policy.iter().map(|log_prob| 1.3 * log_prob).collect();
    let rollout: Vec<f64> = [&policy[1..], &policy[..1]].concat();
    let sample = audit(&[Sequence::new(&[(Old, &policy), (Ref, &reference), (Rollout, &rollout)])]);
    let kinds: Vec<_> = sample.remarks.iter().map(|remark| remark.kind).collect();
    assert!(kinds.starts_with(&[RemarkKind::Shifted, RemarkKind::Temperature]), "{kinds:?}");
    assert!(!kinds.contains(&RemarkKind::SamplerDiffers), "{kinds:?}");
}

#[test]
fn what_is_beyond_numbers_is_nothing_and_no_zero() {
    let far = Sequence::new(&[(Old, &[-998.0, -1.2]), (Ref, &[-0.5, -1.1])]);
    let sample = audit(&[far]);
    let k3 = &sample.all.losses[2];
    assert_eq!((k3.rms, k3.distance, k3.noise, k3.dead), (None, None, None, None));
    assert_eq!(sample.all.kl.unwrap().k3.mean, None);
    let far = Sequence::new(&[(Rollout, &[-998.0, -1.2]), (Old, &[-0.5, -1.1])]);
    let sample = audit(&[far]);
    assert_eq!(sample.all.sampler.as_ref().unwrap().k3, None);
    assert!(sample.remarks.iter().any(|remark| remark.kind == RemarkKind::SamplerDiffers), "{:?}", sample.remarks);
}

#[test]
fn without_a_reference_nothing_is_known_of_losses() {
    let sample = audit(&[Sequence::new(&[(Old, &[-1.0, -2.0]), (Rollout, &[-1.1, -1.9])])]);
    for loss in &sample.all.losses {
        let known = [loss.value, loss.rms, loss.distance, loss.strength, loss.dead, loss.dead_share, loss.wrong_way];
        assert!(known.into_iter().chain([loss.top_share, loss.noise]).all(|number| number.is_none()), "{loss:?}");
    }
    assert!(sample.steps[0].losses[0].rms.is_none());
}

#[test]
fn a_temperature_on_one_side_is_seen_and_an_outlier_is_none() {
    let policy: Vec<f64> = (0..400).map(noise).collect();
    let lines = |reference: &[f64]| {
        let sample = audit(&[Sequence::new(&[(Old, &policy), (Ref, reference)])]);
        sample.remarks.into_iter().filter(|remark| remark.kind == RemarkKind::Temperature).count()
    };
    let warmer: Vec<f64> = policy.iter().enumerate().map(|(place, p)| 0.8 * p + 0.05 * noise(place + 999)).collect();
    assert_eq!(lines(&warmer), 1);
    let near: Vec<f64> = policy.iter().enumerate().map(|(place, p)| p + 0.01 * noise(place + 999)).collect();
    assert_eq!(lines(&near), 0);
    let outlier: Vec<f64> = near.iter().enumerate().map(|(place, p)| if place == 7 { -500.0 } else { *p }).collect();
    assert_eq!(lines(&outlier), 0);
}

#[test]
fn each_reason_is_a_problem_of_its_own() {
    let sequences = [Sequence::new(&[(Old, &[-1.2, -2.3]), (Ref, &[-1.1, -1.9])])];
    let settings = settings(&sequences, Loss::defaults());
    let shared = Mutex::new(Summary::new(settings.clone()));
    let mut worker = Worker::new(&shared, &settings, false);
    assert!(sequences[0].hand_to(0, &mut worker).is_continue());
    for (line, reason) in [(1, "it is cut at 17"), (2, "it holds a string"), (3, "it is cut at 4")] {
        let place = Place::file("file.jsonl".to_owned()).at_line(line);
        assert!(worker.unreadable(place, reason.to_owned()).is_continue());
    }
    worker.finish();
    let problems = shared.into_inner().unwrap().audit().unwrap().problems;
    let texts: Vec<&str> = problems.iter().map(|problem| problem.text.as_str()).collect();
    assert_eq!(texts, ["2 parts left out: it is cut at 17.", "1 part left out: it holds a string."]);
}

#[test]
fn a_strict_reader_stops_at_the_first() {
    let fine = Sequence::new(&[(Policy, &[-1.0]), (Ref, &[-1.1])]);
    let broken = Sequence::new(&[(Policy, &[-1.0]), (Ref, &[f64::NAN])]);
    let settings = settings(std::slice::from_ref(&fine), Loss::defaults());
    let shared = Mutex::new(Summary::new(settings.clone()));
    let mut worker = Worker::new(&shared, &settings, true);
    assert!(fine.hand_to(0, &mut worker).is_continue());
    assert!(broken.hand_to(1, &mut worker).is_break());
    worker.finish();
    let summary = shared.into_inner().unwrap();
    let place = Place::file("file.jsonl".to_owned()).at_line(1).at_token(0);
    assert_eq!(summary.first_fault(), Some((Kind::NotANumber, Some(Ref), &place, "")));
}
