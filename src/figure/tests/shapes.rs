//! What an SVG shows, in pixels.

use crate::figure::canvas::{Point, Rectangle, text_width};

const UNITS_PER_PIXEL: f64 = 10.0;

/// A line, an area or a disc, and the box around it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    pub tag: String,
    pub color: String,
    pub points: Vec<Point>,
    pub area: Rectangle,
}

/// A text, and the box around it, but for its height; of a turned one about where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    pub text: String,
    pub em: f64,
    pub at: Point,
    pub left: f64,
    pub right: f64,
}

/// In the order in which they are drawn.
pub struct Shapes {
    pub size: (f64, f64),
    pub shapes: Vec<Shape>,
    pub texts: Vec<Text>,
}

impl Shapes {
    pub fn of(svg: &[u8]) -> Self {
        let document = roxmltree::Document::parse(std::str::from_utf8(svg).unwrap()).unwrap();
        let root = document.root_element();
        let size = |name| root.attribute(name).unwrap().parse::<f64>().unwrap();
        let texts = root.descendants().filter(|node| node.has_tag_name("text")).map(text);
        Self {
            size: (size("width"), size("height")),
            shapes: root.descendants().filter_map(shape).collect(),
            texts: texts.collect(),
        }
    }

    /// Those of a kind and colour, within an area.
    pub fn within<'a>(&'a self, area: &'a Rectangle, tag: &'a str, color: &'a str) -> impl Iterator<Item = &'a Shape> {
        self.shapes.iter().filter(move |shape| shape.tag == tag && shape.color == color && holds(area, &shape.area))
    }

    /// All of it.
    pub fn canvas(&self) -> Rectangle {
        Rectangle { left: 0.0, top: 0.0, right: self.size.0, bottom: self.size.1 }
    }

    /// The frames of panels.
    pub fn frames(&self) -> Vec<Rectangle> {
        let closed = |shape: &&Shape| shape.color == "#000000" && shape.points.len() == 5;
        self.shapes.iter().filter(closed).map(|shape| shape.area).collect()
    }

    /// Where the label of a tick is.
    pub fn tick(&self, frame: &Rectangle, label: &str) -> f64 {
        let below = |text: &&Text| (frame.left..=frame.right).contains(&text.at.0) && text.at.1 > frame.bottom;
        self.texts.iter().filter(below).find(|text| text.text == label).unwrap_or_else(|| panic!("no {label}")).at.0
    }
}

pub fn holds(area: &Rectangle, other: &Rectangle) -> bool {
    // Places are rounded to a tenth of a pixel.
    const ROUNDING: f64 = 0.11;
    other.left >= area.left - ROUNDING
        && other.right <= area.right + ROUNDING
        && other.top >= area.top - ROUNDING
        && other.bottom <= area.bottom + ROUNDING
}

pub fn middle(area: &Rectangle) -> Point {
    Point((area.left + area.right) / 2.0, (area.top + area.bottom) / 2.0)
}

fn number(node: roxmltree::Node, name: &str) -> f64 {
    node.attribute(name).unwrap().parse::<f64>().unwrap() / UNITS_PER_PIXEL
}

fn shape(node: roxmltree::Node) -> Option<Shape> {
    let tag = node.tag_name().name();
    let (color, points, radius) = match tag {
        "polyline" => ("stroke", points(node), 0.0),
        "polygon" => ("fill", points(node), 0.0),
        // A ring has no fill.
        "circle" => (
            if node.attribute("fill") == Some("none") { "stroke" } else { "fill" },
            vec![Point(number(node, "cx"), number(node, "cy"))],
            number(node, "r"),
        ),
        _ => return None,
    };
    let ends = |of: fn(&Point) -> f64| {
        points.iter().map(of).fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)))
    };
    let ((left, right), (top, bottom)) = (ends(|point| point.0), ends(|point| point.1));
    let area = Rectangle { left: left - radius, top: top - radius, right: right + radius, bottom: bottom + radius };
    Some(Shape { tag: tag.to_owned(), color: node.attribute(color)?.to_owned(), points, area })
}

fn points(node: roxmltree::Node) -> Vec<Point> {
    let point = |pair: &str| {
        let (x, y) = pair.split_once(',').unwrap();
        Point(x.parse::<f64>().unwrap() / UNITS_PER_PIXEL, y.parse::<f64>().unwrap() / UNITS_PER_PIXEL)
    };
    node.attribute("points").unwrap().split_whitespace().map(point).collect()
}

fn text(node: roxmltree::Node) -> Text {
    let text = node.text().unwrap_or_default().trim().to_owned();
    let (at, em) = (Point(number(node, "x"), number(node, "y")), number(node, "font-size"));
    let width = if node.has_attribute("transform") { em } else { text_width(&text, em) };
    let left = match node.attribute("text-anchor") {
        Some("start") => at.0,
        Some("middle") => at.0 - width / 2.0,
        _ => at.0 - width,
    };
    Text { text, em, at, left, right: left + width }
}
