//! What lines of one color add to those that are there already.

use super::canvas::{Point, Rectangle};

/// About as wide as a thin line, in pixels.
const CELL: f64 = 1.5;

/// The cells of an area that a line has gone through.
pub struct Ink {
    area: Rectangle,
    columns: usize,
    cells: Vec<bool>,
}

impl Ink {
    /// None yet.
    pub fn new(area: Rectangle) -> Self {
        let cells = |length: f64| (length / CELL) as usize + 1;
        let columns = cells(area.right - area.left);
        Self { area, columns, cells: vec![false; columns * cells(area.bottom - area.top)] }
    }

    /// The parts of a line within the area that are seen, and inks them.
    ///
    /// Steps shorter than a cell are left out, and so are those that go through inked cells alone. As each step that is kept inks a
    /// cell, all lines together have no more points than twice the cells, however many they are, and however long.
    pub fn parts(&mut self, line: &[Point]) -> Vec<Vec<Point>> {
        let Some((&first, rest)) = line.split_first() else { return Vec::new() };
        let mut parts: Vec<Vec<Point>> = Vec::new();
        let mut last = first;
        for (index, &next) in rest.iter().enumerate() {
            let length = (next.0 - last.0).hypot(next.1 - last.1);
            if length < CELL && index + 1 < rest.len() {
                continue;
            }
            if self.draw(last, next, length) {
                match parts.last_mut() {
                    Some(part) if part.last() == Some(&last) => part.push(next),
                    _ => parts.push(vec![last, next]),
                }
            }
            last = next;
        }
        parts
    }

    /// Inks the cells from one point to the other; whether one had no ink.
    fn draw(&mut self, from: Point, to: Point, length: f64) -> bool {
        let steps = (2.0 * length / CELL).ceil().max(1.0) as u32;
        let mut is_seen = false;
        for step in 0..=steps {
            let part = f64::from(step) / f64::from(steps);
            let cell = self.cell(Point(from.0 + part * (to.0 - from.0), from.1 + part * (to.1 - from.1)));
            is_seen |= !std::mem::replace(&mut self.cells[cell], true);
        }
        is_seen
    }

    fn cell(&self, Point(x, y): Point) -> usize {
        let (column, row) = ((x - self.area.left) / CELL, (y - self.area.top) / CELL);
        (row as usize * self.columns + (column as usize).min(self.columns - 1)).min(self.cells.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Rectangle = Rectangle { left: 10.0, top: 20.0, right: 310.0, bottom: 220.0 };

    fn count(parts: &[Vec<Point>]) -> usize {
        parts.iter().map(Vec::len).sum()
    }

    #[test]
    fn what_is_there_already_is_not_drawn_again() {
        let mut ink = Ink::new(AREA);
        let line = [Point(10.0, 20.0), Point(110.0, 120.0), Point(310.0, 120.0)];
        assert_eq!(ink.parts(&line), [line.to_vec()]);
        assert!(ink.parts(&line).is_empty());
        // It comes down to the line, goes along it, and leaves it.
        let other = [Point(150.0, 30.0), Point(150.0, 120.0), Point(200.0, 120.0), Point(200.0, 220.0)];
        assert_eq!(ink.parts(&other), [other[..2].to_vec(), other[2..].to_vec()]);
    }

    #[test]
    fn steps_shorter_than_a_cell_are_left_out() {
        let slow: Vec<Point> = (0..=2001).map(|step| Point(10.0 + 0.01 * f64::from(step), 50.0)).collect();
        let parts = Ink::new(AREA).parts(&slow);
        assert_eq!((parts.len(), parts[0][0]), (1, slow[0]));
        assert!(slow[2001].0 - parts[0].last().unwrap().0 < CELL);
        assert!((13..=15).contains(&count(&parts)), "20 pixels: {parts:?}");
    }

    #[test]
    fn many_lines_have_no_more_points_than_twice_the_cells() {
        let area = Rectangle { right: 40.0, bottom: 40.0, ..AREA };
        let mut ink = Ink::new(area);
        let mut total = 0;
        for run in 0..30_u32 {
            let at = |step: u32, k: u32| f64::from((step + run) * (step + k) * k % 97) / 97.0;
            let line: Vec<Point> =
                (0..200).map(|step| Point(10.0 + 30.0 * at(step, 3), 20.0 + 20.0 * at(step, 7))).collect();
            total += count(&ink.parts(&line));
        }
        assert!(total <= 2 * ink.cells.len() && total < 30 * 200 / 10, "{total} points");
    }
}
