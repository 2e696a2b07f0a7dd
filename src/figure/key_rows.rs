//! A legend in centred rows: as many entries in each as fit.

use super::canvas::{Align, Canvas, Point, Stroke, text_width};
use super::frame::fit;
use super::legend;
use super::line_panel::LABEL_EM;
use super::overlap::Share;
use super::run_mark::RunMark;
use anyhow::Result;
use plotters::style::RGBColor;

/// Of a line, and of a mark, in pixels.
const KEY: f64 = 54.0;
const MARK: f64 = 24.0;
const KEY_HEIGHT: f64 = 32.0;
/// Between an entry and the next.
const KEY_GAP: f64 = 30.0;
const MARGIN: f64 = 30.0;

/// What an entry begins with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Key {
    /// A line.
    Line(Stroke),
    /// A mark, in that color.
    Mark(RunMark, RGBColor),
}

impl Key {
    fn width(self) -> f64 {
        if matches!(self, Self::Line(_)) { KEY } else { MARK }
    }
}

/// Keys, and what they stand for, across a figure of that width in pixels.
pub struct KeyRows {
    pub entries: Vec<(Key, String)>,
    pub width: f64,
}

impl KeyRows {
    /// In pixels.
    pub fn height(&self) -> f64 {
        self.rows().len() as f64 * KEY_HEIGHT
    }

    pub fn draw(&self, canvas: &Canvas, top: f64) -> Result<()> {
        let em = self.em();
        for (row, entries) in self.rows().iter().enumerate() {
            let width: f64 = entries.iter().map(|&index| self.entry_width(index)).sum();
            let mut left = (self.width - width + KEY_GAP) / 2.0;
            for &index in entries {
                let start = Point(left, top + (row as f64 + 0.5) * KEY_HEIGHT);
                self.draw_entry(canvas, index, start, em)?;
                left += self.entry_width(index);
            }
        }
        Ok(())
    }

    fn draw_entry(&self, canvas: &Canvas, index: usize, start: Point, em: f64) -> Result<()> {
        let (key, name) = &self.entries[index];
        match *key {
            Key::Line(stroke) => legend::key(canvas, start, KEY, stroke, name, em),
            Key::Mark(mark, color) => {
                mark.draw(canvas, Point(start.0 + MARK / 2.0, start.1), color, Share::ALONE)?;
                canvas.text(name, Point(start.0 + MARK + legend::GAP, start.1), Align::Left, em)
            }
        }
    }

    fn rows(&self) -> Vec<Vec<usize>> {
        let mut rows: Vec<Vec<usize>> = Vec::new();
        let mut used = f64::INFINITY;
        for index in 0..self.entries.len() {
            let wide = self.entry_width(index);
            if used + wide > self.width - 2.0 * MARGIN {
                rows.push(Vec::new());
                used = 0.0;
            }
            used += wide;
            rows.last_mut().expect("the first entry begins a line").push(index);
        }
        rows
    }

    fn entry_width(&self, index: usize) -> f64 {
        let (key, name) = &self.entries[index];
        key.width() + legend::GAP + text_width(name, self.em()) + KEY_GAP
    }

    fn em(&self) -> f64 {
        let room = self.width - 2.0 * MARGIN - KEY - legend::GAP - KEY_GAP;
        fit(self.entries.iter().map(|entry| entry.1.as_str()), LABEL_EM, room)
    }
}
