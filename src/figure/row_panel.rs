//! A panel with a row for each thing, and a logarithmic axis below.

use super::canvas::{Align, Canvas, Point, Rectangle};
use super::frame::{border, bottom_minor_tick, bottom_tick, fit, middle};
use super::line_panel::LABEL_EM;
use super::scale::Scale;
use anyhow::Result;
use plotters::style::RGBColor;

const GRID: RGBColor = RGBColor(222, 222, 222);
const SEPARATOR: RGBColor = RGBColor(234, 234, 234);
const GRID_WIDTH: f64 = 0.8;
const TICKS_HEIGHT: f64 = 40.0;

/// A panel, where it is.
pub struct RowPanel<'a> {
    pub inner: Rectangle,
    pub scale: Scale,
    /// Below the axis.
    pub name: &'a str,
    pub rows: usize,
}

impl RowPanel<'_> {
    /// Where a value is, or the edge that is nearest to it.
    pub fn x(&self, value: f64) -> f64 {
        let Rectangle { left, right, .. } = self.inner;
        left + (right - left) * self.scale.place(value).clamp(0.0, 1.0)
    }

    /// The middle of the row at an index.
    pub fn middle(&self, index: usize) -> f64 {
        self.inner.top + (index as f64 + 0.5) * self.row_height()
    }

    pub fn row_height(&self) -> f64 {
        (self.inner.bottom - self.inner.top) / self.rows as f64
    }

    /// Everything, with the content between the grid and the frame.
    pub fn draw(&self, canvas: &Canvas, content: impl FnOnce() -> Result<()>) -> Result<()> {
        self.draw_grid(canvas)?;
        content()?;
        let minor = self.scale.minor_ticks();
        minor.into_iter().try_for_each(|value| bottom_minor_tick(canvas, &self.inner, self.x(value)))?;
        for (value, label) in self.scale.ticks() {
            bottom_tick(canvas, &self.inner, self.x(value), &label, LABEL_EM)?;
        }
        border(canvas, &self.inner)?;
        let Rectangle { left, right, bottom, .. } = self.inner;
        let em = fit([self.name], LABEL_EM, right - left);
        canvas.text(self.name, Point(middle(left, right), bottom + TICKS_HEIGHT), Align::Below, em)
    }

    fn draw_grid(&self, canvas: &Canvas) -> Result<()> {
        let Rectangle { left, top, right, bottom } = self.inner;
        for index in 1..self.rows {
            let y = self.middle(index) - self.row_height() / 2.0;
            canvas.line(&[Point(left, y), Point(right, y)], SEPARATOR, GRID_WIDTH)?;
        }
        self.scale.ticks().iter().try_for_each(|(value, _)| {
            let x = self.x(*value);
            canvas.line(&[Point(x, top), Point(x, bottom)], GRID, GRID_WIDTH)
        })
    }
}
