//! Pairs of softmax policies: read from a file, written to one, or made.
//!
//! # The files
//! A file holds logits, in arrays by these names:
//!
//! | name | |
//! |---|---|
//! | `theta` | the policy, whose gradient is asked for |
//! | `ref` | the reference |
//! | `old` | the policy that draws the samples; without it `theta` draws them |
//! | `max_length` | after how many tokens a sequence is cut: a whole number from 1 to 1,000,000 |
//!
//! Arrays of one dimension are a categorical, a logit for each token. Arrays of two are a sequence and square: a row for the
//! start and one for each token but the last, and a column for each token, of which the last ends the sequence (see
//! [`Softmax`]). The arrays have one shape, and every logit is finite.
//!
//! The extension says how the file is written:
//!
//! - `.json`: an object with the names as keys, and lists of numbers, or lists of rows of them;
//! - `.npz`: what numpy's `savez` and `savez_compressed` write, of floats or integers, by row or by column;
//! - `.safetensors`: tensors of `F64`, `F32`, `F16` or `BF16`; `max_length` is an integer tensor of one element, or text in the
//!   file's metadata.
//!
//! In Python:
//!
//! ```python
//! import numpy as np
//!
//! # Two tokens and an end, in sequences of at most 20 tokens. Each row is as log-softmax or any logits.
//! ref = np.log([[0.5, 0.4, 0.1], [0.3, 0.6, 0.1], [0.6, 0.3, 0.1]])
//! theta = ref + 0.1 * np.random.default_rng(0).normal(size=ref.shape)
//! np.savez("pair.npz", theta=theta, ref=ref, max_length=20)
//! ```

mod content;
mod json;
mod made;
mod root;

pub use made::Made;

use crate::export::{self, Output, open_file};
use crate::policy::{Problem, Softmax};
use anyhow::{Result, anyhow, bail};
use std::path::Path;

/// How long sequences may be, at most.
pub(crate) const LONGEST: usize = 1_000_000;

/// How a file is written.
enum Format {
    Json,
}

impl Format {
    fn of(path: &Path) -> Result<Self> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") => Ok(Self::Json),
            _ => bail!("{} does not say how it is written; .json would be right", path.display()),
        }
    }
}

/// Reads a pair. `max_length` counts more than what the file says.
///
/// # Errors
/// Names the file and the array, and what would be right.
pub fn read(path: &Path, max_length: Option<usize>) -> Result<Problem<Softmax>> {
    let format = Format::of(path)?;
    let file = open_file(path)?;
    let content = match format {
        Format::Json => json::read(file),
    };
    let problem = content.and_then(|content| content.problem(max_length));
    problem.map_err(|error| anyhow!("{}: {error:#}", path.display()))
}

/// Writes a pair, so that it reads back the same; a file that is there already stays as it was where that fails.
///
/// # Errors
/// Names the file.
pub fn write(path: &Path, problem: &Problem<Softmax>) -> Result<()> {
    let format = Format::of(path)?;
    export::write(&[Output::new(path, |writer| match format {
        Format::Json => json::write(problem, writer),
    })])
}
