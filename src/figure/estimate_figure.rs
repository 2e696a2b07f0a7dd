//! How far the gradients of estimators are off, beside how noisy they are, with a row for each.

use super::Format;
use super::bias_mark::{Look, draw_bias, draw_noise, ends};
use super::canvas::{Align, Canvas, Point, Rectangle, text_width};
use super::estimate_legend::Legend;
use super::frame::fit;
use super::letters::{in_font, shorten};
use super::line_panel::{LABEL_EM, TITLE_EM};
use super::log_axis::LogAxis;
use super::row_panel::RowPanel;
use super::scale::Scale;
use anyhow::Result;

pub(super) const WIDTH: f64 = 1600.0;
pub(super) const MARGIN: f64 = 30.0;
const TITLE_HEIGHT: f64 = 44.0;
const ROW_HEIGHT: f64 = 42.0;
const LEAST_HEIGHT: f64 = 84.0;
/// Of ticks and the name below a panel.
const BELOW: f64 = 82.0;
/// Names are as small as that where they are long, and are shortened where that does not help.
const LEAST_EM: f64 = 13.0;
const MOST_NAME_WIDTH: f64 = 420.0;
const NAME_GAP: f64 = 12.0;
/// Between the panels.
const GAP: f64 = 46.0;
/// The left panel's part of the room.
const BIAS_PART: f64 = 0.62;
const AXIS_MARGIN: f64 = 0.05;

/// The distance of a gradient from its target, over the length of the target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BiasPoint {
    /// The root of an unbiased estimate of its square with the sign of that: where there is no bias, it may be negative.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
    /// Whether it is told from 0.
    pub resolved: bool,
}

/// What is shown of an estimator.
#[derive(Clone, Debug, PartialEq)]
pub struct EstimateRow {
    /// What it is called.
    pub name: String,
    /// Against each of the two targets, where it is known.
    pub biases: [Option<BiasPoint>; 2],
    /// The standard deviation of one sample, where it is known.
    pub noise: Option<f64>,
}

/// Estimators, each with two biases and a noise.
#[derive(Clone, Debug, PartialEq)]
pub struct EstimateFigure {
    /// Above the panels.
    pub title: String,
    /// Below the axis of the biases.
    pub bias_label: String,
    /// What the legend calls each of the two biases.
    pub bias_names: [String; 2],
    /// Below the axis of the noise.
    pub noise_label: String,
    /// In any order.
    pub rows: Vec<EstimateRow>,
}

/// Draws the biases beside the noise, both on logarithmic axes, and returns the bytes of an image file.
///
/// The rows are ordered by noise, the least on top, and those without one last. A bias that is told from 0 is a filled mark with a
/// bar of one standard error to either side; another is hollow, and its bar reaches from the left edge to its upper limit. What is
/// too small for an axis is at its left edge.
///
/// # Errors
/// What the image's encoder or plotters reports.
pub fn draw_estimates(figure: &EstimateFigure, format: Format) -> Result<Vec<u8>> {
    let layout = Layout::new(figure);
    format.draw((WIDTH as u32, layout.height().ceil() as u32), |canvas| layout.draw(canvas))
}

/// Where everything is.
struct Layout<'a> {
    title: String,
    rows: Vec<&'a EstimateRow>,
    names: Names,
    bias: RowPanel<'a>,
    noise: RowPanel<'a>,
    legend: Legend,
}

impl<'a> Layout<'a> {
    fn new(figure: &'a EstimateFigure) -> Self {
        let rows = by_noise(&figure.rows);
        let names = Names::new(&rows);
        let count = rows.len().max(1);
        let bottom = TITLE_HEIGHT + (ROW_HEIGHT * count as f64).max(LEAST_HEIGHT);
        let left = MARGIN + names.width() + NAME_GAP;
        let right = WIDTH - MARGIN;
        let between = left + BIAS_PART * (right - left - GAP);
        let inner = |left, right| Rectangle { left, top: TITLE_HEIGHT, right, bottom };
        let biases = rows.iter().flat_map(|row| row.biases).flatten().flat_map(|bias| ends(&bias));
        let noises = rows.iter().filter_map(|row| row.noise);
        let [bias, noise] = [LogAxis::over(biases, AXIS_MARGIN), LogAxis::over(noises, AXIS_MARGIN)].map(Scale::Log);
        Self {
            title: in_font(&figure.title),
            names,
            bias: RowPanel { inner: inner(left, between), scale: bias, name: &figure.bias_label, rows: count },
            noise: RowPanel {
                inner: inner(between + GAP, right),
                scale: noise,
                name: &figure.noise_label,
                rows: count,
            },
            rows,
            legend: Legend::new(&figure.bias_names),
        }
    }

    fn legend_top(&self) -> f64 {
        self.bias.inner.bottom + BELOW
    }

    fn height(&self) -> f64 {
        self.legend_top() + self.legend.height() + MARGIN / 2.0
    }

    fn draw(&self, canvas: &Canvas) -> Result<()> {
        let room = WIDTH - 2.0 * MARGIN;
        let em = fit([self.title.as_str()], TITLE_EM, room).max(LEAST_EM);
        let at = Point(WIDTH / 2.0, TITLE_HEIGHT - 11.0);
        canvas.text(&shorten(&self.title, em, room), at, Align::Above, em)?;
        self.bias.draw(canvas, || self.draw_biases(canvas))?;
        self.noise.draw(canvas, || self.draw_noises(canvas))?;
        self.draw_names(canvas)?;
        self.legend.draw(canvas, self.legend_top())
    }

    fn draw_names(&self, canvas: &Canvas) -> Result<()> {
        let right = self.bias.inner.left - NAME_GAP;
        self.names.texts.iter().enumerate().try_for_each(|(index, name)| {
            canvas.text(name, Point(right, self.bias.middle(index)), Align::Right, self.names.em)
        })
    }

    fn draw_biases(&self, canvas: &Canvas) -> Result<()> {
        let marks = self.rows.iter().enumerate().flat_map(|(index, row)| {
            let biases = row.biases.into_iter().zip(Look::BOTH);
            biases.filter_map(move |(bias, look)| Some((index, bias?, look)))
        });
        marks.into_iter().try_for_each(|(index, bias, look)| draw_bias(canvas, &self.bias, index, &bias, look))
    }

    fn draw_noises(&self, canvas: &Canvas) -> Result<()> {
        let noises = self.rows.iter().enumerate().filter_map(|(index, row)| Some((index, row.noise?)));
        noises.into_iter().try_for_each(|(index, noise)| draw_noise(canvas, &self.noise, index, noise))
    }
}

/// The least noise first, and where there is none last.
fn by_noise(rows: &[EstimateRow]) -> Vec<&EstimateRow> {
    let noise = |row: &EstimateRow| row.noise.filter(|noise| !noise.is_nan()).unwrap_or(f64::INFINITY);
    let mut rows: Vec<&EstimateRow> = rows.iter().collect();
    rows.sort_by(|a, b| noise(a).total_cmp(&noise(b)));
    rows
}

/// The names at the left, all of one size.
struct Names {
    texts: Vec<String>,
    em: f64,
}

impl Names {
    fn new(rows: &[&EstimateRow]) -> Self {
        let names: Vec<String> = rows.iter().map(|row| in_font(&row.name)).collect();
        let em = fit(names.iter().map(String::as_str), LABEL_EM, MOST_NAME_WIDTH).max(LEAST_EM);
        Self { texts: names.iter().map(|name| shorten(name, em, MOST_NAME_WIDTH)).collect(), em }
    }

    fn width(&self) -> f64 {
        self.texts.iter().map(|name| text_width(name, self.em)).fold(0.0, f64::max)
    }
}
