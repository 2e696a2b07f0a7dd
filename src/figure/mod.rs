//! Figures: the article's, with a panel for each divergence and parameter and a violin for each estimator ([`draw`]),
//! and those of a sweep over one setting ([`draw_lines`]) or two ([`draw_heat_maps`]).
//! [`draw_lines_apart`] is for lines over quantities of different kinds.
//!
//! They look as seaborn draws them: 1600 pixels wide, one text size for the labels and a larger one for the titles, in
//! a font of its own, so that they are the same on every machine.

mod axis;
mod canvas;
mod color;
mod color_bar;
mod frame;
mod heat_figure;
mod heat_map;
mod legend;
mod line_figure;
mod line_notes;
mod line_panel;
mod line_regions;
mod log_axis;
mod panel;
mod path;
mod violin;

pub use heat_figure::{HeatMapRow, draw_heat_maps};
pub use heat_map::{Grid, HeatMap};
pub use line_figure::{draw_lines, draw_lines_apart};
pub use line_panel::{Line, LinePanel, Mark};
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

impl Format {
    /// The bytes of an image of that width and height, in pixels.
    fn draw(self, size: (u32, u32), draw: impl Fn(&Canvas) -> Result<()>) -> Result<Vec<u8>> {
        match self {
            Self::Png => canvas::png(size, draw),
            Self::Svg => canvas::svg(size, draw),
        }
    }
}

/// Width and height of the article's figure, in pixels.
const SIZE: (u32, u32) = (1600, 1200);

/// Draws the panels of violins in two columns, and returns the bytes of an image file.
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
    format.draw(SIZE, draw_all)
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
