//! The models of a measurement, and the threads that there is memory for.

use super::terminal::note;
use crate::cli::{Measure, Precision};
use anyhow::{Result, bail, ensure};
use klgrad::measure::{self, Size, Threads};
use klgrad::model::{self, Checkpoint, LanguageModel};
use klgrad::report;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use tch::{Device, Kind};

/// As many as were asked for, or as there is room for.
pub fn threads(args: &Measure, device: Device, estimators: usize) -> Result<Threads> {
    let parameters = [model::parameter_count(&args.policy)?, model::parameter_count(&args.reference)?];
    let size = Size { parameters, bytes: if args.precision == Precision::F64 { 8 } else { 4 }, estimators };
    let cores = available_parallelism().unwrap_or(NonZeroUsize::MIN);
    if device != Device::Cpu {
        // What is free on a GPU, libtorch does not say here.
        return Ok(Threads { workers: args.threads.unwrap_or(NonZeroUsize::MIN), each: cores });
    }
    let room = measure::room();
    let asked = args.threads.unwrap_or(cores);
    let Some(threads) = size.threads(asked, room) else {
        bail!(
            "these models need at least {} of memory, and the system has {} to give; a smaller model{} or a machine with more \
             would be right",
            gigabytes(size.needed(1)),
            gigabytes(room.unwrap_or(0)),
            if args.precision == Precision::F64 { ", --precision f32" } else { "" }
        );
    };
    if threads.workers < asked && !args.quiet {
        note(&format!(
            "memory has room for {} at a time, not for {asked}: {} of {} that the system can give",
            report::counted(threads.workers.get(), "sequence"),
            gigabytes(size.needed(threads.workers.get())),
            gigabytes(room.unwrap_or(0))
        ));
    }
    Ok(threads)
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}

/// The policy and the reference.
pub fn models(args: &Measure, device: Device) -> Result<[Checkpoint; 2]> {
    let kind = if args.precision == Precision::F64 { Kind::Double } else { Kind::Float };
    let policy = Checkpoint::read(&args.policy, device, kind)?;
    let reference = Checkpoint::read(&args.reference, device, kind)?;
    let sizes = [&policy, &reference].map(|model| model.network.vocabulary());
    ensure!(
        sizes[0] == sizes[1],
        "the policy has a vocabulary of {} tokens and the reference one of {}; two models with the same tokens would be right",
        sizes[0],
        sizes[1]
    );
    ensure!(
        policy.tokenizer.same(&reference.tokenizer),
        "the tokenizers of {} and {} differ, so that their tokens do not mean the same; two models with the same tokenizer would be \
         right",
        args.policy.display(),
        args.reference.display()
    );
    ensure!(
        !are_equal(&*policy.network, &*reference.network),
        "the policy and the reference have the same parameters, so that KL and its gradient are 0; a policy that was trained away \
         from its reference would be right"
    );
    Ok([policy, reference])
}

fn are_equal(a: &dyn LanguageModel, b: &dyn LanguageModel) -> bool {
    let [a, b] = [a.parameters(), b.parameters()];
    a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a.0 == b.0 && a.1.size() == b.1.size() && a.1.equal(&b.1))
}
