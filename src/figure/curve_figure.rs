//! Functions of one number on linear axes, over a legend.

use super::axis::Axis;
use super::canvas::{Align, Canvas, Point, Rectangle, Stroke, text_width};
use super::frame::{border, bottom_tick, fit, label_width, left_tick, middle};
use super::line_notes::GREY;
use super::line_panel::{LABEL_EM, TITLE_EM};
use super::path::{clip, smooth_pieces};
use super::{Format, color, legend};
use anyhow::Result;
use plotters::style::RGBColor;

const WIDTH: u32 = 1600;
const PANEL_HEIGHT: f64 = 620.0;
const TITLE_HEIGHT: f64 = 44.0;
const TICKS_HEIGHT: f64 = 40.0;
const X_LABEL_HEIGHT: f64 = 34.0;
const Y_LABEL_WIDTH: f64 = 52.0;
const MARGIN: f64 = 30.0;
const LINE_WIDTH: f64 = 3.2;
const KNOWN_WIDTH: f64 = 1.8;
/// Black and dark red, which are seen on every line that they may lie upon.
const KNOWN: [RGBColor; 2] = [RGBColor(0, 0, 0), RGBColor(130, 0, 0)];
const ZERO: RGBColor = RGBColor(150, 150, 150);
const KEY: f64 = 54.0;
const KEY_HEIGHT: f64 = 32.0;

/// A function, in pieces between its jumps.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// What the legend calls it.
    pub name: String,
    /// Places and values, from left to right.
    pub pieces: Vec<Vec<(f64, f64)>>,
    /// Whether it is there for comparison: thin, dashed and dark, the same in every figure.
    pub is_known: bool,
}

/// Curves over a common axis.
#[derive(Clone, Debug, PartialEq)]
pub struct CurvePanel {
    /// Above the panel.
    pub title: String,
    /// Below the horizontal axis.
    pub x_label: String,
    /// Beside the vertical axis.
    pub y_label: String,
    /// The horizontal axis.
    pub x: (f64, f64),
    /// The vertical axis; what is beyond is cut off.
    pub y: (f64, f64),
    /// Those that come first are drawn first.
    pub curves: Vec<Curve>,
    /// Grey ranges of the horizontal axis, and what the legend calls them.
    pub shaded: Option<(String, Vec<(f64, f64)>)>,
}

/// Draws the curves, and returns the bytes of an image file.
///
/// # Errors
/// What the image's encoder or plotters reports.
pub fn draw_curves(panel: &CurvePanel, format: Format) -> Result<Vec<u8>> {
    let entries = panel.curves.len() + usize::from(panel.shaded.is_some());
    let legend_top = TITLE_HEIGHT + PANEL_HEIGHT + TICKS_HEIGHT + X_LABEL_HEIGHT;
    let height = legend_top + entries as f64 * KEY_HEIGHT + 12.0 + MARGIN / 2.0;
    format.draw((WIDTH, height.ceil() as u32), |canvas| {
        Placed::new(panel).draw(canvas)?;
        draw_legend(canvas, panel, legend_top)
    })
}

/// A panel, where it is.
struct Placed<'a> {
    panel: &'a CurvePanel,
    inner: Rectangle,
    x: Axis,
    y: Axis,
}

impl<'a> Placed<'a> {
    fn new(panel: &'a CurvePanel) -> Self {
        let (x, y) = (Axis::between(panel.x.0, panel.x.1), Axis::between(panel.y.0, panel.y.1));
        let ticks = y.ticks().iter().map(|tick| label_width(&tick.1, LABEL_EM)).fold(0.0, f64::max);
        let (left, right) = (Y_LABEL_WIDTH + ticks, f64::from(WIDTH) - MARGIN);
        let inner = Rectangle { left, top: TITLE_HEIGHT, right, bottom: TITLE_HEIGHT + PANEL_HEIGHT };
        Self { panel, inner, x, y }
    }

    fn x(&self, x: f64) -> f64 {
        self.inner.left + (self.inner.right - self.inner.left) * self.x.place(x)
    }

    fn y(&self, y: f64) -> f64 {
        self.inner.bottom - (self.inner.bottom - self.inner.top) * self.y.place(y)
    }

    fn draw(&self, canvas: &Canvas) -> Result<()> {
        let Rectangle { left, top, right, bottom } = self.inner;
        for &(from, to) in self.panel.shaded.iter().flat_map(|(_, ranges)| ranges) {
            let within = |x: f64| self.x(x).clamp(left, right);
            canvas.area(&Rectangle { left: within(from), top, right: within(to), bottom }.corners(), GREY)?;
        }
        for ends in [
            [Point(left, self.y(0.0)), Point(right, self.y(0.0))],
            [Point(self.x(0.0), top), Point(self.x(0.0), bottom)],
        ] {
            clip(&ends, &self.inner).iter().try_for_each(|line| canvas.line(line, ZERO, 0.8))?;
        }
        for (index, curve) in self.panel.curves.iter().enumerate() {
            curve
                .pieces
                .iter()
                .try_for_each(|piece| self.draw_piece(canvas, piece, stroke(&self.panel.curves, index)))?;
        }
        for (value, label) in self.x.ticks_at_most(16.0) {
            bottom_tick(canvas, &self.inner, self.x(value), &label, LABEL_EM)?;
        }
        for (value, label) in self.y.ticks() {
            left_tick(canvas, &self.inner, self.y(value), &label, LABEL_EM)?;
        }
        border(canvas, &self.inner)?;
        self.draw_names(canvas)
    }

    fn draw_piece(&self, canvas: &Canvas, piece: &[(f64, f64)], stroke: Stroke) -> Result<()> {
        // Far outside of the panel, so that a line towards it keeps its direction, and not beyond what pixels can count.
        let far = |y: f64| y.clamp(self.inner.top - 1e5, self.inner.bottom + 1e5);
        let points: Vec<Point> = piece.iter().map(|&(x, y)| Point(self.x(x), far(self.y(y)))).collect();
        let parts = clip(&points, &self.inner);
        if stroke.dashed {
            return parts.iter().try_for_each(|part| canvas.stroke(part, stroke));
        }
        parts.iter().flat_map(|part| smooth_pieces(part)).try_for_each(|part| canvas.stroke(&part, stroke))
    }

    fn draw_names(&self, canvas: &Canvas) -> Result<()> {
        let Rectangle { left, top, right, bottom } = self.inner;
        let (x, y, panel) = (middle(left, right), middle(top, bottom), self.panel);
        let title = fit([panel.title.as_str()], TITLE_EM, right - left);
        canvas.text(&panel.title, Point(x, TITLE_HEIGHT - 11.0), Align::Above, title)?;
        canvas.text(&panel.y_label, Point(12.0, y), Align::Upwards, LABEL_EM)?;
        canvas.text(&panel.x_label, Point(x, bottom + TICKS_HEIGHT), Align::Below, LABEL_EM)
    }
}

/// Of the curve at an index.
fn stroke(curves: &[Curve], index: usize) -> Stroke {
    let before = curves[..index].iter().filter(|curve| curve.is_known).count();
    match curves[index].is_known {
        true => Stroke { color: KNOWN[before % KNOWN.len()], width: KNOWN_WIDTH, dashed: true },
        false => Stroke { color: color::of_index(index), width: LINE_WIDTH, dashed: false },
    }
}

/// One entry a line.
fn draw_legend(canvas: &Canvas, panel: &CurvePanel, top: f64) -> Result<()> {
    let shaded = panel.shaded.as_ref().map(|(name, _)| name.as_str());
    let names = || panel.curves.iter().map(|curve| curve.name.as_str()).chain(shaded);
    let room = f64::from(WIDTH) - 2.0 * MARGIN - KEY - 2.0 * legend::GAP;
    let em = fit(names(), LABEL_EM, room);
    let width = names().map(|name| text_width(name, em)).fold(0.0, f64::max) + KEY + 3.0 * legend::GAP;
    let left = (f64::from(WIDTH) - width) / 2.0;
    let background =
        Rectangle { left, top, right: left + width, bottom: top + names().count() as f64 * KEY_HEIGHT + 12.0 };
    legend::background(canvas, &background)?;
    let place = |index: usize| Point(left + legend::GAP, top + 6.0 + (index as f64 + 0.5) * KEY_HEIGHT);
    for (index, curve) in panel.curves.iter().enumerate() {
        legend::key(canvas, place(index), KEY, stroke(&panel.curves, index), &curve.name, em)?;
    }
    let Some(name) = shaded else { return Ok(()) };
    let Point(x, y) = place(panel.curves.len());
    canvas.area(&Rectangle { left: x, top: y - 9.0, right: x + KEY, bottom: y + 9.0 }.corners(), GREY)?;
    canvas.text(name, Point(x + KEY + legend::GAP, y), Align::Left, em)
}
