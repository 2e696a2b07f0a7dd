//! What an audit says in the end: data, to be shown and written.

use super::place::{Place, Step};
use super::problem::Problem;
use super::record::Role;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the logs of a run say about its KL.
#[derive(Clone, Debug, Serialize)]
pub struct Audit {
    /// What was taken for what: the key of each role; masks have several with ` * ` between them.
    pub columns: BTreeMap<String, String>,
    /// What the policy is: the current one, else the old, else the rollout.
    pub policy: Role,
    /// Who drew the tokens: the rollout, else the old; the policy itself where neither is there.
    pub sampler_role: Role,
    /// All sequences.
    pub all: Group,
    /// The same by step, in order; none beyond 90,000 / (5 + losses) steps, which are 10,000 with the default losses.
    ///
    /// A step has quantiles, tails and top shares while there are at most 1,000 steps and all steps together keep at most
    /// 16,000,000 numbers: each up to 3,001 for either tail, up to 1,000 for k3 and for each loss, and a count for each of 32 bins
    /// a power of two over which k3, the squares of a loss's coefficients, and, beyond a million tokens, D range.
    pub steps: Vec<Group>,
    /// What stands out, the most important first.
    pub remarks: Vec<Remark>,
    /// What is wrong with the files.
    pub problems: Vec<Problem>,
    /// KL by the position of a token among those that count, in growing bins.
    pub positions: Vec<Position>,
    /// How often D has which value, over all sequences; bins in rising order, empty ones left out.
    #[serde(skip)]
    pub log_ratios: Vec<Bin>,
    /// The same for log(w) of sampler and policy, whose w is [`Sampler`]'s.
    #[serde(skip)]
    pub log_weights: Vec<Bin>,
    /// The tokens with the largest |D|, the largest first; at most 1,000.
    #[serde(skip)]
    pub tokens: Vec<LargestToken>,
    /// The sequences with the largest sums of k3, the largest first; at most 10.
    #[serde(skip)]
    pub worst: Vec<WorstSequence>,
}

/// All sequences, or those of a step.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// The step; none for all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<Step>,
    /// Sequences with at least one token that counts.
    pub sequences: u64,
    /// Tokens that count.
    pub tokens: u64,
    /// Tokens outside of the mask.
    pub masked_out: u64,
    /// KL(policy||ref); none without a reference.
    pub kl: Option<Kl>,
    /// The sampler against the policy; none where only one of them is there.
    pub sampler: Option<Sampler>,
    /// How heavy the tails of the ratios are; of a step, none where steps keep no spread of their own: see [`Audit::steps`].
    pub tail: Tail,
    /// What each loss would do with these tokens.
    pub losses: Vec<LossAudit>,
}

/// Estimates of KL(policy||ref).
#[derive(Clone, Debug, Serialize)]
pub struct Kl {
    /// By k1 = D.
    pub k1: Estimate,
    /// By k2 = D^2 / 2.
    pub k2: Estimate,
    /// By k3 = exp(-D) - 1 + D.
    pub k3: Estimate,
    /// The largest |D|.
    pub max_abs: f64,
    /// What k2 and k3 would be if D were nothing but the rounding of the stored numbers.
    pub rounding_floor: f64,
    /// Which part of the sum of k3 the largest 0.1% of its tokens carry; of a step, none where steps keep no spread of their own: see
    /// [`Audit::steps`].
    pub top_share: Option<f64>,
    /// Quantiles of D; of a step, empty where steps keep no spread of their own: see [`Audit::steps`].
    pub quantiles: Vec<Quantile>,
    /// The same estimates with each token weighted by rho, the ratio of the policy to the sampler; none where they are one.
    pub weighted: Option<Weighted>,
}

/// A mean over tokens, and how well it is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The mean over tokens, in nats; none where it is beyond 64-bit floats.
    pub mean: Option<f64>,
    /// The standard error of the mean, over sequences; none for fewer than two.
    pub standard_error: Option<f64>,
    /// The mean over sequences of their sums.
    pub per_sequence: Option<f64>,
}

/// Estimates with importance weights.
#[derive(Clone, Debug, Serialize)]
pub struct Weighted {
    /// By rho k1.
    pub k1: Estimate,
    /// By rho k2.
    pub k2: Estimate,
    /// By rho k3.
    pub k3: Estimate,
}

/// A quantile of D.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quantile {
    /// Which part of the tokens lies below.
    pub at: f64,
    /// The value of D there.
    pub log_ratio: f64,
}

/// The sampler against the policy, with w = exp(old - rollout) on tokens of the rollout.
#[derive(Clone, Debug, Serialize)]
pub struct Sampler {
    /// The mean of |log w|.
    pub mean_abs: Option<f64>,
    /// The largest |log w|.
    pub max_abs: f64,
    /// The mean of -log w.
    pub k1: Option<f64>,
    /// The mean of w - 1 - log w.
    pub k3: Option<f64>,
    /// (sum w)^2 / (n sum w^2), over all tokens.
    pub ess: Option<f64>,
    /// The mean over sequences of the same over their tokens.
    pub ess_sequence_mean: Option<f64>,
    /// Which part of the tokens has w outside of 0.8 to 1.2.
    #[serde(rename = "beyond_0.8_1.2")]
    pub beyond_narrow: f64,
    /// Which part has it outside of 0.5 to 2.
    #[serde(rename = "beyond_0.5_2")]
    pub beyond_wide: f64,
}

/// The Pareto index k-hat of the largest ratios; beyond 0.7 a mean is not to be trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Tail {
    /// Of r = exp(-D).
    pub r: Option<f64>,
    /// Of rho, the ratio of the policy to the sampler.
    pub rho: Option<f64>,
}

/// What a loss would do with the tokens.
#[derive(Clone, Debug, Serialize)]
pub struct LossAudit {
    /// Its name.
    pub name: String,
    /// Its formula.
    pub expression: String,
    /// Its mean over tokens, or over sequences where it is one number a sequence.
    pub value: Option<f64>,
    /// The root mean square of its gradient coefficient c.
    pub rms: Option<f64>,
    /// rms(c - D - constant) / rms(D) with the best constant, with after(D) for D where the loss sees sequences.
    pub distance: Option<f64>,
    /// The part of KL's own pull that it has, sum(c D) / sum(D^2).
    pub strength: Option<f64>,
    /// Which part of the tokens has c = 0 and D other than 0.
    pub dead: Option<f64>,
    /// Which part of the sum of k3 these dead tokens carry.
    pub dead_share: Option<f64>,
    /// Which part of the tokens has c and D of different signs.
    pub wrong_way: Option<f64>,
    /// Which part of sum c^2 the largest 0.1% of its tokens carry; of a step, none where steps keep no spread of their own: see
    /// [`Audit::steps`].
    pub top_share: Option<f64>,
    /// The noise of its gradient over that of k2, rms(c) / rms(D), where the scores of tokens are uncorrelated and as large
    /// wherever c is large.
    pub noise: Option<f64>,
}

/// KL at some positions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// The first position, counted from 0.
    pub from: u64,
    /// One past the last.
    pub to: u64,
    /// How many tokens are there.
    pub tokens: u64,
    /// The means of k1, k2, k3; none beyond 64-bit floats.
    pub means: [Option<f64>; 3],
    /// Their standard errors over sequences; none for fewer than two.
    pub standard_errors: [Option<f64>; 3],
}

/// How many values lie in a range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bin {
    /// The lower end.
    pub from: f64,
    /// The upper end; both are 0 for the value 0.
    pub to: f64,
    /// How many values.
    pub count: u64,
}

/// A token with a large |D|: a line of `tokens.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LargestToken {
    /// log policy - log ref.
    pub log_ratio: f64,
    /// log policy.
    pub log_prob: f64,
    /// log ref.
    pub log_ref: f64,
    /// Its position among the tokens that count.
    pub position: u64,
    /// Its text, where the file has it.
    pub text: Option<String>,
    /// The step.
    pub step: Option<Step>,
    /// What the file calls the sequence.
    pub name: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// A sequence with a large sum of k3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorstSequence {
    /// The sums of k1, k2, k3.
    pub sums: [f64; 3],
    /// The step.
    pub step: Option<Step>,
    /// What the file calls it.
    pub name: Option<String>,
    /// Where it stands.
    pub place: Place,
    /// Its tokens that count; of a long one the first 10,000.
    pub tokens: Vec<SequenceToken>,
    /// How many tokens count.
    pub length: u64,
}

/// A token of a sequence that is shown token by token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SequenceToken {
    /// log policy - log ref.
    pub log_ratio: f64,
    /// Its text, where the file has it.
    pub text: Option<String>,
}

/// A sentence about the run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Remark {
    /// What it is about.
    pub kind: RemarkKind,
    /// The sentence, with its numbers.
    pub text: String,
    /// How many tokens, sequences or steps it is about.
    pub count: u64,
    /// Where first, if at one place.
    pub first: Option<Place>,
}

/// What a remark may be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RemarkKind {
    /// KL is no more than the rounding of the stored numbers.
    RoundingFloor,
    /// The mean of k1 is negative, within its noise or beyond.
    NegativeK1,
    /// k3 is infinite at some tokens, in 64 bits or in the 32 that frameworks compute in.
    Overflow,
    /// The tails are too heavy for the mean of k3.
    HeavyTail,
    /// A few tokens carry the value.
    FewTokens,
    /// A clamp leaves tokens without a gradient.
    ClampKills,
    /// A loss pulls much less than KL itself.
    WeakPull,
    /// The sampler is not the policy.
    SamplerDiffers,
    /// The log-ratio grows in proportion to the log-probability.
    Temperature,
    /// Columns are shifted.
    Shifted,
    /// KL does not start at 0.
    NotTheStart,
}
