//! The paths of runs of several kinds in a plane, where they end, and where they would end exactly.

use super::axis::Axis;
use super::canvas::{Canvas, Point, Rectangle, Stroke};
use super::chart_axis::ChartAxis;
use super::ink::Ink;
use super::overlap::Share;
use super::path::clip;
use super::plot::Plot;
use super::run_mark::RunMark;
use super::scale::Scale;
use anyhow::Result;
use plotters::style::{BLACK, Color, RGBColor};

/// How wide and how opaque a path is.
const PATH_WIDTH: f64 = 1.5;
const PATH: f64 = 0.45;
pub(super) const LIMIT: Stroke = Stroke { color: RGBColor(90, 90, 90), width: 2.2, dashed: true };
/// Points that are no farther apart than this are one, in pixels.
const NEAR: f64 = 1.0;

/// Runs in a plane.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanePanel {
    /// Above the panel.
    pub title: String,
    /// Below the horizontal axis.
    pub x_label: String,
    /// Beside the vertical axis.
    pub y_label: String,
    /// One for each kind.
    pub tracks: Vec<Tracks>,
    /// Where all runs start.
    pub start: Option<[f64; 2]>,
    /// A dashed line beyond which no run can come, as far as the axes of the runs reach.
    pub limit: Vec<[f64; 2]>,
}

/// The runs of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Tracks {
    /// One for each run.
    pub tracks: Vec<Track>,
    /// Where the runs would end exactly.
    pub end: Option<[f64; 2]>,
}

/// A run.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Step by step.
    pub points: Vec<[f64; 2]>,
    /// Whether it broke off after the last of them.
    pub is_broken: bool,
}

/// A run's points in the figure.
type Path = Vec<Point>;
/// The color of a kind, and its share among those whose runs go the same ways.
type Look = (RGBColor, Share);

impl PlanePanel {
    pub(super) fn plot(&self, cell: Rectangle) -> Plot<'_> {
        let (xs, ys) = (self.places().map(|place| place[0]), self.places().map(|place| place[1]));
        let x = Scale::around(xs);
        let reached = self.limit.iter().filter(|place| (0.0..=1.0).contains(&x.place(place[0]))).map(|place| place[1]);
        let y = Scale::Linear(Axis::around(ys.chain(reached).filter(|y| y.is_finite())));
        let axes = [ChartAxis::new(x, &self.x_label), ChartAxis::new(y, &self.y_label)];
        Plot::new(&self.title, cell, axes, None)
    }

    fn places(&self) -> impl Iterator<Item = &[f64; 2]> {
        let tracks = self.tracks.iter().flat_map(|kind| &kind.tracks).flat_map(|track| &track.points);
        tracks.chain(self.tracks.iter().filter_map(|kind| kind.end.as_ref())).chain(&self.start)
    }

    /// Everything, in the colors of the kinds.
    pub(super) fn draw(&self, canvas: &Canvas, plot: &Plot, colors: &[RGBColor]) -> Result<()> {
        let place = |place: &[f64; 2]| Point(plot.x(place[0]), plot.y(place[1]));
        let paths = |kind: &Tracks| kind.tracks.iter().map(|track| track.points.iter().map(place).collect()).collect();
        let paths: Vec<Vec<Path>> = self.tracks.iter().map(paths).collect();
        let shares = Share::of(&paths, |a, b| are_near(a, b));
        let looks: Vec<Look> = colors.iter().copied().zip(shares).collect();
        plot.draw(canvas, || {
            plot.draw_line(canvas, &self.limit.iter().map(place).collect::<Vec<_>>(), LIMIT)?;
            for (paths, look) in paths.iter().zip(&looks) {
                draw_paths(canvas, plot.inner(), paths, *look)?;
            }
            for (kind, look) in self.tracks.iter().zip(&looks) {
                draw_last(canvas, kind, RunMark::Last, *look, place)?;
            }
            self.start.iter().try_for_each(|start| RunMark::Start.draw(canvas, place(start), BLACK, Share::ALONE))?;
            self.draw_ends(canvas, colors, place)?;
            for (kind, look) in self.tracks.iter().zip(&looks) {
                draw_last(canvas, kind, RunMark::Broken, *look, place)?;
            }
            Ok(())
        })
    }

    fn draw_ends(&self, canvas: &Canvas, colors: &[RGBColor], place: impl Fn(&[f64; 2]) -> Point) -> Result<()> {
        let ends = self.tracks.iter().zip(colors);
        let ends: Vec<(Point, RGBColor)> =
            ends.filter_map(|(kind, color)| Some((place(kind.end.as_ref()?), *color))).collect();
        let shares = Share::of(&ends, |a, b| is_near(&a.0, &b.0));
        ends.iter().zip(shares).try_for_each(|((at, color), share)| RunMark::End.draw(canvas, *at, *color, share))
    }
}

/// Those that hide none of their own kind, in a thin line that others are seen through.
fn draw_paths(canvas: &Canvas, inner: Rectangle, paths: &[Path], (color, share): Look) -> Result<()> {
    let mut ink = Ink::new(inner);
    let parts = |path: &Path| clip(path, &inner).iter().flat_map(|part| ink.parts(part)).collect::<Vec<_>>();
    let parts = paths.iter().flat_map(parts).collect();
    share.turns(parts).iter().try_for_each(|part| canvas.path(part, color.mix(PATH), PATH_WIDTH))
}

/// Marks the last points of the runs that broke off, or of the others.
fn draw_last(
    canvas: &Canvas,
    kind: &Tracks,
    mark: RunMark,
    (color, share): Look,
    place: impl Fn(&[f64; 2]) -> Point,
) -> Result<()> {
    let runs = kind.tracks.iter().filter(|track| track.is_broken == (mark == RunMark::Broken));
    runs.filter_map(|track| track.points.last()).try_for_each(|last| mark.draw(canvas, place(last), color, share))
}

fn are_near(a: &[Path], b: &[Path]) -> bool {
    let path = |(a, b): (&Path, &Path)| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_near(a, b));
    a.len() == b.len() && a.iter().zip(b).all(path)
}

fn is_near(a: &Point, b: &Point) -> bool {
    (a.0 - b.0).hypot(a.1 - b.1) < NEAR
}
