//! Estimates with their standard errors, over steps or positions.

use super::Format;
use super::canvas::{Canvas, Point, Stroke};
use super::chart::Chart;
use super::chart_axis::ChartAxis;
use super::color;
use super::log_axis::LogAxis;
use super::plot::Plot;
use super::scale::Scale;
use anyhow::Result;
use plotters::style::{Color, RGBColor};

/// Of the line that is drawn last; those before it are wider, so that they are seen where lines lie upon each other.
const LINE_WIDTH: f64 = 2.2;
const WIDER: f64 = 1.4;
/// Of many points, by this factor narrower.
const NARROW: f64 = 0.5;
const DOT: f64 = 2.6;
/// Points of more than these have no dots.
const FEW: usize = 60;
/// A band reaches so many standard errors up and down.
const REACH: f64 = 2.0;
const BAND: f64 = 0.22;
const BAR_WIDTH: f64 = 1.8;
const CAP: f64 = 6.0;
const LEVEL: RGBColor = RGBColor(90, 90, 90);

/// An estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BandPoint {
    /// Where on the horizontal axis.
    pub x: f64,
    /// The number; none where there is none, which breaks the line.
    pub y: Option<f64>,
    /// Its standard error, where there is one.
    pub error: Option<f64>,
}

/// Estimates of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// What the legend calls it.
    pub name: String,
    /// From left to right.
    pub points: Vec<BandPoint>,
}

/// What the horizontal axis is.
#[derive(Clone, Debug, PartialEq)]
pub enum BandAxis {
    /// Whole numbers.
    Whole,
    /// Positive numbers, by powers of ten.
    Log,
    /// These names, at 0, 1 and so on.
    Names(Vec<String>),
}

/// Estimates over a common axis.
#[derive(Clone, Debug, PartialEq)]
pub struct BandFigure {
    /// Above the panel.
    pub title: String,
    /// The horizontal axis.
    pub x: BandAxis,
    /// Below it.
    pub x_label: String,
    /// Beside the vertical axis.
    pub y_label: String,
    /// Those that come first are drawn first.
    pub bands: Vec<Band>,
    /// A dashed line across, and what the legend calls it.
    pub level: Option<(String, f64)>,
}

/// Draws lines with bands of two standard errors, and single estimates as dots with bars; returns the bytes of an image file.
///
/// The vertical axis is linear, or logarithmic on both sides of 0 where a few values are far from the others.
///
/// # Errors
/// What the image's encoder or plotters reports.
pub fn draw_bands(figure: &BandFigure, format: Format) -> Result<Vec<u8>> {
    let chart = chart(figure);
    format.draw(chart.size(), |canvas| chart.draw(canvas, || draw(&chart.plot, figure, canvas)))
}

fn chart(figure: &BandFigure) -> Chart<'_> {
    let points = || figure.bands.iter().flat_map(|band| &band.points);
    let xs = || points().map(|point| point.x);
    let x = match &figure.x {
        BandAxis::Whole => ChartAxis::whole(Scale::Linear(super::axis::Axis::around(xs())), &figure.x_label),
        BandAxis::Log => ChartAxis::new(Scale::Log(LogAxis::over(xs(), 0.03)), &figure.x_label),
        BandAxis::Names(names) => ChartAxis::named(names, &figure.x_label),
    };
    let level = figure.level.iter().map(|(_, level)| *level);
    let y = Scale::around(points().flat_map(ends).chain(level));
    let entry = |(index, band): (usize, &Band)| (stroke(figure, index), band.name.clone());
    let level = figure.level.iter().map(|(name, _)| (level_stroke(), name.clone()));
    let legend = figure.bands.iter().enumerate().map(entry).chain(level).collect();
    Chart::new(&figure.title, [x, ChartAxis::new(y, &figure.y_label)], None, legend)
}

fn stroke(figure: &BandFigure, index: usize) -> Stroke {
    let width = LINE_WIDTH + WIDER * (figure.bands.len() - 1 - index) as f64;
    let factor = if figure.bands[index].points.len() > FEW { NARROW } else { 1.0 };
    Stroke::solid(color::of_index(index), factor * width)
}

fn level_stroke() -> Stroke {
    Stroke { color: LEVEL, width: BAR_WIDTH, dashed: true }
}

/// The value and the ends of its band.
fn ends(point: &BandPoint) -> impl Iterator<Item = f64> + use<> {
    let error = point.error.map_or(0.0, |error| REACH * error);
    point.y.into_iter().flat_map(move |y| [y, y - error, y + error])
}

fn draw(plot: &Plot, figure: &BandFigure, canvas: &Canvas) -> Result<()> {
    if let Some((_, level)) = figure.level {
        let inner = plot.inner();
        let y = plot.y(level);
        plot.draw_line(canvas, &[Point(inner.left, y), Point(inner.right, y)], level_stroke())?;
    }
    let pieces = |band: &Band| -> Vec<Vec<BandPoint>> {
        let pieces = band.points.split(|point| point.y.is_none_or(|y| !y.is_finite())).map(<[_]>::to_vec);
        pieces.filter(|piece| !piece.is_empty()).collect()
    };
    // All bands first, so that they hide no line.
    for (index, band) in figure.bands.iter().enumerate() {
        pieces(band).iter().try_for_each(|piece| draw_band(plot, canvas, piece, color::of_index(index)))?;
    }
    for (index, band) in figure.bands.iter().enumerate() {
        let has_dots = band.points.len() <= FEW;
        pieces(band).iter().try_for_each(|piece| draw_piece(plot, canvas, piece, stroke(figure, index), has_dots))?;
    }
    Ok(())
}

fn draw_band(plot: &Plot, canvas: &Canvas, piece: &[BandPoint], color: RGBColor) -> Result<()> {
    let edge = |sign: f64| {
        piece.iter().map(move |point| {
            let end = point.y.unwrap_or(f64::NAN) + sign * REACH * point.error.unwrap_or(0.0);
            Point(plot.x(point.x), plot.y(end))
        })
    };
    let corners: Vec<Point> = edge(1.0).chain(edge(-1.0).rev()).collect();
    match piece.len() > 1 && piece.iter().any(|point| point.error.is_some()) {
        true => canvas.area(&corners, color.mix(BAND)),
        false => Ok(()),
    }
}

fn draw_piece(plot: &Plot, canvas: &Canvas, piece: &[BandPoint], stroke: Stroke, has_dots: bool) -> Result<()> {
    let at = |point: &BandPoint| Point(plot.x(point.x), plot.y(point.y.unwrap_or(f64::NAN)));
    let points: Vec<Point> = piece.iter().map(at).collect();
    plot.draw_line(canvas, &points, stroke)?;
    let radius = 0.8 * stroke.width + DOT;
    match piece {
        [only] => {
            draw_bar(plot, canvas, only, stroke.color)?;
            canvas.disc(points[0], 1.2 * radius, stroke.color)
        }
        _ if has_dots => points.iter().try_for_each(|point| canvas.disc(*point, radius, stroke.color)),
        _ => Ok(()),
    }
}

/// The error bar of an estimate that stands alone.
fn draw_bar(plot: &Plot, canvas: &Canvas, point: &BandPoint, color: RGBColor) -> Result<()> {
    let (Some(y), Some(error)) = (point.y, point.error) else { return Ok(()) };
    let x = plot.x(point.x);
    let [lower, upper] = [-REACH, REACH].map(|reach| Point(x, plot.y(y + reach * error)));
    canvas.line(&[lower, upper], color, BAR_WIDTH)?;
    [lower, upper]
        .iter()
        .try_for_each(|end| canvas.line(&[Point(end.0 - CAP, end.1), Point(end.0 + CAP, end.1)], color, BAR_WIDTH))
}
