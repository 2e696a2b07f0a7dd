//! The frame of a figure with one panel: its axes with their names, its title, and the legend below.

use super::canvas::{Align, Canvas, Point, Rectangle, Stroke, text_width};
use super::frame::{
    border, bottom_minor_tick, bottom_tick, fit, label_width, left_minor_tick, left_tick, middle, right_tick,
};
use super::legend;
use super::line_panel::{LABEL_EM, TITLE_EM};
use super::path::{clip, smooth_pieces};
use super::scale::Scale;
use anyhow::Result;
use plotters::style::RGBColor;

const WIDTH: u32 = 1600;
const PANEL_HEIGHT: f64 = 560.0;
const TITLE_HEIGHT: f64 = 44.0;
const TICKS_HEIGHT: f64 = 40.0;
const X_LABEL_HEIGHT: f64 = 38.0;
const Y_LABEL_WIDTH: f64 = 52.0;
const MARGIN: f64 = 30.0;
const KEY: f64 = 54.0;
const KEY_HEIGHT: f64 = 32.0;
/// Between an entry of the legend and the next.
const KEY_GAP: f64 = 30.0;
const GRID: RGBColor = RGBColor(232, 232, 232);
const ZERO: RGBColor = RGBColor(150, 150, 150);
/// Between names below the axis.
const NAME_GAP: f64 = 18.0;

/// An axis with its labels.
pub(super) struct ChartAxis {
    pub scale: Scale,
    pub name: String,
    ticks: Vec<(f64, String)>,
    minor: Vec<f64>,
}

impl ChartAxis {
    /// With the labels of the scale.
    pub fn new(scale: Scale, name: &str) -> Self {
        Self { scale, name: name.to_owned(), ticks: scale.ticks(), minor: scale.minor_ticks() }
    }

    /// With labels at whole numbers only.
    pub fn whole(scale: Scale, name: &str) -> Self {
        let whole = scale.ticks().into_iter().filter(|(value, _)| (value - value.round()).abs() < 1e-6);
        let ticks = whole.map(|(value, _)| (value, format!("{}", value.round()).replace('-', "\u{2212}"))).collect();
        Self { scale, name: name.to_owned(), ticks, minor: Vec::new() }
    }

    /// With labels of counts.
    pub fn counts(scale: Scale, name: &str) -> Self {
        let minor = scale.minor_ticks().into_iter().filter(|value| *value >= 1.0).collect();
        Self { minor, ..Self::new(scale, name) }
    }

    /// With these names at 0, 1 and so on; of many, as many as have room.
    pub fn named(names: &[String], name: &str) -> Self {
        let widest = names.iter().map(|name| text_width(name, LABEL_EM)).fold(1.0, f64::max) + NAME_GAP;
        let room = ((f64::from(WIDTH) - 200.0) / widest).max(1.0);
        let step = (names.len() as f64 / room).ceil().max(1.0) as usize;
        let ticks = names.iter().enumerate().step_by(step).map(|(index, name)| (index as f64, name.clone()));
        let scale = Scale::Linear(super::axis::Axis::between(-0.6, names.len() as f64 - 0.4));
        Self { scale, name: name.to_owned(), ticks: ticks.collect(), minor: Vec::new() }
    }

    fn ticks_width(&self) -> f64 {
        self.ticks.iter().map(|tick| label_width(&tick.1, LABEL_EM)).fold(0.0, f64::max)
    }
}

/// A figure with one panel.
pub(super) struct Chart<'a> {
    pub title: &'a str,
    pub x: ChartAxis,
    pub y: ChartAxis,
    /// A second vertical axis.
    pub right: Option<ChartAxis>,
    /// Lines, and what they stand for.
    pub legend: Vec<(Stroke, String)>,
}

impl Chart<'_> {
    /// In pixels.
    pub fn size(&self) -> (u32, u32) {
        (WIDTH, (self.legend_top() + self.rows().len() as f64 * KEY_HEIGHT + 12.0 + MARGIN / 2.0).ceil() as u32)
    }

    fn legend_top(&self) -> f64 {
        TITLE_HEIGHT + PANEL_HEIGHT + TICKS_HEIGHT + X_LABEL_HEIGHT
    }

    /// Within the frame.
    pub fn inner(&self) -> Rectangle {
        let right = self.right.as_ref().map_or(0.0, |axis| Y_LABEL_WIDTH + axis.ticks_width() - MARGIN / 2.0);
        Rectangle {
            left: Y_LABEL_WIDTH + self.y.ticks_width(),
            top: TITLE_HEIGHT,
            right: f64::from(WIDTH) - MARGIN - right,
            bottom: TITLE_HEIGHT + PANEL_HEIGHT,
        }
    }

    pub fn x(&self, value: f64) -> f64 {
        let Rectangle { left, right, .. } = self.inner();
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
        let Rectangle { top, bottom, .. } = self.inner();
        // Far outside, so that a line towards it keeps its direction, and not beyond what pixels can count.
        (bottom - (bottom - top) * scale.place(value)).clamp(top - 1e5, bottom + 1e5)
    }

    /// Everything, with the content between the grid and the frame.
    pub fn draw(&self, canvas: &Canvas, content: impl FnOnce() -> Result<()>) -> Result<()> {
        self.draw_grid(canvas)?;
        content()?;
        self.draw_ticks(canvas)?;
        border(canvas, &self.inner())?;
        self.draw_names(canvas)?;
        self.draw_legend(canvas)
    }

    /// A line, as far as it lies within the frame.
    pub fn draw_line(&self, canvas: &Canvas, points: &[Point], stroke: Stroke) -> Result<()> {
        let parts = clip(points, &self.inner());
        if stroke.dashed {
            return parts.iter().try_for_each(|part| canvas.stroke(part, stroke));
        }
        parts.iter().flat_map(|part| smooth_pieces(part)).try_for_each(|part| canvas.stroke(&part, stroke))
    }

    fn draw_grid(&self, canvas: &Canvas) -> Result<()> {
        let Rectangle { left, top, right, bottom } = self.inner();
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
        let inner = &self.inner();
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
        let Rectangle { left, top, right, bottom } = self.inner();
        let (x, y) = (middle(left, right), middle(top, bottom));
        let title = fit([self.title], TITLE_EM, right - left);
        canvas.text(self.title, Point(x, TITLE_HEIGHT - 11.0), Align::Above, title)?;
        let em = |name: &str| fit([name], LABEL_EM, PANEL_HEIGHT);
        canvas.text(&self.y.name, Point(12.0, y), Align::Upwards, em(&self.y.name))?;
        if let Some(axis) = &self.right {
            let edge = f64::from(WIDTH) - MARGIN - 4.0;
            canvas.text(&axis.name, Point(edge, y), Align::Upwards, em(&axis.name))?;
        }
        canvas.text(&self.x.name, Point(x, bottom + TICKS_HEIGHT), Align::Below, LABEL_EM)
    }

    /// The entries of each line of the legend, as many as fit.
    fn rows(&self) -> Vec<Vec<usize>> {
        let mut rows: Vec<Vec<usize>> = Vec::new();
        let mut used = f64::INFINITY;
        for index in 0..self.legend.len() {
            let wide = self.entry_width(index);
            if used + wide > f64::from(WIDTH) - 2.0 * MARGIN {
                rows.push(Vec::new());
                used = 0.0;
            }
            used += wide;
            rows.last_mut().expect("the first entry begins a line").push(index);
        }
        rows
    }

    fn entry_width(&self, index: usize) -> f64 {
        KEY + legend::GAP + text_width(&self.legend[index].1, self.legend_em()) + KEY_GAP
    }

    fn legend_em(&self) -> f64 {
        let room = f64::from(WIDTH) - 2.0 * MARGIN - KEY - legend::GAP - KEY_GAP;
        fit(self.legend.iter().map(|entry| entry.1.as_str()), LABEL_EM, room)
    }

    fn draw_legend(&self, canvas: &Canvas) -> Result<()> {
        let em = self.legend_em();
        for (row, entries) in self.rows().iter().enumerate() {
            let width: f64 = entries.iter().map(|&index| self.entry_width(index)).sum();
            let mut left = (f64::from(WIDTH) - width + KEY_GAP) / 2.0;
            for &index in entries {
                let (stroke, name) = &self.legend[index];
                let start = Point(left, self.legend_top() + 6.0 + (row as f64 + 0.5) * KEY_HEIGHT);
                legend::key(canvas, start, KEY, *stroke, name, em)?;
                left += self.entry_width(index);
            }
        }
        Ok(())
    }
}
