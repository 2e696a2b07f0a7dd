//! The figure of a measurement: biases beside noise.

use super::Row;
use crate::figure::{BiasPoint, EstimateFigure, EstimateRow, Format, draw_estimates};
use anyhow::Result;
use std::path::Path;

/// Draws the rows of a policy and a reference in these folders, and returns the bytes of an image file.
///
/// # Errors
/// What the image's encoder or plotters reports.
pub fn draw_figure(rows: &[Row], [policy, reference]: [&Path; 2], format: Format) -> Result<Vec<u8>> {
    let figure = EstimateFigure {
        title: format!("Gradients of KL estimators on {} against {}", name(policy), name(reference)),
        bias_label: "relative bias".to_owned(),
        bias_names: [
            "of whole sequences: |g \u{2212} G| / |G|".to_owned(),
            "local, each prefix held constant: |g \u{2212} L| / |L|".to_owned(),
        ],
        noise_label: "relative stdev of one sequence".to_owned(),
        rows: rows.iter().map(estimate).collect(),
    };
    draw_estimates(&figure, format)
}

fn estimate(row: &Row) -> EstimateRow {
    let bias = |value: Option<f64>, error: Option<f64>, resolved| {
        value.zip(error).map(|(value, error)| BiasPoint { value, error, resolved })
    };
    EstimateRow {
        name: row.estimator.clone(),
        biases: [
            bias(row.relative_bias, row.relative_bias_error, row.resolved),
            bias(row.relative_bias_local, row.relative_bias_local_error, row.resolved_local),
        ],
        noise: row.relative_stdev_one_sample,
    }
}

/// The last part of a folder's path, or where that is none, as of `.`, of the path that it stands for.
fn name(folder: &Path) -> String {
    let whole = || folder.canonicalize().ok()?.file_name().map(ToOwned::to_owned);
    folder.file_name().map(ToOwned::to_owned).or_else(whole).unwrap_or_default().to_string_lossy().into_owned()
}
