//! What is said of an estimator.

use crate::export::open_file;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What was measured of one estimator. G is the gradient of KL(theta||ref) of whole sequences with respect to all parameters, L the
/// local one, each prefix held constant; g is the expected gradient of the estimator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its name.
    pub estimator: String,
    /// <g, G> / <G, G>: how much of G is in it.
    #[serde(with = "crate::maybe_number")]
    pub strength: Option<f64>,
    /// The standard error of that.
    #[serde(with = "crate::maybe_number")]
    pub strength_error: Option<f64>,
    /// The cosine of g and G, which noise may lead past 1; none where g is not told from 0.
    #[serde(with = "crate::maybe_number")]
    pub cosine: Option<f64>,
    /// The standard error of that.
    #[serde(with = "crate::maybe_number")]
    pub cosine_error: Option<f64>,
    /// |g - G| / |G|, the root of an unbiased estimate of its square with the sign of that: where there is no bias, noise makes it
    /// negative as often as positive.
    #[serde(with = "crate::maybe_number")]
    pub relative_bias: Option<f64>,
    /// By how much it grows where its square grows by the standard error of that.
    #[serde(with = "crate::maybe_number")]
    pub relative_bias_error: Option<f64>,
    /// Whether the bias differs from 0, by 3 standard deviations of what noise alone would make of 16 groups.
    pub resolved: bool,
    /// |g - L| / |L|, likewise.
    #[serde(with = "crate::maybe_number")]
    pub relative_bias_local: Option<f64>,
    /// The error of that.
    #[serde(with = "crate::maybe_number")]
    pub relative_bias_local_error: Option<f64>,
    /// Whether the local bias differs from 0.
    pub resolved_local: bool,
    /// The root of the trace of the covariance matrix of one sequence's gradient, over |G|.
    #[serde(with = "crate::maybe_number")]
    pub relative_stdev_one_sample: Option<f64>,
    /// Sequences whose mean has a standard error of a tenth of strength |G|; none where the strength is not positive.
    #[serde(with = "crate::maybe_number")]
    pub sequences_for_10_percent: Option<f64>,
    /// The share of tokens to which it sends nothing.
    pub dead_share: f64,
    /// The mean of the loss of a sequence.
    pub value: f64,
}

/// The rows of a `measure.csv`.
///
/// # Errors
/// The file cannot be read, or holds something else.
pub fn read_rows(path: &Path) -> Result<Vec<Row>> {
    let rows = csv::Reader::from_reader(open_file(path)?).into_deserialize();
    rows.collect::<Result<_, _>>().with_context(|| format!("{} does not hold a measurement", path.display()))
}
