//! A language model from a Hugging Face folder, on libtorch.
//!
//! A folder holds `config.json`, which says what the model is; `model.safetensors`, or its shards with their index, the
//! weights; and `tokenizer.json`. [`Checkpoint::read`] reads the three. Weights become 32- or 64-bit floats, whatever the
//! file holds: two checkpoints that lie near each other differ by less than 16-bit floats resolve.
//!
//! `llama`, `mistral` without its window, `qwen2` and `qwen3` are one decoder with flags, and `gpt2` is one of its own. What
//! a folder asks for beyond these is refused by name. Another architecture is one file that implements the body of a network.

mod attention;
mod body;
mod config;
mod decoder;
mod device;
mod gpt2;
mod linear;
mod tokenizer;
mod weights;

#[cfg(test)]
mod tests;

pub use attention::Cache;
pub use device::device;
pub use tokenizer::Tokenizer;

use anyhow::{Context, Result, ensure};
use config::Config;
use std::path::Path;
use tch::{Device, Kind, Tensor};
use weights::{Headers, Weights};

/// A language model, as far as sampling and gradients need it.
pub trait LanguageModel: Send {
    /// Logits of the next token behind each prefix: from tokens (batch, time) of the kind Int64 to (batch, time, vocabulary).
    fn logits(&self, tokens: &Tensor) -> Tensor;

    /// Logits (batch, vocabulary) behind the last of these tokens (batch, time), which follow those that the cache has seen
    /// and which it sees now. They carry no gradient.
    fn next_logits(&self, tokens: &Tensor, cache: &mut Cache) -> Tensor;

    /// Each leaf once, by its name in the file, sorted by name. Each requires a gradient.
    fn parameters(&self) -> Vec<(String, Tensor)>;

    /// The same model with the same parameters, for another thread.
    fn shared(&self) -> Box<dyn LanguageModel>;

    /// How many tokens there are to choose from.
    fn vocabulary(&self) -> usize;

    /// The most tokens of a sequence, the prompt among them.
    fn context(&self) -> usize;
}

/// What a Hugging Face folder holds.
pub struct Checkpoint {
    /// The model.
    pub network: Box<dyn LanguageModel>,
    /// What turns text into its tokens.
    pub tokenizer: Tokenizer,
    /// The tokens that end a text; none where the folder names none.
    pub ends: Vec<i64>,
    /// The types of number that the file of the weights holds, such as `BF16`.
    pub stored: String,
}

impl Checkpoint {
    /// Reads a folder. The weights become numbers of this kind, `Float` or `Double`, on this device.
    ///
    /// # Errors
    /// Where a file is missing or broken, where the folder asks for what is not known here, and where a weight is missing, has
    /// another shape, is not known, or is no finite number. The message names it.
    pub fn read(folder: &Path, device: Device, kind: Kind) -> Result<Self> {
        Self::read_files(folder, device, kind).with_context(|| unreadable(folder))
    }

    fn read_files(folder: &Path, device: Device, kind: Kind) -> Result<Self> {
        let config = Config::read(folder)?;
        let tokenizer = Tokenizer::read(folder)?;
        let weights = Weights::read(&Headers::read(folder)?, device, kind)?;
        let stored = weights.stored();
        let network = config.architecture.network(weights)?;
        let (tokens, known) = (tokenizer.vocabulary(), network.vocabulary());
        ensure!(
            tokens <= known,
            "tokenizer.json has tokens up to {}, and the model {known} from 0; a tokenizer of this model would be right",
            tokens - 1
        );
        Ok(Self { network, tokenizer, ends: config.ends, stored })
    }
}

/// How many parameters the files of a folder hold, from their headers alone. A head that is tied to the embedding counts once.
///
/// # Errors
/// Where the headers or `config.json` cannot be read, or where the model is not known here.
pub fn parameter_count(folder: &Path) -> Result<u64> {
    let count = || -> Result<u64> {
        let is_tied = Config::read(folder)?.architecture.is_tied();
        Ok(Headers::read(folder)?.parameter_count(is_tied))
    };
    count().with_context(|| unreadable(folder))
}

fn unreadable(folder: &Path) -> String {
    format!("the model in {} cannot be read", folder.display())
}
