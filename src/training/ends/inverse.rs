//! The log-ratio at which a coefficient has a value.

use crate::explain::Penalty;
use std::iter::zip;

/// A coefficient, to be solved for D from D = 0 outwards, up to the largest D that each answer can have.
pub(super) struct Inverse<'a> {
    penalty: &'a Penalty,
    /// log 1 / pi_ref of each answer.
    caps: Vec<f64>,
    /// c there.
    at_caps: Vec<f64>,
    /// c at 0.
    at_zero: f64,
    /// Below 0 and above it, from 0 outwards, where c falls nowhere.
    below: Vec<Run>,
    above: Vec<Run>,
    /// The D of an answer below all that c ever is.
    bottom: f64,
}

/// A stretch in which c falls nowhere, and its values at both ends.
#[derive(Clone, Copy)]
struct Run {
    d: [f64; 2],
    c: [f64; 2],
}

/// Where to look for the place of one answer.
#[derive(Clone, Copy)]
enum Place {
    At(f64),
    /// Between these: the last place where c is not above the value, or the first where it is not below.
    Last(f64, f64),
    First(f64, f64),
}

impl<'a> Inverse<'a> {
    pub(super) fn new(penalty: &'a Penalty, log_ref: &[f64]) -> Self {
        let caps: Vec<f64> = log_ref.iter().map(|log_ref| -log_ref).collect();
        let [lowest, highest] = [penalty.lowest(), caps.iter().copied().fold(0.0, f64::max)];
        let mut below = runs(penalty, [lowest, 0.0]);
        below.reverse();
        let bottom = if penalty.least().is_finite() { f64::NEG_INFINITY } else { lowest };
        // Where c is infinite at the end, it falls next to it, and an answer is driven to probability 0.
        let bottom = if penalty.least() == f64::INFINITY { f64::NEG_INFINITY } else { bottom };
        Self {
            at_caps: penalty.at(&caps),
            at_zero: penalty.value(0.0),
            above: runs(penalty, [0.0, highest]),
            penalty,
            caps,
            below,
            bottom,
        }
    }

    /// What c is at D = 0, and a number above all that it is where the answer can be.
    pub(super) fn bounds(&self, answer: usize) -> [f64; 2] {
        let reached = self.above.iter().filter(|run| run.d[1] < self.caps[answer]).map(|run| run.c[1]);
        let most = reached.fold(self.at_zero.max(self.at_caps[answer]), f64::max);
        [self.at_zero, if most.is_finite() { most.next_up() } else { f64::MAX }]
    }

    /// For each answer the place nearest to 0 where c rises through a value.
    pub(super) fn solve(&self, values: &[f64]) -> Vec<f64> {
        let formula = |(value, cap): (&f64, &f64)| self.penalty.solved(*value).map(|d| d.min(cap + BEYOND));
        if let Some(found) = zip(values, &self.caps).map(formula).collect::<Option<Vec<f64>>>() {
            return found;
        }
        let mut places: Vec<Place> =
            values.iter().enumerate().map(|(answer, &value)| self.place(answer, value)).collect();
        // As many halvings as bring 700 to the last digit of a float near 0.001.
        for _ in 0..72 {
            if places.iter().all(|place| matches!(place, Place::At(_))) {
                break;
            }
            self.halve(&mut places, values);
        }
        places.into_iter().map(Place::found).collect()
    }

    fn place(&self, answer: usize, value: f64) -> Place {
        let cap = self.caps[answer];
        if value == self.at_zero {
            return Place::At(0.0);
        }
        if value < self.at_zero {
            let run = self.below.iter().find(|run| run.c[0] <= value);
            return run.map_or(Place::At(self.bottom), |run| Place::Last(run.d[0], run.d[1]));
        }
        let up_to_cap = self.above.iter().take_while(|run| run.d[0] < cap).map(|run| match run.d[1] <= cap {
            true => *run,
            false => Run { d: [run.d[0], cap], c: [run.c[0], self.at_caps[answer]] },
        });
        let run = up_to_cap.into_iter().find(|run| run.c[1] >= value);
        run.map_or(Place::At(cap + BEYOND), |run| Place::First(run.d[0], run.d[1]))
    }

    fn halve(&self, places: &mut [Place], values: &[f64]) {
        let middles: Vec<f64> = places.iter().map(|place| place.middle()).collect();
        let seen = self.penalty.at(&middles);
        for ((place, middle), (c, value)) in zip(zip(places, middles), zip(seen, values)) {
            match place {
                Place::At(_) => {}
                Place::Last(from, to) => *(if c <= *value { from } else { to }) = middle,
                Place::First(from, to) => *(if c >= *value { to } else { from }) = middle,
            }
        }
    }
}

/// More than any answer can have.
const BEYOND: f64 = 1.0;

impl Place {
    fn middle(self) -> f64 {
        match self {
            Self::At(d) => d,
            Self::Last(from, to) | Self::First(from, to) => from / 2.0 + to / 2.0,
        }
    }

    fn found(self) -> f64 {
        match self {
            Self::At(d) | Self::Last(d, _) | Self::First(_, d) => d,
        }
    }
}

/// Between two places, in order.
fn runs(penalty: &Penalty, [from, to]: [f64; 2]) -> Vec<Run> {
    let falling = penalty.falling().iter().filter(|[a, b]| *b >= from && *a <= to);
    let starts = falling.clone().map(|range| beside(range[1], 1.0));
    let ends = falling.map(|range| beside(range[0], -1.0));
    let stretches = [from].into_iter().chain(starts).zip(ends.chain([to]));
    let run = |(a, b): (f64, f64)| Run { d: [a, b], c: [penalty.value(a), penalty.value(b)] };
    stretches.filter(|(a, b)| a < b).map(run).collect()
}

/// Next to where c falls, on the side where it does not.
fn beside(d: f64, side: f64) -> f64 {
    d + side * 1e-9 * (1.0 + d.abs())
}
