//! Shares that were summed up apart.

use super::super::{Role, Summary};
use super::{Sequence, loss, settings, summary_from};
use crate::audit::Loss;
use Role::{Old, Ref, Rollout};
use proptest::prelude::*;

fn sequences() -> impl Strategy<Value = Vec<Sequence>> {
    let token = (-5.0..0.0f64, -0.5..0.5f64, -0.2..0.2f64, any::<bool>());
    let sequence = (prop::collection::vec(token, 1..12), 0..4i64).prop_map(|(tokens, step)| {
        let column = |of: fn(&(f64, f64, f64, bool)) -> f64| tokens.iter().map(of).collect::<Vec<f64>>();
        let [old, reference, rollout] =
            [column(|token| token.0), column(|token| token.0 + token.1), column(|token| token.0 + token.2)];
        let mask = tokens.iter().map(|token| u8::from(token.3)).collect::<Vec<u8>>();
        Sequence::new(&[(Old, &old), (Ref, &reference), (Rollout, &rollout)]).masked(&mask).at_step(step)
    });
    prop::collection::vec(sequence, 1..20)
}

proptest! {
    // Each case sums up eight times, in exact arithmetic.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_shares_in_any_order_have_the_same_summary(sequences in sequences(), cuts in prop::array::uniform2(0..20usize)) {
        let losses = [Loss::defaults(), vec![loss("mine = sg(after(k3)) * rho")]].concat();
        let settings = settings(&sequences, losses);
        let whole = summary_from(0, &sequences, &settings);
        let [first, second] = cuts.map(|cut| cut.min(sequences.len()));
        let (first, second) = (first.min(second), first.max(second));
        let of = |range: std::ops::Range<usize>| summary_from(range.start as u64, &sequences[range], &settings);
        let mut merged = of(second..sequences.len());
        merged.merge(of(0..first)).unwrap();
        merged.merge(of(first..second)).unwrap();
        merged.tidy();
        let text = |summary: &Summary| serde_json::to_string(summary).unwrap();
        prop_assert_eq!(text(&merged), text(&whole));
        let read: Summary = serde_json::from_str(&text(&whole)).unwrap();
        prop_assert_eq!(text(&read), text(&whole));
        let audit = |summary: &Summary| serde_json::to_string(&summary.audit()).unwrap();
        prop_assert_eq!(audit(&read), audit(&whole));
    }
}

#[test]
fn what_reading_leaves_is_whole() {
    let with = [Sequence::new(&[(Old, &[-1.0]), (Ref, &[-1.1])])];
    let without = [Sequence::new(&[(Old, &[-1.0]), (Rollout, &[-1.1])]), Sequence::new(&[(Old, &[])])];
    for sequences in [&with[..], &without] {
        let summary = summary_from(0, sequences, &settings(sequences, Loss::defaults()));
        assert!(summary.is_whole(), "{summary:?}");
        let mut changed = summary.clone();
        changed.settings.losses.pop();
        assert!(!changed.is_whole());
    }
}

#[test]
fn summaries_of_different_questions_do_not_merge() {
    let sequences = [Sequence::new(&[(Old, &[-1.0]), (Ref, &[-1.1])])];
    let of = |losses| summary_from(0, &sequences, &settings(&sequences, losses));
    let refusal = of(Loss::defaults()).merge(of(vec![loss("mine = k3 / 2")])).unwrap_err();
    assert_eq!(refusal, "the losses are k1, k2, k3, k3_clamped in one and mine in the other");
}

#[test]
fn many_steps_keep_no_spread_of_their_own() {
    let sequences: Vec<Sequence> = (0..1010)
        .map(|step| {
            let old = [-1.0 - 0.001 * step as f64, -2.0];
            Sequence::new(&[(Old, &old), (Ref, &[-1.1, -1.9])]).at_step(step)
        })
        .collect();
    let settings = settings(&sequences, Loss::defaults());
    let whole = summary_from(0, &sequences, &settings);
    let audit = whole.audit().unwrap();
    assert_eq!(audit.steps.len(), 1010);
    let step = audit.steps[7].kl.as_ref().unwrap();
    assert!(step.top_share.is_none() && step.quantiles.is_empty() && audit.steps[7].losses[0].top_share.is_none());
    let all = audit.all.kl.as_ref().unwrap();
    assert!(all.top_share.is_some() && all.quantiles.len() == 9);
    let mut merged = summary_from(0, &sequences[..600], &settings);
    merged.merge(summary_from(600, &sequences[600..], &settings)).unwrap();
    merged.tidy();
    assert_eq!(serde_json::to_string(&merged).unwrap(), serde_json::to_string(&whole).unwrap());
}

#[test]
fn steps_that_keep_much_keep_no_spread_of_their_own() {
    // Squares of D from 1e-36 to 1 are in some 4,000 bins, for each loss.
    let sequence = |step| Sequence::new(&[(Old, &[-1e-18, -1.0]), (Ref, &[-2e-18, -2.0])]).at_step(step);
    let sequences: Vec<Sequence> = (0..400).map(sequence).collect();
    let settings = settings(&sequences, (0..20).map(|number| loss(&format!("of_{number} = k2"))).collect());
    let few = summary_from(0, &sequences[..150], &settings);
    assert!(few.audit().unwrap().steps[7].losses[0].top_share.is_some());
    let whole = summary_from(0, &sequences, &settings);
    let audit = whole.audit().unwrap();
    assert_eq!((audit.steps.len(), audit.all.losses[0].top_share), (400, Some(1.0 / 400.0)));
    let step = audit.steps[7].kl.as_ref().unwrap();
    assert!(step.top_share.is_none() && step.quantiles.is_empty() && audit.steps[7].losses[0].top_share.is_none());
    // None of three shares keeps much.
    let mut merged = summary_from(150, &sequences[150..300], &settings);
    merged.merge(few).unwrap();
    merged.merge(summary_from(300, &sequences[300..], &settings)).unwrap();
    merged.tidy();
    assert_eq!(serde_json::to_string(&merged).unwrap(), serde_json::to_string(&whole).unwrap());
    assert!(whole.is_whole());
}

#[test]
fn too_many_steps_are_not_told_apart() {
    let sequences: Vec<Sequence> =
        (0..10_001).map(|step| Sequence::new(&[(Old, &[-1.0]), (Ref, &[-1.5])]).at_step(step)).collect();
    let settings = settings(&sequences, Loss::defaults());
    let most = summary_from(0, &sequences[..10_000], &settings);
    assert_eq!(most.audit().unwrap().steps.len(), 10_000);
    let whole = summary_from(0, &sequences, &settings);
    let audit = whole.audit().unwrap();
    assert!(audit.steps.is_empty() && whole.is_whole());
    assert_eq!((audit.all.sequences, audit.all.kl.as_ref().unwrap().k1.mean), (10_001, Some(0.5)));
    assert_eq!(
        audit.problems.last().unwrap().text,
        "There are more than 10,000 steps, so that none is told apart: a column of \
        steps, by --step KEY, or files that are named after their steps, as step_12.jsonl, would be right."
    );
    let mut merged = summary_from(10_000, &sequences[10_000..], &settings);
    merged.merge(most).unwrap();
    merged.tidy();
    let text = serde_json::to_string(&merged).unwrap();
    assert_eq!(text, serde_json::to_string(&whole).unwrap());
    // And further ones join them.
    merged.merge(summary_from(20_000, &sequences[..3], &settings)).unwrap();
    merged.tidy();
    assert_eq!(merged.audit().unwrap().all.sequences, 10_004);
    assert_eq!(serde_json::to_string(&serde_json::from_str::<Summary>(&text).unwrap()).unwrap(), text);
}
