//! A figure with one panel, and the legend below.

use super::canvas::{Canvas, Rectangle, Stroke};
use super::chart_axis::ChartAxis;
use super::key_rows::{Key, KeyRows};
use super::plot::{AROUND, Plot};
use anyhow::Result;

const WIDTH: f64 = 1600.0;
const PANEL_HEIGHT: f64 = 560.0;
/// Above the legend, and below it.
const LEGEND_TOP: f64 = 6.0;
const LEGEND_BOTTOM: f64 = 21.0;

/// A panel and its legend.
pub struct Chart<'a> {
    pub plot: Plot<'a>,
    legend: KeyRows,
}

impl<'a> Chart<'a> {
    /// With these axes, of which the last is a second vertical one, and a legend for these lines.
    pub fn new(title: &'a str, axes: [ChartAxis; 2], right: Option<ChartAxis>, legend: Vec<(Stroke, String)>) -> Self {
        let cell = Rectangle { left: 0.0, top: 0.0, right: WIDTH, bottom: PANEL_HEIGHT + AROUND };
        let plot = Plot::new(title, cell, axes, right);
        let entries = legend.into_iter().map(|(stroke, name)| (Key::Line(stroke), name)).collect();
        Self { plot, legend: KeyRows { entries, width: WIDTH } }
    }

    /// In pixels.
    pub fn size(&self) -> (u32, u32) {
        let height = self.legend_top() + self.legend.height() + LEGEND_BOTTOM;
        (WIDTH as u32, height.ceil() as u32)
    }

    fn legend_top(&self) -> f64 {
        self.plot.bottom() + LEGEND_TOP
    }

    /// Everything, with the content between the grid and the frame.
    pub fn draw(&self, canvas: &Canvas, content: impl FnOnce() -> Result<()>) -> Result<()> {
        self.plot.draw(canvas, content)?;
        self.legend.draw(canvas, self.legend_top())
    }
}
