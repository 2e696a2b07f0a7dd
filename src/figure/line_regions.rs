//! The parts of the horizontal axis over which values are infinite.

use super::line_panel::Line;
use super::log_axis::LEAST;
use crate::theory::Moment;

/// A part of the horizontal axis over which the values of some lines are infinite.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    pub from: f64,
    pub to: f64,
    pub names: Vec<String>,
    /// Whether a line comes by a second time, with finite values.
    pub on_one_branch: bool,
}

/// The regions of infinite values: from half-way between the last finite value and the first infinite one, in
/// logarithms. Those of several lines that are the same are one.
pub fn regions(lines: &[Line]) -> Vec<Region> {
    let mut regions: Vec<Region> = Vec::new();
    for line in lines {
        for (from, to) in infinite_ranges(&line.points) {
            let on_one_branch =
                line.points.iter().any(|&(x, value)| matches!(value, Some(Moment::Finite(_))) && from < x && x < to);
            match regions.iter_mut().find(|region| (region.from, region.to) == (from, to)) {
                Some(region) => {
                    region.names.push(line.name.clone());
                    region.on_one_branch |= on_one_branch;
                }
                None => regions.push(Region { from, to, names: vec![line.name.clone()], on_one_branch }),
            }
        }
    }
    regions
}

fn infinite_ranges(points: &[(f64, Option<Moment>)]) -> Vec<(f64, f64)> {
    let is_infinite = |index: usize| points[index].0 >= LEAST && points[index].1 == Some(Moment::Infinite);
    let mut ranges: Vec<(f64, f64)> = Vec::new();
    let mut index = 0;
    while index < points.len() {
        if !is_infinite(index) {
            index += 1;
            continue;
        }
        let start = index;
        while index < points.len() && is_infinite(index) {
            index += 1;
        }
        let edge = |inside: usize, outside: Option<&(f64, Option<Moment>)>| match outside {
            Some(&(x, Some(_))) if x >= LEAST => (x * points[inside].0).sqrt(),
            _ => points[inside].0,
        };
        let before = start.checked_sub(1).and_then(|before| points.get(before));
        let ends = [edge(start, before), edge(index - 1, points.get(index))];
        let all = points[start..index].iter().map(|point| point.0).chain(ends);
        ranges.push(all.fold((f64::INFINITY, 0.0), |(least, greatest), x| (least.min(x), greatest.max(x))));
    }
    ranges
}
