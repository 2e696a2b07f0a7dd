//! The colour bar of a quantity: its logarithmic scale, and what lies off it.

use super::canvas::{Align, Canvas, Point, Rectangle};
use super::color;
use super::frame::{border, bottom_minor_tick, bottom_tick, middle};
use super::heat_map::overlapping;
use super::log_axis::{LEAST, LogAxis};
use crate::theory::Moment;
use anyhow::Result;
use plotters::style::BLACK;

const HEIGHT: f64 = 22.0;
const POINT: f64 = 20.0;
const STEPS: i32 = 128;

/// A quantity's scale.
pub struct ColorBar<'a> {
    pub quantity: &'a str,
    pub scale: LogAxis,
    has_zero: bool,
    has_less: bool,
    has_more: bool,
}

impl<'a> ColorBar<'a> {
    /// For all of these values.
    pub fn new(quantity: &'a str, values: impl Iterator<Item = Option<Moment>>) -> Self {
        let finite: Vec<f64> = values
            .filter_map(|value| match value {
                Some(Moment::Finite(value)) => Some(value),
                _ => None,
            })
            .collect();
        let scale = LogAxis::around(finite.iter().copied(), 0.0);
        let (least, greatest) = scale.ends();
        // A power of ten from its logarithm is off by roundings.
        let has_less = finite.iter().any(|&value| value < least * (1.0 - 1e-9));
        let has_more = finite.iter().any(|&value| value > greatest * (1.0 + 1e-9));
        Self { quantity, scale, has_zero: finite.iter().any(|&value| value < LEAST), has_less, has_more }
    }

    /// Draws it across the area's upper edge, with its name below. A point at an end stands for what lies beyond.
    pub fn draw(&self, canvas: &Canvas, area: &Rectangle, em: f64) -> Result<()> {
        let bar =
            Rectangle { left: area.left + POINT, right: area.right - POINT, top: area.top, bottom: area.top + HEIGHT };
        let x = |place: f64| bar.left + (bar.right - bar.left) * place;
        for step in 0..STEPS {
            let (from, to) = (f64::from(step) / f64::from(STEPS), f64::from(step + 1) / f64::from(STEPS));
            let (left, right) = overlapping(x(from), x(to), step + 1 == STEPS);
            let part = Rectangle { left, right, ..bar };
            canvas.area(&part.corners(), color::of_quantity(middle(from, to)))?;
        }
        if self.has_less {
            draw_point(canvas, &bar, bar.left, bar.left - POINT, 0.0)?;
        }
        if self.has_more {
            draw_point(canvas, &bar, bar.right, bar.right + POINT, 1.0)?;
        }
        border(canvas, &bar)?;
        for value in self.scale.minor_ticks() {
            bottom_minor_tick(canvas, &bar, x(self.scale.place(value)))?;
        }
        for (value, label) in self.scale.ticks() {
            bottom_tick(canvas, &bar, x(self.scale.place(value)), &label, em)?;
        }
        if self.has_zero {
            canvas.text("0", Point(bar.left - POINT - 6.0, middle(bar.top, bar.bottom)), Align::Right, em)?;
        }
        canvas.text(self.quantity, Point(middle(bar.left, bar.right), bar.bottom + 40.0), Align::Below, em)
    }
}

fn draw_point(canvas: &Canvas, bar: &Rectangle, from: f64, to: f64, place: f64) -> Result<()> {
    let corners = [Point(from, bar.top), Point(to, middle(bar.top, bar.bottom)), Point(from, bar.bottom)];
    canvas.area(&corners, color::of_quantity(place))?;
    let [a, b, c] = corners;
    canvas.line(&[a, b], BLACK, 1.1)?;
    canvas.line(&[b, c], BLACK, 1.1)
}
