//! KL by position in the sequence.

use crate::audit::{Audit, Position};
use crate::figure::{Band, BandAxis, BandFigure, BandPoint, Format, draw_bands};
use anyhow::Result;

pub(super) fn draw(audit: &Audit, format: Format) -> Option<Result<Vec<u8>>> {
    if audit.all.kl.is_none() || audit.positions.is_empty() {
        return None;
    }
    let band = |(index, name): (usize, &str)| Band {
        name: name.to_owned(),
        points: audit.positions.iter().map(|position| point(position, index)).collect(),
    };
    let figure = BandFigure {
        title: "KL(policy||ref) by position, with two standard errors".to_owned(),
        x: BandAxis::Log,
        x_label: "position of the token among those of its sequence that count".to_owned(),
        y_label: "mean over tokens in nats".to_owned(),
        bands: ["k1", "k2", "k3"].into_iter().enumerate().map(band).collect(),
        level: None,
    };
    Some(draw_bands(&figure, format))
}

/// At the middle of its positions on a logarithmic axis, counted from 1.
fn point(position: &Position, which: usize) -> BandPoint {
    BandPoint {
        x: ((position.from + 1) as f64 * position.to as f64).sqrt(),
        y: position.means[which],
        error: position.standard_errors[which],
    }
}
