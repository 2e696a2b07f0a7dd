//! What is measured: klgrad's sampling, its whole process, and the same loop in PyTorch.

use crate::pair::{Pair, text};
use crate::process::once;
use crate::time::{Time, timed};
use anyhow::{Context, Result, ensure};
use klgrad::measure::{Measurement, Sampling, Threads, read_rows};
use klgrad::model::Checkpoint;
use serde::Deserialize;
use std::env;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;
use tch::{Device, Kind};

/// The tokens of the one prompt, and how many are drawn behind it.
const PROMPT: [i64; 5] = [1, 2, 3, 4, 5];
const NEW_TOKENS: usize = 64;

/// Both programs agree within so many standard errors of what they estimate.
const ALLOWED: f64 = 5.0;

/// So many sequences of a pair, and the names of estimators.
pub struct Task<'a> {
    pub pair: &'a Pair,
    pub sequences: usize,
    pub names: &'a [&'a str],
    /// For files.
    pub folder: &'a Path,
}

/// What `plain.py` writes.
#[derive(Deserialize)]
pub struct Plain {
    pub sampling: Time,
    pub measuring: Time,
    /// KL per token by k3.
    kl: f64,
    kl_error: f64,
    /// Of k2.
    strength: f64,
}

/// klgrad's sampling alone.
pub fn draw(task: &Task) -> Result<Time> {
    let read = |folder: &Path| Checkpoint::read(folder, Device::Cpu, Kind::Float);
    let [policy, reference] = [read(&task.pair.policy)?, read(&task.pair.reference)?];
    let threads = Threads { workers: NonZeroUsize::MIN, each: NonZeroUsize::MIN };
    let measurement = Measurement::new(&[], [&*policy.network, &*reference.network], true, threads);
    let sampling = Sampling {
        prompts: vec![PROMPT.to_vec()],
        sequences: task.sequences,
        max_new_tokens: NEW_TOKENS,
        ends: Vec::new(),
        seed: 42,
    };
    Ok(timed(|| Ok(measurement.draw(&sampling, |_| ())))?.1)
}

/// The command, from start to end.
pub fn whole(task: &Task) -> Result<Time> {
    let prompts = task.folder.join("prompts.txt");
    fs::write(&prompts, text(&PROMPT))?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_klgrad"));
    command.args(["measure", "--quiet", "--threads", "1", "--ignore-eos"]);
    command.args(["--sequences", &task.sequences.to_string(), "--max-new-tokens", &NEW_TOKENS.to_string()]);
    command.args(["--estimators", &task.names.join(",")]);
    command.arg("--policy").arg(&task.pair.policy).arg("--reference").arg(&task.pair.reference);
    command.arg("--prompts").arg(prompts).arg("--output").arg(task.measured());
    Ok(timed(|| once(command))?.1)
}

/// `plain.py`.
pub fn plain(task: &Task) -> Result<Plain> {
    let output = task.folder.join("plain.json");
    let mut command = Command::new(env::var("PYTHON").unwrap_or("python3".to_owned()));
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/measure/plain.py"));
    command.args([&task.pair.policy, &task.pair.reference, &output]);
    command.args(["--sequences", &task.sequences.to_string(), "--max-new-tokens", &NEW_TOKENS.to_string()]);
    command.args(["--estimators", &task.names.join(","), "--prompt"]).args(PROMPT.map(|token| token.to_string()));
    once(command)?;
    Ok(serde_json::from_str(&fs::read_to_string(output)?)?)
}

/// Both programs have found the same, but for the noise of their sequences.
///
/// # Errors
/// They have not.
pub fn check(task: &Task, plain: &Plain) -> Result<()> {
    let rows = read_rows(&task.measured().join("measure.csv"))?;
    let row = |name: &str| rows.iter().find(|row| row.estimator == name).with_context(|| format!("{name} is measured"));
    let kl = row("k3")?.value / NEW_TOKENS as f64;
    let k2 = row("k2")?;
    let (strength, error) = k2.strength.zip(k2.strength_error).context("k2 has a strength")?;
    let found = [("KL", kl, plain.kl, plain.kl_error), ("the strength of k2", strength, plain.strength, error)];
    for (name, ours, theirs, error) in found {
        // Both have this error.
        ensure!(
            (ours - theirs).abs() < ALLOWED * 2.0_f64.sqrt() * error,
            "{name} is {ours} by klgrad and {theirs} by PyTorch, with an error of {error}"
        );
    }
    Ok(())
}

impl Task<'_> {
    /// Where klgrad writes.
    fn measured(&self) -> PathBuf {
        self.folder.join("measured")
    }
}
