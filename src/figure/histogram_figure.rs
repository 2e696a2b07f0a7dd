//! How often a number has which value, on a logarithmic axis of counts, with functions of it over that.

use super::Format;
use super::canvas::{Align, Canvas, Point, Rectangle, Stroke, text_width};
use super::chart::Chart;
use super::chart_axis::ChartAxis;
use super::color;
use super::log_axis::LogAxis;
use super::plot::Plot;
use super::scale::Scale;
use anyhow::Result;
use plotters::style::RGBColor;

/// At most so many bars, and at least.
const MOST: f64 = 120.0;
const FEWEST: f64 = 20.0;
/// A curve is looked at in so many places.
const PLACES: u32 = 800;
/// What rises by more than this part of the axis from one place to the next is a jump.
const JUMP: f64 = 0.15;
const BAR: RGBColor = RGBColor(196, 208, 220);
const BAR_EDGE: RGBColor = RGBColor(150, 168, 186);
const LIMIT: RGBColor = RGBColor(60, 60, 60);
const CURVE_WIDTH: f64 = 3.0;
const LIMIT_EM: f64 = 16.0;

/// Bars are equally wide on a logarithmic axis: near 0 they span little, so that a peak there may look like a valley.
const COUNTS: &str = "tokens in a bar (which spans less near 0)";

/// A function of the number.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlay {
    /// What the legend calls it.
    pub name: String,
    /// Its values at the [`HistogramFigure::places`].
    pub values: Vec<f64>,
}

/// How often a number has which value.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramFigure {
    /// Above the panel.
    pub title: String,
    /// Below the horizontal axis.
    pub x_label: String,
    /// Beside the right axis, which there is where there are functions.
    pub right_label: String,
    /// Ranges of values, and how many are in each.
    pub bins: Vec<([f64; 2], u64)>,
    /// Dashed lines at these values, and what they are called.
    pub limits: Vec<(String, f64)>,
    /// Functions over it.
    pub overlays: Vec<Overlay>,
}

impl HistogramFigure {
    fn scale(&self) -> Scale {
        let bins = self.bins.iter().flat_map(|([from, to], _)| [*from, *to]);
        Scale::signed(bins.chain(self.limits.iter().map(|limit| limit.1)))
    }

    /// Where functions have to be known, from left to right.
    pub fn places(&self) -> Vec<f64> {
        let scale = self.scale();
        (0..=PLACES).map(|step| scale.value(f64::from(step) / f64::from(PLACES))).collect()
    }
}

/// Draws the histogram, and returns the bytes of an image file. The horizontal axis is logarithmic on both sides of 0, and so
/// is that of the functions, over the same range: the function that is the number itself is a straight line.
///
/// # Errors
/// What the image's encoder or plotters reports.
pub fn draw_histogram(figure: &HistogramFigure, format: Format) -> Result<Vec<u8>> {
    let scale = figure.scale();
    let bars = bars(figure, &scale);
    let most = bars.iter().map(|bar| bar.1).max().unwrap_or(1);
    let counts = Scale::Log(LogAxis::between(0.6, 2.0 * most as f64));
    let entry = |(index, overlay): (usize, &Overlay)| (stroke(index), overlay.name.clone());
    let axes = [ChartAxis::new(scale, &figure.x_label), ChartAxis::counts(counts, COUNTS)];
    let right = (!figure.overlays.is_empty()).then(|| ChartAxis::new(right_scale(figure, &scale), &figure.right_label));
    let chart = Chart::new(&figure.title, axes, right, figure.overlays.iter().enumerate().map(entry).collect());
    format.draw(chart.size(), |canvas| chart.draw(canvas, || draw(&chart.plot, figure, &bars, canvas)))
}

/// That of the number, and 1 and -1.
fn right_scale(figure: &HistogramFigure, scale: &Scale) -> Scale {
    let values = figure.overlays.iter().flat_map(|overlay| &overlay.values).filter(|value| value.abs() <= 1.0);
    let ends = [scale.value(0.0), scale.value(1.0)];
    let (least, greatest) = values.fold((ends[0], ends[1]), |(a, b), value| (a.min(*value), b.max(*value)));
    scale.over(least, greatest)
}

fn stroke(index: usize) -> Stroke {
    // Where two lie upon each other, both are seen.
    Stroke { color: color::of_index(index), width: CURVE_WIDTH, dashed: index % 2 == 1 }
}

/// Bars of equal width: their ends as places of the axis, and how many values lie there.
///
/// A bin belongs to the bar in which its middle lies; so bars are wider than bins, wherever these are not very few.
fn bars(figure: &HistogramFigure, scale: &Scale) -> Vec<([f64; 2], u64)> {
    let places = |&([from, to], _): &([f64; 2], u64)| [scale.place(from), scale.place(to)];
    let widest = figure.bins.iter().map(|bin| places(bin)[1] - places(bin)[0]).fold(0.0, f64::max);
    let count = (0.5 / widest).clamp(FEWEST, MOST).round();
    let mut bars: Vec<([f64; 2], u64)> =
        (0..count as u32).map(|index| ([f64::from(index) / count, f64::from(index + 1) / count], 0)).collect();
    for bin in &figure.bins {
        let [from, to] = places(bin);
        let index = ((from + to) / 2.0 * count).clamp(0.0, count - 1.0) as usize;
        bars[index].1 += bin.1;
    }
    bars.retain(|bar| bar.1 > 0);
    bars
}

fn draw(plot: &Plot, figure: &HistogramFigure, bars: &[([f64; 2], u64)], canvas: &Canvas) -> Result<()> {
    let inner = plot.inner();
    let across = |place: f64| inner.left + (inner.right - inner.left) * place;
    for ([from, to], count) in bars {
        let bar =
            Rectangle { left: across(*from), top: plot.y(*count as f64), right: across(*to), bottom: inner.bottom };
        canvas.area(&bar.corners(), BAR)?;
        let [a, b, c, d] = bar.corners();
        canvas.line(&[d, a, b, c], BAR_EDGE, 1.0)?;
    }
    let places = figure.places();
    for (index, overlay) in figure.overlays.iter().enumerate() {
        draw_overlay(plot, canvas, &places, &overlay.values, stroke(index))?;
    }
    draw_limits(plot, figure, canvas)
}

fn draw_overlay(plot: &Plot, canvas: &Canvas, places: &[f64], values: &[f64], stroke: Stroke) -> Result<()> {
    let Rectangle { top, bottom, .. } = plot.inner();
    let points: Vec<Point> = places.iter().zip(values).map(|(x, c)| Point(plot.x(*x), plot.right(*c))).collect();
    let jump = JUMP * (bottom - top);
    let pieces = points.chunk_by(|a, b| (a.1 - b.1).abs() < jump);
    let pieces = pieces.map(|piece| piece.iter().copied().filter(|point| point.1.is_finite()).collect::<Vec<_>>());
    pieces.into_iter().try_for_each(|piece| plot.draw_line(canvas, &piece, stroke))
}

/// Their names stand in a row each, so that near ones do not touch, and on the side where no other limit goes through them.
fn draw_limits(plot: &Plot, figure: &HistogramFigure, canvas: &Canvas) -> Result<()> {
    let inner = plot.inner();
    let stroke = Stroke { color: LIMIT, width: 1.6, dashed: true };
    for (index, (name, value)) in figure.limits.iter().enumerate() {
        let x = plot.x(*value);
        plot.draw_line(canvas, &[Point(x, inner.top), Point(x, inner.bottom)], stroke)?;
        let y = inner.top + 16.0 + 24.0 * index as f64;
        let width = text_width(name, LIMIT_EM);
        let is_clear = |[from, to]: [f64; 2]| {
            let crosses = |limit: &(String, f64)| (from - 4.0..to + 4.0).contains(&plot.x(limit.1));
            from > inner.left && to < inner.right && !figure.limits.iter().any(crosses)
        };
        let (right, left) = ([x + 6.0, x + 6.0 + width], [x - 6.0 - width, x - 6.0]);
        let is_right = is_clear(right) || !is_clear(left) && right[1] < inner.right;
        let (at, align) = if is_right { (right[0], Align::Left) } else { (left[1], Align::Right) };
        canvas.text(name, Point(at, y), align, LIMIT_EM)?;
    }
    Ok(())
}
