//! What an audit shows, as sections of sentences and tables: the same on a terminal and on the page.

mod extent;
mod found;
mod grid;
mod kl;
mod losses;
mod number;
mod sampler;
mod steps;
mod tokens;

pub(crate) use extent::extent;
pub(crate) use found::{Finding, columns, problems, remarks};
pub(crate) use grid::{Cell, Grid, Section};
pub(crate) use kl::kl;
pub(crate) use losses::losses;
pub(crate) use number::{count, share, short};
pub(crate) use sampler::{sampler, weight};
pub(crate) use steps::steps;
pub(crate) use tokens::tokens;
