//! The names below violins: side by side where they fit, else turned, and always of one size.

use super::canvas::{Canvas, Rectangle, text_width};
use super::frame::{bottom_tick, turned_bottom_tick};
use super::panel::LABEL_EM;
use anyhow::Result;

/// The part of a violin's slot that its name may take, so that neighbours do not touch.
const PART: f64 = 0.95;
/// The height of a level name, in ems.
const LEVEL_HEIGHT: f64 = 1.16;

/// How the names stand below panels that are side by side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Names {
    /// To be read as they are.
    Level,
    /// To be read from below; the longest is so long, in pixels.
    Turned { length: f64 },
}

impl Names {
    /// How names have to stand for which there is so much room in a line, each with its own, in pixels.
    pub fn within<'a>(names_and_rooms: impl Iterator<Item = (&'a str, f64)>) -> Self {
        let (mut fit, mut longest) = (true, 0.0_f64);
        for (name, room) in names_and_rooms {
            let length = text_width(name, LABEL_EM);
            fit &= length <= PART * room;
            longest = longest.max(length);
        }
        if fit { Self::Level } else { Self::Turned { length: longest } }
    }

    /// How much more height they need than level ones, in pixels.
    pub fn extra_height(self) -> f64 {
        match self {
            Self::Level => 0.0,
            Self::Turned { length } => (length - LEVEL_HEIGHT * LABEL_EM).max(0.0),
        }
    }

    /// Draws one of them, and its tick, below the frame.
    pub fn draw(self, canvas: &Canvas, inner: &Rectangle, x: f64, name: &str) -> Result<()> {
        match self {
            Self::Level => bottom_tick(canvas, inner, x, name, LABEL_EM),
            Self::Turned { .. } => turned_bottom_tick(canvas, inner, x, name, LABEL_EM),
        }
    }
}
