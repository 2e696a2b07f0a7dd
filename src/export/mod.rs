//! What files hold: gradients and summary as CSV, the settings as JSON; written all or none, and read back.
//!
//! A run in its folder, which may be interrupted at any time, begins with [`open`].

mod complete;
mod described;
mod digest;
mod disk;
#[cfg(test)]
mod faults;
mod folder;
mod gradients;
mod identity;
mod kept;
mod lock;
mod output;
mod partial;
mod run;
mod tables;
mod unfinished;
mod unordered;

pub use complete::read_complete;
pub use folder::{Conflict, PARTIAL_RUN, Start, open};
pub use gradients::read_gradients;
pub use kept::{Kept, Work};
pub(crate) use output::open_file;
pub use output::{Output, finish_writing, prepare_folder, remove, write};
pub use partial::{GoingOn, PARTIAL_GRADIENTS, going_on};
pub use run::Run;
pub use tables::{csv, json, read_summary, write_rows};
pub use unfinished::Unfinished;
pub(crate) use {digest::of_file as digest, run::settings_that_differ};

/// `trial,estimator,parameter,gradient`, trial by trial.
pub const GRADIENTS: &str = "gradients.csv";
/// A [`crate::summary::Row`] for every estimator and parameter.
pub const SUMMARY: &str = "summary.csv";
/// The settings of the run and the versions that ran it.
pub const RUN: &str = "run.json";
