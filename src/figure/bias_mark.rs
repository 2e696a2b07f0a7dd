//! The marks in the rows of estimators.

use super::canvas::{Canvas, Point};
use super::color;
use super::estimate_figure::BiasPoint;
use super::log_axis::has_place;
use super::row_panel::RowPanel;
use anyhow::Result;
use plotters::style::{RGBColor, WHITE};

/// From the middle of a mark to its edge, and the width of a hollow one's line.
const RADIUS: f64 = 6.4;
const LINE: f64 = 2.2;
/// A diamond of the same area as a disc is farther from its middle to its corners, and its sides are nearer.
const CORNER: f64 = 1.253;
const BAR_WIDTH: f64 = 1.8;
const CAP: f64 = 4.6;
/// How far the marks of the two biases are from the middle of their row, as a part of its height.
const ASIDE: f64 = 0.2;
const NOISE: RGBColor = RGBColor(90, 90, 90);
/// A mark that is not told from 0 lies no farther below its upper limit on the axis: how near to 0 it is by chance says nothing.
const FARTHEST: f64 = 0.1;

/// How the marks of one kind look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A disc in the upper half of the row.
    First,
    /// A diamond in the lower one.
    Second,
}

impl Look {
    pub const BOTH: [Self; 2] = [Self::First, Self::Second];

    fn color(self) -> RGBColor {
        color::of_index(self as usize)
    }

    fn height(self, panel: &RowPanel, index: usize) -> f64 {
        let aside = match self {
            Self::First => -ASIDE,
            Self::Second => ASIDE,
        };
        panel.middle(index) + aside * panel.row_height()
    }

    fn draw(self, canvas: &Canvas, at: Point, radius: f64, color: RGBColor) -> Result<()> {
        let corner = CORNER * radius;
        let Point(x, y) = at;
        match self {
            Self::First => canvas.disc(at, radius, color),
            Self::Second => canvas
                .area(&[Point(x, y - corner), Point(x + corner, y), Point(x, y + corner), Point(x - corner, y)], color),
        }
    }

    /// The mark, filled or hollow.
    pub fn mark(self, canvas: &Canvas, at: Point, is_filled: bool) -> Result<()> {
        self.draw(canvas, at, RADIUS, self.color())?;
        if is_filled { Ok(()) } else { self.draw(canvas, at, RADIUS - LINE, WHITE) }
    }

    /// A bar between two places at one height, with a cap at each of its ends that has one.
    pub fn bar(self, canvas: &Canvas, ends: [(f64, bool); 2], y: f64) -> Result<()> {
        canvas.line(&ends.map(|(x, _)| Point(x, y)), self.color(), BAR_WIDTH)?;
        ends.into_iter()
            .filter(|end| end.1)
            .try_for_each(|(x, _)| canvas.line(&[Point(x, y - CAP), Point(x, y + CAP)], self.color(), BAR_WIDTH))
    }
}

/// The values of a bias for which its axis needs room; what is not positive has no place on it.
pub fn ends(bias: &BiasPoint) -> [f64; 3] {
    let (size, upper) = (bias.value.abs(), bias.value.abs() + bias.error);
    match bias.resolved {
        true => [size - bias.error, size, upper],
        false => [size.max(FARTHEST * upper), upper, upper],
    }
}

/// A mark at the size of a bias with its error bar, or with a bar up to its upper limit, in the row at an index.
pub fn draw_bias(canvas: &Canvas, panel: &RowPanel, index: usize, bias: &BiasPoint, look: Look) -> Result<()> {
    let BiasPoint { value, error, resolved } = *bias;
    if !value.is_finite() {
        return Ok(());
    }
    let y = look.height(panel, index);
    if error > 0.0 {
        let lower = if resolved { (value.abs() - error).max(0.0) } else { 0.0 };
        let end = |value: f64| (panel.x(value), (0.0..=1.0).contains(&panel.scale.place(value)));
        look.bar(canvas, [end(lower), end(value.abs() + error)], y)?;
    }
    look.mark(canvas, Point(mark_x(panel, value.abs()), y), resolved)
}

/// A dot in the row at an index; hollow for 0.
pub fn draw_noise(canvas: &Canvas, panel: &RowPanel, index: usize, noise: f64) -> Result<()> {
    if !noise.is_finite() {
        return Ok(());
    }
    let at = Point(mark_x(panel, noise), panel.middle(index));
    canvas.disc(at, RADIUS, NOISE)?;
    if has_place(noise) { Ok(()) } else { canvas.disc(at, RADIUS - LINE, WHITE) }
}

/// Where a mark is all within the frame.
fn mark_x(panel: &RowPanel, value: f64) -> f64 {
    let inside = CORNER * RADIUS + 1.0;
    panel.x(value).clamp(panel.inner.left + inside, panel.inner.right - inside)
}
