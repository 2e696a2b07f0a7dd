//! One panel of lines on logarithmic axes.

use super::canvas::{Canvas, Point, Rectangle, Stroke};
use super::frame::{border, bottom_minor_tick, bottom_tick, label_width, left_minor_tick, left_tick};
use super::line_notes::GREY;
use super::line_regions::{Region, regions};
use super::log_axis::{LEAST, LogAxis, has_place};
use super::path::{clip, left_to_right, smooth_pieces};
use crate::theory::Moment;
use anyhow::Result;
use plotters::style::{RGBColor, WHITE};

pub const LABEL_EM: f64 = 19.0;
pub const TITLE_EM: f64 = 21.0;
const GRID: RGBColor = RGBColor(222, 222, 222);
const GRID_WIDTH: f64 = 0.8;
/// Of a line, and how much wider it is for each line that is drawn upon it.
const LINE_WIDTH: f64 = 2.6;
const WIDER: f64 = 2.4;
const DOT: f64 = 4.0;
const HALF_SQUARE: f64 = 4.4;
const NARROWEST_REGION: f64 = 8.0;
const ERROR_BAR_WIDTH: f64 = 1.5;
const CAP: f64 = 4.0;

/// A number that was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// Where on the horizontal axis.
    pub x: f64,
    /// The number.
    pub y: f64,
    /// Where its error bar ends, below and above.
    pub bar: [f64; 2],
}

/// A quantity that depends on another, and measurements of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What it is called in the legend. With `_in_reward` at its end, it is dashed, in the colour of the line without.
    pub name: String,
    /// In the order in which they are joined: x, and the value there. The line breaks where there is none, and where x
    /// or the value is 0, which have no place on a logarithmic axis.
    pub points: Vec<(f64, Option<Moment>)>,
    /// On top of the line.
    pub marks: Vec<Mark>,
}

/// Lines over a common horizontal axis.
#[derive(Clone, Debug, PartialEq)]
pub struct LinePanel {
    /// Above the panel.
    pub title: String,
    /// What the values are.
    pub y_label: String,
    /// In the legend's order.
    pub lines: Vec<Line>,
}

impl Line {
    /// Where the line and its marks are on the horizontal axis.
    pub(super) fn xs(&self) -> impl Iterator<Item = f64> {
        let points = self.points.iter().filter(|point| point.1.is_some()).map(|point| point.0);
        points.chain(self.marks.iter().map(|mark| mark.x))
    }

    /// The points that have a place on logarithmic axes, in pieces without a gap.
    fn pieces(&self) -> Vec<Vec<(f64, f64)>> {
        let places = self.points.iter().map(|&(x, value)| match value {
            Some(Moment::Finite(y)) if has_place(x) && has_place(y) => Some((x, y)),
            _ => None,
        });
        let places: Vec<Option<(f64, f64)>> = places.collect();
        let pieces = places.split(Option::is_none).map(|piece| piece.iter().copied().flatten().collect::<Vec<_>>());
        pieces.filter(|piece| !piece.is_empty()).collect()
    }

    /// The first point, where it has a place and x does not only rise or only fall: which branch is which.
    pub(super) fn start_of_fold(&self) -> Option<(f64, f64)> {
        let &(x, Some(Moment::Finite(y))) = self.points.first()? else { return None };
        let falls = |pair: &[(f64, Option<Moment>)]| pair[1].0 < pair[0].0;
        let turns_back = !self.points.windows(2).all(falls) && self.points.windows(2).any(falls);
        (turns_back && has_place(x) && has_place(y)).then_some((x, y))
    }

    /// Whether both go through the same points, but for rounding.
    fn coincides(&self, other: &Self) -> bool {
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs());
        let pieces = self.pieces().concat();
        let others = other.pieces().concat();
        let same = |(a, b): (&(f64, f64), &(f64, f64))| near(a.0, b.0) && near(a.1, b.1);
        !pieces.is_empty() && pieces.len() == others.len() && pieces.iter().zip(&others).all(same)
    }
}

/// A panel's frame in the figure, and its axes.
pub struct Frame {
    pub inner: Rectangle,
    pub x_axis: LogAxis,
    pub y_axis: LogAxis,
}

impl Frame {
    pub fn point(&self, x: f64, y: f64) -> Point {
        Point(self.x(x), self.y(y))
    }

    fn x(&self, x: f64) -> f64 {
        self.inner.left + (self.inner.right - self.inner.left) * self.x_axis.place(x)
    }

    fn y(&self, y: f64) -> f64 {
        self.inner.bottom - (self.inner.bottom - self.inner.top) * self.y_axis.place(y)
    }

    fn holds(&self, point: Point) -> bool {
        let Rectangle { left, top, right, bottom } = self.inner;
        (left..=right).contains(&point.0) && (top..=bottom).contains(&point.1)
    }
}

impl LinePanel {
    /// The vertical axis for its lines and marks.
    pub(super) fn y_axis(&self) -> LogAxis {
        let points = self.lines.iter().flat_map(|line| line.pieces().concat()).map(|(_, y)| y);
        let marks = self.lines.iter().flat_map(|line| &line.marks).flat_map(|mark| [mark.y, mark.bar[1]]);
        LogAxis::around(points.chain(marks), 0.05)
    }

    /// The width of the widest label on the vertical axis.
    pub(super) fn tick_width(&self) -> f64 {
        self.y_axis().ticks().iter().map(|tick| label_width(&tick.1, LABEL_EM)).fold(0.0, f64::max)
    }

    /// Draws everything but the notes and what the panel and its axes are called; `strokes` are those of the lines.
    pub(super) fn draw(&self, canvas: &Canvas, frame: &Frame, strokes: &[Stroke]) -> Result<()> {
        for region in regions(&self.lines) {
            draw_region(canvas, frame, &region)?;
        }
        draw_grid(canvas, frame)?;
        self.draw_lines(canvas, frame, strokes)?;
        for (line, stroke) in self.lines.iter().zip(strokes) {
            line.marks.iter().try_for_each(|mark| draw_mark(canvas, frame, mark, stroke.color))?;
        }
        draw_ticks(canvas, frame)?;
        border(canvas, &frame.inner)
    }

    /// Lines that go the same way lie on each other, the first widest; the gaps of a dashed one are white then.
    fn draw_lines(&self, canvas: &Canvas, frame: &Frame, strokes: &[Stroke]) -> Result<()> {
        let solid_first = [false, true].map(|dashed| {
            let all = self.lines.iter().zip(strokes);
            all.filter(move |(_, stroke)| stroke.dashed == dashed).collect::<Vec<_>>()
        });
        let lines = solid_first.concat();
        for (index, (line, stroke)) in lines.iter().enumerate() {
            let above = lines[index + 1..].iter().filter(|other| other.0.coincides(line)).count();
            let covers = lines[..index].iter().any(|other| other.0.coincides(line));
            let stroke = Stroke { width: LINE_WIDTH + WIDER * above as f64, ..**stroke };
            for piece in line.pieces() {
                let points: Vec<Point> = piece.iter().map(|&(x, y)| frame.point(x, y)).collect();
                if covers && stroke.dashed {
                    draw_curve(canvas, frame, &points, Stroke::solid(WHITE, stroke.width))?;
                }
                draw_curve(canvas, frame, &points, stroke)?;
            }
        }
        for (line, stroke) in lines {
            let start = line.start_of_fold().map(|(x, y)| frame.point(x, y)).filter(|at| frame.holds(*at));
            start.map_or(Ok(()), |start| draw_start(canvas, start, stroke.color))?;
        }
        Ok(())
    }
}

/// A line, or a dot where it is only a point, as far as it lies within the frame.
fn draw_curve(canvas: &Canvas, frame: &Frame, points: &[Point], stroke: Stroke) -> Result<()> {
    if let [only] = points {
        let radius = DOT + (stroke.width - LINE_WIDTH) / 2.0;
        return if frame.holds(*only) { draw_dot(canvas, *only, radius, stroke) } else { Ok(()) };
    }
    let parts = clip(points, &frame.inner).into_iter();
    if stroke.dashed {
        // Where the branches of a line that turns back lie on each other, so do their dashes, begun at the same edge.
        let mut branches = parts.flat_map(|part| left_to_right(&part));
        return branches.try_for_each(|branch| canvas.stroke_from(branch[0].0 - frame.inner.left, &branch, stroke));
    }
    let mut pieces = parts.flat_map(|part| smooth_pieces(&part));
    pieces.try_for_each(|piece| canvas.stroke(&piece, stroke))
}

/// A ring where a line would be dashed.
fn draw_dot(canvas: &Canvas, at: Point, radius: f64, stroke: Stroke) -> Result<()> {
    canvas.disc(at, radius, stroke.color)?;
    if stroke.dashed { canvas.disc(at, 0.5 * radius, WHITE) } else { Ok(()) }
}

/// A square where a line starts.
pub fn draw_start(canvas: &Canvas, at: Point, color: RGBColor) -> Result<()> {
    let square = |half: f64| {
        Rectangle { left: at.0 - half, top: at.1 - half, right: at.0 + half, bottom: at.1 + half }.corners()
    };
    canvas.area(&square(HALF_SQUARE + 1.2), WHITE)?;
    canvas.area(&square(HALF_SQUARE), color)
}

fn draw_region(canvas: &Canvas, frame: &Frame, region: &Region) -> Result<()> {
    let Rectangle { left, top, right, bottom } = frame.inner;
    let (from, to) = (frame.x(region.from), frame.x(region.to));
    let missing = (NARROWEST_REGION - (to - from)).max(0.0) / 2.0;
    let area = Rectangle { left: (from - missing).max(left), top, right: (to + missing).min(right), bottom };
    canvas.area(&area.corners(), GREY)
}

fn draw_grid(canvas: &Canvas, frame: &Frame) -> Result<()> {
    let Rectangle { left, top, right, bottom } = frame.inner;
    for (value, _) in frame.x_axis.ticks() {
        let x = frame.x(value);
        canvas.line(&[Point(x, top), Point(x, bottom)], GRID, GRID_WIDTH)?;
    }
    for (value, _) in frame.y_axis.ticks() {
        let y = frame.y(value);
        canvas.line(&[Point(left, y), Point(right, y)], GRID, GRID_WIDTH)?;
    }
    Ok(())
}

fn draw_ticks(canvas: &Canvas, frame: &Frame) -> Result<()> {
    for value in frame.x_axis.minor_ticks() {
        bottom_minor_tick(canvas, &frame.inner, frame.x(value))?;
    }
    for value in frame.y_axis.minor_ticks() {
        left_minor_tick(canvas, &frame.inner, frame.y(value))?;
    }
    for (value, label) in frame.x_axis.ticks() {
        bottom_tick(canvas, &frame.inner, frame.x(value), &label, LABEL_EM)?;
    }
    for (value, label) in frame.y_axis.ticks() {
        left_tick(canvas, &frame.inner, frame.y(value), &label, LABEL_EM)?;
    }
    Ok(())
}

/// A dot with an error bar, which reaches the lower edge where its lower end has no place on the axis.
fn draw_mark(canvas: &Canvas, frame: &Frame, mark: &Mark, color: RGBColor) -> Result<()> {
    if !has_place(mark.x) || !mark.y.is_finite() || !mark.bar.iter().all(|end| end.is_finite()) {
        return Ok(());
    }
    let middle = frame.point(mark.x, mark.y.max(LEAST));
    let [lower, upper] = mark.bar;
    let ends = [
        frame.point(mark.x, upper.max(LEAST)),
        Point(middle.0, if lower >= LEAST { frame.y(lower) } else { frame.inner.bottom }),
    ];
    for part in clip(&ends, &frame.inner) {
        canvas.line(&part, color, ERROR_BAR_WIDTH)?;
    }
    for end in ends.into_iter().filter(|end| frame.holds(*end) && end.1 < frame.inner.bottom) {
        canvas.line(&[Point(end.0 - CAP, end.1), Point(end.0 + CAP, end.1)], color, ERROR_BAR_WIDTH)?;
    }
    if !frame.holds(middle) {
        return Ok(());
    }
    canvas.disc(middle, DOT + 1.4, WHITE)?;
    canvas.disc(middle, DOT, color)
}
