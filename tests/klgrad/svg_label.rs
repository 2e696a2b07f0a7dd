//! A text of an SVG: its size, its font, and the box around its letters.

use ab_glyph::{Font, FontRef};

static FONT: &[u8] = include_bytes!("../../src/figure/fonts/DejaVuSans.ttf");

/// From the baseline up to the top of a capital letter, and down to an underscore's lower edge, in ems.
const ASCENT: f64 = 0.73;
const DESCENT: f64 = 0.236;
/// The x-height of the font, in ems.
const EX: f64 = 0.547;

/// In pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    pub text: String,
    /// The font's families, in the order in which a viewer tries them.
    pub families: Vec<String>,
    pub em: f64,
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Label {
    pub fn parse(node: roxmltree::Node, units_per_pixel: f64) -> Self {
        let attribute = |name: &str| node.attribute(name).unwrap();
        let number = |name: &str| attribute(name).parse::<f64>().unwrap() / units_per_pixel;
        let text = node.text().unwrap_or_default().trim().to_owned();
        let (x, y, em) = (number("x"), number("y"), number("font-size"));
        let width = width(&text, em);
        let start = match attribute("text-anchor") {
            "start" => 0.0,
            "middle" => -width / 2.0,
            "end" => -width,
            other => panic!("unknown anchor {other}"),
        };
        let baseline = match attribute("dy") {
            "0.76em" => 0.76 * em,
            "0.5ex" => 0.5 * EX * em,
            "-0.5ex" => -0.5 * EX * em,
            other => panic!("unknown dy {other}"),
        };
        let (end, above, below) = (start + width, baseline - ASCENT * em, baseline + DESCENT * em);
        let [left, top, right, bottom] = match node.attribute("transform") {
            None => [x + start, y + above, x + end, y + below],
            Some(turn) if turn.starts_with("rotate(270,") => [x + above, y - end, x + below, y - start],
            Some(other) => panic!("unknown transform {other}"),
        };
        let families = attribute("font-family").split(',').map(|family| family.trim().to_owned()).collect();
        Self { text, families, em, left, top, right, bottom }
    }

    pub fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }
}

/// The sum of the letters' widths.
fn width(text: &str, em: f64) -> f64 {
    let font = FontRef::try_from_slice(FONT).unwrap();
    let units: f32 = text.chars().map(|letter| font.h_advance_unscaled(font.glyph_id(letter))).sum();
    f64::from(units / font.units_per_em().unwrap()) * em
}
