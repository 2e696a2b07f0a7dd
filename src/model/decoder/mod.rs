//! The decoder of `llama`, `mistral`, `qwen2` and `qwen3`: RMS norms, rotary positions, keys that heads share, and a gate.

mod config;
mod rope;

pub(super) use config::{Config, Family};

use super::Cache;
use super::attention::{attend, causal_mask};
use super::body::{Body, embed};
use super::linear::Linear;
use super::weights::Weights;
use anyhow::Result;
use rope::Turns;
use tch::Tensor;

pub(super) struct Decoder {
    config: Config,
    turns: Turns,
    embedding: Tensor,
    layers: Vec<Layer>,
    norm: Norm,
    head: Tensor,
}

struct Layer {
    before_attention: Norm,
    queries: Heads,
    keys: Heads,
    values: Heads,
    output: Linear,
    before_feeding: Norm,
    gate: Linear,
    up: Linear,
    down: Linear,
}

/// `x / sqrt(mean(x^2) + epsilon) w`.
struct Norm {
    weight: Tensor,
    epsilon: f64,
}

/// A projection to heads, which may be normalised one by one.
struct Heads {
    linear: Linear,
    norm: Option<Norm>,
    size: i64,
}

/// Where the tokens of one call stand.
struct Places {
    batch: i64,
    time: i64,
    turns: Turns,
    mask: Tensor,
}

impl Norm {
    fn take(weights: &mut Weights, name: &str, width: i64, config: &Config) -> Result<Self> {
        Ok(Self { weight: weights.take(&format!("{name}.weight"), &[width])?, epsilon: config.epsilon })
    }

    fn of(&self, x: &Tensor) -> Tensor {
        x.rms_norm(self.weight.size(), Some(&self.weight), self.epsilon)
    }
}

impl Heads {
    /// The norm has this name, in models that have such norms.
    fn take(weights: &mut Weights, name: &str, heads: i64, norm: Option<&str>, config: &Config) -> Result<Self> {
        let linear = Linear::take(weights, name, [heads * config.size, config.width], config.input_bias)?;
        let norm =
            norm.filter(|_| config.head_norm).map(|norm| Norm::take(weights, norm, config.size, config)).transpose()?;
        Ok(Self { linear, norm, size: config.size })
    }

    /// (batch, time, heads, size)
    fn of(&self, x: &Tensor, places: &Places) -> Tensor {
        let heads = self.linear.of(x).view([places.batch, places.time, -1, self.size]);
        self.norm.as_ref().map_or_else(|| heads.shallow_clone(), |norm| norm.of(&heads))
    }
}

impl Layer {
    fn take(weights: &mut Weights, index: usize, config: &Config) -> Result<Self> {
        let name = |part: &str| format!("model.layers.{index}.{part}");
        let attention = |part: &str| name(&format!("self_attn.{part}"));
        let Config { width, inner, heads, key_heads, size, .. } = *config;
        let queries = Heads::take(weights, &attention("q_proj"), heads, Some(&attention("q_norm")), config)?;
        let keys = Heads::take(weights, &attention("k_proj"), key_heads, Some(&attention("k_norm")), config)?;
        let values = Heads::take(weights, &attention("v_proj"), key_heads, None, config)?;
        let output = Linear::take(weights, &attention("o_proj"), [width, heads * size], config.output_bias)?;
        let mut feed =
            |part: &str, shape| Linear::take(weights, &name(&format!("mlp.{part}")), shape, config.inner_bias);
        let (gate, up) = (feed("gate_proj", [inner, width])?, feed("up_proj", [inner, width])?);
        let down = feed("down_proj", [width, inner])?;
        let before_attention = Norm::take(weights, &name("input_layernorm"), width, config)?;
        let before_feeding = Norm::take(weights, &name("post_attention_layernorm"), width, config)?;
        Ok(Self { before_attention, queries, keys, values, output, before_feeding, gate, up, down })
    }

    fn of(&self, x: &Tensor, index: usize, places: &Places, cache: &mut Cache) -> Tensor {
        let normed = self.before_attention.of(x);
        let turned = |heads: &Heads| places.turns.turn(&heads.of(&normed, places)).transpose(1, 2);
        let values = self.values.of(&normed, places).transpose(1, 2);
        let seen = cache.extend(index, turned(&self.keys), values);
        let x = self.output.add_to(x, &attend(&turned(&self.queries), seen, &places.mask));
        let normed = self.before_feeding.of(&x);
        let inner = self.gate.of(&normed).silu() * self.up.of(&normed);
        self.down.add_to(&x, &inner)
    }
}

impl Decoder {
    fn with_turns(config: &Config, turns: impl FnOnce(&Tensor) -> Turns, weights: &mut Weights) -> Result<Self> {
        let embedding = weights.take("model.embed_tokens.weight", &[config.vocabulary, config.width])?;
        let layers = (0..config.layers).map(|index| Layer::take(weights, index, config)).collect::<Result<_>>()?;
        let norm = Norm::take(weights, "model.norm", config.width, config)?;
        let head = weights.take_head(&embedding, config.is_tied)?;
        Ok(Self { config: config.clone(), turns: turns(&embedding), embedding, layers, norm, head })
    }

    fn places(&self, tokens: &Tensor, seen: i64) -> Places {
        let (batch, time) = tokens.size2().expect("tokens are (batch, time)");
        let mask = causal_mask(seen, time, self.config.heads / self.config.key_heads, &self.embedding);
        Places { batch, time, turns: self.turns.at(seen, time), mask }
    }
}

impl Body for Decoder {
    type Config = Config;

    fn new(config: &Config, weights: &mut Weights) -> Result<Self> {
        let turns = |like: &Tensor| Turns::all(&config.rope, config.size, config.context, (like.kind(), like.device()));
        Self::with_turns(config, turns, weights)
    }

    fn shared(&self, weights: &mut Weights) -> Result<Self> {
        Self::with_turns(&self.config, |_| self.turns.shared(), weights)
    }

    fn states(&self, tokens: &Tensor, cache: &mut Cache) -> Tensor {
        let places = self.places(tokens, cache.time());
        let embedded = embed(&self.embedding, tokens);
        let layers = self.layers.iter().enumerate();
        self.norm.of(&layers.fold(embedded, |x, (index, layer)| layer.of(&x, index, &places, cache)))
    }

    fn head(&self) -> &Tensor {
        &self.head
    }

    fn context(&self) -> usize {
        self.config.context as usize
    }
}
