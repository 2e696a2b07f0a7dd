//! Runs of several kinds, over their steps and in a plane, over a legend for all panels.

use super::canvas::{Align, Canvas, Point, Rectangle, Stroke};
use super::frame::fit;
use super::key_rows::{Key, KeyRows};
use super::letters::shorten;
use super::line_panel::{LABEL_EM, TITLE_EM};
use super::plane_panel::{LIMIT, PlanePanel};
use super::plot::{AROUND, Plot};
use super::run_mark::RunMark;
use super::step_panel::StepPanel;
use super::{Format, color};
use anyhow::Result;
use plotters::style::{BLACK, RGBColor};

const WIDTH: f64 = 1600.0;
/// Of the panels over steps, which stand one above the other.
const STEPS_WIDTH: f64 = 780.0;
const TITLE_HEIGHT: f64 = 40.0;
/// Of all panels together.
const PANELS_HEIGHT: f64 = 2.0 * (300.0 + AROUND);
const MARGIN: f64 = 18.0;
const KEY_WIDTH: f64 = 3.0;
/// Longer names are shortened, in pixels.
const LONGEST_NAME: f64 = 640.0;
const ANY: RGBColor = RGBColor(60, 60, 60);

/// Runs of several kinds.
#[derive(Clone, Debug, PartialEq)]
pub struct RunFigure {
    /// Above all panels.
    pub title: String,
    /// What the legend calls each kind. All panels have as many, in the same order, and the same colours.
    pub names: Vec<String>,
    /// On the left, one above the other.
    pub steps: Vec<StepPanel>,
    /// On the right.
    pub plane: PlanePanel,
    /// What the legend calls the line of [`PlanePanel::limit`].
    pub limit: String,
}

/// Draws the runs, and returns the bytes of an image file.
///
/// A path has no point that would not be seen: its steps within a pixel are left out, and those that go where a path of the same
/// kind has been.
///
/// # Errors
/// What the image's encoder or plotters reports.
pub fn draw_runs(figure: &RunFigure, format: Format) -> Result<Vec<u8>> {
    let legends = [figure.kinds(), figure.marks()];
    let top = TITLE_HEIGHT + PANELS_HEIGHT;
    let height = top + legends.iter().map(KeyRows::height).sum::<f64>() + MARGIN;
    format.draw((WIDTH as u32, height.ceil() as u32), |canvas| {
        let title = fit([figure.title.as_str()], TITLE_EM, WIDTH - 2.0 * MARGIN);
        canvas.text(&figure.title, Point(WIDTH / 2.0, TITLE_HEIGHT - 5.0), Align::Above, title)?;
        figure.draw(canvas)?;
        let [kinds, marks] = &legends;
        kinds.draw(canvas, top)?;
        marks.draw(canvas, top + kinds.height())
    })
}

impl RunFigure {
    fn colors(&self) -> Vec<RGBColor> {
        (0..self.names.len()).map(color::of_many).collect()
    }

    fn kinds(&self) -> KeyRows {
        let entry = |(color, name): (RGBColor, &String)| {
            (Key::Line(Stroke::solid(color, KEY_WIDTH)), shorten(name, LABEL_EM, LONGEST_NAME))
        };
        KeyRows { entries: self.colors().into_iter().zip(&self.names).map(entry).collect(), width: WIDTH }
    }

    /// What else there is to see.
    fn marks(&self) -> KeyRows {
        let tracks = || self.plane.tracks.iter().flat_map(|kind| &kind.tracks);
        let entries = [
            (self.plane.start.is_some(), Key::Mark(RunMark::Start, BLACK), "start"),
            (tracks().any(|track| !track.is_broken), Key::Mark(RunMark::Last, ANY), "a run's last step"),
            (
                tracks().any(|track| track.is_broken),
                Key::Mark(RunMark::Broken, ANY),
                "a run diverged (from there on above all others in the median)",
            ),
            (self.plane.tracks.iter().any(|kind| kind.end.is_some()), Key::Mark(RunMark::End, ANY), "exact end"),
            (!self.plane.limit.is_empty(), Key::Line(LIMIT), self.limit.as_str()),
        ];
        let shown = entries.into_iter().filter(|entry| entry.0).map(|(_, key, name)| (key, name.to_owned()));
        KeyRows { entries: shown.collect(), width: WIDTH }
    }

    fn draw(&self, canvas: &Canvas) -> Result<()> {
        let colors = self.colors();
        for (panel, plot) in self.steps.iter().zip(self.step_plots()) {
            panel.draw(canvas, &plot, &colors)?;
        }
        let left = if self.steps.is_empty() { 0.0 } else { STEPS_WIDTH };
        let cell = Rectangle { left, top: TITLE_HEIGHT, right: WIDTH, bottom: TITLE_HEIGHT + PANELS_HEIGHT };
        self.plane.draw(canvas, &self.plane.plot(cell), &colors)
    }

    /// One above the other, with their frames.
    fn step_plots(&self) -> Vec<Plot<'_>> {
        let height = PANELS_HEIGHT / self.steps.len() as f64;
        let cell = |index: usize| {
            let top = TITLE_HEIGHT + index as f64 * height;
            Rectangle { left: 0.0, top, right: STEPS_WIDTH, bottom: top + height }
        };
        let mut plots: Vec<Plot> =
            self.steps.iter().enumerate().map(|(index, panel)| panel.plot(cell(index))).collect();
        let left = plots.iter().map(|plot| plot.inner().left).fold(0.0, f64::max);
        plots.iter_mut().for_each(|plot| plot.indent(left - plot.inner().left));
        plots
    }
}
