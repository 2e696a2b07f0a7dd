//! Things that lie upon each other, so that each has to leave room for the others.

use super::canvas::Point;
use super::path::dashes;
use std::f64::consts::TAU;

/// How long each of several lines is seen before it is the next one's turn, in pixels.
const TURN: f64 = 12.0;
/// The points of a whole circle.
const CORNERS: f64 = 48.0;

/// One of several things that lie upon each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// How many of them come before it.
    pub index: usize,
    /// How many they are.
    pub count: usize,
}

impl Share {
    /// Of a thing that lies upon no other.
    pub const ALONE: Self = Self { index: 0, count: 1 };

    /// The shares of these things, where those that are alike lie upon each other.
    pub fn of<T>(things: &[T], are_alike: impl Fn(&T, &T) -> bool) -> Vec<Self> {
        let first = |thing: &T| things.iter().position(|other| std::ptr::eq(other, thing) || are_alike(other, thing));
        let firsts: Vec<Option<usize>> = things.iter().map(first).collect();
        let count = |firsts: &[Option<usize>], first| firsts.iter().filter(|other| **other == first).count();
        let share = |(index, first): (usize, &Option<usize>)| Self {
            index: count(&firsts[..index], *first),
            count: count(&firsts, *first),
        };
        firsts.iter().enumerate().map(share).collect()
    }

    /// What it may draw of lines that are the same for all: a piece in each turn.
    pub fn turns(self, lines: Vec<Vec<Point>>) -> Vec<Vec<Point>> {
        if self == Self::ALONE {
            return lines;
        }
        let gap = TURN * (self.count - 1) as f64;
        let mut before = -TURN * self.index as f64;
        let mut turns = Vec::new();
        for line in lines {
            turns.extend(dashes(&line, TURN, gap, before).into_iter().filter(|dash| dash.len() > 1));
            before += line.windows(2).map(|pair| (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1)).sum::<f64>();
        }
        turns
    }

    /// Its part of a circle, clockwise from the top.
    pub fn arc(self, Point(x, y): Point, radius: f64) -> Vec<Point> {
        let steps = (CORNERS / self.count as f64).ceil();
        let at = |step: u32| {
            let angle = TAU * (self.index as f64 + f64::from(step) / steps) / self.count as f64;
            Point(x + radius * angle.sin(), y - radius * angle.cos())
        };
        (0..=steps as u32).map(at).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_things_share() {
        let shares = Share::of(&[1, 5, 2, 1, 5, 1], |a, b| a == b);
        let expected = [(0, 3), (0, 2), (0, 1), (1, 3), (1, 2), (2, 3)];
        assert_eq!(shares, expected.map(|(index, count)| Share { index, count }));
    }

    #[test]
    fn turns_make_the_whole_line() {
        let lines = || vec![vec![Point(0.0, 0.0), Point(31.0, 0.0)], vec![Point(31.0, 0.0), Point(60.0, 0.0)]];
        assert_eq!(Share::ALONE.turns(lines()), lines());
        let shares = [0, 1].map(|index| Share { index, count: 2 });
        let turns = shares.map(|share| share.turns(lines()));
        let lengths = turns.map(|turns| turns.iter().map(|turn| turn[turn.len() - 1].0 - turn[0].0).sum::<f64>());
        assert_eq!(lengths, [36.0, 24.0]);
    }
}
