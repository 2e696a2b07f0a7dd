//! Heat maps in rows, over the colour bars of their quantities.

use super::canvas::{Align, Canvas, Point, Rectangle, text_width};
use super::color_bar::ColorBar;
use super::frame::{border, bottom_mark, bottom_tick, fit, left_mark, left_tick, middle};
use super::heat_map::{Fill, Grid, HeatMap, draw_area, fill};
use super::heat_ticks::{Tick, ticks_below};
use super::log_axis::LogAxis;
use super::{Format, legend};
use crate::theory::Moment;
use anyhow::Result;

const WIDTH: u32 = 1600;
const MAP_HEIGHT: f64 = 240.0;
const GAP: f64 = 22.0;
const TOP: f64 = 46.0;
const TICKS_AND_LABEL_HEIGHT: f64 = 88.0;
const BAR_HEIGHT: f64 = 80.0;
const PATCHES_HEIGHT: f64 = 46.0;
const PATCH: (f64, f64) = (40.0, 20.0);
/// Room for the row's name, the vertical axis's name, and the gap to its labels.
const NAMES_WIDTH: f64 = 84.0;
const MARGIN: f64 = 18.0;
const LABEL_EM: f64 = 18.0;
const TITLE_EM: f64 = 20.0;
/// About as many ticks as fit on an axis of a map.
const TICKS: u32 = 5;

/// Maps side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMapRow {
    /// On the left.
    pub name: String,
    /// As many in each row. The titles are the first row's.
    pub maps: Vec<HeatMap>,
}

/// Draws the maps, all on the same grid, and returns the bytes of an image file.
///
/// The axes are linear, the colours logarithmic: the same for all maps of a quantity. Infinite values are hatched, and
/// no value is white.
///
/// # Errors
/// What the image's encoder or plotters reports.
pub fn draw_heat_maps(grid: &Grid, rows: &[HeatMapRow], format: Format) -> Result<Vec<u8>> {
    let figure = Figure::new(grid, rows);
    format.draw((WIDTH, figure.height().ceil() as u32), |canvas| figure.draw(canvas))
}

struct Figure<'a> {
    grid: &'a Grid,
    rows: &'a [HeatMapRow],
    bars: Vec<ColorBar<'a>>,
    patches: Vec<(Fill, &'static str)>,
    /// Where the maps begin.
    left: f64,
    map_width: f64,
    x_ticks: Vec<Tick>,
}

impl<'a> Figure<'a> {
    fn new(grid: &'a Grid, rows: &'a [HeatMapRow]) -> Self {
        let maps = || rows.iter().flat_map(|row| &row.maps);
        let mut quantities: Vec<&str> = Vec::new();
        for map in maps() {
            if !quantities.contains(&map.quantity.as_str()) {
                quantities.push(&map.quantity);
            }
        }
        let bar = |quantity: &&'a str| {
            let values = maps().filter(|map| map.quantity == *quantity).flat_map(|map| map.values.iter().copied());
            ColorBar::new(quantity, values)
        };
        let bars = quantities.iter().map(bar).collect();
        let (x_axis, y_axis) = grid.axes();
        let labels = y_axis.ticks_at_most(TICKS.into());
        let label_width = labels.iter().map(|tick| text_width(&tick.1, LABEL_EM)).fold(0.0, f64::max);
        let left = NAMES_WIDTH + label_width;
        let columns = rows.iter().map(|row| row.maps.len()).max().unwrap_or(0).max(1) as f64;
        let map_width = (f64::from(WIDTH) - left - MARGIN - (columns - 1.0) * GAP) / columns;
        let patches = patches(maps().flat_map(|map| &map.values));
        let x_ticks = ticks_below(&x_axis, TICKS, map_width, GAP / 2.0, LABEL_EM);
        Self { grid, rows, bars, patches, left, map_width, x_ticks }
    }

    fn bars_top(&self) -> f64 {
        TOP + self.rows.len() as f64 * (MAP_HEIGHT + GAP) - GAP + TICKS_AND_LABEL_HEIGHT
    }

    fn height(&self) -> f64 {
        let patches = if self.patches.is_empty() { 0.0 } else { PATCHES_HEIGHT };
        self.bars_top() + BAR_HEIGHT + patches + MARGIN
    }

    fn draw(&self, canvas: &Canvas) -> Result<()> {
        let y_label = &self.grid.y_label;
        let y_label_em = fit([y_label.as_str()], LABEL_EM, MAP_HEIGHT);
        let name_em = fit(self.rows.iter().map(|row| row.name.as_str()), TITLE_EM, MAP_HEIGHT);
        for (row_index, row) in self.rows.iter().enumerate() {
            let top = TOP + row_index as f64 * (MAP_HEIGHT + GAP);
            let y = middle(top, top + MAP_HEIGHT);
            canvas.text(&row.name, Point(10.0, y), Align::Upwards, name_em)?;
            canvas.text(y_label, Point(42.0, y), Align::Upwards, y_label_em)?;
            for (column, map) in row.maps.iter().enumerate() {
                let left = self.left + column as f64 * (self.map_width + GAP);
                let area = Rectangle { left, top, right: left + self.map_width, bottom: top + MAP_HEIGHT };
                self.draw_map(canvas, map, &area, row_index, column)?;
            }
        }
        self.draw_bars(canvas)?;
        self.draw_patches(canvas)
    }

    fn draw_map(&self, canvas: &Canvas, map: &HeatMap, area: &Rectangle, row: usize, column: usize) -> Result<()> {
        if let Some(bar) = self.bars.iter().find(|bar| bar.quantity == map.quantity) {
            map.draw(canvas, area, self.grid, &bar.scale)?;
        }
        let is_last = row + 1 == self.rows.len();
        self.draw_ticks(canvas, area, is_last, column == 0)?;
        border(canvas, area)?;
        let x = middle(area.left, area.right);
        if row == 0 {
            let em = fit(self.rows[0].maps.iter().map(|map| map.title.as_str()), TITLE_EM, self.map_width);
            canvas.text(&map.title, Point(x, area.top - 11.0), Align::Above, em)?;
        }
        if is_last {
            let em = fit([self.grid.x_label.as_str()], LABEL_EM, self.map_width);
            canvas.text(&self.grid.x_label, Point(x, area.bottom + 38.0), Align::Below, em)?;
        }
        Ok(())
    }

    /// Labels are on the outermost maps only.
    fn draw_ticks(&self, canvas: &Canvas, area: &Rectangle, is_lowest: bool, is_leftmost: bool) -> Result<()> {
        for Tick { place, label } in &self.x_ticks {
            let x = area.left + (area.right - area.left) * place;
            match label {
                Some(label) if is_lowest => bottom_tick(canvas, area, x, label, LABEL_EM)?,
                _ => bottom_mark(canvas, area, x)?,
            }
        }
        let (_, y_axis) = self.grid.axes();
        for (value, label) in y_axis.ticks_at_most(TICKS.into()) {
            let y = area.bottom - (area.bottom - area.top) * y_axis.place(value);
            if is_leftmost { left_tick(canvas, area, y, &label, LABEL_EM)? } else { left_mark(canvas, area, y)? }
        }
        Ok(())
    }

    /// Side by side, equally wide.
    fn draw_bars(&self, canvas: &Canvas) -> Result<()> {
        let top = self.bars_top();
        let width = (f64::from(WIDTH) - self.left - MARGIN + GAP) / self.bars.len() as f64;
        for (index, bar) in self.bars.iter().enumerate() {
            let left = self.left + index as f64 * width;
            let area = Rectangle { left, top, right: left + width - GAP, bottom: top + BAR_HEIGHT };
            bar.draw(canvas, &area, LABEL_EM)?;
        }
        Ok(())
    }

    fn draw_patches(&self, canvas: &Canvas) -> Result<()> {
        let entry = |name: &str| PATCH.0 + legend::GAP + text_width(name, LABEL_EM) + 3.0 * legend::GAP;
        let width: f64 = self.patches.iter().map(|(_, name)| entry(name)).sum();
        let mut left = middle(self.left, f64::from(WIDTH) - MARGIN) - width / 2.0;
        let y = self.bars_top() + BAR_HEIGHT + PATCHES_HEIGHT / 2.0 + 8.0;
        for (fill, name) in &self.patches {
            let patch = Rectangle { left, top: y - PATCH.1 / 2.0, right: left + PATCH.0, bottom: y + PATCH.1 / 2.0 };
            draw_area(canvas, &patch, *fill)?;
            border(canvas, &patch)?;
            canvas.text(name, Point(patch.right + legend::GAP, y), Align::Left, LABEL_EM)?;
            left += entry(name);
        }
        Ok(())
    }
}

/// What has no place on a colour bar, as far as it occurs.
fn patches<'a>(values: impl Iterator<Item = &'a Option<Moment>> + Clone) -> Vec<(Fill, &'static str)> {
    // What has no value, for one reason or the other, is filled alike.
    let kinds = [
        (Some(Moment::Infinite), "inf: infinite variance"),
        (Some(Moment::Overflow), "beyond 64-bit floats"),
        (Some(Moment::Unresolved), "unresolved"),
        (Some(Moment::Undefined), "undefined: the loss is not a number"),
        (None, "undefined: the true gradient is 0"),
    ];
    let occurs = |kind: &Option<Moment>| values.clone().any(|value| value == kind);
    let any_scale = LogAxis::over(std::iter::empty(), 0.0);
    kinds.into_iter().filter(|(kind, _)| occurs(kind)).map(|(kind, name)| (fill(kind, &any_scale), name)).collect()
}
