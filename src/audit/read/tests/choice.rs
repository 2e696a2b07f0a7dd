use super::super::{Choice, Columns, Framework};
use crate::audit::Role;

fn keys(keys: &str) -> Vec<String> {
    keys.split_whitespace().map(str::to_owned).collect()
}

fn chosen(names: &str) -> Columns {
    Choice::default().columns(keys(names)).expect("the names decide")
}

fn refused(names: &str, choice: &Choice) -> String {
    choice.columns(keys(names)).expect_err("the names do not decide").to_string()
}

/// What was taken, as `role=key`.
fn taken(columns: &Columns) -> String {
    columns.taken().iter().map(|(role, key)| format!("{role}={key}")).collect::<Vec<_>>().join(", ")
}

#[test]
fn the_names_of_frameworks_decide() {
    let cases = [
        (
            "logp old_logp rollout_logp ref_logp mask step sequence",
            "mask=mask, old=old_logp, policy=logp, ref=ref_logp, rollout=rollout_logp, sequence=sequence, step=step",
        ),
        (
            "content rewards token_ids token_loss_mask sample_loss_mask generation_logprobs prev_logprobs idx",
            "mask=token_loss_mask * sample_loss_mask, old=prev_logprobs, rollout=generation_logprobs, sequence=idx, text=token_ids",
        ),
        (
            "step export_sequence_idx token_ids loss_mask inference_logprobs trainer_logprobs is_masked",
            "mask=loss_mask, policy=trainer_logprobs, rollout=inference_logprobs, sequence=export_sequence_idx, step=step, text=token_ids",
        ),
        (
            "old_log_probs ref_log_prob rollout_log_probs response_mask uid",
            "mask=response_mask, old=old_log_probs, ref=ref_log_prob, rollout=rollout_log_probs, sequence=uid",
        ),
        (
            "completion_mask tool_mask old_per_token_logps sampling_per_token_logps ref_per_token_logps",
            "mask=completion_mask * tool_mask, old=old_per_token_logps, ref=ref_per_token_logps, rollout=sampling_per_token_logps",
        ),
        (
            "completion_mask old_per_token_logps ref_per_token_logps",
            "mask=completion_mask, old=old_per_token_logps, ref=ref_per_token_logps",
        ),
        (
            "action_log_probs base_action_log_probs rollout_log_probs action_mask",
            "mask=action_mask, old=action_log_probs, ref=base_action_log_probs, rollout=rollout_log_probs",
        ),
        (
            "sequences response_mask loss_mask action_log_probs rollout_logprobs base_action_log_probs",
            "mask=loss_mask, old=action_log_probs, ref=base_action_log_probs, rollout=rollout_logprobs",
        ),
        (
            "sample_index rollout_position tokens loss_masks log_probs ref_log_probs rollout_log_probs",
            "mask=loss_masks, old=log_probs, ref=ref_log_probs, rollout=rollout_log_probs, sequence=rollout_position, text=tokens",
        ),
    ];
    for (names, expected) in cases {
        assert_eq!(taken(&chosen(names)), expected);
    }
}

#[test]
fn companions_decide_what_logprobs_are() {
    let role = |names| chosen(names).taken().into_iter().find(|(_, key)| key == "logprobs").map(|(role, _)| role);
    assert_eq!(role("logprobs ref_logprobs response_tokens reward").as_deref(), Some("old"), "RLLoggingBoard");
    assert_eq!(role("log_probs2 logprobs new_response_mask ref_logprobs").as_deref(), Some("old"), "ROLL");
    assert_eq!(
        role("logprobs ref_logprobs response_tokens finish_reason").as_deref(),
        Some("rollout"),
        "open-instruct"
    );
    assert_eq!(role("logprobs prox_logp ref_logp loss_mask").as_deref(), Some("rollout"), "AReaL");
    assert_eq!(role("logprobs rollout_logprobs").as_deref(), Some("old"), "the sampler has another one");
    assert_eq!(role("logprobs old_logp ref_logprobs"), None, "there is enough without it");
}

#[test]
fn without_companions_the_user_is_to_say_what_logprobs_are() {
    let message = refused("logprobs ref_logprobs mask", &Choice::default());
    assert!(message.contains("--old logprobs, --rollout logprobs or --framework NAME would be right"), "{message}");
    let tinker = Choice { framework: Some(Framework::Tinker), ..Choice::default() };
    let columns = tinker.columns(keys("logprobs ref_logprobs mask")).expect("tinker writes what its sampler says");
    assert_eq!(columns.key(Role::Rollout), Some("logprobs"));
}

#[test]
fn what_is_asked_for_counts_more_than_names() {
    let asked = Choice {
        keys: [None, Some("b".into()), None, Some("old_log_probs".into())],
        masks: vec!["m * n".into(), "o".into()],
        step: Some("s".into()),
        ..Choice::default()
    };
    let columns = asked.columns(keys("b old_log_probs m n o s step loss_mask x")).expect("all is there");
    assert_eq!(taken(&columns), "mask=m * n * o, old=b, ref=old_log_probs, step=s");
    assert_eq!(columns.unused().collect::<Vec<_>>(), ["step", "loss_mask", "x"]);
}

#[test]
fn a_key_that_is_not_there_is_answered_with_the_nearest() {
    let asked = Choice { keys: [None, None, None, Some("ref_log_probs".into())], ..Choice::default() };
    let message = refused("old_log_probs ref_log_prob", &asked);
    assert_eq!(message, "--ref ref_log_probs: there is no such column; ref_log_prob would be right");
    let asked = Choice { masks: vec!["zzz".into()], ..Choice::default() };
    let message = refused("old_log_probs ref_log_prob", &asked);
    assert_eq!(message, "--mask zzz: there is no such column; old_log_probs, ref_log_prob would be right");
}

#[test]
fn one_column_is_not_for_two_policies() {
    let asked = Choice { keys: [None, Some("a".into()), Some("a".into()), None], ..Choice::default() };
    assert!(refused("a", &asked).contains("a is asked for twice"));
}

#[test]
fn two_names_for_one_policy_are_refused_with_the_choice() {
    let message = refused("log_probs prev_logprobs ref_log_prob", &Choice::default());
    assert!(message.contains("prev_logprobs and log_probs may each be"), "{message}");
    assert!(message.contains("--old with one of them would be right"), "{message}");
    let slime = Choice { framework: Some(Framework::Slime), ..Choice::default() };
    let columns = slime.columns(keys("log_probs prev_logprobs ref_log_prob")).expect("slime writes one of them");
    assert_eq!(columns.key(Role::Old), Some("log_probs"));
    assert_eq!(
        columns.key(Role::Ref),
        Some("ref_log_prob"),
        "where the framework has no name of its own, others count"
    );
}

#[test]
fn one_policy_alone_is_too_little() {
    let message = refused("old_log_probs reward mine", &Choice::default());
    assert!(
        message.starts_with("the only log-probabilities are old_log_probs, taken for old, and one policy has no KL"),
        "{message}"
    );
    assert!(
        message.ends_with(
            "by --policy KEY or --rollout KEY or --ref KEY, would be right; the other columns are reward, mine"
        ),
        "{message}"
    );
    let message = refused("prompt reward", &Choice::default());
    assert!(message.contains("with two of the columns prompt, reward"), "{message}");
}
