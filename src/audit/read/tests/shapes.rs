//! The shapes of the records that frameworks write.

use super::{Kept, read_bytes};
use crate::audit::Step;

fn one(name: &str, text: &str) -> Kept {
    let all = read_bytes(name, text.as_bytes());
    assert!(all.unreadable.is_empty(), "{:?}", all.said());
    let [record] = &all.records[..] else { panic!("there are {} records", all.records.len()) };
    record.clone()
}

#[test]
fn nemo_rl_wraps_all_in_lists_of_one() {
    let text = r#"{"content": [[{"role": "user", "content": "}]"}]], "rewards": [1.0], "input_lengths": [3], "token_ids": [[5, 6, 7, 0]],
        "token_loss_mask": [[0.0, 1.0, 1.0, 0.0]], "sample_loss_mask": [1.0], "advantages": [[0, 0, 0, 0]],
        "generation_logprobs": [[0.0, -0.5, NaN, 0.0]], "prev_logprobs": [[0.0, -0.25, -0.75, 0.0]], "idx": 7}"#;
    let record = one("train_data_step12.jsonl", &text.replace('\n', " "));
    assert_eq!(record.log_probs[1], Some(vec![0.0, -0.25, -0.75, 0.0]));
    assert!(record.log_probs[2].as_ref().is_some_and(|rollout| rollout[2].is_nan()));
    assert_eq!(record.mask, Some(vec![false, true, true, false]));
    assert_eq!((record.step, record.name.as_deref()), (Step::Number(12), Some("7")));
}

#[test]
fn a_sample_that_nemo_rl_leaves_out_has_no_token_that_counts() {
    let text = r#"{"token_loss_mask": [[1.0, 1.0]], "sample_loss_mask": [0.0], "generation_logprobs": [[-1, -2]], "prev_logprobs": [[-1, -2]]}"#;
    assert_eq!(one("a.jsonl", text).mask, Some(vec![false, false]));
}

#[test]
fn prime_rl_tells_step_and_sequence() {
    let text = r#"{"schema_version": 1, "step": 3, "rank": 0, "export_sequence_idx": 5, "token_ids": [1, 2], "loss_mask": [false, true],
        "inference_logprobs": [0.0, -1.5], "trainer_logprobs": [-11.9, null], "is_masked": [false, false]}"#;
    let record = one("rank_0.jsonl", &text.replace('\n', " "));
    assert!(record.log_probs[0].as_ref().is_some_and(|policy| policy[1].is_nan()));
    assert_eq!(record.mask, Some(vec![false, true]));
    assert_eq!((record.step, record.name.as_deref()), (Step::Number(3), Some("5")));
    assert_eq!(record.texts, Some(vec!["1".into(), "2".into()]));
}

#[test]
fn the_board_of_roll_has_texts() {
    let text = r#"{"log_probs2": [-1], "logprobs": [-1], "new_response_mask": [1], "prompt": "p", "response": "r", "ref_logprobs": [-2],
        "values": [0], "token_rewards": [0], "reward": 1, "step": 8, "response_tokens": ["Ġ\"a\""]}"#;
    let record = one("data_20260101_000000_1.jsonl", &text.replace('\n', " "));
    assert_eq!((record.log_probs[1].clone(), record.log_probs[3].clone()), (Some(vec![-1.0]), Some(vec![-2.0])));
    assert_eq!(record.texts, Some(vec!["Ġ\"a\"".into()]));
    assert_eq!(record.step, Step::Number(8));
}

#[test]
fn a_json_text_is_a_sequence_or_a_list_of_them() {
    let object = r#"{"old_logp": [-1],
        "ref_logp": [-2]}"#;
    assert_eq!(one("a.json", object).log_probs[1], Some(vec![-1.0]));
    let all = read_bytes("a.json", format!("[{object}, 3, {object}").as_bytes());
    assert_eq!(all.records.len(), 2);
    assert_eq!(all.records[1].place.sequence, Some(3));
    assert_eq!(
        all.said(),
        ["a.json, sequence 2: the sequence is no JSON object", "a.json, sequence 4: the file is cut short"]
    );
}
