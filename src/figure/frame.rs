//! The frame around a panel, and the ticks on it.

use super::canvas::{Align, Canvas, Point, Rectangle, text_width};
use anyhow::Result;
use plotters::style::BLACK;

const TICK: f64 = 4.9;
const MINOR_TICK: f64 = 2.8;
const SPINE_WIDTH: f64 = 1.1;
/// An exponent's size, and how far it is raised, over that of its base.
const EXPONENT: (f64, f64) = (0.72, 0.42);

/// The four sides.
pub fn border(canvas: &Canvas, inner: &Rectangle) -> Result<()> {
    let [top_left, top_right, bottom_right, bottom_left] = inner.corners();
    canvas.line(&[top_left, top_right, bottom_right, bottom_left, top_left], BLACK, SPINE_WIDTH)
}

/// A tick without a label, at the height `y`.
pub fn left_mark(canvas: &Canvas, inner: &Rectangle, y: f64) -> Result<()> {
    canvas.line(&[Point(inner.left - TICK, y), Point(inner.left, y)], BLACK, SPINE_WIDTH)
}

/// A tick without a label, at `x`.
pub fn bottom_mark(canvas: &Canvas, inner: &Rectangle, x: f64) -> Result<()> {
    canvas.line(&[Point(x, inner.bottom), Point(x, inner.bottom + TICK)], BLACK, SPINE_WIDTH)
}

/// A tick at the height `y`, and its label.
pub fn left_tick(canvas: &Canvas, inner: &Rectangle, y: f64, text: &str, em: f64) -> Result<()> {
    left_mark(canvas, inner, y)?;
    label(canvas, text, Point(inner.left - TICK - 4.0, y), Align::Right, em)
}

/// A tick at the height `y` on the right side, and its label.
pub fn right_tick(canvas: &Canvas, inner: &Rectangle, y: f64, text: &str, em: f64) -> Result<()> {
    canvas.line(&[Point(inner.right, y), Point(inner.right + TICK, y)], BLACK, SPINE_WIDTH)?;
    label(canvas, text, Point(inner.right + TICK + 7.0, y), Align::Left, em)
}

/// A tick at `x`, and its label.
pub fn bottom_tick(canvas: &Canvas, inner: &Rectangle, x: f64, text: &str, em: f64) -> Result<()> {
    bottom_mark(canvas, inner, x)?;
    label(canvas, text, Point(x, inner.bottom + TICK + 5.0), Align::Below, em)
}

/// A tick at `x`, and its label, turned to be read from below.
pub fn turned_bottom_tick(canvas: &Canvas, inner: &Rectangle, x: f64, text: &str, em: f64) -> Result<()> {
    bottom_mark(canvas, inner, x)?;
    canvas.text(text, Point(x, inner.bottom + TICK + 5.0), Align::UpTo, em)
}

/// A small tick without a label, at the height `y`.
pub fn left_minor_tick(canvas: &Canvas, inner: &Rectangle, y: f64) -> Result<()> {
    canvas.line(&[Point(inner.left - MINOR_TICK, y), Point(inner.left, y)], BLACK, SPINE_WIDTH)
}

/// A small tick without a label, at `x`.
pub fn bottom_minor_tick(canvas: &Canvas, inner: &Rectangle, x: f64) -> Result<()> {
    canvas.line(&[Point(x, inner.bottom), Point(x, inner.bottom + MINOR_TICK)], BLACK, SPINE_WIDTH)
}

/// Text, with what follows a `^` raised.
fn label(canvas: &Canvas, text: &str, at: Point, align: Align, em: f64) -> Result<()> {
    let Some((base, exponent)) = text.split_once('^') else { return canvas.text(text, at, align, em) };
    let base_width = text_width(base, em);
    let width = label_width(text, em);
    let start = match align {
        Align::Right => Point(at.0 - width, at.1),
        Align::Left => at,
        _ => Point(at.0 - width / 2.0, at.1 + 0.55 * em),
    };
    canvas.text(base, start, Align::Left, em)?;
    canvas.text(exponent, Point(start.0 + base_width + 1.0, start.1 - EXPONENT.1 * em), Align::Left, EXPONENT.0 * em)
}

/// The width of a tick's label, in pixels.
pub fn label_width(text: &str, em: f64) -> f64 {
    match text.split_once('^') {
        Some((base, exponent)) => text_width(base, em) + 1.0 + text_width(exponent, EXPONENT.0 * em),
        None => text_width(text, em),
    }
}

/// The size at which none of these texts is wider than the room for it, in pixels; at most that em.
pub fn fit<'a>(texts: impl IntoIterator<Item = &'a str>, em: f64, room: f64) -> f64 {
    texts.into_iter().map(|text| em * room / text_width(text, em)).fold(em, f64::min)
}

/// Half-way.
pub fn middle(a: f64, b: f64) -> f64 {
    (a + b) / 2.0
}
