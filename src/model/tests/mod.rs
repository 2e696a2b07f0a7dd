//! Small random models against what transformers makes of them; see tests/golden/README.md.

mod cache;
mod golden;
mod refusals;
mod tokenizer;
mod variants;

use super::config::Config;
use super::weights::{Headers, Weights};
use super::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models").join(name)
}

/// The model in a folder, which needs no tokenizer.
fn network(folder: &Path, kind: Kind) -> Result<Box<dyn LanguageModel>> {
    Config::read(folder)?.architecture.network(Weights::read(&Headers::read(folder)?, Device::Cpu, kind)?)
}

/// What transformers makes of a model.
struct Golden {
    /// (batch, time)
    tokens: Tensor,
    logits: Tensor,
    gradients: BTreeMap<String, Tensor>,
}

impl Golden {
    fn read(name: &str) -> Self {
        let file = folder(name).join("golden.safetensors");
        let mut tensors: BTreeMap<_, _> = Tensor::read_safetensors(file).expect("it is there").into_iter().collect();
        let mut take = |name: &str| tensors.remove(name).expect("it is in the file");
        let (tokens, logits) = (take("tokens"), take("logits"));
        let name = |key: &str| key.strip_prefix("gradient.").expect("all others are gradients").to_owned();
        let gradients = tensors.iter().map(|(key, gradient)| (name(key), gradient.shallow_clone())).collect();
        Self { tokens, logits, gradients }
    }
}

/// The gradient of the mean negative log-probability of each next token.
fn gradients(network: &dyn LanguageModel, tokens: &Tensor) -> BTreeMap<String, Tensor> {
    let time = tokens.size()[1];
    let logits = network.logits(&tokens.narrow(1, 0, time - 1)).flatten(0, 1);
    let loss = logits.log_softmax(-1, None::<Kind>).nll_loss(&tokens.narrow(1, 1, time - 1).flatten(0, 1));
    let (names, leaves): (Vec<_>, Vec<_>) = network.parameters().into_iter().unzip();
    names.into_iter().zip(Tensor::run_backward(&[loss], &leaves, false, false)).collect()
}

/// The largest difference of two elements.
fn distance(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.size(), b.size());
    (a.to_kind(Kind::Double) - b.to_kind(Kind::Double)).abs().max().double_value(&[])
}

/// A copy of a golden folder.
fn copy(name: &str) -> TempDir {
    let copy = tempfile::tempdir().expect("there is room for it");
    for entry in folder(name).read_dir().expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        fs::copy(&path, copy.path().join(path.file_name().expect("it is a file"))).expect("there is room for it");
    }
    copy
}

/// A copy with another `config.json`.
fn with_config(name: &str, change: impl FnOnce(&mut serde_json::Map<String, Value>)) -> TempDir {
    let copy = copy(name);
    let path = copy.path().join("config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&path).expect("it is there")).expect("it is JSON");
    change(config.as_object_mut().expect("it is an object"));
    fs::write(path, config.to_string()).expect("there is room for it");
    copy
}

/// A copy with other weights.
fn with_weights(name: &str, change: impl FnOnce(&mut BTreeMap<String, Tensor>)) -> TempDir {
    let copy = copy(name);
    let path = copy.path().join("model.safetensors");
    let mut weights = Tensor::read_safetensors(&path).expect("it is there").into_iter().collect();
    change(&mut weights);
    Tensor::write_safetensors(&Vec::from_iter(weights), path).expect("there is room for it");
    copy
}
