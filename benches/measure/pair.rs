//! A policy and a reference that lie near each other: decoders with random weights, as folders.

use anyhow::Result;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use tch::{Device, Kind, Tensor};

/// A token that stands for itself in prompts is this with its number behind it.
const WORD: &str = "w";

/// Logits have about this standard deviation, so that tokens are neither sure nor all alike.
const OF_LOGITS: f64 = 2.0;

/// By how much of its size each weight of the policy is moved at random: some thousandths of a nat per token.
const MOVED: f64 = 0.01;

/// The sizes of a Llama whose head is its embedding.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub vocabulary: i64,
    pub width: i64,
    pub inner: i64,
    pub layers: i64,
    pub heads: i64,
    pub key_heads: i64,
}

/// Two folders.
pub struct Pair {
    pub policy: PathBuf,
    pub reference: PathBuf,
    pub parameters: i64,
}

impl Pair {
    /// Writes both folders, the same at every call.
    pub fn write(folder: &Path, sizes: Sizes) -> Result<Self> {
        tch::manual_seed(1);
        let reference = sizes.weights();
        let policy = reference.iter().map(|(name, weight)| (name.clone(), moved(weight))).collect::<Vec<_>>();
        let parameters = policy.iter().map(|(_, weight)| weight.numel() as i64).sum();
        let [policy, reference] = [("policy", policy), ("reference", reference)].map(|(name, weights)| {
            let folder = folder.join(name);
            sizes.write(&folder, &weights).map(|()| folder)
        });
        Ok(Self { policy: policy?, reference: reference?, parameters })
    }
}

/// A prompt of these tokens, as text.
pub fn text(tokens: &[i64]) -> String {
    tokens.iter().map(|token| format!("{WORD}{token}")).collect::<Vec<_>>().join(" ")
}

fn moved(weight: &Tensor) -> Tensor {
    weight + weight.randn_like() * weight.square().mean(Kind::Float).sqrt() * MOVED
}

impl Sizes {
    /// By their names in the file.
    fn weights(self) -> Vec<(String, Tensor)> {
        let Self { vocabulary, width, inner, layers, .. } = self;
        let random = |shape: [i64; 2]| Tensor::randn(shape, (Kind::Float, Device::Cpu));
        // Whose results are as large as what they are given.
        let linear = |shape: [i64; 2]| random(shape) / (shape[1] as f64).sqrt();
        let norm = || Tensor::ones([width], (Kind::Float, Device::Cpu));
        let of_keys = width / self.heads * self.key_heads;
        let embedding = random([vocabulary, width]) * (OF_LOGITS / (width as f64).sqrt());
        let mut weights = vec![("model.embed_tokens".to_owned(), embedding), ("model.norm".to_owned(), norm())];
        for layer in 0..layers {
            let parts = [
                ("input_layernorm", norm()),
                ("post_attention_layernorm", norm()),
                ("self_attn.q_proj", linear([width, width])),
                ("self_attn.k_proj", linear([of_keys, width])),
                ("self_attn.v_proj", linear([of_keys, width])),
                ("self_attn.o_proj", linear([width, width])),
                ("mlp.gate_proj", linear([inner, width])),
                ("mlp.up_proj", linear([inner, width])),
                ("mlp.down_proj", linear([width, inner])),
            ];
            weights.extend(parts.map(|(name, weight)| (format!("model.layers.{layer}.{name}"), weight)));
        }
        weights.into_iter().map(|(name, weight)| (format!("{name}.weight"), weight)).collect()
    }

    fn write(self, folder: &Path, weights: &[(String, Tensor)]) -> Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("config.json"), self.config().to_string())?;
        fs::write(folder.join("tokenizer.json"), self.tokenizer().to_string())?;
        Ok(Tensor::write_safetensors(weights, folder.join("model.safetensors"))?)
    }

    fn config(self) -> Value {
        json!({
            "model_type": "llama",
            "architectures": ["LlamaForCausalLM"],
            "vocab_size": self.vocabulary,
            "hidden_size": self.width,
            "intermediate_size": self.inner,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.key_heads,
            "max_position_embeddings": 512,
            "rms_norm_eps": 1e-5,
            "rope_theta": 10000.0,
            "hidden_act": "silu",
            "tie_word_embeddings": true,
            "bos_token_id": null,
            "eos_token_id": null,
        })
    }

    /// Each token is a word.
    fn tokenizer(self) -> Value {
        let words: Map<String, Value> = (0..self.vocabulary).map(|token| (text(&[token]), json!(token))).collect();
        json!({
            "version": "1.0",
            "pre_tokenizer": { "type": "Whitespace" },
            "model": { "type": "WordLevel", "vocab": words, "unk_token": text(&[0]) },
        })
    }
}
