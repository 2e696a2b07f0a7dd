//! One panel: violins beside each other, and the true gradient as a line across.

use super::axis::Axis;
use super::canvas::{Align, Canvas, Point, Rectangle, Stroke};
use super::frame::{border, left_tick, middle};
use super::violin::{HALF_WIDTH, Violin};
use super::violin_names::Names;
use super::{color, legend};
use crate::estimator::{Divergence, Parameter};
use crate::gradients::{Gradients, Series};
use crate::summary::Row;
use anyhow::Result;
use plotters::style::RED;
use std::io;

pub const LABEL_EM: f64 = 13.9;
pub const TITLE_EM: f64 = 16.7;
const TRUTH_WIDTH: f64 = 2.1;

/// Room around a panel's frame, in pixels; on the left for the axis's name and ticks, beside its labels.
const LEFT: f64 = 45.0;
const TOP: f64 = 37.0;
const RIGHT: f64 = 14.0;
const BOTTOM: f64 = 40.0;

/// A divergence and a parameter: its estimators' gradients, and the truth.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Above the panel.
    pub title: String,
    /// What the gradients are with respect to.
    pub parameter: Parameter,
    /// What the true gradient is called in the legend.
    pub truth_label: String,
    /// The true gradient; none where it is not finite.
    pub truth: Option<f64>,
    /// From left to right.
    pub violins: Vec<Violin>,
}

/// The article's four panels: KL above reverse KL, the mean beside the standard deviation. A divergence without
/// estimators has none.
///
/// # Errors
/// The gradients cannot be read.
pub fn panels(gradients: &mut Gradients, rows: &[Row]) -> io::Result<Vec<Panel>> {
    let pairs = Divergence::ALL.into_iter().flat_map(|d| Parameter::ALL.map(|p| (d, p)));
    let mut panels = pairs.map(|(divergence, parameter)| empty_panel(rows, divergence, parameter)).collect::<Vec<_>>();
    for series in gradients.all_series() {
        let Series { estimator, parameter, gradients } = series?;
        let of_series = |row: &&Row| row.estimator == estimator && row.parameter == parameter;
        if let Some(row) = rows.iter().find(of_series) {
            let panel = 2 * row.divergence as usize + parameter as usize;
            panels[panel].violins.push(Violin::new(&estimator, gradients));
        }
    }
    panels.retain(|panel| !panel.violins.is_empty());
    Ok(panels)
}

fn empty_panel(rows: &[Row], divergence: Divergence, parameter: Parameter) -> Panel {
    let first = rows.iter().find(|row| (row.divergence, row.parameter) == (divergence, parameter));
    let kl = match divergence {
        Divergence::Forward => "KL",
        Divergence::Reverse => "Reverse KL",
    };
    let name = match parameter {
        Parameter::Mu => "Mean",
        Parameter::Sigma => "Standard Deviation",
    };
    Panel {
        title: format!("Gradient of {kl} Divergence with Respect to {name} Parameter"),
        parameter,
        truth_label: format!("True {kl}"),
        truth: first.map(|row| row.true_gradient).filter(|truth| truth.is_finite()),
        violins: Vec::new(),
    }
}

/// A panel's frame in the figure: slots from left to right, values upwards.
struct Frame {
    inner: Rectangle,
    axis: Axis,
    slots: usize,
}

impl Frame {
    /// `slot` 0 is the middle of the first violin.
    fn point(&self, slot: f64, value: f64) -> Point {
        let Rectangle { left, top, right, bottom } = self.inner;
        Point(
            left + (right - left) * (slot + 0.5) / self.slots as f64,
            bottom - (bottom - top) * self.axis.place(value),
        )
    }
}

impl Panel {
    fn axis(&self) -> Axis {
        let extents = self.violins.iter().filter_map(Violin::extent).flat_map(|(least, greatest)| [least, greatest]);
        Axis::around(extents.chain(self.truth))
    }

    /// The width of the widest label on the vertical axis, by a measure of text.
    pub(super) fn tick_width(&self, text_width: impl Fn(&str, f64) -> f64) -> f64 {
        self.axis().ticks().iter().map(|tick| text_width(&tick.1, LABEL_EM)).fold(0.0, f64::max)
    }

    /// The part of a cell's width that is not within the frame.
    pub(super) fn width_around(tick_width: f64) -> f64 {
        LEFT + tick_width + RIGHT
    }

    /// Draws the panel into its cell, with so much room for the labels on the vertical axis.
    pub(super) fn draw(
        &self,
        canvas: &Canvas,
        cell: Rectangle,
        tick_width: f64,
        names: Names,
        title_em: f64,
    ) -> Result<()> {
        let inner = Rectangle {
            left: cell.left + LEFT + tick_width,
            top: cell.top + TOP,
            right: cell.right - RIGHT,
            bottom: cell.bottom - BOTTOM - names.extra_height(),
        };
        let frame = Frame { inner, axis: self.axis(), slots: self.violins.len().max(1) };
        self.draw_content(canvas, &frame)?;
        self.draw_axes(canvas, &frame, names)?;
        canvas.text(
            "Gradient Value",
            Point(cell.left + 10.0, middle(inner.top, inner.bottom)),
            Align::Upwards,
            LABEL_EM,
        )?;
        canvas.text(&self.title, Point(middle(inner.left, inner.right), inner.top - 9.0), Align::Above, title_em)?;
        self.draw_legend(canvas, &frame)
    }

    fn draw_content(&self, canvas: &Canvas, frame: &Frame) -> Result<()> {
        let place = |slot: usize| move |x: f64, value: f64| frame.point(slot as f64 + x, value);
        for (slot, violin) in self.violins.iter().enumerate() {
            violin.draw_body(canvas, color::of_index(slot), place(slot))?;
        }
        if let Some(truth) = self.truth {
            let ends = [frame.point(-0.5, truth), frame.point(frame.slots as f64 - 0.5, truth)];
            canvas.line(&ends, RED, TRUTH_WIDTH)?;
        }
        for (slot, violin) in self.violins.iter().enumerate() {
            violin.draw_box(canvas, place(slot))?;
        }
        Ok(())
    }

    fn draw_axes(&self, canvas: &Canvas, frame: &Frame, names: Names) -> Result<()> {
        for (value, label) in frame.axis.ticks() {
            let Point(_, y) = frame.point(0.0, value);
            left_tick(canvas, &frame.inner, y, &label, LABEL_EM)?;
        }
        for (slot, violin) in self.violins.iter().enumerate() {
            let Point(x, _) = frame.point(slot as f64, 0.0);
            names.draw(canvas, &frame.inner, x, &violin.name)?;
        }
        border(canvas, &frame.inner)
    }

    /// In the corner where it covers least, as matplotlib's "best".
    fn draw_legend(&self, canvas: &Canvas, frame: &Frame) -> Result<()> {
        let Some(truth) = self.truth else { return Ok(()) };
        let (width, height) = (canvas.text_width(&self.truth_label, LABEL_EM) + 56.0, 29.0);
        let Rectangle { left, top, right, bottom } = frame.inner;
        let at = |x: f64, y: f64| Rectangle { left: x, top: y, right: x + width, bottom: y + height };
        let (near_left, near_right) = (left + 7.0, right - 7.0 - width);
        let (near_top, near_bottom) = (top + 7.0, bottom - 7.0 - height);
        let corners =
            [(near_right, near_top), (near_left, near_top), (near_left, near_bottom), (near_right, near_bottom)];
        let covered = |place: &Rectangle| self.occupied(frame, truth).map(|area| area.overlap(place)).sum::<f64>();
        let places = corners.map(|(x, y)| at(x, y));
        let best = places.into_iter().min_by(|a, b| covered(a).total_cmp(&covered(b))).expect("there are four corners");
        legend::background(canvas, &best)?;
        let start = Point(best.left + 6.0, middle(best.top, best.bottom));
        legend::key(canvas, start, 28.0, Stroke::solid(RED, TRUTH_WIDTH), &self.truth_label, LABEL_EM)
    }

    /// The rectangles around what the panel shows.
    fn occupied(&self, frame: &Frame, truth: f64) -> impl Iterator<Item = Rectangle> {
        let around = |start: Point, end: Point| Rectangle { left: start.0, top: end.1, right: end.0, bottom: start.1 };
        let line = frame.point(0.0, truth).1;
        let truth = Rectangle { top: line - TRUTH_WIDTH, bottom: line + TRUTH_WIDTH, ..frame.inner };
        let violins = self.violins.iter().enumerate().filter_map(move |(slot, violin)| {
            let (least, greatest) = violin.extent()?;
            let slot = slot as f64;
            let mut area = around(frame.point(slot - HALF_WIDTH, least), frame.point(slot + HALF_WIDTH, greatest));
            // A level line has no height of its own.
            area.top -= TRUTH_WIDTH;
            area.bottom += TRUTH_WIDTH;
            Some(area)
        });
        violins.chain([truth])
    }
}
