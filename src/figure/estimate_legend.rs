//! What the marks of biases mean, below their panels.

use super::bias_mark::Look;
use super::canvas::{Align, Canvas, Point, Rectangle, text_width};
use super::estimate_figure::{MARGIN, WIDTH};
use super::frame::fit;
use super::legend::{GAP, background};
use super::letters::in_font;
use super::line_panel::LABEL_EM;
use anyhow::Result;

const KEY: f64 = 64.0;
const KEY_HEIGHT: f64 = 32.0;
const PADDING: f64 = 12.0;
const HOLLOW: &str = "hollow: not told from 0; its bar ends at the upper limit, the estimate's size and a standard error (at the left \
                      edge: 0, or below the axis)";

/// An entry for each kind of mark, one below the other.
pub struct Legend {
    names: [String; 3],
    em: f64,
}

impl Legend {
    /// With these names for the two biases.
    pub fn new(biases: &[String; 2]) -> Self {
        let [first, second] = biases.each_ref().map(|name| format!("{}, with a standard error", in_font(name)));
        let names = [first, second, HOLLOW.to_owned()];
        let em = fit(names.iter().map(String::as_str), LABEL_EM, WIDTH - 2.0 * MARGIN - KEY - GAP - 2.0 * PADDING);
        Self { names, em }
    }

    pub fn height(&self) -> f64 {
        self.names.len() as f64 * KEY_HEIGHT + PADDING
    }

    pub fn draw(&self, canvas: &Canvas, top: f64) -> Result<()> {
        let text = self.names.iter().map(|name| text_width(name, self.em)).fold(0.0, f64::max);
        let width = KEY + GAP + text + 2.0 * PADDING;
        let left = (WIDTH - width) / 2.0;
        background(canvas, &Rectangle { left, top, right: left + width, bottom: top + self.height() })?;
        let start = left + PADDING;
        for (index, name) in self.names.iter().enumerate() {
            let y = top + PADDING / 2.0 + (index as f64 + 0.5) * KEY_HEIGHT;
            draw_key(canvas, index, start, y)?;
            canvas.text(name, Point(start + KEY + GAP, y), Align::Left, self.em)?;
        }
        Ok(())
    }
}

/// A filled mark with its bar, or both hollow ones.
fn draw_key(canvas: &Canvas, index: usize, left: f64, y: f64) -> Result<()> {
    match Look::BOTH.get(index) {
        Some(look) => {
            look.bar(canvas, [(left, true), (left + KEY, true)], y)?;
            look.mark(canvas, Point(left + KEY / 2.0, y), true)
        }
        None => Look::BOTH.into_iter().zip([0.25, 0.75]).try_for_each(|(look, part)| {
            let middle = left + part * KEY;
            look.bar(canvas, [(middle - 0.2 * KEY, false), (middle + 0.2 * KEY, true)], y)?;
            look.mark(canvas, Point(middle, y), false)
        }),
    }
}
