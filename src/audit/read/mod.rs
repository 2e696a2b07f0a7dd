//! Reads files into records.
//!
//! [`Files::find`] finds the files, [`Columns::choose`] decides which of their columns are which, and [`read`] gives each
//! sequence to a [`Sink`](super::Sink), as the file holds it. Threads take turns in reading the next part of a file, and parse
//! their parts at the same time, so that memory is bounded by the parts: no file is ever read as a whole, but for those that
//! cannot be read otherwise.

mod aliases;
mod arrays;
mod batch;
mod choice;
mod columns;
mod csv;
mod document;
mod files;
mod format;
mod framework;
mod json;
mod lines;
mod mask;
mod npz;
mod objects;
mod pickle;
mod pipeline;
mod pt;
mod rows;
mod safetensors;
mod sequence;
mod source;
mod stack;
mod step;
#[cfg(test)]
mod tests;
mod torch;
mod triples;
mod unzstd;
mod value;
mod zipped;

pub use choice::Choice;
pub use columns::Columns;
pub use files::{Files, is_same_file};
pub use framework::Framework;
pub use pipeline::read;

/// A sequence of more tokens is not read: its numbers alone would be 64 MB.
const LONGEST: usize = 2 << 20;
