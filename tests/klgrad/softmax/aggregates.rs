//! What is said of each aggregate.

use super::sequences;
use klgrad::report;
use klgrad::theory::softmax::{Aggregate, theory};
use std::num::NonZeroUsize;

#[test]
fn each_aggregate_says_what_it_does_to_strengths() {
    let estimators = crate::named(&["k1", "kl_full_to_go"]);
    let problem = sequences(None);
    let of = |aggregate| theory(&estimators, &problem, aggregate, NonZeroUsize::MIN, &|| ());
    let text = |aggregate| {
        let theory = of(aggregate);
        let rows = theory.rows(&estimators, &problem);
        report::tokens(&rows, true, None) + &report::notes(&rows, &theory, aggregate, "", None)
    };
    assert!(!text(Aggregate::TokenSum).contains("aggregated"));
    let theory = of(Aggregate::SequenceMean);
    let one_over_length = format!("{:.6}", theory.drawn_length.recip());
    let token_mean = text(Aggregate::TokenMean);
    assert!(token_mean.contains(&format!("one over the mean length, {one_over_length}, is what")), "{token_mean}");
    let row = token_mean.lines().find(|line| line.contains("kl_full_to_go")).unwrap();
    assert!(row.contains(&format!("│ kl_full_to_go ┆ {one_over_length} ┆ 1.000000 ┆")), "{row}");
    // |g| of k1, as a part of |G|.
    let norm = |of: &[f64]| of.iter().map(|component| component * component).sum::<f64>().sqrt();
    let push = norm(&theory.moments[0].clone().unwrap().mean) / theory.target.norm();
    let sequence_mean = text(Aggregate::SequenceMean);
    assert!(sequence_mean.contains("k1 in the loss pushes on the length"), "{sequence_mean}");
    assert!(sequence_mean.contains(&format!("It has {push:.6} of |G|")), "{push}: {sequence_mean}");
}
