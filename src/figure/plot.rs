//! A panel of a figure: its axes with their names, and its title.

use super::canvas::{Align, Canvas, Point, Rectangle, Stroke};
use super::chart_axis::ChartAxis;
use super::frame::{border, bottom_minor_tick, bottom_tick, fit, left_minor_tick, left_tick, middle, right_tick};
use super::line_panel::{LABEL_EM, TITLE_EM};
use super::path::{clip, smooth_pieces};
use super::scale::Scale;
use anyhow::Result;
use plotters::style::RGBColor;

const TITLE_HEIGHT: f64 = 44.0;
const TICKS_HEIGHT: f64 = 40.0;
const X_LABEL_HEIGHT: f64 = 38.0;
const Y_LABEL_WIDTH: f64 = 52.0;
const MARGIN: f64 = 30.0;
/// What a panel is higher than its frame.
pub const AROUND: f64 = TITLE_HEIGHT + TICKS_HEIGHT + X_LABEL_HEIGHT;
const GRID: RGBColor = RGBColor(232, 232, 232);
const ZERO: RGBColor = RGBColor(150, 150, 150);

/// A panel, where it is.
pub struct Plot<'a> {
    title: &'a str,
    /// With the title, the names and the labels.
    cell: Rectangle,
    /// Within the frame.
    inner: Rectangle,
    pub x: ChartAxis,
    pub y: ChartAxis,
    /// A second vertical axis.
    right: Option<ChartAxis>,
}

impl<'a> Plot<'a> {
    /// In that cell of the figure; its title, names and labels are in it, too.
    pub fn new(title: &'a str, cell: Rectangle, [x, y]: [ChartAxis; 2], right: Option<ChartAxis>) -> Self {
        let of_right = right.as_ref().map_or(0.0, |axis| Y_LABEL_WIDTH + axis.ticks_width() - MARGIN / 2.0);
        let inner = Rectangle {
            left: cell.left + Y_LABEL_WIDTH + y.ticks_width(),
            top: cell.top + TITLE_HEIGHT,
            right: cell.right - MARGIN - of_right,
            bottom: cell.bottom - TICKS_HEIGHT - X_LABEL_HEIGHT,
        };
        Self { title, cell, inner, x, y, right }
    }

    /// Moves the left side inwards, by so many pixels.
    pub fn indent(&mut self, width: f64) {
        self.cell.left += width;
        self.inner.left += width;
    }

    /// Within the frame.
    pub fn inner(&self) -> Rectangle {
        self.inner
    }

    /// In pixels from the top.
    pub fn bottom(&self) -> f64 {
        self.cell.bottom
    }

    pub fn x(&self, value: f64) -> f64 {
        let Rectangle { left, right, .. } = self.inner;
        left + (right - left) * self.x.scale.place(value)
    }

    pub fn y(&self, value: f64) -> f64 {
        self.height(&self.y.scale, value)
    }

    /// On the second vertical axis.
    pub fn right(&self, value: f64) -> f64 {
        self.right.as_ref().map_or(f64::NAN, |axis| self.height(&axis.scale, value))
    }

    fn height(&self, scale: &Scale, value: f64) -> f64 {
        let Rectangle { top, bottom, .. } = self.inner;
        // Far outside, so that a line towards it keeps its direction, and not beyond what pixels can count.
        (bottom - (bottom - top) * scale.place(value)).clamp(top - 1e5, bottom + 1e5)
    }

    /// Everything, with the content between the grid and the frame.
    pub fn draw(&self, canvas: &Canvas, content: impl FnOnce() -> Result<()>) -> Result<()> {
        self.draw_grid(canvas)?;
        content()?;
        self.draw_ticks(canvas)?;
        border(canvas, &self.inner)?;
        self.draw_names(canvas)
    }

    /// A line, as far as it lies within the frame.
    pub fn draw_line(&self, canvas: &Canvas, points: &[Point], stroke: Stroke) -> Result<()> {
        let parts = clip(points, &self.inner);
        if stroke.dashed {
            return parts.iter().try_for_each(|part| canvas.stroke(part, stroke));
        }
        parts.iter().flat_map(|part| smooth_pieces(part)).try_for_each(|part| canvas.stroke(&part, stroke))
    }

    fn draw_grid(&self, canvas: &Canvas) -> Result<()> {
        let Rectangle { left, top, right, bottom } = self.inner;
        for (value, _) in &self.y.ticks {
            let y = self.y(*value);
            let color = if *value == 0.0 { ZERO } else { GRID };
            canvas.line(&[Point(left, y), Point(right, y)], color, 1.0)?;
        }
        self.x.ticks.iter().try_for_each(|(value, _)| {
            let x = self.x(*value);
            canvas.line(&[Point(x, top), Point(x, bottom)], GRID, 1.0)
        })
    }

    fn draw_ticks(&self, canvas: &Canvas) -> Result<()> {
        let inner = &self.inner;
        self.x.minor.iter().try_for_each(|value| bottom_minor_tick(canvas, inner, self.x(*value)))?;
        self.y.minor.iter().try_for_each(|value| left_minor_tick(canvas, inner, self.y(*value)))?;
        for (value, label) in &self.x.ticks {
            bottom_tick(canvas, inner, self.x(*value), label, LABEL_EM)?;
        }
        for (value, label) in &self.y.ticks {
            left_tick(canvas, inner, self.y(*value), label, LABEL_EM)?;
        }
        let right = self.right.iter().flat_map(|axis| &axis.ticks);
        right.into_iter().try_for_each(|(value, label)| right_tick(canvas, inner, self.right(*value), label, LABEL_EM))
    }

    fn draw_names(&self, canvas: &Canvas) -> Result<()> {
        let Rectangle { left, top, right, bottom } = self.inner;
        let (x, y) = (middle(left, right), middle(top, bottom));
        let title = fit([self.title], TITLE_EM, right - left);
        canvas.text(self.title, Point(x, top - 11.0), Align::Above, title)?;
        let em = |name: &str| fit([name], LABEL_EM, bottom - top);
        canvas.text(&self.y.name, Point(self.cell.left + 12.0, y), Align::Upwards, em(&self.y.name))?;
        if let Some(axis) = &self.right {
            let edge = self.cell.right - MARGIN - 4.0;
            canvas.text(&axis.name, Point(edge, y), Align::Upwards, em(&axis.name))?;
        }
        canvas.text(&self.x.name, Point(x, bottom + TICKS_HEIGHT), Align::Below, LABEL_EM)
    }
}
