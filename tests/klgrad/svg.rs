//! What an SVG of the program shows, in pixels.

use crate::svg_label::Label;

/// Lines, areas and discs with their colours, and texts.
pub struct Svg {
    pub size: (f64, f64),
    pub lines: Vec<(String, Vec<(f64, f64)>)>,
    pub areas: Vec<(String, Vec<(f64, f64)>)>,
    pub discs: Vec<(String, (f64, f64))>,
    pub texts: Vec<(String, (f64, f64))>,
    /// The texts that show something.
    pub labels: Vec<Label>,
    /// Whether the first shape is white, and covers the whole canvas.
    is_on_white: bool,
}

const UNITS_PER_PIXEL: f64 = 10.0;
/// The least that is readable, in pixels.
const LEAST_EM: f64 = 10.0;

impl Svg {
    pub fn parse(text: &str) -> Self {
        let document = roxmltree::Document::parse(text).unwrap();
        let root = document.root_element();
        let size = ["width", "height"].map(|name| root.attribute(name).unwrap().parse::<f64>().unwrap());
        let view_box = format!("0 0 {} {}", size[0] * UNITS_PER_PIXEL, size[1] * UNITS_PER_PIXEL);
        assert_eq!(root.attribute("viewBox"), Some(view_box.as_str()));
        let nodes = |tag: &'static str| document.descendants().filter(move |node| node.has_tag_name(tag));
        let shapes = |tag, color: &'static str| {
            let shape = move |node: roxmltree::Node| {
                (node.attribute(color).unwrap().to_owned(), points(node.attribute("points").unwrap()))
            };
            nodes(tag).map(shape).collect()
        };
        let number =
            |node: roxmltree::Node, name| node.attribute(name).unwrap().parse::<f64>().unwrap() / UNITS_PER_PIXEL;
        let text = |node: roxmltree::Node| {
            (node.text().unwrap_or_default().trim().to_owned(), (number(node, "x"), number(node, "y")))
        };
        let disc = |node: roxmltree::Node| {
            (node.attribute("fill").unwrap().to_owned(), (number(node, "cx"), number(node, "cy")))
        };
        let labels =
            nodes("text").map(|node| Label::parse(node, UNITS_PER_PIXEL)).filter(|label| !label.text.is_empty());
        let first = root.children().find(|node| node.is_element() && !node.has_tag_name("style"));
        Self {
            is_on_white: first.is_some_and(|node| is_white_rectangle(node, [size[0], size[1]])),
            labels: labels.collect(),
            size: (size[0], size[1]),
            lines: shapes("polyline", "stroke"),
            areas: shapes("polygon", "fill"),
            discs: nodes("circle").map(disc).collect(),
            texts: nodes("text").map(text).collect(),
        }
    }

    pub fn count(&self, text: &str) -> usize {
        self.texts.iter().filter(|(found, _)| found == text).count()
    }

    pub fn assert_all_on_canvas(&self) {
        let shapes = self.lines.iter().chain(&self.areas).flat_map(|(_, points)| points);
        let places = self.texts.iter().chain(&self.discs).map(|(_, place)| place);
        for &(x, y) in shapes.chain(places) {
            // plotters moves what is off the canvas to its edge.
            let inside = (1.0..=self.size.0 - 1.0).contains(&x) && (1.0..=self.size.1 - 1.0).contains(&y);
            assert!(inside, "({x}, {y}) is off the canvas");
        }
    }

    /// The figure can be read in any viewer: on white, in one of the font's kind where the font itself is refused, and
    /// with texts that are neither too small nor cut nor upon each other.
    pub fn assert_legible(&self) {
        assert!(self.is_on_white);
        for (index, label) in self.labels.iter().enumerate() {
            assert_eq!(label.families, ["DejaVu Sans", "sans-serif"], "{}", label.text);
            assert!(label.em >= LEAST_EM, "{label:?}");
            let is_cut = label.left < 0.0 || label.top < 0.0 || label.right > self.size.0 || label.bottom > self.size.1;
            assert!(!is_cut, "{label:?}");
            let other = self.labels[..index].iter().find(|other| other.overlaps(label));
            assert_eq!(other, None, "upon {label:?}");
        }
    }

    /// The one size that texts which stand for the same kind of thing have.
    pub fn em_of<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> f64 {
        let ems = texts.into_iter().flat_map(|text| {
            assert!(self.count(text) > 0, "no {text}");
            self.labels.iter().filter(move |label| label.text == text).map(|label| label.em)
        });
        let ems: Vec<f64> = ems.collect();
        assert!(ems.iter().all(|em| *em == ems[0]), "{ems:?}");
        ems[0]
    }
}

fn is_white_rectangle(node: roxmltree::Node, size: [f64; 2]) -> bool {
    let number = |name| node.attribute(name).unwrap().parse::<f64>().unwrap() / UNITS_PER_PIXEL;
    node.has_tag_name("rect")
        && ["x", "y", "width", "height"].map(number) == [0.0, 0.0, size[0], size[1]]
        && (node.attribute("fill"), node.attribute("opacity")) == (Some("#FFFFFF"), Some("1"))
}

fn points(text: &str) -> Vec<(f64, f64)> {
    let point = |pair: &str| {
        let (x, y) = pair.split_once(',').unwrap();
        (x.parse::<f64>().unwrap() / UNITS_PER_PIXEL, y.parse::<f64>().unwrap() / UNITS_PER_PIXEL)
    };
    text.split_whitespace().map(point).collect()
}

/// The least and the greatest of a coordinate.
pub fn extent(points: &[(f64, f64)], coordinate: impl Fn(&(f64, f64)) -> f64) -> (f64, f64) {
    points.iter().map(coordinate).fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)))
}
