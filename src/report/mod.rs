//! What a terminal shows: the report of a run as text, and the progress of one.

mod progress;
mod tables;
mod theory;

pub use progress::Progress;
pub use tables::{averages, distributions, settings, tables};
pub use theory::theory;
