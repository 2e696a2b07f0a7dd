//! What a legend is made of.

use super::canvas::{Align, Canvas, Point, Rectangle, Stroke};
use anyhow::Result;
use plotters::style::{Color, RGBColor, WHITE};

const BORDER: RGBColor = RGBColor(204, 204, 204);
/// Between a line and its name, in pixels.
pub const GAP: f64 = 11.0;

/// White, slightly transparent, with a border.
pub fn background(canvas: &Canvas, area: &Rectangle) -> Result<()> {
    canvas.area(&area.corners(), WHITE.mix(0.8))?;
    let [a, b, c, d] = area.corners();
    canvas.line(&[a, b, c, d, a], BORDER, 1.4)
}

/// A line of that length, and what it stands for to the right of it.
pub fn key(canvas: &Canvas, start: Point, length: f64, stroke: Stroke, label: &str, em: f64) -> Result<()> {
    let end = Point(start.0 + length, start.1);
    canvas.stroke(&[start, end], stroke)?;
    canvas.text(label, Point(end.0 + GAP, end.1), Align::Left, em)
}
