//! One heat map: a cell for each point of a grid, coloured by its value.

use super::axis::Axis;
use super::canvas::{Canvas, Point, Rectangle};
use super::color;
use super::log_axis::{LEAST, LogAxis};
use super::path::clip;
use crate::theory::Moment;
use anyhow::Result;
use plotters::style::{RGBColor, WHITE};

const INFINITE: RGBColor = RGBColor(225, 225, 225);
const HATCH: RGBColor = RGBColor(120, 120, 120);
const HATCH_SPACING: f64 = 9.0;
const HATCH_WIDTH: f64 = 1.1;
const BEYOND: RGBColor = RGBColor(110, 110, 110);

/// The points of a heat map, and what its axes are called.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Below.
    pub x_label: String,
    /// In order, upwards or downwards.
    pub xs: Vec<f64>,
    /// On the left.
    pub y_label: String,
    /// In order, upwards or downwards.
    pub ys: Vec<f64>,
}

/// A quantity on a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    /// Above the map.
    pub title: String,
    /// What the values are. Maps of the same quantity have the same colours, and one colour bar.
    pub quantity: String,
    /// For the first y all values along x, then those for the next; none where there is no value.
    pub values: Vec<Option<Moment>>,
}

/// How a cell is filled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fill {
    Plain(RGBColor),
    Hatched,
}

/// That of a value, on a scale of its quantity.
pub fn fill(value: Option<Moment>, scale: &LogAxis) -> Fill {
    match value {
        None => Fill::Plain(WHITE),
        Some(Moment::Infinite) => Fill::Hatched,
        Some(Moment::Overflow | Moment::Unresolved | Moment::Undefined) => Fill::Plain(BEYOND),
        Some(Moment::Finite(value)) => Fill::Plain(color::of_quantity(scale.place(value.max(LEAST)))),
    }
}

/// Fills an area. The hatches of areas side by side meet.
pub fn draw_area(canvas: &Canvas, area: &Rectangle, fill: Fill) -> Result<()> {
    let Fill::Plain(color) = fill else { return draw_hatched(canvas, area) };
    canvas.area(&area.corners(), color)
}

fn draw_hatched(canvas: &Canvas, area: &Rectangle) -> Result<()> {
    canvas.area(&area.corners(), INFINITE)?;
    let Rectangle { left, top, right, bottom } = *area;
    let (first, last) =
        (((left + top) / HATCH_SPACING).ceil() as i32, ((right + bottom) / HATCH_SPACING).floor() as i32);
    for index in first..=last {
        let sum = f64::from(index) * HATCH_SPACING;
        for part in clip(&[Point(sum - bottom, bottom), Point(sum - top, top)], area) {
            canvas.line(&part, HATCH, HATCH_WIDTH)?;
        }
    }
    Ok(())
}

impl Grid {
    /// The axes, which reach half a cell beyond the outermost points.
    pub(super) fn axes(&self) -> (Axis, Axis) {
        let axis = |values: &[f64]| {
            let edges = edges(values);
            let (first, last) = (edges[0], edges[edges.len() - 1]);
            Axis::between(first.min(last), first.max(last))
        };
        (axis(&self.xs), axis(&self.ys))
    }
}

impl HeatMap {
    /// Draws the cells into the area.
    pub(super) fn draw(&self, canvas: &Canvas, area: &Rectangle, grid: &Grid, scale: &LogAxis) -> Result<()> {
        let (x_axis, y_axis) = grid.axes();
        let x = |value: f64| area.left + (area.right - area.left) * x_axis.place(value);
        let y = |value: f64| area.bottom - (area.bottom - area.top) * y_axis.place(value);
        let (x_edges, y_edges) = (edges(&grid.xs), edges(&grid.ys));
        let rows = self.values.chunks(grid.xs.len().max(1));
        for (row, (values, y_ends)) in rows.zip(y_edges.windows(2)).enumerate() {
            let is_last = row + 2 == y_edges.len();
            let (top, bottom) = overlapping(y(y_ends[0]), y(y_ends[1]), is_last);
            let fills: Vec<Fill> = values.iter().map(|value| fill(*value, scale)).collect();
            let mut column = 0;
            // Cells of the same fill are one area.
            for run in fills.chunk_by(|a, b| a == b) {
                let next = column + run.len();
                let (left, right) = overlapping(x(x_edges[column]), x(x_edges[next]), next + 1 == x_edges.len());
                draw_area(canvas, &Rectangle { left, top, right, bottom }, run[0])?;
                column = next;
            }
        }
        Ok(())
    }
}

/// The two ends in order, the second moved a pixel into what is drawn next, unless it is the last: where areas only
/// meet, or share less than a pixel, a viewer lets the background shine through.
pub fn overlapping(start: f64, end: f64, is_last: bool) -> (f64, f64) {
    const OVERLAP: f64 = 1.0;
    let end = if is_last { end } else { end + OVERLAP.copysign(end - start) };
    (start.min(end), start.max(end))
}

/// The edges of cells around values: half-way between neighbours.
fn edges(values: &[f64]) -> Vec<f64> {
    let Some((&first, &last)) = values.first().zip(values.last()) else { return vec![0.0, 1.0] };
    let between = |pair: &[f64]| (pair[0] + pair[1]) / 2.0;
    let mut edges: Vec<f64> = values.windows(2).map(between).collect();
    let (to_first, from_last) = match edges.as_slice() {
        [] => (0.5, 0.5),
        inner => (inner[0] - first, last - inner[inner.len() - 1]),
    };
    edges.insert(0, first - to_first);
    edges.push(last + from_last);
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_reach_half_way_to_their_neighbours() {
        assert_eq!(edges(&[1.0, 2.0, 4.0]), [0.5, 1.5, 3.0, 5.0]);
        assert_eq!(edges(&[2.0, 1.0]), [2.5, 1.5, 0.5]);
        assert_eq!(edges(&[7.0]), [6.5, 7.5]);
    }
}
