//! JSON objects that hold several sequences.

use super::super::{Choice, Framework};
use super::{All, folder, own_columns, read_bytes, read_paths, read_with};
use crate::audit::Step;

/// What the example trainer of Atropos writes, with a reference beside it.
const ATROPOS: &str = r#"{"batch": [
    {"tokens": [[7, 8, 9], [7, 6]], "masks": [[-100, 8, 9], [-100, 6]], "scores": [1.0, -1.0],
     "inference_logprobs": [[1.0, -0.5, -0.25], [1.0, -2.0]], "ref_logprobs": [[1.0, -0.75, -0.5], [1.0, -3.0]]},
    {"tokens": [[5], [4]], "masks": [[5], [4]], "scores": [0.0, 0.0],
     "inference_logprobs": [[-1.5], [-1.25]], "ref_logprobs": [[-1.0], [-1.125]]}
], "other": 1}"#;

fn atropos(text: &str) -> All {
    let (_folder, paths) = folder(&[("temp.json", text.as_bytes())]);
    let choice = Choice { framework: Some(Framework::Atropos), ..Choice::default() };
    read_paths(&paths, &choice).expect("its columns are known")
}

#[test]
fn the_batches_of_atropos_are_read() {
    let all = atropos(ATROPOS);
    assert!(all.unreadable.is_empty(), "{:?}", all.said());
    assert_eq!(all.of(2), [vec![1.0, -0.5, -0.25], vec![1.0, -2.0], vec![-1.5], vec![-1.25]]);
    assert_eq!(all.of(3)[1], [1.0, -3.0]);
    let masks: Vec<_> = all.records.iter().filter_map(|record| record.mask.clone()).collect();
    assert_eq!(masks, [vec![false, true, true], vec![false, true], vec![true], vec![true]]);
    let places: Vec<_> = all.records.iter().filter_map(|record| record.place.sequence).collect();
    assert_eq!(places, [1, 2, 3, 4]);
}

#[test]
fn of_batches_that_are_cut_those_before_are_kept() {
    let all = atropos(&ATROPOS[..ATROPOS.find("-1.25").expect("it is there")]);
    assert_eq!(all.of(2), [vec![1.0, -0.5, -0.25], vec![1.0, -2.0]]);
    assert_eq!(all.said(), ["temp.json, sequence 3: the file is cut short"]);
}

#[test]
fn a_line_may_be_a_batch() {
    let lines = r#"{"old_logp": [[-1.0, -2.0], [-3.0]], "ref_logp": [[-1.5, -2.5], [-3.5]], "mask": [1, 0], "step": [7, 8]}
{"old_logp": [-4.0], "ref_logp": [-4.5], "mask": [1], "step": 9}
{"old_logp": [[-5.0], [-6.0]], "ref_logp": [[-5.5], ["x"]], "mask": [[1], [1]], "step": 9}
"#;
    let all = read_bytes("a.jsonl", lines.as_bytes());
    assert_eq!(all.of(1), [vec![-1.0, -2.0], vec![-3.0], vec![-4.0], vec![-5.0]]);
    let masks: Vec<_> = all.records.iter().filter_map(|record| record.mask.clone()).collect();
    assert_eq!(masks, [vec![true, true], vec![false], vec![true], vec![true]]);
    let steps: Vec<_> = all.records.iter().map(|record| record.step.clone()).collect();
    assert_eq!(steps, [7, 8, 9, 9].map(Step::Number));
    let places: Vec<_> = all.records.iter().map(|record| (record.place.line, record.place.sequence)).collect();
    assert_eq!(places, [(Some(1), Some(1)), (Some(1), Some(2)), (Some(2), None), (Some(3), Some(1))]);
    assert_eq!(
        all.said(),
        ["a.jsonl, line 3, sequence 2: ref_logp holds a string at token 1; a list of numbers would be right"]
    );
}

#[test]
fn columns_of_different_numbers_of_lists_are_refused() {
    let line = br#"{"old_logp": [[-1.0], [-2.0]], "ref_logp": [[-1.0], [-2.0], [-3.0]], "mask": [1, 1]}"#;
    let (_folder, paths) = folder(&[("a.jsonl", line)]);
    let all = read_with(&super::super::Files::find(&paths).expect("the file is there"), &own_columns());
    assert_eq!(
        all.said()[0],
        "a.jsonl, line 1, sequence 1: ref_logp is a list of lists; a list of numbers would be right"
    );
    assert!(all.records.is_empty());
}
