//! Which divergence a loss follows.

use super::coefficient::Coefficient;
use super::combination::{Combination, Fit, Nearest};
use super::divergence::Known;
use super::ranges::Range;
use super::subject::Subject;
use serde::{Serialize, Serializer};
use std::fmt;

/// What the gradient of a loss is the gradient of.
#[derive(Clone, Debug, PartialEq)]
pub struct Follows {
    /// Known divergences; none where it is no combination of them.
    pub known: Option<Combination>,
    /// What the loss is held against.
    pub subject: Subject,
}

impl fmt::Display for Follows {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match &self.known {
            Some(combination) => combination.fmt(formatter)?,
            None => formatter.write_str("none of those known")?,
        }
        formatter.write_str(if self.subject == Subject::Sampler { " [ref = old]" } else { "" })
    }
}

impl Serialize for Follows {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What is found by comparing a coefficient with those of the known divergences.
pub(super) struct Found {
    pub(super) known: Option<Combination>,
    /// Where it holds, if not wherever it was looked for.
    pub(super) stretch: Option<Range>,
    /// The known divergence that is most like it, where it is none.
    pub(super) nearest: Option<Nearest>,
}

/// How far from 0 coefficients are compared.
const WIDTH: f64 = 3.0;

/// A smooth stretch that does not reach so far is too short to tell.
const LEAST: f64 = 1.0;

impl Found {
    pub(super) fn by(coefficient: &Coefficient, candidates: &[Known]) -> Self {
        let whole = [-WIDTH, WIDTH];
        let stretch = smooth(coefficient);
        let on = |range: Range| fit(candidates, &places(range)).exact(&coefficient.at(&places(range)));
        if let Some(known) = on(whole) {
            return Self { known: Some(known), stretch: None, nearest: None };
        }
        let is_long = stretch[0] <= -LEAST && stretch[1] >= LEAST;
        let within = [stretch[0].max(-WIDTH), stretch[1].min(WIDTH)];
        match is_long.then(|| on(within)).flatten() {
            Some(known) => Self { known: Some(known), stretch: Some(stretch), nearest: None },
            None => {
                let nearest = fit(candidates, &places(whole)).nearest(&coefficient.at(&places(whole)));
                Self { known: None, stretch: None, nearest }
            }
        }
    }

    /// Where it was found to hold.
    pub(super) fn range(&self) -> Range {
        let [from, to] = self.stretch.unwrap_or([-WIDTH, WIDTH]);
        [from.max(-WIDTH), to.min(WIDTH)]
    }
}

/// Up to the breaks on either side of 0.
pub(super) fn smooth(coefficient: &Coefficient) -> Range {
    let below = coefficient.breaks.iter().copied().filter(|&d| d < 0.0).fold(f64::NEG_INFINITY, f64::max);
    let above = coefficient.breaks.iter().copied().filter(|&d| d > 0.0).fold(f64::INFINITY, f64::min);
    [below, above]
}

/// 120 of them, and 0, where a divergence may have its kink, between two.
pub(super) fn places([from, to]: Range) -> Vec<f64> {
    const COUNT: u32 = 120;
    (0..COUNT).map(|place| from + (to - from) * (f64::from(place) + 0.5) / f64::from(COUNT)).collect()
}

/// Modulo a constant.
fn fit<'a>(candidates: &'a [Known], at: &'a [f64]) -> Fit<'a> {
    Fit { candidates, of: Known::coefficient, free: &[|_| 1.0], at }
}
