//! Plain numbers in, plain numbers out.

mod jackknife;
mod kernel_density;
mod moments;
mod pareto;
mod quantile;
mod student;

pub use jackknife::{Estimate, jackknife};
pub use kernel_density::{KernelDensity, kernel_density};
pub use moments::{mean, population_stdev};
pub use pareto::{LONGEST_TAIL, pareto_k, tail_length};
pub use quantile::{BoxPlot, quantile};
pub use student::student_quantile;
