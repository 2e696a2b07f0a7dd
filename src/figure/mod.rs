//! Figures: the article's, with a panel for each divergence and parameter and a violin for each estimator ([`draw`]),
//! and those of a sweep over one setting ([`draw_lines`]) or two ([`draw_heat_maps`]).
//! [`draw_lines_apart`] is for lines over quantities of different kinds, [`draw_curves`] for functions on linear axes,
//! [`draw_bands`] for estimates with their errors, [`draw_histogram`] for how often a number has which value,
//! [`draw_estimates`] for the biases of estimators beside their noise, and [`draw_runs`] for runs over their steps and in a plane.
//!
//! They look as seaborn draws them: on white, 1600 pixels wide or more where there are very many violins, one text size
//! for the labels and a larger one for the titles, in a font of its own, so that they are the same on every machine.

mod average;
mod axis;
mod band_figure;
mod bias_mark;
mod canvas;
mod chart;
mod chart_axis;
mod color;
mod color_bar;
mod curve_figure;
mod estimate_figure;
mod estimate_legend;
mod frame;
mod heat_figure;
mod heat_map;
mod heat_ticks;
mod histogram_figure;
mod ink;
mod key_rows;
mod left_out;
mod legend;
mod letters;
mod line_figure;
mod line_notes;
mod line_panel;
mod line_regions;
mod log_axis;
mod overlap;
mod panel;
mod path;
mod plane_panel;
mod plot;
mod row_panel;
mod run_figure;
mod run_mark;
mod scale;
mod step_panel;
mod violin;
mod violin_figure;
mod violin_names;

pub use band_figure::{Band, BandAxis, BandFigure, BandPoint, draw_bands};
pub use canvas::font_face;
pub use curve_figure::{Curve, CurvePanel, draw_curves};
pub use estimate_figure::{BiasPoint, EstimateFigure, EstimateRow, draw_estimates};
pub use heat_figure::{HeatMapRow, draw_heat_maps};
pub use heat_map::{Grid, HeatMap};
pub use histogram_figure::{HistogramFigure, Overlay, draw_histogram};
pub use left_out::left_out;
pub use letters::in_font;
pub use line_figure::{draw_lines, draw_lines_apart};
pub use line_panel::{Line, LinePanel, Mark};
pub use panel::{Panel, panels};
pub use plane_panel::{PlanePanel, Track, Tracks};
pub use run_figure::{RunFigure, draw_runs};
pub use step_panel::{Ribbon, RibbonPoint, StepPanel};
pub use violin::Violin;
pub use violin_figure::draw;

#[cfg(test)]
pub(crate) mod tests;

use anyhow::Result;
use canvas::Canvas;

/// A kind of image file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Pixels.
    Png,
    /// Vectors and text, with the font embedded.
    Svg,
    /// Vectors and text, for a page that has the [`font_face`].
    Inline,
}

impl Format {
    /// The bytes of an image of that width and height, in pixels.
    fn draw(self, size: (u32, u32), draw: impl Fn(&Canvas) -> Result<()>) -> Result<Vec<u8>> {
        match self {
            Self::Png => canvas::png(size, draw),
            Self::Svg => canvas::svg(size, draw),
            Self::Inline => canvas::svg_without_font(size, draw).map(String::into_bytes),
        }
    }
}
