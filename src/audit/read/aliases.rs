//! Under which names frameworks write what.

use super::framework::Framework::{self, *};
use crate::audit::Role::{self, *};

/// A name of a column of log-probabilities, what it means, and who writes it so.
pub(super) struct Alias {
    pub role: Role,
    pub key: &'static str,
    /// None of them for names that no framework has for itself.
    pub frameworks: &'static [Framework],
}

const fn alias(role: Role, key: &'static str, frameworks: &'static [Framework]) -> Alias {
    Alias { role, key, frameworks }
}

/// The names that klgrad gives them itself, in the order of [`Role::ALL`].
pub(super) const OWN: [&str; 4] = ["logp", "old_logp", "rollout_logp", "ref_logp"];

/// What some write for the old policy, and others for the sampler.
pub(super) const AMBIGUOUS: &str = "logprobs";

pub(super) const LOG_PROBS: &[Alias] = &[
    alias(Policy, "logp", &[]),
    alias(Policy, "trainer_logprobs", &[PrimeRl]),
    alias(Old, "old_logp", &[]),
    alias(Old, "old_log_probs", &[Verl, RlLoggingBoard]),
    alias(Old, "old_per_token_logps", &[Trl, MsSwift]),
    alias(Old, "prev_logprobs", &[NemoRl]),
    alias(Old, "log_probs", &[Slime]),
    alias(Old, "action_log_probs", &[OpenRlhf, SkyRl]),
    alias(Old, "prox_logp", &[Areal]),
    alias(Old, AMBIGUOUS, &[RlLoggingBoard, Torchtune]),
    alias(Rollout, "rollout_logp", &[]),
    alias(Rollout, "rollout_log_probs", &[Verl, Slime, OpenRlhf, RlLoggingBoard]),
    alias(Rollout, "sampling_per_token_logps", &[Trl]),
    alias(Rollout, "rollout_per_token_logps", &[MsSwift]),
    alias(Rollout, "generation_logprobs", &[NemoRl]),
    alias(Rollout, "inference_logprobs", &[PrimeRl, Atropos]),
    alias(Rollout, "rollout_logprobs", &[SkyRl]),
    alias(Rollout, AMBIGUOUS, &[Areal, OpenInstruct, Tinker]),
    alias(Rollout, "vllm_logprobs", &[OpenInstruct]),
    alias(Rollout, "completion_logprobs", &[Verifiers]),
    alias(Rollout, "token_logprobs", &[]),
    alias(Rollout, "output_token_logprobs", &[]),
    alias(Ref, "ref_logp", &[Areal]),
    alias(Ref, "ref_log_prob", &[Verl]),
    alias(Ref, "ref_log_probs", &[Slime, RlLoggingBoard]),
    alias(Ref, "ref_per_token_logps", &[Trl, MsSwift]),
    alias(Ref, "reference_policy_logprobs", &[NemoRl]),
    alias(Ref, "base_action_log_probs", &[OpenRlhf, SkyRl]),
    alias(Ref, "ref_logprobs", &[PrimeRl, RlLoggingBoard, Torchforge, Torchtune, Tinker, OpenInstruct, Atropos]),
];

/// A name of a mask.
pub(super) struct MaskAlias {
    pub key: &'static str,
    /// Another one that is multiplied where it is there.
    pub times: Option<&'static str>,
    pub frameworks: &'static [Framework],
}

const fn mask(key: &'static str, times: Option<&'static str>, frameworks: &'static [Framework]) -> MaskAlias {
    MaskAlias { key, times, frameworks }
}

/// The names of masks; the first of them counts.
pub(super) const MASKS: &[MaskAlias] = &[
    mask("mask", None, &[Tinker]),
    mask("loss_mask", None, &[PrimeRl, Slime, SkyRl, Areal]),
    mask("loss_masks", None, &[Slime]),
    mask("token_loss_mask", Some("sample_loss_mask"), &[NemoRl]),
    mask("new_response_mask", None, &[RlLoggingBoard]),
    mask("response_mask", None, &[Verl, RlLoggingBoard]),
    mask("completion_mask", Some("tool_mask"), &[Trl, MsSwift]),
    mask("action_mask", None, &[OpenRlhf]),
    mask("padding_mask", None, &[Torchforge]),
    mask("response_padding_masks", None, &[Torchtune]),
    mask("masks", None, &[Atropos]),
];

/// What a step is called; the first of them counts.
pub(super) const STEPS: &[&str] = &["step", "global_step", "rollout_id", "iteration"];

/// What the name of a sequence is called; the first of them counts.
pub(super) const SEQUENCES: &[&str] = &[
    "sequence",
    "seq",
    "uid",
    "rollout_position",
    "sample_index",
    "export_sequence_idx",
    "sample_idx",
    "task_id",
    "idx",
    "index",
];

/// What the tokens are called, as texts or else as numbers; the first of them counts.
pub(super) const TEXTS: &[&str] =
    &["token_texts", "texts", "response_tokens", "tokens", "token_text", "text", "token", "token_ids", "token_id"];

/// Whether one of them has the framework's names.
pub(super) fn is_of(frameworks: &[Framework], framework: Framework) -> bool {
    frameworks.contains(&framework.like())
}
