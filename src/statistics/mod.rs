//! Plain numbers in, plain numbers out.

mod kernel_density;
mod moments;
mod quantile;
mod student;

pub use kernel_density::{KernelDensity, kernel_density};
pub use moments::{mean, population_stdev};
pub use quantile::{BoxPlot, quantile};
pub use student::student_quantile;
