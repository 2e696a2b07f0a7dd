//! What `config.json` says of a decoder.

use super::rope::{Rope, Written};
use anyhow::{Result, bail, ensure};
use serde::Deserialize;
use std::num::NonZeroU32;

/// What `model_type` may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Family {
    Llama,
    Mistral,
    Qwen2,
    Qwen3,
}

impl Family {
    pub const ALL: [Self; 4] = [Self::Llama, Self::Mistral, Self::Qwen2, Self::Qwen3];

    pub fn named(model_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.model_type() == model_type)
    }

    pub fn model_type(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Mistral => "mistral",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
        }
    }
}

/// The part of the file that is read. What may be absent has transformers' value then.
#[derive(Deserialize)]
pub(in super::super) struct Fields {
    vocab_size: NonZeroU32,
    hidden_size: NonZeroU32,
    intermediate_size: NonZeroU32,
    num_hidden_layers: NonZeroU32,
    num_attention_heads: NonZeroU32,
    max_position_embeddings: NonZeroU32,
    num_key_value_heads: Option<NonZeroU32>,
    head_dim: Option<NonZeroU32>,
    rms_norm_eps: Option<f64>,
    hidden_act: Option<String>,
    #[serde(default)]
    tie_word_embeddings: bool,
    #[serde(default)]
    attention_bias: bool,
    #[serde(default)]
    mlp_bias: bool,
    sliding_window: Option<u32>,
    #[serde(default)]
    use_sliding_window: bool,
    max_window_layers: Option<u32>,
    layer_types: Option<Vec<String>>,
    rope_theta: Option<f64>,
    rope_parameters: Option<Written>,
    rope_scaling: Option<Written>,
}

/// The sizes and flags of a decoder.
#[derive(Clone)]
pub(in super::super) struct Config {
    pub vocabulary: i64,
    pub width: i64,
    /// Of the layers that feed forward.
    pub inner: i64,
    pub layers: usize,
    pub heads: i64,
    pub key_heads: i64,
    /// Of a head.
    pub size: i64,
    pub context: i64,
    pub epsilon: f64,
    pub(super) rope: Rope,
    pub is_tied: bool,
    /// Queries, keys and values have offsets.
    pub input_bias: bool,
    /// What attention puts out has one.
    pub output_bias: bool,
    /// Where the layers feed forward there are offsets.
    pub inner_bias: bool,
    /// Queries and keys are normalised, head by head.
    pub head_norm: bool,
}

impl Config {
    /// # Errors
    /// Where the sizes do not fit each other, or something is asked for that is not known here.
    pub fn new(family: Family, fields: Fields) -> Result<Self> {
        if let Some(other) = fields.hidden_act.as_ref().filter(|act| *act != "silu") {
            bail!("the hidden_act {other} is not known; silu would be right");
        }
        fields.check_window(family)?;
        let number = |field: NonZeroU32| i64::from(field.get());
        let (width, heads) = (number(fields.hidden_size), number(fields.num_attention_heads));
        let key_heads = fields.num_key_value_heads.map_or(heads, number);
        ensure!(
            heads % key_heads == 0,
            "{heads} heads cannot share {key_heads} keys; a divisor of {heads} would be right"
        );
        Ok(Self {
            vocabulary: number(fields.vocab_size),
            width,
            inner: number(fields.intermediate_size),
            layers: fields.num_hidden_layers.get() as usize,
            heads,
            key_heads,
            size: fields.size(family)?,
            context: number(fields.max_position_embeddings),
            epsilon: fields.rms_norm_eps.unwrap_or(1e-6),
            is_tied: fields.tie_word_embeddings,
            input_bias: family == Family::Qwen2 || fields.attention_bias && family != Family::Mistral,
            output_bias: fields.attention_bias && matches!(family, Family::Llama | Family::Qwen3),
            inner_bias: fields.mlp_bias && family == Family::Llama,
            head_norm: family == Family::Qwen3,
            rope: Rope::new(fields.rope_theta, fields.rope_parameters, fields.rope_scaling)?,
        })
    }
}

impl Fields {
    /// Of a head.
    fn size(&self, family: Family) -> Result<i64> {
        let (width, heads) = (self.hidden_size.get(), self.num_attention_heads.get());
        let size = match self.head_dim {
            Some(size) => size.get(),
            None if family == Family::Qwen3 => 128,
            None => {
                ensure!(
                    width % heads == 0,
                    "hidden_size {width} is no multiple of {heads} heads; a head_dim would be right"
                );
                width / heads
            }
        };
        ensure!(
            size % 2 == 0,
            "a head has the odd size {size}, whose halves cannot be turned; an even one would be right"
        );
        Ok(size.into())
    }

    /// Refuses a window that some layer looks through and some sequence does not fit into.
    fn check_window(&self, family: Family) -> Result<()> {
        let is_windowed = match (&self.layer_types, family) {
            (Some(types), _) => types.iter().any(|kind| kind != "full_attention"),
            (None, Family::Llama) => false,
            (None, Family::Mistral) => true,
            (None, Family::Qwen2 | Family::Qwen3) => {
                self.use_sliding_window && self.max_window_layers.unwrap_or(28) < self.num_hidden_layers.get()
            }
        };
        let context = self.max_position_embeddings.get();
        match self.sliding_window {
            Some(window) if is_windowed && window < context => bail!(
                "attention has a sliding_window of {window} tokens, which is not known here; none, or one of the {context} tokens \
                 of max_position_embeddings, would be right"
            ),
            _ => Ok(()),
        }
    }
}
