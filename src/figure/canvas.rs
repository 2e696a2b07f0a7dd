//! Lines, areas and text in pixels of the figure, on one of plotters' backends.

use super::average::average;
use super::path::{dashes, smooth_pieces};
use anyhow::{Result, anyhow};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use image::{ImageOutputFormat, RgbImage};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, FontTransform, register_font};
use std::io::Cursor;
use std::sync::{LazyLock, Once};

const FONT: &str = "DejaVu Sans";
/// What the text of an SVG asks for: viewers that refuse embedded fonts take one of the kind.
const FAMILIES: &str = "DejaVu Sans, sans-serif";
static FONT_FILE: &[u8] = include_bytes!("fonts/DejaVuSans.ttf");

// plotters places things at whole units. So that curves are smooth, there are several of them in a pixel.
const PNG_UNITS: u32 = 3;
const SVG_UNITS: u32 = 10;
/// ab_glyph measures text by ascent and descent, which are 0.928 and 0.236 of the em in this font.
const PNG_SIZE_OVER_EM: f64 = 1.164;

/// In pixels.
const DASH: f64 = 9.0;
const GAP: f64 = 6.0;

/// In pixels, from the top left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point(pub f64, pub f64);

/// In pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rectangle {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Rectangle {
    pub fn corners(&self) -> [Point; 4] {
        let Self { left, top, right, bottom } = *self;
        [Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom)]
    }

    /// The area that two rectangles share.
    pub fn overlap(&self, other: &Self) -> f64 {
        let width = self.right.min(other.right) - self.left.max(other.left);
        let height = self.bottom.min(other.bottom) - self.top.max(other.top);
        width.max(0.0) * height.max(0.0)
    }
}

/// Where text lies relative to its point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Align {
    /// Starts there, centred vertically.
    Left,
    /// Ends there, centred vertically.
    Right,
    /// Centred above it.
    Above,
    /// Centred below it.
    Below,
    /// Centred to the right of it, and turned to be read from below.
    Upwards,
    /// Ends there, centred horizontally, and turned to be read from below.
    UpTo,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    pub color: RGBColor,
    /// In pixels.
    pub width: f64,
    pub dashed: bool,
}

impl Stroke {
    pub fn solid(color: RGBColor, width: f64) -> Self {
        Self { color, width, dashed: false }
    }
}

trait Surface {
    fn line(&self, points: Vec<(i32, i32)>, style: ShapeStyle) -> Result<()>;
    fn area(&self, points: Vec<(i32, i32)>, style: ShapeStyle) -> Result<()>;
    fn disc(&self, middle: (i32, i32), radius: u32, style: ShapeStyle) -> Result<()>;
    fn text(&self, text: &str, style: TextStyle, at: (i32, i32)) -> Result<()>;
}

impl<DB: DrawingBackend> Surface for DrawingArea<DB, Shift> {
    fn line(&self, points: Vec<(i32, i32)>, style: ShapeStyle) -> Result<()> {
        self.draw(&PathElement::new(points, style)).map_err(|error| anyhow!("{error}"))
    }

    fn area(&self, points: Vec<(i32, i32)>, style: ShapeStyle) -> Result<()> {
        self.draw(&Polygon::new(points, style)).map_err(|error| anyhow!("{error}"))
    }

    fn disc(&self, middle: (i32, i32), radius: u32, style: ShapeStyle) -> Result<()> {
        self.draw(&Circle::new(middle, radius, style)).map_err(|error| anyhow!("{error}"))
    }

    fn text(&self, text: &str, style: TextStyle, at: (i32, i32)) -> Result<()> {
        self.draw_text(text, &style, at).map_err(|error| anyhow!("{error}"))
    }
}

/// What a figure is drawn on.
pub struct Canvas<'a> {
    surface: &'a dyn Surface,
    units_per_pixel: u32,
    /// plotters' text size over the em.
    size_over_em: f64,
    /// Whether wide lines have corners as sharp as they come: see [`smooth_pieces`].
    joins_corners: bool,
    /// How far below its place text has to be put that is to be centred on it, in ems.
    drop: f64,
}

impl Canvas<'_> {
    /// An open line.
    pub fn line(&self, points: &[Point], color: impl Color, width: f64) -> Result<()> {
        self.surface.line(self.units(points), color.stroke_width(self.length(width)))
    }

    /// An open line with any corners, which may be many: in one piece where the backend can draw them.
    pub fn path(&self, points: &[Point], color: impl Color, width: f64) -> Result<()> {
        match self.joins_corners {
            true => self.line(points, color, width),
            false => smooth_pieces(points).iter().try_for_each(|piece| self.line(piece, &color, width)),
        }
    }

    /// An open line, solid or dashed.
    pub fn stroke(&self, points: &[Point], stroke: Stroke) -> Result<()> {
        self.stroke_from(0.0, points, stroke)
    }

    /// The same, whose dashes are as if it had begun that many pixels before.
    pub fn stroke_from(&self, before: f64, points: &[Point], stroke: Stroke) -> Result<()> {
        if !stroke.dashed {
            return self.line(points, stroke.color, stroke.width);
        }
        let dashes = dashes(points, DASH, GAP, before);
        dashes.iter().try_for_each(|dash| self.line(dash, stroke.color, stroke.width))
    }

    /// A filled circle.
    pub fn disc(&self, middle: Point, radius: f64, color: RGBColor) -> Result<()> {
        self.surface.disc(self.unit(&middle), self.length(radius), color.filled())
    }

    /// A circle.
    pub fn ring(&self, middle: Point, radius: f64, color: RGBColor, width: f64) -> Result<()> {
        self.surface.disc(self.unit(&middle), self.length(radius), color.stroke_width(self.length(width)))
    }

    /// A filled polygon.
    pub fn area(&self, points: &[Point], color: impl Color) -> Result<()> {
        self.surface.area(self.units(points), color.filled())
    }

    /// Black text, `em` in pixels.
    pub fn text(&self, text: &str, at: Point, align: Align, em: f64) -> Result<()> {
        let (h_pos, v_pos) = match align {
            Align::Left => (HPos::Left, VPos::Center),
            Align::Right | Align::UpTo => (HPos::Right, VPos::Center),
            Align::Above => (HPos::Center, VPos::Bottom),
            Align::Below | Align::Upwards => (HPos::Center, VPos::Top),
        };
        let drop = self.drop * em;
        let at = match align {
            Align::Left | Align::Right => Point(at.0, at.1 + drop),
            // What is turned drops to the right.
            Align::UpTo => Point(at.0 + drop, at.1),
            Align::Above | Align::Below | Align::Upwards => at,
        };
        let is_turned = matches!(align, Align::Upwards | Align::UpTo);
        let transform = if is_turned { FontTransform::Rotate270 } else { FontTransform::None };
        let style = self.font(em).transform(transform).into_text_style(&(0, 0)).pos(Pos::new(h_pos, v_pos));
        self.surface.text(text, style, self.unit(&at))
    }

    /// The width of text, in pixels.
    pub fn text_width(&self, text: &str, em: f64) -> f64 {
        let width = self.font(em).box_size(text).map_or(0, |(width, _)| width);
        f64::from(width) / f64::from(self.units_per_pixel)
    }

    fn font(&self, em: f64) -> FontDesc<'static> {
        (FAMILIES, em * self.size_over_em * f64::from(self.units_per_pixel)).into_font()
    }

    fn length(&self, pixels: f64) -> u32 {
        (pixels * f64::from(self.units_per_pixel)).round().max(1.0) as u32
    }

    fn unit(&self, point: &Point) -> (i32, i32) {
        let unit = |pixels: f64| (pixels * f64::from(self.units_per_pixel)).round() as i32;
        (unit(point.0), unit(point.1))
    }

    fn units(&self, points: &[Point]) -> Vec<(i32, i32)> {
        points.iter().map(|point| self.unit(point)).collect()
    }
}

/// Draws pixels, smaller than those of the image, which are then averaged: smooth edges.
pub fn png((width, height): (u32, u32), draw: impl Fn(&Canvas) -> Result<()>) -> Result<Vec<u8>> {
    register_font_once();
    let fine = (width * PNG_UNITS, height * PNG_UNITS);
    let mut pixels = vec![255; 3 * (fine.0 * fine.1) as usize];
    {
        let area = BitMapBackend::with_buffer(&mut pixels, fine).into_drawing_area();
        draw(&Canvas {
            surface: &area,
            units_per_pixel: PNG_UNITS,
            size_over_em: PNG_SIZE_OVER_EM,
            joins_corners: false,
            drop: 0.2,
        })?;
        area.present()?;
    }
    let averages = average::<{ PNG_UNITS as usize }>(&pixels, fine.0);
    let image = RgbImage::from_raw(width, height, averages).expect("the averages have three bytes a pixel");
    let mut bytes = Vec::new();
    image.write_to(&mut Cursor::new(&mut bytes), ImageOutputFormat::Png)?;
    Ok(bytes)
}

/// Draws vectors on white, because viewers have backgrounds of their own, with the font embedded.
pub fn svg(size: (u32, u32), draw: impl Fn(&Canvas) -> Result<()>) -> Result<Vec<u8>> {
    let svg = svg_without_font(size, draw)?;
    let (head, body) = svg.split_once(">\n").expect("plotters begins with the tag svg and a new line");
    Ok(format!("{head}>\n<style>{}</style>\n{body}", font_face()).into_bytes())
}

/// The same for a page that has the font.
pub fn svg_without_font((width, height): (u32, u32), draw: impl Fn(&Canvas) -> Result<()>) -> Result<String> {
    register_font_once();
    let (fine_width, fine_height) = (width * SVG_UNITS, height * SVG_UNITS);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (fine_width, fine_height)).into_drawing_area();
        area.fill(&WHITE)?;
        // plotters' SVG backend takes the em for a size over 1.24.
        draw(&Canvas {
            surface: &area,
            units_per_pixel: SVG_UNITS,
            size_over_em: 1.24,
            joins_corners: true,
            drop: 0.0,
        })?;
        area.present()?;
    }
    // The view box keeps the fine units.
    Ok(svg.replacen(
        &format!("width=\"{fine_width}\" height=\"{fine_height}\""),
        &format!("width=\"{width}\" height=\"{height}\""),
        1,
    ))
}

/// The style sheet's rule that has the font of the figures in it.
pub fn font_face() -> &'static str {
    static RULE: LazyLock<String> = LazyLock::new(|| {
        let font = BASE64_STANDARD.encode(FONT_FILE);
        format!("@font-face{{font-family:\"{FONT}\";src:url(data:font/ttf;base64,{font})}}")
    });
    &RULE
}

/// The width of text in an image, in pixels.
pub fn text_width(text: &str, em: f64) -> f64 {
    register_font_once();
    // Measured large, because widths are rounded to units.
    const MEASURED: f64 = 1000.0;
    let font: FontDesc = (FAMILIES, MEASURED * PNG_SIZE_OVER_EM).into_font();
    font.box_size(text).map_or(0.0, |(width, _)| f64::from(width) / MEASURED * em)
}

fn register_font_once() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let registered = register_font(FAMILIES, FontStyle::Normal, FONT_FILE);
        assert!(registered.is_ok(), "the font that is compiled in is well-formed");
    });
}
