//! The parts of the horizontal axis over which values are infinite.

use super::line_panel::Line;
use super::log_axis::has_place;
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
    let is_infinite = |point: &(f64, Option<Moment>)| has_place(point.0) && point.1 == Some(Moment::Infinite);
    let mut ranges = Vec::new();
    let mut start = 0;
    for run in points.chunk_by(|a, b| is_infinite(a) == is_infinite(b)) {
        let end = start + run.len();
        if is_infinite(&run[0]) {
            let before = start.checked_sub(1).map(|index| points[index]);
            let edges = [edge(run[0].0, before), edge(run[run.len() - 1].0, points.get(end).copied())];
            let all = run.iter().map(|point| point.0).chain(edges);
            ranges.push(all.fold((f64::INFINITY, 0.0_f64), |(least, greatest), x| (least.min(x), greatest.max(x))));
        }
        start = end;
    }
    ranges
}

/// Where a region ends whose outermost point is there, next to that point outside.
fn edge(inside: f64, outside: Option<(f64, Option<Moment>)>) -> f64 {
    match outside {
        Some((x, Some(_))) if has_place(x) => (x * inside).sqrt(),
        _ => inside,
    }
}
