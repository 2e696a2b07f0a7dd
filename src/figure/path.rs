//! Cutting lines into pieces that can be drawn.

use super::canvas::{Point, Rectangle};

/// The parts of a line within an area.
pub fn clip(points: &[Point], area: &Rectangle) -> Vec<Vec<Point>> {
    let mut parts: Vec<Vec<Point>> = Vec::new();
    for pair in points.windows(2) {
        let Some((start, end)) = clip_segment(pair[0], pair[1], area) else { continue };
        match parts.last_mut() {
            Some(part) if part.last() == Some(&start) => part.push(end),
            _ => parts.push(vec![start, end]),
        }
    }
    parts
}

/// The part of a straight line within an area, by Liang and Barsky's parameters of entry and exit.
fn clip_segment(a: Point, b: Point, area: &Rectangle) -> Option<(Point, Point)> {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let (mut entry, mut exit) = (0.0_f64, 1.0_f64);
    let sides = [(-dx, a.0 - area.left), (dx, area.right - a.0), (-dy, a.1 - area.top), (dy, area.bottom - a.1)];
    for (towards, distance) in sides {
        if towards == 0.0 && distance < 0.0 {
            return None;
        } else if towards < 0.0 {
            entry = entry.max(distance / towards);
        } else if towards > 0.0 {
            exit = exit.min(distance / towards);
        }
    }
    // The ends themselves, where nothing is cut off, so that the next segment begins where this one ends.
    let at = |t: f64| {
        if t == 0.0 {
            a
        } else if t == 1.0 {
            b
        } else {
            Point(a.0 + t * dx, a.1 + t * dy)
        }
    };
    (entry < exit).then(|| (at(entry), at(exit)))
}

/// The line in pieces without a sharp corner, at which plotters' wide lines go astray, and without segments so short
/// that their direction is lost in the rounding to units.
pub fn smooth_pieces(points: &[Point]) -> Vec<Vec<Point>> {
    const SHORTEST: f64 = 1.0;
    let Some((&first, rest)) = points.split_first() else { return Vec::new() };
    let mut piece = vec![first];
    let mut pieces = Vec::new();
    for (index, &point) in rest.iter().enumerate() {
        let last = piece[piece.len() - 1];
        let is_end = index + 1 == rest.len();
        if !is_end && (point.0 - last.0).hypot(point.1 - last.1) < SHORTEST {
            continue;
        }
        if piece.len() > 1 && is_sharp(piece[piece.len() - 2], last, point) {
            pieces.push(std::mem::replace(&mut piece, vec![last]));
        }
        piece.push(point);
    }
    pieces.push(piece);
    pieces
}

/// The dashes of a line, in a pattern that began that far before it.
pub fn dashes(points: &[Point], dash: f64, gap: f64, before: f64) -> Vec<Vec<Point>> {
    let Some(&first) = points.first() else { return Vec::new() };
    let before = before.rem_euclid(dash + gap);
    let mut in_dash = before < dash;
    // To the next end of a dash or gap.
    let mut remaining = if in_dash { dash - before } else { dash + gap - before };
    let mut dashes = if in_dash { vec![vec![first]] } else { Vec::new() };
    for pair in points.windows(2) {
        let (mut start, end) = (pair[0], pair[1]);
        loop {
            let length = (end.0 - start.0).hypot(end.1 - start.1);
            let is_over = remaining >= length;
            let next = if is_over { end } else { towards(start, end, remaining / length) };
            if in_dash {
                dashes.last_mut().expect("a dash begins with a point").push(next);
            }
            if is_over {
                remaining -= length;
                break;
            }
            in_dash = !in_dash;
            remaining = if in_dash { dash } else { gap };
            if in_dash {
                dashes.push(vec![next]);
            }
            start = next;
        }
    }
    dashes
}

fn towards(start: Point, end: Point, part: f64) -> Point {
    Point(start.0 + part * (end.0 - start.0), start.1 + part * (end.1 - start.1))
}

/// The line in parts that run from left to right, each the other way round where it ran to the left.
pub fn left_to_right(points: &[Point]) -> Vec<Vec<Point>> {
    let mut parts: Vec<Vec<Point>> = Vec::new();
    let mut runs_right = None;
    for pair in points.windows(2) {
        let right = pair[1].0 >= pair[0].0;
        match parts.last_mut() {
            Some(part) if runs_right == Some(right) => part.push(pair[1]),
            _ => parts.push(pair.to_vec()),
        }
        runs_right = Some(right);
    }
    for part in &mut parts {
        if part[0].0 > part[part.len() - 1].0 {
            part.reverse();
        }
    }
    parts
}

/// Whether the direction turns by more than 60 degrees at b.
fn is_sharp(a: Point, b: Point, c: Point) -> bool {
    let (before, after) = ((b.0 - a.0, b.1 - a.1), (c.0 - b.0, c.1 - b.1));
    let cosine_times_lengths = before.0 * after.0 + before.1 * after.1;
    cosine_times_lengths < 0.5 * before.0.hypot(before.1) * after.0.hypot(after.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Rectangle = Rectangle { left: 0.0, top: 0.0, right: 10.0, bottom: 10.0 };

    #[test]
    fn a_line_that_leaves_and_comes_back_is_two() {
        let parts =
            clip(&[Point(1.0, 5.0), Point(5.0, 5.0), Point(5.0, 15.0), Point(8.0, 15.0), Point(8.0, 5.0)], &AREA);
        let first = vec![Point(1.0, 5.0), Point(5.0, 5.0), Point(5.0, 10.0)];
        assert_eq!(parts, [first, vec![Point(8.0, 10.0), Point(8.0, 5.0)]]);
        assert!(clip(&[Point(-1.0, 5.0), Point(-1.0, 7.0)], &AREA).is_empty());
        assert!(clip(&[Point(-1.0, 9.0), Point(5.0, 39.0)], &AREA).is_empty());
    }

    #[test]
    fn pieces_meet_at_sharp_corners() {
        let (a, b, c) = (Point(0.0, 0.0), Point(5.0, 8.0), Point(10.0, 0.0));
        assert_eq!(smooth_pieces(&[a, b, c]), [vec![a, b], vec![b, c]]);
        let near = Point(10.3, 0.0);
        assert_eq!(smooth_pieces(&[a, c, near, Point(20.0, 1.0)]), [vec![a, c, Point(20.0, 1.0)]]);
    }

    #[test]
    fn dashes_go_round_corners_and_begin_within_their_pattern() {
        let (a, corner, b) = (Point(15.0, 0.0), Point(21.0, 0.0), Point(21.0, 20.0));
        let expected = [vec![a, corner, Point(21.0, 3.0)], vec![Point(21.0, 9.0), Point(21.0, 18.0)]];
        assert_eq!(dashes(&[a, corner, b], 9.0, 6.0, 0.0), expected);
        let late = dashes(&[Point(4.0, 0.0), Point(17.0, 0.0)], 9.0, 6.0, 4.0);
        assert_eq!(late, [vec![Point(4.0, 0.0), Point(9.0, 0.0)], vec![Point(15.0, 0.0), Point(17.0, 0.0)]]);
        assert!(dashes(&[Point(0.0, 0.0), Point(4.0, 0.0)], 9.0, 6.0, 25.0).is_empty(), "all in a gap");
    }

    #[test]
    fn a_line_that_turns_back_is_two_from_left_to_right() {
        let [a, b, c] = [Point(4.0, 0.0), Point(1.0, 1.0), Point(9.0, 2.0)];
        assert_eq!(left_to_right(&[a, b, c]), [vec![b, a], vec![b, c]]);
    }
}
