//! What runs of several kinds come to, over their steps: a line for each kind, and a band around it.

use super::axis::Axis;
use super::canvas::{Canvas, Point, Rectangle};
use super::chart_axis::ChartAxis;
use super::ink::Ink;
use super::log_axis::LogAxis;
use super::overlap::Share;
use super::path::clip;
use super::plot::Plot;
use super::run_mark::RunMark;
use super::scale::Scale;
use anyhow::Result;
use plotters::style::{Color, RGBColor};

const LINE_WIDTH: f64 = 2.2;
/// How opaque a band is; of many bands all of them together.
const BAND: f64 = 0.18;
const ALL_BANDS: f64 = 0.9;
/// A value below a logarithmic axis is drawn at this part of its length.
const LOWEST: f64 = 0.006;
/// Lines that are nowhere farther apart than this lie upon each other, in pixels.
const NEAR: f64 = 1.0;

/// Values over the steps.
#[derive(Clone, Debug, PartialEq)]
pub struct StepPanel {
    /// Above the panel.
    pub title: String,
    /// Beside the vertical axis.
    pub y_label: String,
    /// Whether the vertical axis is logarithmic; else it is linear, or logarithmic on both sides of 0 where a few values are far
    /// from the others.
    pub is_logarithmic: bool,
    /// One for each kind.
    pub ribbons: Vec<Ribbon>,
}

/// The values of one kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ribbon {
    /// From left to right.
    pub points: Vec<RibbonPoint>,
    /// Where runs broke off.
    pub broken: Vec<[f64; 2]>,
}

/// The values of one kind after so many steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RibbonPoint {
    /// Where on the horizontal axis.
    pub x: f64,
    /// Where the line is, if it is.
    pub middle: Option<f64>,
    /// The lowest and the highest value.
    pub range: [f64; 2],
}

impl StepPanel {
    pub(super) fn plot(&self, cell: Rectangle) -> Plot<'_> {
        let last = self.points().map(|point| point.x).fold(1.0, f64::max);
        let x = ChartAxis::whole(Scale::Linear(Axis::around([0.0, last].into_iter())), "step");
        let scale = self.scale();
        let is_cut = self.points().any(|point| point.range[0] < lowest(&scale));
        let at_edge = if is_cut { " (at the lower edge: less)" } else { "" };
        let y = ChartAxis::new(scale, &format!("{}{at_edge}", self.y_label));
        Plot::new(&self.title, cell, [x, y], None)
    }

    fn points(&self) -> impl Iterator<Item = &RibbonPoint> {
        self.ribbons.iter().flat_map(|ribbon| &ribbon.points)
    }

    /// A logarithmic one has room for all lines; bands may reach below it.
    fn scale(&self) -> Scale {
        let broken = self.ribbons.iter().flat_map(|ribbon| &ribbon.broken).map(|place| place[1]);
        let highest = self.points().flat_map(|point| point.middle.into_iter().chain([point.range[1]])).chain(broken);
        match self.is_logarithmic {
            true => Scale::Log(LogAxis::over(highest, 0.04)),
            false => Scale::around(highest.chain(self.points().map(|point| point.range[0]))),
        }
    }

    /// Everything, in the colors of the kinds.
    pub(super) fn draw(&self, canvas: &Canvas, plot: &Plot, colors: &[RGBColor]) -> Result<()> {
        let lowest = lowest(&plot.y.scale);
        let place = |x: f64, y: f64| Point(plot.x(x), plot.y(y.max(lowest)));
        let line = |ribbon: &Ribbon| -> Vec<Point> {
            ribbon.points.iter().filter_map(|point| Some(place(point.x, point.middle?))).collect()
        };
        let lines: Vec<Vec<Point>> = self.ribbons.iter().map(line).collect();
        let near = |(a, b): (&Point, &Point)| (a.1 - b.1).abs() < NEAR;
        let shares = Share::of(&lines, |a, b| a.len() == b.len() && a.iter().zip(b).all(near));
        plot.draw(canvas, || {
            // All bands first, so that they hide no line, and marks last.
            let opacity = (ALL_BANDS / self.ribbons.len() as f64).min(BAND);
            for ((ribbon, color), _) in
                self.ribbons.iter().zip(colors).zip(&shares).filter(|(_, share)| share.index == 0)
            {
                draw_band(canvas, ribbon, place, color.mix(opacity))?;
            }
            for ((line, color), share) in lines.iter().zip(colors).zip(&shares) {
                draw_line(canvas, plot, line, *color, *share)?;
            }
            for (ribbon, color) in self.ribbons.iter().zip(colors) {
                let mut broken = ribbon.broken.iter();
                broken.try_for_each(|[x, y]| RunMark::Broken.draw(canvas, place(*x, *y), *color, Share::ALONE))?;
            }
            Ok(())
        })
    }
}

/// A line, or a dot where it is only a point.
fn draw_line(canvas: &Canvas, plot: &Plot, line: &[Point], color: RGBColor, share: Share) -> Result<()> {
    if let [only] = line {
        return RunMark::Last.draw(canvas, *only, color, share);
    }
    let mut ink = Ink::new(plot.inner());
    let parts = clip(line, &plot.inner()).into_iter().flat_map(|part| ink.parts(&part)).collect();
    share.turns(parts).iter().try_for_each(|part| canvas.path(part, color, LINE_WIDTH))
}

/// The lowest value that is drawn where it is.
fn lowest(scale: &Scale) -> f64 {
    if matches!(scale, Scale::Log(_)) { scale.value(LOWEST) } else { f64::NEG_INFINITY }
}

/// The area between the lowest and the highest value of each column of pixels.
fn draw_band(canvas: &Canvas, ribbon: &Ribbon, place: impl Fn(f64, f64) -> Point, color: impl Color) -> Result<()> {
    let column = |point: &RibbonPoint| place(point.x, point.range[0]).0.floor();
    let columns = || ribbon.points.chunk_by(|a, b| column(a) == column(b));
    let ends = |column: &[RibbonPoint]| {
        let ranges = column.iter().map(|point| point.range);
        let [low, high] = ranges.fold([f64::INFINITY, f64::NEG_INFINITY], |[a, b], [c, d]| [a.min(c), b.max(d)]);
        (place(column[0].x, low), place(column[0].x, high))
    };
    let (lower, upper): (Vec<Point>, Vec<Point>) = columns().map(ends).unzip();
    match lower.len() > 1 && lower != upper {
        true => canvas.area(&upper.into_iter().chain(lower.into_iter().rev()).collect::<Vec<_>>(), color),
        false => Ok(()),
    }
}
