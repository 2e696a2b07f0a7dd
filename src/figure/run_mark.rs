//! The marks of runs: where they start, end and break off, and where they would end exactly.

use super::canvas::{Canvas, Point};
use super::line_panel::draw_start;
use super::overlap::Share;
use anyhow::Result;
use plotters::style::{RGBColor, WHITE};

const DOT: f64 = 3.6;
const RING: f64 = 9.0;
const RING_WIDTH: f64 = 2.6;
/// From the middle of a cross to its ends, across and down.
const ARM: f64 = 4.6;
const ARM_WIDTH: f64 = 2.2;
/// How far white surrounds a mark, on what lies below.
const HALO: f64 = 1.3;
/// By how much the radius is larger for each that has a part of it.
const LARGER: f64 = 0.5;

/// What a place is marked as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunMark {
    /// Where all runs start: a square.
    Start,
    /// Where a run came to after its last step: a dot.
    Last,
    /// Where a run broke off: a cross.
    Broken,
    /// Where runs would end exactly: a ring.
    End,
}

impl RunMark {
    /// Marks the place; several that lie upon each other have each a part of one dot or ring.
    pub fn draw(self, canvas: &Canvas, at: Point, color: RGBColor, share: Share) -> Result<()> {
        let larger = LARGER * (share.count - 1) as f64;
        match self {
            Self::Start => draw_start(canvas, at, color),
            Self::Last if share == Share::ALONE => canvas.disc(at, DOT, color),
            Self::Last => canvas.area(&[share.arc(at, DOT + larger), vec![at]].concat(), color),
            Self::Broken => {
                draw_cross(canvas, at, ARM + HALO, ARM_WIDTH + 2.0 * HALO, WHITE)?;
                draw_cross(canvas, at, ARM, ARM_WIDTH, color)
            }
            Self::End => draw_ring(canvas, at, RING + larger, color, share),
        }
    }
}

fn draw_cross(canvas: &Canvas, Point(x, y): Point, arm: f64, width: f64, color: RGBColor) -> Result<()> {
    canvas.line(&[Point(x - arm, y - arm), Point(x + arm, y + arm)], color, width)?;
    canvas.line(&[Point(x - arm, y + arm), Point(x + arm, y - arm)], color, width)
}

fn draw_ring(canvas: &Canvas, at: Point, radius: f64, color: RGBColor, share: Share) -> Result<()> {
    if share.index == 0 {
        canvas.ring(at, radius, WHITE, RING_WIDTH + 2.0 * HALO)?;
    }
    match share == Share::ALONE {
        true => canvas.ring(at, radius, color, RING_WIDTH),
        false => canvas.line(&share.arc(at, radius), color, RING_WIDTH),
    }
}
