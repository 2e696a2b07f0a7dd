//! One violin, as seaborn draws it.

use super::canvas::{Canvas, Point};
use crate::statistics::{BoxPlot, KernelDensity, kernel_density};
use anyhow::Result;
use plotters::style::{RGBColor, WHITE};

/// Half the width, in slots.
pub const HALF_WIDTH: f64 = 0.4;
/// How far a density is drawn beyond the extremes, in bandwidths.
const CUT: f64 = 2.0;
const POINTS: usize = 100;

const OUTLINE: RGBColor = RGBColor(62, 62, 62);
const OUTLINE_WIDTH: f64 = 1.74;
const WHISKER_WIDTH: f64 = 2.6;
const BOX_WIDTH: f64 = 7.8;
const MEDIAN_WIDTH: f64 = 1.56;

/// The distribution of a set of gradients.
#[derive(Clone, Debug)]
pub struct Violin {
    /// What the set is called.
    pub name: String,
    shape: Shape,
    count: usize,
    not_finite: usize,
}

/// What can be drawn of a set.
#[derive(Clone, Debug)]
enum Shape {
    /// Nothing is finite.
    Nothing,
    /// Values that are all the same.
    Level(f64),
    /// A density with a box in it.
    Density(KernelDensity, BoxPlot),
}

impl Violin {
    /// The violin of the finite ones of these gradients.
    pub fn new(name: &str, gradients: Vec<f32>) -> Self {
        let count = gradients.len();
        let mut finite = gradients;
        finite.retain(|gradient| gradient.is_finite());
        let shape = match (kernel_density(&finite, CUT, POINTS), finite.first()) {
            (Some(density), _) => Shape::Density(density, BoxPlot::of(&mut finite)),
            (None, Some(&level)) => Shape::Level(level.into()),
            (None, None) => Shape::Nothing,
        };
        Self { name: name.to_owned(), shape, count, not_finite: count - finite.len() }
    }

    /// The least and the greatest value that is drawn.
    pub fn extent(&self) -> Option<(f64, f64)> {
        match &self.shape {
            Shape::Nothing => None,
            Shape::Level(level) => Some((*level, *level)),
            Shape::Density(density, _) => Some((density.curve[0].0, density.curve[POINTS - 1].0)),
        }
    }

    /// How many of the set are not finite, and not drawn, such as `1 of 20`.
    pub(super) fn not_finite(&self) -> Option<String> {
        (self.not_finite > 0).then(|| format!("{} of {}", self.not_finite, self.count))
    }

    /// Whether a line is drawn, for all are the same.
    pub(super) fn is_level(&self) -> bool {
        matches!(self.shape, Shape::Level(_))
    }

    /// The area and its outline. `place` takes slots to the right of the violin's middle, and a value.
    pub fn draw_body(&self, canvas: &Canvas, fill: RGBColor, place: impl Fn(f64, f64) -> Point) -> Result<()> {
        match &self.shape {
            Shape::Nothing => Ok(()),
            Shape::Level(level) => {
                canvas.line(&[place(-HALF_WIDTH, *level), place(HALF_WIDTH, *level)], fill, BOX_WIDTH / 2.0)
            }
            Shape::Density(density, _) => {
                let peak = density.curve.iter().map(|point| point.1).fold(0.0, f64::max);
                let side = |sign: f64| {
                    density.curve.iter().map(move |&(value, height)| (sign * HALF_WIDTH * height / peak, value))
                };
                let left: Vec<Point> = side(-1.0).map(|(x, y)| place(x, y)).collect();
                let right: Vec<Point> = side(1.0).map(|(x, y)| place(x, y)).collect();
                canvas.area(&[left.clone(), right.iter().rev().copied().collect()].concat(), fill)?;
                // Each side for itself: where a line runs back along itself, plotters leaves both out.
                canvas.line(&left, OUTLINE, OUTLINE_WIDTH)?;
                canvas.line(&right, OUTLINE, OUTLINE_WIDTH)
            }
        }
    }

    /// Whiskers, the box from first to third quartile, and the median.
    pub fn draw_box(&self, canvas: &Canvas, place: impl Fn(f64, f64) -> Point) -> Result<()> {
        let Shape::Density(_, numbers) = &self.shape else { return Ok(()) };
        let BoxPlot { lower_whisker, q1, median, q3, upper_whisker } = *numbers;
        canvas.line(&[place(0.0, lower_whisker), place(0.0, upper_whisker)], OUTLINE, WHISKER_WIDTH)?;
        canvas.line(&[place(0.0, q1), place(0.0, q3)], OUTLINE, BOX_WIDTH)?;
        let Point(x, y) = place(0.0, median);
        let half = (BOX_WIDTH - 1.3) / 2.0;
        canvas.line(&[Point(x - half, y), Point(x + half, y)], WHITE, MEDIAN_WIDTH)
    }
}
