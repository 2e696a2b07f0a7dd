//! Panels of violins in two columns.

use super::Format;
use super::canvas::{Canvas, Rectangle, text_width};
use super::frame::fit;
use super::panel::{Panel, TITLE_EM};
use super::violin_names::Names;
use anyhow::Result;

/// Width and height of the article's figure, in pixels.
const SIZE: (f64, f64) = (1600.0, 1200.0);
const COLUMNS: usize = 2;
/// Room for a violin with a box in it, and for a line of turned text, in pixels.
const NARROWEST_SLOT: f64 = 24.0;

/// Draws the panels of violins in two columns, and returns the bytes of an image file.
///
/// It has the article's size where the names of the violins fit side by side. Where they do not, they are turned, and
/// the figure is higher by their length; it is wider where there are so many that even turned names would touch.
///
/// # Errors
/// What the image's encoder or plotters reports.
pub fn draw(panels: &[Panel], format: Format) -> Result<Vec<u8>> {
    let layout = Layout::new(panels);
    format.draw(layout.size(), |canvas| layout.draw(canvas))
}

struct Layout<'a> {
    rows: Vec<Row<'a>>,
    /// Of the part of the figure for a panel.
    cell_width: f64,
    title_em: f64,
}

/// Panels side by side, whose names stand the same way.
struct Row<'a> {
    panels: &'a [Panel],
    names: Names,
    height: f64,
}

impl<'a> Layout<'a> {
    fn new(panels: &'a [Panel]) -> Self {
        let tick_width = panels.iter().map(|panel| panel.tick_width(text_width)).fold(0.0, f64::max);
        let around = Panel::width_around(tick_width);
        let most_violins = panels.iter().map(|panel| panel.violins.len()).max().unwrap_or(0);
        let cell_width = (around + most_violins as f64 * NARROWEST_SLOT).max(SIZE.0 / COLUMNS as f64);
        let inner_width = cell_width - around;
        let row_height = SIZE.1 / panels.len().div_ceil(COLUMNS).max(1) as f64;
        let row = |panels: &'a [Panel]| {
            let rooms = panels.iter().flat_map(|panel| {
                let slot = inner_width / panel.violins.len() as f64;
                panel.violins.iter().map(move |violin| (violin.name.as_str(), slot))
            });
            let names = Names::within(rooms);
            Row { panels, names, height: row_height + names.extra_height() }
        };
        let title_em = fit(panels.iter().map(|panel| panel.title.as_str()), TITLE_EM, inner_width);
        Self { rows: panels.chunks(COLUMNS).map(row).collect(), cell_width, title_em }
    }

    fn size(&self) -> (u32, u32) {
        let height: f64 = self.rows.iter().map(|row| row.height).sum();
        let height = if self.rows.is_empty() { SIZE.1 } else { height };
        ((COLUMNS as f64 * self.cell_width).ceil() as u32, height.ceil() as u32)
    }

    fn draw(&self, canvas: &Canvas) -> Result<()> {
        let measure = |text: &str, em: f64| canvas.text_width(text, em);
        let panels = self.rows.iter().flat_map(|row| row.panels);
        let tick_width = panels.map(|panel| panel.tick_width(measure)).fold(0.0, f64::max);
        let mut top = 0.0;
        for row in &self.rows {
            let bottom = top + row.height;
            for (column, panel) in row.panels.iter().enumerate() {
                let left = column as f64 * self.cell_width;
                let cell = Rectangle { left, top, right: left + self.cell_width, bottom };
                panel.draw(canvas, cell, tick_width, row.names, self.title_em)?;
            }
            top = bottom;
        }
        Ok(())
    }
}
