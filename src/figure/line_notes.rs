//! What logarithmic axes cannot show of lines: zeros, infinities and what is cut off, said in words above the panel.

use super::canvas::{Align, Canvas, Point, Rectangle, text_width};
use super::line_panel::{Line, LinePanel};
use super::line_regions::{Region, regions};
use super::log_axis::{LEAST, LogAxis};
use crate::theory::Moment;
use anyhow::Result;
use plotters::style::RGBColor;

/// Where a value is infinite.
pub const GREY: RGBColor = RGBColor(236, 236, 236);
const PATCH_BORDER: RGBColor = RGBColor(170, 170, 170);
const PATCH: f64 = 15.0;
/// How far text is moved to the right by a patch.
const INDENT: f64 = 22.0;
const EM: f64 = 17.0;
/// The height of a line of text, in pixels.
pub const LINE_HEIGHT: f64 = 23.0;

/// The notes of a panel, in lines of text.
pub struct Notes(Vec<NoteLine>);

struct NoteLine {
    text: String,
    indent: f64,
    /// With a patch in the colour of the regions before it.
    has_patch: bool,
}

impl Notes {
    /// Those of a panel, for that width in pixels.
    pub fn new(panel: &LinePanel, y_axis: &LogAxis, width: f64) -> Self {
        let regions = regions(&panel.lines);
        let with_range = regions.len() > 1;
        let infinities = regions.iter().map(|region| (infinity(region, with_range), region.names.clone(), true));
        let others = others(panel, y_axis).into_iter().map(|(head, names)| (head, names, false));
        let notes = infinities.chain(others).filter(|(_, names, _)| !names.is_empty());
        Self(notes.flat_map(|(head, names, patch)| wrap(&head, &names, patch, width)).collect())
    }

    /// How much room they take, in pixels.
    pub fn height(&self) -> f64 {
        self.0.len() as f64 * LINE_HEIGHT
    }

    /// Draws them downwards from that height, from the left of the area.
    pub fn draw(&self, canvas: &Canvas, area: &Rectangle, top: f64) -> Result<()> {
        for (index, line) in self.0.iter().enumerate() {
            let y = top + (index as f64 + 0.5) * LINE_HEIGHT;
            if line.has_patch {
                let (left, half) = (area.left + 1.0, PATCH / 2.0);
                let patch = Rectangle { left, top: y - half, right: left + PATCH, bottom: y + half };
                let [a, b, c, d] = patch.corners();
                canvas.area(&[a, b, c, d], GREY)?;
                canvas.line(&[a, b, c, d, a], PATCH_BORDER, 1.0)?;
            }
            canvas.text(&line.text, Point(area.left + line.indent, y), Align::Left, EM)?;
        }
        Ok(())
    }
}

fn infinity(region: &Region, with_range: bool) -> String {
    let range =
        if with_range { format!(" from {} to {}", short(region.from), short(region.to)) } else { String::new() };
    let branch = if region.on_one_branch { " on one branch" } else { "" };
    format!("infinite variance{branch}{range}: ")
}

fn short(x: f64) -> String {
    if (0.01..1000.0).contains(&x) { format!("{x:.2}") } else { format!("{x:.1e}") }
}

/// The other notes, and the lines that they are about.
fn others(panel: &LinePanel, y_axis: &LogAxis) -> [(String, Vec<String>); 8] {
    let name = |holds: &dyn Fn(&Line) -> bool| -> Vec<String> {
        let names = || panel.lines.iter().filter(|line| holds(line)).map(|line| line.name.clone());
        if names().count() == panel.lines.len() && names().count() > 1 {
            vec!["all".to_owned()]
        } else {
            names().collect()
        }
    };
    let what = panel.y_label.as_str();
    [
        (format!("{what} 0: "), name(&|line| has_zero(line) && finite(line).all(|value| value < LEAST))),
        (
            format!("{what} 0 at some points: "),
            name(&|line| has_zero(line) && finite(line).any(|value| value >= LEAST)),
        ),
        ("undefined: ".to_owned(), name(&|line| line.points.iter().all(|point| point.1.is_none()))),
        ("below the axis: ".to_owned(), name(&|line| all_places(line, y_axis, &|place| place < 0.0))),
        ("above the axis: ".to_owned(), name(&|line| all_places(line, y_axis, &|place| place > 1.0))),
        ("in part beyond 64-bit floats: ".to_owned(), name(&|line| has(line, Moment::Overflow))),
        ("in part unresolved: ".to_owned(), name(&|line| has(line, Moment::Unresolved))),
        ("in part not a number: ".to_owned(), name(&|line| has(line, Moment::Undefined))),
    ]
}

fn finite(line: &Line) -> impl Iterator<Item = f64> {
    line.points.iter().filter_map(|point| match point.1 {
        Some(Moment::Finite(value)) => Some(value),
        _ => None,
    })
}

fn has_zero(line: &Line) -> bool {
    finite(line).any(|value| value < LEAST)
}

fn has(line: &Line, kind: Moment) -> bool {
    line.points.iter().any(|point| point.1 == Some(kind))
}

fn all_places(line: &Line, axis: &LogAxis, holds: &dyn Fn(f64) -> bool) -> bool {
    let mut places = finite(line).filter(|&value| value >= LEAST).map(|value| axis.place(value)).peekable();
    places.peek().is_some() && places.all(holds)
}

/// A head and names with commas between them, in lines that are no wider than that.
fn wrap(head: &str, names: &[String], has_patch: bool, width: f64) -> Vec<NoteLine> {
    let indent = if has_patch { INDENT } else { 0.0 };
    let mut lines = vec![NoteLine { text: head.to_owned(), indent, has_patch }];
    for (index, name) in names.iter().enumerate() {
        let word = if index + 1 < names.len() { format!("{name}, ") } else { name.clone() };
        let line = lines.last_mut().expect("there is a first line");
        let longer = format!("{}{word}", line.text);
        if text_width(longer.trim_end(), EM) + indent <= width {
            line.text = longer;
        } else {
            lines.push(NoteLine { text: word, indent, has_patch: false });
        }
    }
    lines
}
