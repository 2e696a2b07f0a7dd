//! Panels of lines in two columns, over a legend for all of them.

use super::canvas::{Align, Canvas, Point, Rectangle, Stroke, text_width};
use super::frame::{fit, middle};
use super::line_notes::Notes;
use super::line_panel::{Frame, LABEL_EM, Line, LinePanel, TITLE_EM, draw_start};
use super::log_axis::LogAxis;
use super::{Format, color, legend};
use anyhow::Result;
use plotters::style::BLACK;

const WIDTH: u32 = 1600;
const PANEL_HEIGHT: f64 = 400.0;
const TITLE_HEIGHT: f64 = 44.0;
const TICKS_HEIGHT: f64 = 40.0;
const X_LABEL_HEIGHT: f64 = 34.0;
/// Room to the left of the labels on a vertical axis, for the axis's name, and to the right of a panel.
const Y_LABEL_WIDTH: f64 = 52.0;
const MARGIN: f64 = 30.0;

const KEY: f64 = 54.0;
const KEY_HEIGHT: f64 = 32.0;
const KEY_GAP: f64 = 30.0;
const KEY_WIDTH: f64 = 2.6;
/// A line of the estimators in the loss, one of those in the reward.
const MOST_COLUMNS: usize = 5;
const START: &str = "start of the sweep";
const IN_REWARD: &str = "_in_reward";

/// Draws the panels on a common horizontal axis, and returns the bytes of an image file.
///
/// Both axes are logarithmic. Lines of one name have the same look in all panels, and one entry in the legend. What the
/// axes cannot show is said above a panel: zeros, infinite values (whose range is grey), lines out of range.
///
/// # Errors
/// What the image's encoder or plotters reports.
pub fn draw_lines(panels: &[LinePanel], x_label: &str, format: Format) -> Result<Vec<u8>> {
    draw_layout(&Layout::new(panels, XLabels::Common(x_label)), format)
}

/// As [`draw_lines`], but each panel has a horizontal axis of its own, with the label at the panel's index.
///
/// # Errors
/// What the image's encoder or plotters reports.
///
/// # Panics
/// Where there are fewer labels than panels.
pub fn draw_lines_apart(panels: &[LinePanel], x_labels: &[&str], format: Format) -> Result<Vec<u8>> {
    draw_layout(&Layout::new(panels, XLabels::Each(x_labels)), format)
}

fn draw_layout(layout: &Layout, format: Format) -> Result<Vec<u8>> {
    format.draw((WIDTH, layout.height.ceil() as u32), |canvas| layout.draw(canvas))
}

/// Below the last row, for a horizontal axis that all panels have in common, or below each panel.
#[derive(Clone, Copy)]
enum XLabels<'a> {
    Common(&'a str),
    Each(&'a [&'a str]),
}

/// Where everything is.
struct Layout<'a> {
    panels: Vec<Placed<'a>>,
    legend: Legend<'a>,
    legend_top: f64,
    height: f64,
}

struct Placed<'a> {
    panel: &'a LinePanel,
    frame: Frame,
    notes: Notes,
    /// Where the panel's cell begins.
    left: f64,
    top: f64,
    x_label: Option<&'a str>,
}

impl<'a> Layout<'a> {
    fn new(panels: &'a [LinePanel], x_labels: XLabels<'a>) -> Self {
        let x_axis =
            |panels: &[LinePanel]| LogAxis::over(panels.iter().flat_map(|panel| &panel.lines).flat_map(Line::xs), 0.03);
        let legend = Legend::new(panels);
        let tick_width = panels.iter().map(LinePanel::tick_width).fold(0.0, f64::max);
        let columns = panels.len().clamp(1, 2);
        let width = f64::from(WIDTH) / columns as f64;
        let mut placed = Vec::new();
        let mut top = 0.0;
        for (row_index, row) in panels.chunks(columns).enumerate() {
            let in_last_row = (row_index + 1) * columns >= panels.len();
            let lefts = (0..row.len()).map(|column| column as f64 * width);
            let (from, to) = (Y_LABEL_WIDTH + tick_width, width - MARGIN);
            let notes: Vec<Notes> = row.iter().map(|panel| Notes::new(panel, &panel.y_axis(), to - from)).collect();
            let inner_top = top + TITLE_HEIGHT + notes.iter().map(Notes::height).fold(0.0, f64::max);
            let bottom = inner_top + PANEL_HEIGHT;
            for ((panel, notes), left) in row.iter().zip(notes).zip(lefts) {
                let (x_axis, x_label) = match x_labels {
                    XLabels::Common(label) => (x_axis(panels), in_last_row.then_some(label)),
                    XLabels::Each(labels) => (x_axis(std::slice::from_ref(panel)), Some(labels[placed.len()])),
                };
                let inner = Rectangle { left: left + from, top: inner_top, right: left + to, bottom };
                let frame = Frame { inner, x_axis, y_axis: panel.y_axis() };
                placed.push(Placed { panel, frame, notes, left, top, x_label });
            }
            top = bottom + TICKS_HEIGHT;
            if row_index + 1 == panels.len().div_ceil(columns) || matches!(x_labels, XLabels::Each(_)) {
                top += X_LABEL_HEIGHT;
            }
        }
        let legend_top = top;
        let height = legend_top + legend.height() + MARGIN / 2.0;
        Self { panels: placed, legend, legend_top, height }
    }

    fn draw(&self, canvas: &Canvas) -> Result<()> {
        let sizes = self.sizes();
        for placed in &self.panels {
            let Placed { panel, frame, notes, .. } = placed;
            let strokes: Vec<Stroke> = panel.lines.iter().map(|line| self.legend.stroke(&line.name)).collect();
            panel.draw(canvas, frame, &strokes)?;
            placed.draw_names(canvas, &sizes)?;
            notes.draw(canvas, &frame.inner, frame.inner.top - notes.height() - 3.0)?;
        }
        self.legend.draw(canvas, self.legend_top)
    }

    /// Those at which the longest of each kind fits.
    fn sizes(&self) -> Sizes {
        let panels = || self.panels.iter().map(|placed| placed.panel);
        let width = self.panels.iter().map(|placed| placed.frame.inner.right - placed.frame.inner.left);
        let width = width.fold(f64::INFINITY, f64::min);
        Sizes {
            title: fit(panels().map(|panel| panel.title.as_str()), TITLE_EM, width),
            x_label: fit(self.panels.iter().filter_map(|placed| placed.x_label), LABEL_EM, width),
            y_label: fit(panels().map(|panel| panel.y_label.as_str()), LABEL_EM, PANEL_HEIGHT),
        }
    }
}

/// The sizes of what panels and their axes are called, in ems.
struct Sizes {
    title: f64,
    x_label: f64,
    y_label: f64,
}

impl Placed<'_> {
    /// What the panel and its axes are called.
    fn draw_names(&self, canvas: &Canvas, sizes: &Sizes) -> Result<()> {
        let Rectangle { left, top, right, bottom } = self.frame.inner;
        let (x, y) = (middle(left, right), middle(top, bottom));
        let title_at = Point(x, self.top + TITLE_HEIGHT - 11.0);
        canvas.text(&self.panel.title, title_at, Align::Above, sizes.title)?;
        canvas.text(&self.panel.y_label, Point(self.left + 12.0, y), Align::Upwards, sizes.y_label)?;
        let Some(label) = self.x_label else { return Ok(()) };
        canvas.text(label, Point(x, bottom + TICKS_HEIGHT), Align::Below, sizes.x_label)
    }
}

/// One entry for each name, in rows.
struct Legend<'a> {
    names: Vec<&'a str>,
    /// Whether a line turns back, so that its start is marked.
    has_start: bool,
    column_widths: Vec<f64>,
}

impl<'a> Legend<'a> {
    fn new(panels: &'a [LinePanel]) -> Self {
        let mut names: Vec<&str> = Vec::new();
        for line in panels.iter().flat_map(|panel| &panel.lines) {
            if !names.contains(&line.name.as_str()) {
                names.push(&line.name);
            }
        }
        let has_start = panels.iter().flat_map(|panel| &panel.lines).any(|line| line.start_of_fold().is_some());
        let entries: Vec<&str> = names.iter().copied().chain(has_start.then_some(START)).collect();
        let fits = |widths: &Vec<f64>| widths.iter().sum::<f64>() <= f64::from(WIDTH) - 2.0 * MARGIN;
        let mut candidates = (1..=MOST_COLUMNS).rev().map(|columns| column_widths(&entries, columns));
        let column_widths = candidates.find(fits).unwrap_or_else(|| column_widths(&entries, 1));
        Self { names, has_start, column_widths }
    }

    fn height(&self) -> f64 {
        let entries = self.names.len() + usize::from(self.has_start);
        entries.div_ceil(self.column_widths.len()) as f64 * KEY_HEIGHT + 12.0
    }

    /// A color for each name without `_in_reward`; with it, dashes.
    fn stroke(&self, name: &str) -> Stroke {
        let base = |name: &'a str| name.strip_suffix(IN_REWARD).unwrap_or(name);
        let mut bases: Vec<&str> = Vec::new();
        for base in self.names.iter().map(|name| base(name)) {
            if !bases.contains(&base) {
                bases.push(base);
            }
        }
        let of_name = name.strip_suffix(IN_REWARD);
        let index = bases.iter().position(|base| *base == of_name.unwrap_or(name)).unwrap_or(0);
        Stroke { color: color::of_index(index), width: KEY_WIDTH, dashed: of_name.is_some() }
    }

    fn draw(&self, canvas: &Canvas, top: f64) -> Result<()> {
        let width: f64 = self.column_widths.iter().sum();
        let left = (f64::from(WIDTH) - width) / 2.0;
        let background = Rectangle { left, top, right: left + width, bottom: top + self.height() };
        legend::background(canvas, &background)?;
        let place = |index: usize| {
            let (row, column) = (index / self.column_widths.len(), index % self.column_widths.len());
            let x = left + KEY_GAP / 2.0 + self.column_widths[..column].iter().sum::<f64>();
            Point(x, top + 6.0 + (row as f64 + 0.5) * KEY_HEIGHT)
        };
        for (index, name) in self.names.iter().enumerate() {
            legend::key(canvas, place(index), KEY, self.stroke(name), name, LABEL_EM)?;
        }
        if self.has_start {
            let Point(x, y) = place(self.names.len());
            draw_start(canvas, Point(x + KEY / 2.0, y), BLACK)?;
            canvas.text(START, Point(x + KEY + legend::GAP, y), Align::Left, LABEL_EM)?;
        }
        Ok(())
    }
}

/// How wide columns have to be, with the space between them, where entries are put into rows.
fn column_widths(entries: &[&str], columns: usize) -> Vec<f64> {
    let columns = columns.min(entries.len()).max(1);
    let width = |name: &&str| KEY + legend::GAP + text_width(name, LABEL_EM) + KEY_GAP;
    (0..columns).map(|column| entries.iter().skip(column).step_by(columns).map(width).fold(0.0, f64::max)).collect()
}
