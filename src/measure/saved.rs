//! A state as a file holds it, so that a measurement that was interrupted can go on.

use super::sums::{Group, OfLoss, Sums};
use super::{Sequence, State};
use anyhow::{Context, Result, anyhow, ensure};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};
use std::collections::HashMap;
use tch::{Device, Kind, Tensor};

/// Under which key a file says of what measurement it is.
const RUN: &str = "run";

impl State {
    /// As the bytes of a safetensors file; `run` says of what measurement it is.
    ///
    /// # Errors
    /// It is larger than such a file can be.
    pub fn to_bytes(&self, run: &str) -> Result<Vec<u8>> {
        let arrays: Vec<(&str, Array)> =
            self.tensors().iter().map(|(name, tensor)| (*name, Array::of(tensor))).collect();
        let views = arrays.iter().map(|(name, array)| Ok((*name, array.view()?))).collect::<Result<Vec<_>>>()?;
        Ok(serialize(views, Some(HashMap::from([(RUN.to_owned(), run.to_owned())])))?)
    }

    /// What [`Self::to_bytes`] wrote; its gradients are put on that device.
    ///
    /// # Errors
    /// What is damaged or missing.
    pub fn from_bytes(bytes: &[u8], device: Device) -> Result<Self> {
        let file = SafeTensors::deserialize(bytes)?;
        let read = |name: &str| tensor(&file, name);
        let numbers = |name: &str| Ok::<_, anyhow::Error>(Vec::<f64>::try_from(read(name)?.flatten(0, -1))?);
        let integers = |name: &str| Ok::<_, anyhow::Error>(Vec::<i64>::try_from(read(name)?.flatten(0, -1))?);
        let sequences = sequences(&integers("lengths")?, &integers("tokens")?, &numbers("old")?)?;
        let log_probs = log_probs(&sequences, &[numbers("log_prob")?, numbers("log_ref")?])?;
        let sums = read("sums")?.to_device(device);
        let losses = sums.size()[0] as usize;
        let sketches = read("groups")?.to_device(device);
        let counts = integers("counts")?;
        ensure!(sketches.size().first() == Some(&(counts.len() as i64 / 2)), "groups and counts differ in number");
        let of_losses = of_losses(&numbers("of_losses")?);
        let group = |(place, counts): (usize, &[i64])| Group {
            sketches: sketches.get(place as i64),
            of_losses: of_losses[place * losses..][..losses].to_vec(),
            sequences: counts[0] as usize,
            tokens: counts[1] as usize,
        };
        ensure!(of_losses.len() == losses * counts.len() / 2, "of_losses has another length");
        let groups = counts.chunks_exact(2).enumerate().map(group).collect();
        Ok(Self { sequences, log_probs, sums: Sums { sketches: sums, groups } })
    }

    fn tensors(&self) -> [(&'static str, Tensor); 9] {
        let sequences = &self.sequences;
        let tokens: Vec<i64> = sequences.iter().flat_map(|sequence| sequence.tokens.iter().copied()).collect();
        let lengths = sequences.iter().flat_map(|sequence| [sequence.tokens.len() as i64, sequence.start as i64]);
        let old: Vec<f64> = sequences.iter().flat_map(|sequence| sequence.old.iter().flatten().copied()).collect();
        let log_probs = |of: usize| self.log_probs.iter().flat_map(|logs| &logs[of]).copied().collect::<Vec<f64>>();
        let groups = &self.sums.groups;
        let numbers = |of: &OfLoss| [of.own[0], of.own[1], of.own[2], of.value, of.dead];
        let of_losses: Vec<f64> = groups.iter().flat_map(|group| &group.of_losses).flat_map(numbers).collect();
        let counts = groups.iter().flat_map(|group| [group.sequences as i64, group.tokens as i64]);
        let sketches = match &groups[..] {
            [] => self.sums.sketches.new_empty([0], (self.sums.sketches.kind(), Device::Cpu)),
            groups => Tensor::stack(&groups.iter().map(|group| &group.sketches).collect::<Vec<_>>(), 0),
        };
        [
            ("tokens", Tensor::from_slice(&tokens)),
            ("lengths", Tensor::from_slice(&lengths.collect::<Vec<_>>())),
            ("old", Tensor::from_slice(&old)),
            ("log_prob", Tensor::from_slice(&log_probs(0))),
            ("log_ref", Tensor::from_slice(&log_probs(1))),
            ("sums", self.sums.sketches.shallow_clone()),
            ("groups", sketches),
            ("of_losses", Tensor::from_slice(&of_losses)),
            ("counts", Tensor::from_slice(&counts.collect::<Vec<_>>())),
        ]
    }
}

/// Of what measurement such bytes are.
///
/// # Errors
/// They are of no such file.
pub fn run_of(bytes: &[u8]) -> Result<String> {
    let (_, metadata) = SafeTensors::read_metadata(bytes)?;
    let run = metadata.metadata().as_ref().and_then(|metadata| metadata.get(RUN).cloned());
    run.context("does not say of what measurement it is")
}

/// A tensor as a file holds it.
struct Array {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Array {
    fn of(tensor: &Tensor) -> Self {
        let dtype = match tensor.kind() {
            Kind::Float => Dtype::F32,
            Kind::Double => Dtype::F64,
            _ => Dtype::I64,
        };
        let shape = tensor.size().into_iter().map(|length| length as usize).collect();
        let bytes = tensor.detach().to_device(Device::Cpu).contiguous().flatten(0, -1).view_dtype(Kind::Uint8);
        Self { dtype, shape, bytes: Vec::try_from(bytes).expect("a flat tensor of bytes is a vector") }
    }

    fn view(&self) -> Result<TensorView<'_>> {
        Ok(TensorView::new(self.dtype, self.shape.clone(), &self.bytes)?)
    }
}

fn tensor(file: &SafeTensors, name: &str) -> Result<Tensor> {
    let view = file.tensor(name)?;
    let kind = match view.dtype() {
        Dtype::F32 => Kind::Float,
        Dtype::F64 => Kind::Double,
        Dtype::I64 => Kind::Int64,
        other => return Err(anyhow!("{name} is of the type {other:?}")),
    };
    let shape: Vec<i64> = view.shape().iter().map(|&length| length as i64).collect();
    Ok(Tensor::f_from_data_size(view.data(), &shape, kind)?)
}

fn sequences(lengths: &[i64], mut tokens: &[i64], mut old: &[f64]) -> Result<Vec<Sequence>> {
    let is_on_policy = old.is_empty();
    let take = |lengths: &[i64]| {
        let (length, start) = (usize::try_from(lengths[0])?, usize::try_from(lengths[1])?);
        ensure!((1..length).contains(&start), "a sequence has {length} tokens, {start} of them the prompt's");
        let (own, rest) = tokens.split_at_checked(length).context("tokens are missing")?;
        tokens = rest;
        let response = if is_on_policy { 0 } else { length - start };
        let (of_old, rest) = old.split_at_checked(response).context("log-probabilities are missing")?;
        old = rest;
        Ok(Sequence { tokens: own.to_vec(), start, old: (!is_on_policy).then(|| of_old.to_vec()) })
    };
    lengths.chunks_exact(2).map(take).collect()
}

fn log_probs(sequences: &[Sequence], logs: &[Vec<f64>; 2]) -> Result<Vec<[Vec<f64>; 2]>> {
    let (mut read, mut done) = (Vec::new(), 0);
    for sequence in sequences {
        if done == logs[0].len() {
            break;
        }
        let next = done + sequence.response().len();
        let of = |logs: &Vec<f64>| logs.get(done..next).map(<[f64]>::to_vec).context("log-probabilities are missing");
        read.push([of(&logs[0])?, of(&logs[1])?]);
        done = next;
    }
    Ok(read)
}

fn of_losses(numbers: &[f64]) -> Vec<OfLoss> {
    let of = |n: &[f64; 5]| OfLoss { own: [n[0], n[1], n[2]], value: n[3], dead: n[4] };
    numbers.as_chunks().0.iter().map(of).collect()
}
