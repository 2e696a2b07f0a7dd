//! `klgrad theory` of softmax policies, as a user calls it.

use super::{exact, sequences};
use crate::{klgrad, stdout, succeed};
use klgrad::estimator::Estimator;
use klgrad::report;
use klgrad::theory::softmax::{Aggregate, theory};
use std::num::NonZeroUsize;

/// The pair of [`sequences`].
const SEQUENCES: &str = "theory --vocabulary 4 --kl 0.1 --max-length 4 --seed 3";

fn printed(args: &str) -> String {
    stdout(&succeed(&mut klgrad(args)))
}

#[test]
fn a_vocabulary_of_a_language_model_answers() {
    let csv = printed("theory --vocabulary 32000 --kl 0.01 --format csv");
    assert!(csv.starts_with(
        "estimator,strength,cosine,relative_bias,relative_bias_local,relative_stdev_one_sample,samples_for_10_percent,follows,"
    ));
    // Those of the table without a baseline, and the sum over the vocabulary.
    assert_eq!(csv.lines().count(), 1 + 24);
    assert!(
        csv.lines().any(|row| row.starts_with("kl_full,1.00000000000") && row.contains(",0.0,0.0,0.0,1.0,KL(")),
        "{csv}"
    );
}

/// The digits of a row are those of the library, and JSON has them too.
#[test]
fn rows_are_printed_in_full_precision() {
    let estimators = crate::named(&["k3", "kl_full_to_go"]);
    let problem = sequences(None);
    let rows = exact(&estimators, &problem).rows(&estimators, &problem);
    let args = format!("{SEQUENCES} --estimators k3,kl_full_to_go --format");
    let json: serde_json::Value = serde_json::from_str(&printed(&format!("{args} json"))).unwrap();
    assert_eq!(json[0]["schema"], "klgrad.theory.softmax.1");
    for (index, row) in rows.iter().enumerate() {
        assert_eq!(json[index]["relative_stdev_one_sample"].as_f64(), row.relative_stdev_one_sample);
        assert_eq!(json[index]["strength"].as_f64(), row.strength);
    }
    assert_eq!(printed(&format!("{args} csv")), klgrad::export::csv(&rows).unwrap());
}

#[test]
fn a_pair_that_was_written_gives_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pair.json").display().to_string();
    let made = "--vocabulary 5 --kl 0.05 --old-kl 0.01 --max-length 3 --seed 9";
    let rows = printed(&format!("theory {made} --format csv --output {file}"));
    assert_eq!(rows.lines().count(), 1 + Estimator::of_tokens(true).len());
    assert_eq!(printed(&format!("theory --pair {file} --format csv")), rows);
}

/// Measured beside theory, and checked.
#[test]
fn trials_are_measured_beside_theory_and_checked() {
    let text = printed(&format!(
        "{SEQUENCES} --estimators k2,kl_full_to_go --num-trials 20 --sample-size 50 --engine autograd --check"
    ));
    assert!(text.contains("Measured by autograd, in 20 trials of 50 samples"), "{text}");
    assert!(text.ends_with("8 of 8 measured numbers agree with exact theory\n"), "{text}");
}

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
