//! The distributions that policies are, and the problem that they pose.

mod logs;
mod normal;
mod problem;
mod softmax;

pub(crate) use logs::Logs;
pub use normal::Normal;
pub use problem::Problem;
pub use softmax::{InvalidLogits, Softmax};
