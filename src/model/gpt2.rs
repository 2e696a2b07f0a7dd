//! GPT-2: learned positions, layer norms, and matrices that lie the other way round.

use super::Cache;
use super::attention::{attend, causal_mask};
use super::body::{Body, embed};
use super::weights::Weights;
use anyhow::{Result, bail, ensure};
use serde::Deserialize;
use std::num::NonZeroU32;
use tch::Tensor;

pub(super) const MODEL_TYPE: &str = "gpt2";

/// The part of `config.json` that is read. What may be absent has transformers' value then.
#[derive(Clone, Deserialize)]
pub(super) struct Config {
    vocab_size: NonZeroU32,
    n_positions: NonZeroU32,
    n_embd: NonZeroU32,
    n_layer: NonZeroU32,
    n_head: NonZeroU32,
    n_inner: Option<NonZeroU32>,
    activation_function: Option<String>,
    layer_norm_epsilon: Option<f64>,
    tie_word_embeddings: Option<bool>,
    scale_attn_weights: Option<bool>,
    #[serde(default)]
    scale_attn_by_inverse_layer_idx: bool,
    #[serde(default)]
    add_cross_attention: bool,
}

impl Config {
    /// # Errors
    /// Where the sizes do not fit each other, or something is asked for that is not known here.
    pub fn checked(self) -> Result<Self> {
        self.approximation()?;
        let (width, heads) = (self.n_embd, self.n_head);
        ensure!(width.get() % heads.get() == 0, "n_embd {width} is no multiple of {heads} heads; one would be right");
        let flags = [
            ("scale_attn_weights", self.scale_attn_weights.unwrap_or(true), true),
            ("scale_attn_by_inverse_layer_idx", self.scale_attn_by_inverse_layer_idx, false),
            ("add_cross_attention", self.add_cross_attention, false),
        ];
        match flags.iter().find(|(_, is, known)| is != known) {
            Some((flag, is, known)) => bail!("{flag} {is} is not known; {known} would be right"),
            None => Ok(self),
        }
    }

    /// What libtorch calls the way in which GELU is computed.
    fn approximation(&self) -> Result<&'static str> {
        match self.activation_function.as_deref() {
            None | Some("gelu_new" | "gelu_pytorch_tanh") => Ok("tanh"),
            Some("gelu") => Ok("none"),
            Some(other) => bail!("the activation_function {other} is not known; gelu_new or gelu would be right"),
        }
    }

    pub fn is_tied(&self) -> bool {
        self.tie_word_embeddings.unwrap_or(true)
    }

    fn width(&self) -> i64 {
        self.n_embd.get().into()
    }
}

pub(super) struct Gpt2 {
    config: Config,
    embedding: Tensor,
    positions: Tensor,
    layers: Vec<Layer>,
    norm: Norm,
    head: Tensor,
}

struct Layer {
    before_attention: Norm,
    /// Queries, keys and values side by side.
    inputs: Columns,
    output: Columns,
    before_feeding: Norm,
    up: Columns,
    down: Columns,
    /// Of GELU.
    approximation: &'static str,
}

/// `(x - mean(x)) / sqrt(var(x) + epsilon) w + b`.
struct Norm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f64,
}

/// `y = x W + b` for each row x, with W of the shape (in, out): what transformers calls Conv1D.
struct Columns {
    weight: Tensor,
    bias: Tensor,
}

impl Norm {
    fn take(weights: &mut Weights, name: &str, config: &Config) -> Result<Self> {
        let mut take = |part: &str| weights.take(&format!("{name}.{part}"), &[config.width()]);
        Ok(Self { weight: take("weight")?, bias: take("bias")?, epsilon: config.layer_norm_epsilon.unwrap_or(1e-5) })
    }

    fn of(&self, x: &Tensor) -> Tensor {
        x.layer_norm(self.weight.size(), Some(&self.weight), Some(&self.bias), self.epsilon, true)
    }
}

impl Columns {
    fn take(weights: &mut Weights, name: &str, [inputs, outputs]: [i64; 2]) -> Result<Self> {
        let weight = weights.take(&format!("{name}.weight"), &[inputs, outputs])?;
        Ok(Self { weight, bias: weights.take(&format!("{name}.bias"), &[outputs])? })
    }

    fn of(&self, rows: &Tensor) -> Tensor {
        self.bias.addmm(rows, &self.weight)
    }
}

impl Layer {
    fn take(weights: &mut Weights, name: &str, config: &Config) -> Result<Self> {
        let width = config.width();
        let inner = config.n_inner.map_or(4 * width, |inner| inner.get().into());
        let mut columns = |part: &str, shape| Columns::take(weights, &format!("{name}.{part}"), shape);
        let (inputs, output) = (columns("attn.c_attn", [width, 3 * width])?, columns("attn.c_proj", [width, width])?);
        let (up, down) = (columns("mlp.c_fc", [width, inner])?, columns("mlp.c_proj", [inner, width])?);
        let mut norm = |part: &str| Norm::take(weights, &format!("{name}.{part}"), config);
        let (before_attention, before_feeding) = (norm("ln_1")?, norm("ln_2")?);
        let approximation = config.approximation()?;
        Ok(Self { before_attention, inputs, output, before_feeding, up, down, approximation })
    }

    fn of(&self, x: &Tensor, index: usize, places: &Places, cache: &mut Cache) -> Tensor {
        let &Places { batch, time, heads, ref mask } = places;
        let inputs = self.inputs.of(&self.before_attention.of(x)).view([batch, time, 3, heads, -1]);
        // (batch, heads, time, size) each.
        let [queries, keys, values] = [0, 1, 2].map(|part| inputs.select(2, part).transpose(1, 2));
        let x = x + self.output.of(&attend(&queries, cache.extend(index, keys, values), mask));
        let inner = self.up.of(&self.before_feeding.of(&x)).gelu(self.approximation);
        x + self.down.of(&inner)
    }
}

/// Where the tokens of one call stand.
struct Places {
    batch: i64,
    time: i64,
    heads: i64,
    mask: Tensor,
}

impl Body for Gpt2 {
    type Config = Config;

    fn new(config: &Config, weights: &mut Weights) -> Result<Self> {
        // The first files of GPT-2 go without it.
        let prefix = if weights.has("wte.weight") { "" } else { "transformer." };
        let name = |part: &str| format!("{prefix}{part}");
        let embedding = weights.take(&name("wte.weight"), &[config.vocab_size.get().into(), config.width()])?;
        let positions = weights.take(&name("wpe.weight"), &[config.n_positions.get().into(), config.width()])?;
        let layer = |index| Layer::take(weights, &name(&format!("h.{index}")), config);
        let layers = (0..config.n_layer.get()).map(layer).collect::<Result<_>>()?;
        let norm = Norm::take(weights, &name("ln_f"), config)?;
        let head = weights.take_head(&embedding, config.is_tied())?;
        Ok(Self { config: config.clone(), embedding, positions, layers, norm, head })
    }

    fn shared(&self, weights: &mut Weights) -> Result<Self> {
        Self::new(&self.config, weights)
    }

    fn states(&self, tokens: &Tensor, cache: &mut Cache) -> Tensor {
        let (batch, time) = tokens.size2().expect("tokens are (batch, time)");
        let seen = cache.time();
        let mask = causal_mask(seen, time, 1, &self.embedding);
        let places = Places { batch, time, heads: self.config.n_head.get().into(), mask };
        let positions = self.positions.narrow(0, seen, time).repeat([batch, 1]);
        let layers = self.layers.iter().enumerate();
        let embedded = embed(&self.embedding, tokens) + positions;
        self.norm.of(&layers.fold(embedded, |x, (index, layer)| layer.of(&x, index, &places, cache)))
    }

    fn head(&self) -> &Tensor {
        &self.head
    }

    fn context(&self) -> usize {
        self.config.n_positions.get() as usize
    }
}
