//! What `klgrad theory` prints of softmax policies.

use super::printed::{name, printed};
use klgrad::estimator::Estimator;
use klgrad::export;
use klgrad::pair::Made;
use klgrad::theory::softmax::{Aggregate, theory};
use std::num::NonZeroUsize;

/// Sequences of at most 4 of 4 tokens, 0.1 nat a token from the reference.
const SEQUENCES: &str = "theory --vocabulary 4 --kl 0.1 --max-length 4 --seed 3";

/// What is printed for these arguments, with blanks between them.
fn of(args: &str) -> String {
    printed(&args.split_whitespace().collect::<Vec<_>>())
}

#[test]
fn a_vocabulary_of_a_language_model_answers() {
    let csv = of("theory --vocabulary 32000 --kl 0.01 --format csv");
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
    let estimators = ["k3", "kl_full_to_go"].map(|name| Estimator::named(name).unwrap());
    let problem = Made { vocabulary: 4, kl: 0.1, old_kl: None, max_length: Some(4), seed: 3 }.problem().unwrap();
    let theory = theory(&estimators, &problem, Aggregate::TokenSum, NonZeroUsize::MIN, &|| ());
    let rows = theory.rows(&estimators, &problem);
    let args = format!("{SEQUENCES} --estimators k3,kl_full_to_go --format");
    let json: serde_json::Value = serde_json::from_str(&of(&format!("{args} json"))).unwrap();
    assert_eq!(json[0]["schema"], "klgrad.theory.softmax.1");
    for (index, row) in rows.iter().enumerate() {
        assert_eq!(json[index]["relative_stdev_one_sample"].as_f64(), row.relative_stdev_one_sample);
        assert_eq!(json[index]["strength"].as_f64(), row.strength);
    }
    assert_eq!(of(&format!("{args} csv")), export::csv(&rows).unwrap());
}

#[test]
fn a_pair_that_was_written_gives_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pair.json");
    let made = "--vocabulary 5 --kl 0.05 --old-kl 0.01 --max-length 3 --seed 9";
    let rows = of(&format!("theory {made} --format csv --output {}", name(&file)));
    assert_eq!(rows.lines().count(), 1 + Estimator::of_tokens(true).len());
    assert_eq!(of(&format!("theory --pair {} --format csv", name(&file))), rows);
}

/// Measured beside theory, and checked.
#[cfg(feature = "libtorch")]
#[test]
fn trials_are_measured_beside_theory_and_checked() {
    let text = of(&format!(
        "{SEQUENCES} --estimators k2,kl_full_to_go --num-trials 20 --sample-size 50 --engine autograd --check"
    ));
    assert!(text.contains("Measured by autograd, in 20 trials of 50 samples"), "{text}");
    assert!(text.ends_with("8 of 8 measured numbers agree with exact theory\n"), "{text}");
}
