//! Where a coefficient is nothing, where it does not change, and where it falls.

use super::coefficient::Coefficient;

/// From where to where, in D; infinite ends are the ends of the line.
pub type Range = [f64; 2];

/// The ranges of a coefficient.
#[derive(Default)]
pub(super) struct Ranges {
    /// It is 0.
    pub(super) dead: Vec<Range>,
    /// It is another constant.
    pub(super) flat: Vec<Range>,
    /// It falls; at a jump downwards both ends are the same.
    pub(super) falling: Vec<Range>,
    /// It is not a number.
    pub(super) undefined: Vec<Range>,
}

/// A hundred roundings, as a part of what is rounded.
const ROUNDING: f64 = 2e-14;

impl Ranges {
    pub(super) fn of(coefficient: &Coefficient) -> Self {
        let (mut dead, mut flat, mut falling, mut undefined) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for piece in coefficient.pieces() {
            let seen = Seen::new(coefficient, piece);
            match seen.constant() {
                _ if seen.is_undefined() => undefined.push(piece),
                Some(0.0) => dead.push(piece),
                Some(_) => flat.push(piece),
                None => falling.extend(seen.falling(coefficient)),
            }
        }
        falling.extend(coefficient.breaks.iter().filter(|&&d| falls_at(coefficient, d)).map(|&d| [d, d]));
        Self {
            dead: joined(dead, coefficient),
            flat: joined(flat, coefficient),
            falling: merged(falling),
            undefined: merged(undefined),
        }
    }
}

/// A piece between two breaks, seen from its end that is nearest to 0 outwards: far away a number may have become nothing, or
/// too large, in floats alone.
struct Seen {
    piece: Range,
    d: Vec<f64>,
    c: Vec<f64>,
    /// What rounding may have moved each by.
    rounding: Vec<f64>,
}

impl Seen {
    fn new(coefficient: &Coefficient, piece: Range) -> Self {
        let d = places(piece);
        let c = coefficient.at(&d);
        let rounding = d.iter().map(|&d| ROUNDING * coefficient.size(d)).collect();
        Self { piece, d, c, rounding }
    }

    /// Whether it is no number where no float can have overflown.
    fn is_undefined(&self) -> bool {
        let near = self.d.iter().zip(&self.c).filter(|(d, _)| d.abs() < 300.0);
        near.clone().next().is_some() && near.map(|(_, c)| c).all(|c| c.is_nan())
    }

    /// The number that it is everywhere, if it is one.
    fn constant(&self) -> Option<f64> {
        let finite: Vec<usize> = (0..self.c.len()).filter(|&place| self.c[place].is_finite()).collect();
        let middle = *finite.get(finite.len() / 2)?;
        finite.iter().all(|&place| self.same(place, middle)).then_some(self.c[middle])
    }

    /// Where it falls, from turn to turn.
    fn falling(&self, coefficient: &Coefficient) -> Vec<Range> {
        let signs = self.signs();
        let mut ranges: Vec<Range> = Vec::new();
        for (cell, &sign) in signs.iter().enumerate() {
            let turn = |from: usize, to: usize| self.turn(coefficient, from, to);
            if sign < 0.0 {
                let from = if cell == 0 { self.piece[0] } else { self.d[cell] };
                let starts = cell > 0 && signs[cell - 1] >= 0.0;
                let from = if starts { turn(cell - 1, cell + 1) } else { from };
                let ends = cell + 1 < signs.len() && signs[cell + 1] >= 0.0;
                let to = match ends {
                    true => turn(cell, cell + 2),
                    false if cell + 1 == signs.len() => self.piece[1],
                    false => self.d[cell + 1],
                };
                ranges.push([from, to]);
            }
        }
        merged(ranges)
    }

    /// Of the change from each place to the next. What rounding hides goes on as it was nearer to 0.
    fn signs(&self) -> Vec<f64> {
        let cells = self.d.len() - 1;
        let sign = |cell: usize| {
            let change = self.c[cell + 1] - self.c[cell];
            (change.is_finite() && !self.same(cell, cell + 1)).then(|| change.signum())
        };
        let nearest = (0..cells).min_by(|&a, &b| self.distance(a).total_cmp(&self.distance(b))).unwrap_or(0);
        let by_distance = |a: &usize, b: &usize| self.distance(*a).total_cmp(&self.distance(*b));
        let first = (0..cells).filter(|&cell| sign(cell).is_some()).min_by(by_distance).and_then(sign).unwrap_or(0.0);
        let carried = |before: &mut f64, cell: usize| {
            *before = sign(cell).unwrap_or(*before);
            Some(*before)
        };
        let downwards: Vec<f64> = (0..nearest).rev().scan(first, carried).collect();
        downwards.into_iter().rev().chain((nearest..cells).scan(first, carried)).collect()
    }

    /// Whether rounding may be all that tells the values at two places apart.
    fn same(&self, a: usize, b: usize) -> bool {
        let rounding = self.rounding[a] + self.rounding[b];
        (self.c[a] - self.c[b]).abs() <= if rounding.is_nan() { f64::INFINITY } else { rounding }
    }

    fn distance(&self, cell: usize) -> f64 {
        (self.d[cell] + self.d[cell + 1]).abs()
    }

    /// Where between two places the derivative changes its sign.
    fn turn(&self, coefficient: &Coefficient, from: usize, to: usize) -> f64 {
        let [mut low, mut high] = [self.d[from], self.d[to]];
        let sign = |d: f64| coefficient.slope(d).partial_cmp(&0.0);
        let at_low = sign(low);
        for _ in 0..64 {
            let middle = (low + high) / 2.0;
            *(if sign(middle) == at_low { &mut low } else { &mut high }) = middle;
        }
        let turn = (low + high) / 2.0;
        // A derivative tells its zero no better than that. Adding 0 turns -0 into 0.
        (turn * 1e9).round() / 1e9 + 0.0
    }
}

/// Places within a piece: evenly, and further apart far from 0 where it has no end.
fn places([from, to]: Range) -> Vec<f64> {
    const EVEN: u32 = 400;
    if from.is_finite() && to.is_finite() {
        let step = |step: u32| from + (to - from) * (f64::from(step) + 0.5) / f64::from(EVEN);
        return (0..EVEN).map(step).collect();
    }
    // Beyond 700 exp(D) is no float.
    let outwards = || (1..=600).map(|step| f64::from(step) / 20.0).chain((31..=350).map(|step| 2.0 * f64::from(step)));
    match (from.is_finite(), to.is_finite()) {
        (true, _) => outwards().map(|offset| from + offset).collect(),
        (_, true) => outwards().map(|offset| to - offset).collect::<Vec<f64>>().into_iter().rev().collect(),
        _ => {
            let negative = outwards().map(|d| -d).collect::<Vec<f64>>().into_iter().rev();
            negative.chain([0.0]).chain(outwards()).collect()
        }
    }
}

/// The values on both sides of a break.
fn sides(coefficient: &Coefficient, d: f64) -> [f64; 2] {
    let beside = BESIDE * (1.0 + d.abs());
    [coefficient.value(d - beside), coefficient.value(d + beside)]
}

/// How far from a break its sides are looked at.
const BESIDE: f64 = 1e-9;

/// Whether it jumps downwards.
fn falls_at(coefficient: &Coefficient, d: f64) -> bool {
    jump(coefficient, d).is_some_and(|jump| jump < 0.0)
}

/// By how much it jumps at a break, if it does: by more than slopes make of the distance between the sides.
fn jump(coefficient: &Coefficient, d: f64) -> Option<f64> {
    let beside = BESIDE * (1.0 + d.abs());
    let [left, right] = sides(coefficient, d);
    let slopes = [d - beside, d + beside].map(|d| coefficient.slope(d).abs());
    let by_slope = 4.0 * beside * (slopes[0] + slopes[1]) + 1e-12 * (left.abs() + right.abs());
    Some(right - left).filter(|jump| jump.abs() > by_slope)
}

/// Constant pieces whose common end is no jump are one.
fn joined(pieces: Vec<Range>, coefficient: &Coefficient) -> Vec<Range> {
    let mut joined: Vec<Range> = Vec::new();
    for piece in pieces {
        match joined.last_mut() {
            Some(last) if last[1] == piece[0] && jump(coefficient, piece[0]).is_none() => last[1] = piece[1],
            _ => joined.push(piece),
        }
    }
    joined
}

/// Ranges that touch are one.
fn merged(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    let mut merged: Vec<Range> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range[0] <= last[1] => last[1] = last[1].max(range[1]),
            _ => merged.push(range),
        }
    }
    merged
}
