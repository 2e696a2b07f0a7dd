//! What is common to all networks: an embedding, a body, and a head that may be the embedding.

use super::weights::Weights;
use super::{Cache, LanguageModel};
use anyhow::Result;
use tch::{Kind, Tensor};

/// What tells one architecture from another.
pub(super) trait Body: Send + Sized + 'static {
    type Config;

    /// Takes its weights.
    ///
    /// # Errors
    /// Where one is missing or has another shape.
    fn new(config: &Self::Config, weights: &mut Weights) -> Result<Self>;

    /// The same with the same weights.
    fn shared(&self, weights: &mut Weights) -> Result<Self>;

    /// What the head sees of tokens (batch, time) behind those of the cache: (batch * time, width).
    fn states(&self, tokens: &Tensor, cache: &mut Cache) -> Tensor;

    /// The matrix that makes logits of it: (vocabulary, width).
    fn head(&self) -> &Tensor;

    /// The most tokens of a sequence.
    fn context(&self) -> usize;
}

/// A body with the leaves that it was made of.
pub(super) struct Network<B> {
    body: B,
    parameters: Vec<(String, Tensor)>,
}

impl<B: Body> Network<B> {
    /// # Errors
    /// Where a weight is missing, has another shape, or is not known.
    pub fn new(config: &B::Config, mut weights: Weights) -> Result<Self> {
        let body = B::new(config, &mut weights)?;
        Ok(Self { body, parameters: weights.taken()? })
    }
}

impl<B: Body> LanguageModel for Network<B> {
    fn logits(&self, tokens: &Tensor) -> Tensor {
        let (batch, time) = tokens.size2().expect("tokens are (batch, time)");
        let states = self.body.states(tokens, &mut Cache::default());
        states.mm(&self.body.head().tr()).view([batch, time, -1])
    }

    fn next_logits(&self, tokens: &Tensor, cache: &mut Cache) -> Tensor {
        let (batch, time) = tokens.size2().expect("tokens are (batch, time)");
        tch::no_grad(|| {
            let states = self.body.states(tokens, cache).view([batch, time, -1]);
            states.select(1, time - 1).mm(&self.body.head().tr())
        })
    }

    fn parameters(&self) -> Vec<(String, Tensor)> {
        self.parameters.iter().map(|(name, leaf)| (name.clone(), leaf.shallow_clone())).collect()
    }

    fn shared(&self) -> Box<dyn LanguageModel> {
        let parameters = self.parameters();
        let mut weights = Weights::of(self.parameters());
        let body = self.body.shared(&mut weights).expect("these weights have made such a body");
        Box::new(Self { body, parameters })
    }

    fn vocabulary(&self) -> usize {
        self.body.head().size()[0] as usize
    }

    fn context(&self) -> usize {
        self.body.context()
    }
}

/// Rows of the embedding: (batch * time, width).
pub(super) fn embed(embedding: &Tensor, tokens: &Tensor) -> Tensor {
    debug_assert_eq!(tokens.kind(), Kind::Int64);
    Tensor::embedding(embedding, &tokens.flatten(0, -1), -1, false, false)
}
