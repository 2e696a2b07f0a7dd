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
//! - `.safetensors`: tensors of floats of 64, 32 or 16 bits (`BF16`, too) or integers; `max_length` is a tensor of one element,
//!   or text in the file's metadata.
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
mod npz;
mod root;
mod safetensors;
#[cfg(test)]
mod tests;

pub use made::Made;

use crate::export::{self, Output, open_file};
use crate::policy::{Problem, Softmax};
use anyhow::{Result, anyhow, bail};
use content::Content;
use std::io::{Read, Seek, Write};
use std::path::Path;

/// How long sequences may be, at most.
pub(crate) const LONGEST: usize = 1_000_000;

/// How a file is written.
#[derive(Clone, Copy)]
enum Format {
    Json,
    Npz,
    Safetensors,
}

impl Format {
    fn of(path: &Path) -> Result<Self> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") => Ok(Self::Json),
            Some("npz") => Ok(Self::Npz),
            Some("safetensors") => Ok(Self::Safetensors),
            _ => bail!(
                "{}: the extension says how a pair is written; .json, .npz or .safetensors would be right",
                path.display()
            ),
        }
    }

    fn read(self, file: impl Read + Seek) -> Result<Content> {
        match self {
            Self::Json => json::read(file),
            Self::Npz => npz::read(file),
            Self::Safetensors => safetensors::read(file),
        }
    }

    fn write(self, problem: &Problem<Softmax>, writer: &mut dyn Write) -> Result<()> {
        match self {
            Self::Json => json::write(problem, writer),
            Self::Npz => npz::write(problem, writer),
            Self::Safetensors => safetensors::write(problem, writer),
        }
    }
}

/// Reads a pair. `max_length` counts more than what the file says.
///
/// # Errors
/// Names the file and the array, and what would be right.
///
/// ```
/// use klgrad::pair;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("pair.json");
/// std::fs::write(&path, r#"{"theta": [[0.2, 0.0, -1.0], [0, 1, -1], [1, 0, -1]],
///     "ref": [[0.0, 0.0, -1.0], [0, 1, -1], [1, 0, -1]], "max_length": 20}"#)?;
/// let problem = pair::read(&path, None)?;
/// assert_eq!((problem.policy.vocabulary(), problem.policy.max_length()), (3, 20));
/// assert!(problem.is_on_policy());
/// assert_eq!(pair::read(&path, Some(5))?.policy.max_length(), 5);
/// # Ok::<(), anyhow::Error>(())
/// ```
pub fn read(path: &Path, max_length: Option<usize>) -> Result<Problem<Softmax>> {
    let format = Format::of(path)?;
    let content = format.read(open_file(path)?);
    let problem = content.and_then(|content| content.problem(max_length));
    problem.map_err(|error| anyhow!("{}: {error:#}", path.display()))
}

/// Reads the one array of this name from a file that numpy's `savez` wrote: its shape, and its numbers by rows.
///
/// # Errors
/// Says what is wrong with the file, which it does not name.
pub(crate) fn read_npz_array(file: impl Read + Seek, name: &str) -> Result<(Vec<usize>, Vec<f64>)> {
    npz::read_named(file, name).map(|array| (array.shape, array.logits))
}

/// The same of a safetensors file.
///
/// # Errors
/// As those of [`read_npz_array`].
pub(crate) fn read_safetensors_array(file: impl Read + Seek, name: &str) -> Result<(Vec<usize>, Vec<f64>)> {
    safetensors::read_named(file, name).map(|array| (array.shape, array.logits))
}

/// Whether the extension says in which form a pair is written.
///
/// # Errors
/// It does not, and which ones would.
pub fn check_extension(path: &Path) -> Result<()> {
    Format::of(path).map(|_| ())
}

/// Writes a pair, so that it reads back the same; a file that is there already stays as it was where that fails. There is an
/// `old` only where another policy than `theta` draws.
///
/// # Errors
/// Names the file.
pub fn write(path: &Path, problem: &Problem<Softmax>) -> Result<()> {
    let format = Format::of(path)?;
    export::write(&[Output::new(path, |writer| format.write(problem, writer))])
}
