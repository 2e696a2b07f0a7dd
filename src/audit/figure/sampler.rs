//! The ratios of sampler and policy.

use super::log_ratios::bins;
use crate::audit::{Audit, shown};
use crate::figure::{Format, HistogramFigure, draw_histogram};
use anyhow::Result;

/// What trainers clip ratios to, and what is far beyond.
const LIMITS: [f64; 4] = [0.5, 0.8, 1.2, 2.0];

pub(super) fn draw(audit: &Audit, format: Format) -> Option<Result<Vec<u8>>> {
    if audit.all.sampler.is_none() || audit.log_weights.is_empty() {
        return None;
    }
    let figure = HistogramFigure {
        title: "How many tokens have which ratio of policy and sampler".to_owned(),
        x_label: format!("log w, where {}", shown::weight(audit)),
        right_label: String::new(),
        bins: bins(&audit.log_weights),
        limits: LIMITS.map(|limit| (format!("w = {limit}"), limit.ln())).into(),
        overlays: Vec::new(),
    };
    Some(draw_histogram(&figure, format))
}
