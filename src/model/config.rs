//! `config.json`: which model the folder holds.

use super::LanguageModel;
use super::body::{Body, Network};
use super::decoder::{self, Decoder};
use super::gpt2::{self, Gpt2};
use super::weights::Weights;
use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::path::Path;

const FILE: &str = "config.json";
/// Says how a text is drawn; its ends go before those of `config.json`.
const GENERATION: &str = "generation_config.json";

/// What it says.
pub(super) struct Config {
    pub architecture: Architecture,
    /// The tokens that end a text.
    pub ends: Vec<i64>,
}

/// A model with its sizes.
pub(super) enum Architecture {
    Decoder(decoder::Config),
    Gpt2(gpt2::Config),
}

/// What is read of the file whatever model it is.
#[derive(Deserialize)]
struct Common {
    model_type: String,
    quantization_config: Option<serde_json::Value>,
    #[serde(flatten)]
    ends: Ends,
}

#[derive(Deserialize)]
struct Ends {
    eos_token_id: Option<OneOrMore>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(i64),
    More(Vec<i64>),
}

impl Config {
    /// # Errors
    /// Where the file is missing or broken, or asks for what is not known here.
    pub fn read(folder: &Path) -> Result<Self> {
        let text = text(folder, FILE)?.ok_or_else(|| {
            anyhow!("there is no {FILE}; a Hugging Face folder with {FILE}, model.safetensors and tokenizer.json would be right")
        })?;
        let common: Common = parse(&text, FILE)?;
        ensure!(
            common.quantization_config.is_none(),
            "{FILE} has a quantization_config; weights that are not quantised would be right"
        );
        let architecture = Architecture::read(&common.model_type, &text)?;
        let generation: Option<Ends> =
            self::text(folder, GENERATION)?.map(|text| parse(&text, GENERATION)).transpose()?;
        let ends = generation.and_then(|ends| ends.eos_token_id).or(common.ends.eos_token_id);
        Ok(Self { architecture, ends: ends.map(OneOrMore::all).unwrap_or_default() })
    }
}

impl OneOrMore {
    fn all(self) -> Vec<i64> {
        match self {
            Self::One(end) => vec![end],
            Self::More(ends) => ends,
        }
    }
}

impl Architecture {
    fn read(model_type: &str, text: &str) -> Result<Self> {
        if model_type == gpt2::MODEL_TYPE {
            let config: gpt2::Config = parse(text, FILE)?;
            return config.checked().map(Self::Gpt2).context(FILE);
        }
        let Some(family) = decoder::Family::named(model_type) else {
            let known = decoder::Family::ALL.map(|family| family.model_type()).join(", ");
            bail!(
                "{FILE} has the model_type {model_type}, which is not known; {known} or {} would be right",
                gpt2::MODEL_TYPE
            )
        };
        decoder::Config::new(family, parse(text, FILE)?).map(Self::Decoder).context(FILE)
    }

    /// Whether the head is the embedding.
    pub fn is_tied(&self) -> bool {
        match self {
            Self::Decoder(config) => config.is_tied,
            Self::Gpt2(config) => config.is_tied(),
        }
    }

    /// The model with these weights.
    ///
    /// # Errors
    /// Where a weight is missing, has another shape, or is not known.
    pub fn network(self, weights: Weights) -> Result<Box<dyn LanguageModel>> {
        match self {
            Self::Decoder(config) => network::<Decoder>(&config, weights),
            Self::Gpt2(config) => network::<Gpt2>(&config, weights),
        }
    }
}

fn network<B: Body>(config: &B::Config, weights: Weights) -> Result<Box<dyn LanguageModel>> {
    Ok(Box::new(Network::<B>::new(config, weights)?))
}

/// The text of a file in the folder; none where there is no such file.
fn text(folder: &Path, file: &str) -> Result<Option<String>> {
    ensure!(folder.is_dir(), "there is no such folder");
    let path = folder.join(file);
    path.exists().then(|| fs::read_to_string(&path).with_context(|| format!("{file} cannot be read"))).transpose()
}

fn parse<T: DeserializeOwned>(text: &str, file: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| anyhow!("{file} is wrong: {error}"))
}
