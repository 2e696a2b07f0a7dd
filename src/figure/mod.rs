//! The article's figure: a panel for each divergence and parameter, a violin for each estimator.
//!
//! It looks as seaborn draws it: 1600 x 1200 pixels, one text size for the labels and a larger one for the titles, in
//! a font of its own, so that it is the same on every machine.

mod axis;
mod canvas;
mod panel;
mod violin;

pub use panel::{Panel, panels};
pub use violin::Violin;

use anyhow::Result;
use canvas::{Canvas, Point, Rectangle};

/// A kind of image file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Pixels.
    Png,
    /// Vectors and text, with the font embedded.
    Svg,
}

/// Width and height, in pixels.
const SIZE: (u32, u32) = (1600, 1200);

/// Draws the panels in two columns, and returns the bytes of an image file.
///
/// # Errors
/// What the image's encoder or plotters reports.
pub fn draw(panels: &[Panel], format: Format) -> Result<Vec<u8>> {
    let draw_all = |canvas: &Canvas| {
        let rows = panels.len().div_ceil(2);
        let ticks = panels.iter().map(|panel| panel.tick_width(canvas)).fold(0.0, f64::max);
        panels
            .iter()
            .enumerate()
            .try_for_each(|(index, panel)| panel.draw(canvas, cell(index % 2, index / 2, rows), ticks))
    };
    match format {
        Format::Png => canvas::png(SIZE, draw_all),
        Format::Svg => canvas::svg(SIZE, draw_all),
    }
}

/// What the figure cannot show of the panels, a sentence each.
pub fn left_out(panels: &[Panel]) -> Vec<String> {
    panels.iter().flat_map(Panel::left_out).collect()
}

/// The part of the figure for a panel.
fn cell(column: usize, row: usize, rows: usize) -> Rectangle {
    let (width, height) = (f64::from(SIZE.0) / 2.0, f64::from(SIZE.1) / rows as f64);
    let corner = Point(column as f64 * width, row as f64 * height);
    Rectangle { left: corner.0, top: corner.1, right: corner.0 + width, bottom: corner.1 + height }
}
