//! `model.safetensors`, or its shards: the weights by their names.

use crate::stored::safetensors::{Header, read_header};
use ::safetensors::{Dtype, tensor::TensorInfo};
use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use tch::{Device, Kind, Tensor};

const FILE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";
const HEAD: &str = "lm_head.weight";
const OF_ONE_MODEL: &str = "weights and config.json of one model would be right";

/// What the files of a folder say that they hold.
pub(super) struct Headers(Vec<(PathBuf, Header)>);

impl Headers {
    /// # Errors
    /// Where there is no such file, or one is broken or cut short.
    pub fn read(folder: &Path) -> Result<Self> {
        let read = |path: PathBuf| {
            let header = header(&path).with_context(|| name(&path))?;
            Ok((path, header))
        };
        files(folder)?.into_iter().map(read).collect::<Result<_>>().map(Self)
    }

    fn tensors(&self) -> impl Iterator<Item = (String, &TensorInfo)> {
        let tensors = self.0.iter().flat_map(|(_, header)| header.metadata.tensors());
        tensors.filter(|(name, _)| !is_passed_over(name))
    }

    /// How many numbers they hold, a tied head left out.
    pub fn parameter_count(&self, is_tied: bool) -> u64 {
        let counted = self.tensors().filter(|(name, _)| !(is_tied && name == HEAD));
        counted.map(|(_, tensor)| tensor.shape.iter().product::<usize>() as u64).sum()
    }
}

/// What files hold beside the weights: tables that follow from the sizes.
fn is_passed_over(name: &str) -> bool {
    [".rotary_emb.inv_freq", ".attn.bias", ".attn.masked_bias"].iter().any(|end| name.ends_with(end))
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[derive(Deserialize)]
struct Index {
    /// The file of each tensor.
    weight_map: BTreeMap<String, String>,
}

/// The files with the weights.
fn files(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    if folder.join(FILE).exists() {
        return Ok([folder.join(FILE)].into());
    }
    let index = folder.join(INDEX);
    if index.exists() {
        let text = fs::read_to_string(index).with_context(|| format!("{INDEX} cannot be read"))?;
        let index: Index = serde_json::from_str(&text).map_err(|error| anyhow!("{INDEX} is wrong: {error}"))?;
        return Ok(index.weight_map.values().map(|file| folder.join(file)).collect());
    }
    let is_pickled =
        ["pytorch_model.bin", "pytorch_model.bin.index.json"].iter().any(|file| folder.join(file).exists());
    ensure!(
        !is_pickled,
        "there is pytorch_model.bin alone, which is not read; {FILE} would be right, which transformers' save_pretrained writes"
    );
    bail!("there are no weights; {FILE}, or shards with {INDEX}, would be right")
}

fn header(path: &Path) -> Result<Header> {
    let header = read_header(&mut File::open(path).context("cannot be opened")?)?;
    let (found, needed) = (header.length, header.metadata.data_len() as u64);
    ensure!(found >= needed, "is cut short: it has {found} bytes of weights, and its header says {needed}");
    Ok(header)
}

/// Tensors by name, and which of them a model has taken.
pub(super) struct Weights {
    found: BTreeMap<String, Tensor>,
    taken: BTreeMap<String, Tensor>,
    /// The types in the files.
    stored: BTreeSet<String>,
}

impl Weights {
    /// Reads all, as leaves of this kind on this device.
    ///
    /// # Errors
    /// Where a file cannot be read, and where a tensor is there twice, is of no type of plain floats, or is not finite.
    pub fn read(headers: &Headers, device: Device, kind: Kind) -> Result<Self> {
        let mut weights = Self::of([]);
        for (path, header) in &headers.0 {
            weights
                .read_file(path, header, |tensor| tensor.to_kind(kind).to_device(device))
                .with_context(|| name(path))?;
        }
        Ok(weights)
    }

    /// These leaves.
    pub fn of(leaves: impl IntoIterator<Item = (String, Tensor)>) -> Self {
        Self { found: leaves.into_iter().collect(), taken: BTreeMap::new(), stored: BTreeSet::new() }
    }

    fn read_file(&mut self, path: &Path, header: &Header, convert: impl Fn(Tensor) -> Tensor) -> Result<()> {
        let mut file = File::open(path)?;
        let names = header.metadata.offset_keys().into_iter().filter(|name| !is_passed_over(name));
        for name in names {
            let info = header.metadata.info(&name).expect("the names are those of the header");
            let tensor = convert(read_tensor(&mut file, header.data, &name, info)?);
            let is_finite = tensor.isfinite().all().int64_value(&[]) == 1;
            ensure!(is_finite, "{name} holds NaN or infinity; weights that are finite would be right");
            self.stored.insert(format!("{:?}", info.dtype));
            let former = self.found.insert(name.clone(), tensor.set_requires_grad(true));
            ensure!(former.is_none(), "{name} is in another shard, too; once would be right");
        }
        Ok(())
    }

    /// The types in the files, such as `BF16`.
    pub fn stored(&self) -> String {
        self.stored.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
    }

    /// Whether there is such a tensor.
    pub fn has(&self, name: &str) -> bool {
        self.found.contains_key(name)
    }

    /// Takes a tensor, which has to have this shape.
    ///
    /// # Errors
    /// Where it is missing, or has another one.
    pub fn take(&mut self, name: &str, shape: &[i64]) -> Result<Tensor> {
        let tensor = self.found.remove(name).ok_or_else(|| {
            anyhow!("the weights lack {name} of the shape {shape:?}, which config.json asks for; {OF_ONE_MODEL}")
        })?;
        let found = tensor.size();
        ensure!(
            found == shape,
            "config.json asks for {name} of the shape {shape:?}, and the weights have {found:?}; {OF_ONE_MODEL}"
        );
        self.taken.insert(name.to_owned(), tensor.shallow_clone());
        Ok(tensor)
    }

    /// Takes the head: the embedding itself where it is tied to it.
    ///
    /// # Errors
    /// Where it is missing, has another shape, or is another matrix although it is tied.
    pub fn take_head(&mut self, embedding: &Tensor, is_tied: bool) -> Result<Tensor> {
        if !is_tied {
            return self.take(HEAD, &embedding.size());
        }
        let is_same =
            self.found.remove(HEAD).is_none_or(|head| head.size() == embedding.size() && head.equal(embedding));
        ensure!(
            is_same,
            "{HEAD} is not the embedding, to which config.json ties it; \"tie_word_embeddings\": false, or weights without it, \
             would be right"
        );
        Ok(embedding.shallow_clone())
    }

    /// What has been taken, by name.
    ///
    /// # Errors
    /// Where something is left.
    pub fn taken(self) -> Result<Vec<(String, Tensor)>> {
        if let Some(name) = self.found.keys().next() {
            bail!("the weights hold {name}, which config.json does not ask for; {OF_ONE_MODEL}");
        }
        Ok(self.taken.into_iter().collect())
    }
}

fn read_tensor(file: &mut File, data: u64, name: &str, info: &TensorInfo) -> Result<Tensor> {
    let kind = match info.dtype {
        Dtype::F64 => Kind::Double,
        Dtype::F32 => Kind::Float,
        Dtype::F16 => Kind::Half,
        Dtype::BF16 => Kind::BFloat16,
        other => bail!("{name} is stored as {other:?}, which is not known; BF16, F16, F32 or F64 would be right"),
    };
    let (start, end) = info.data_offsets;
    let mut bytes = vec![0; end - start];
    file.seek(SeekFrom::Start(data + start as u64))?;
    file.read_exact(&mut bytes)?;
    let shape: Vec<i64> = info.shape.iter().map(|&size| size as i64).collect();
    Ok(Tensor::f_from_data_size(&bytes, &shape, kind)?)
}
