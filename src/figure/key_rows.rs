//! A legend in centred rows: as many entries in each as fit.

use super::canvas::{Canvas, Point, Stroke, text_width};
use super::frame::fit;
use super::legend;
use super::line_panel::LABEL_EM;
use anyhow::Result;

const KEY: f64 = 54.0;
const KEY_HEIGHT: f64 = 32.0;
/// Between an entry and the next.
const KEY_GAP: f64 = 30.0;
const MARGIN: f64 = 30.0;

/// Lines, and what they stand for, across a figure of that width in pixels.
pub struct KeyRows {
    pub entries: Vec<(Stroke, String)>,
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
                let (stroke, name) = &self.entries[index];
                let start = Point(left, top + (row as f64 + 0.5) * KEY_HEIGHT);
                legend::key(canvas, start, KEY, *stroke, name, em)?;
                left += self.entry_width(index);
            }
        }
        Ok(())
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
        KEY + legend::GAP + text_width(&self.entries[index].1, self.em()) + KEY_GAP
    }

    fn em(&self) -> f64 {
        let room = self.width - 2.0 * MARGIN - KEY - legend::GAP - KEY_GAP;
        fit(self.entries.iter().map(|entry| entry.1.as_str()), LABEL_EM, room)
    }
}
