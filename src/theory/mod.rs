//! What an estimator's gradient is on average, and how noisy, exactly: no sample is drawn.

mod existence;
mod kl;
mod known;
pub mod lambda;
pub mod limits;
mod moment;
mod panels;
pub mod quadrature;
pub mod rounding;
mod row;
mod singular;
pub mod softmax;
mod support;
mod trial;

pub use kl::{kl, kl_gradient};
pub use known::Known;
pub use moment::{Moment, Moments};
pub(crate) use row::loss;
pub use row::{Row, moments, rows};
pub use trial::trial_moments;
