//! The gradient coefficient of a loss as a penalty: a function of D that can be evaluated and solved for D.

use super::coefficient::Coefficient;
use super::combination::{Combination, tidy};
use super::divergence::Known;
use super::follows::{Found, smooth};
use super::growth::Growth;
use super::ranges::{Range, Ranges};
use super::subject::Subject;
use super::words::in_words;
use crate::estimator::expr::Expr;
use std::fmt;

/// c(D), where it rises and falls, and what it is of known coefficients.
pub struct Penalty {
    coefficient: Coefficient,
    /// Round 0, up to the next break.
    known: Option<OnStretch>,
    falling: Vec<Range>,
    level: Vec<Range>,
    least: f64,
}

/// Known coefficients, and a constant beside them, on a smooth stretch.
struct OnStretch {
    stretch: Range,
    combination: Combination,
    constant: f64,
}

/// Why a loss has no coefficient in D that is held against the reference.
#[derive(Clone, Debug, PartialEq)]
pub enum NoPenalty {
    /// It has no `ref`.
    NoReference,
    /// It depends on log pi_theta beside D, or sums over the vocabulary within another function.
    NotInLogRatio,
    /// It is not a number there.
    Undefined(Vec<Range>),
}

/// Beyond, e^D is no float.
const FAR: f64 = 700.0;

impl Penalty {
    /// Of a loss with samples of pi_theta, at a single step.
    ///
    /// # Errors
    /// Its coefficient is no function of D = log pi_theta - log pi_ref.
    pub fn of(loss: &Expr) -> Result<Self, NoPenalty> {
        if !super::is_explained(loss) {
            return Err(NoPenalty::NotInLogRatio);
        }
        let loss = &super::sampled(loss);
        if Subject::of(loss) != Subject::Reference {
            // `logp` alone as a loss has a constant coefficient, and needs no reference.
            let coefficient = Coefficient::new(Subject::of(loss).loss(loss));
            let ranges = if coefficient.is_in_log_ratio() { Ranges::of(&coefficient) } else { Ranges::default() };
            return if is_constant(&ranges) { Ok(Self::new(coefficient, ranges)) } else { Err(NoPenalty::NoReference) };
        }
        let coefficient = Coefficient::new(Subject::Reference.loss(loss));
        if !coefficient.is_in_log_ratio() {
            return Err(NoPenalty::NotInLogRatio);
        }
        let ranges = Ranges::of(&coefficient);
        if !ranges.undefined.is_empty() {
            return Err(NoPenalty::Undefined(ranges.undefined));
        }
        Ok(Self::new(coefficient, ranges))
    }

    /// Of a loss that is no penalty at all: c is constant.
    pub fn none() -> Self {
        Self::of(&Expr::log_ratio()).expect("the coefficient of D is 1")
    }

    /// That of k2, whose loss descends KL(theta||ref).
    pub fn of_kl() -> Self {
        let d = Expr::log_ratio();
        Self::of(&(0.5 * (&d * &d))).expect("the coefficient of D^2 / 2 is D")
    }

    fn new(coefficient: Coefficient, ranges: Ranges) -> Self {
        let known = OnStretch::of(&coefficient);
        let mut level = [ranges.dead, ranges.flat].concat();
        level.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let mut penalty = Self { coefficient, known, falling: ranges.falling, level, least: 0.0 };
        penalty.least = penalty.limit_below();
        penalty
    }

    /// c at these places.
    pub fn at(&self, d: &[f64]) -> Vec<f64> {
        match &self.known {
            Some(known) if d.iter().all(|&d| known.holds_at(d)) => d.iter().map(|&d| known.at(d)).collect(),
            Some(known) => {
                let pairs = d.iter().zip(self.coefficient.at(d));
                pairs.map(|(&d, c)| if known.holds_at(d) { known.at(d) } else { c }).collect()
            }
            None => self.coefficient.at(d),
        }
    }

    /// c at a place.
    pub fn value(&self, d: f64) -> f64 {
        self.at(&[d])[0]
    }

    /// Where c falls; at a jump downwards both ends are the same.
    pub fn falling(&self) -> &[Range] {
        &self.falling
    }

    /// Where c is constant.
    pub fn level(&self) -> &[Range] {
        &self.level
    }

    /// Whether c is the same everywhere, which is no penalty at all.
    pub fn is_constant(&self) -> bool {
        self.level.iter().any(|[from, to]| from.is_infinite() && to.is_infinite())
    }

    /// What c goes to as D goes to minus infinity, where the probability of an answer goes to 0.
    pub fn least(&self) -> f64 {
        self.least
    }

    /// Whether giving an answer up is rewarded without bound: with f'(w) = c(log w), f goes to minus infinity as w goes to 0,
    /// which it does where c grows as e^-D or faster.
    pub fn is_bottomless(&self) -> bool {
        let grows = match self.coefficient.growth().map(Growth::new)[0] {
            Growth::Bounded => false,
            Growth::Of { rate, power } => rate > 1.0 || rate == 1.0 && power >= -1.0,
            Growth::Faster => true,
        };
        grows && self.least == f64::INFINITY
    }

    /// The lowest D that is looked at: a float may overflow below.
    pub(crate) fn lowest(&self) -> f64 {
        let places = [-FAR, -350.0, -175.0, -80.0];
        places.into_iter().find(|&d| !self.value(d).is_nan()).unwrap_or(-40.0)
    }

    /// The D at which c has a value, where that is a formula; infinite where c never has it.
    pub(crate) fn solved(&self, c: f64) -> Option<f64> {
        let known = self.known.as_ref().filter(|known| known.stretch == WHOLE)?;
        let &[(factor, single)] = &known.combination.0[..] else { return None };
        (factor > 0.0).then(|| single.solved((c - known.constant) / factor)).flatten()
    }

    /// The single known coefficient that it is round 0, with its factor.
    pub(super) fn single(&self) -> Option<(f64, Known)> {
        let &[single] = &self.known.as_ref()?.combination.0[..] else { return None };
        Some(single)
    }

    fn limit_below(&self) -> f64 {
        let lowest = self.lowest();
        let [halfway, far] = [lowest / 2.0, lowest].map(|d| self.value(d));
        let is_bounded = self.coefficient.growth().map(Growth::new)[0] == Growth::Bounded;
        // What approaches a number as an exponential does is there long before.
        match is_bounded || (far - halfway).abs() <= 1e-9 * (1.0 + far.abs()) {
            true => far,
            false => (far - halfway).signum() * f64::INFINITY,
        }
    }
}

const WHOLE: Range = [f64::NEG_INFINITY, f64::INFINITY];

fn is_constant(ranges: &Ranges) -> bool {
    [&ranges.dead, &ranges.flat].into_iter().flatten().any(|range| *range == WHOLE)
}

impl OnStretch {
    fn of(coefficient: &Coefficient) -> Option<Self> {
        let combination = Found::by(coefficient, &Known::DIVERGENCES).known?;
        let mut on = Self { stretch: smooth(coefficient), combination, constant: 0.0 };
        // Next to 0, where rounding is least, and not at it, where there may be a jump.
        on.constant = tidy(coefficient.value(NEAR) - on.at(NEAR));
        on.is_that_of(coefficient).then_some(on)
    }

    /// Whether it is the coefficient on all of the stretch, but for rounding.
    fn is_that_of(&self, coefficient: &Coefficient) -> bool {
        let [from, to] = [self.stretch[0].max(-30.0), self.stretch[1].min(30.0)];
        (0..200).map(|place| from + (to - from) * (f64::from(place) + 0.5) / 200.0).all(|d| {
            let (own, other) = (self.at(d), coefficient.value(d));
            (own - other).abs() <= 1e-9 * own.abs() + 1e-12 * coefficient.size(d)
        })
    }

    fn at(&self, d: f64) -> f64 {
        let terms = self.combination.0.iter().map(|(factor, known)| factor * known.coefficient(d));
        self.constant + terms.sum::<f64>()
    }

    fn holds_at(&self, d: f64) -> bool {
        self.stretch[0] < d && d < self.stretch[1]
    }
}

const NEAR: f64 = 1.0 / 1024.0;

impl fmt::Display for NoPenalty {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::NoReference => formatter.write_str("the loss has no pi_ref, from which it could keep the policy"),
            Self::NotInLogRatio => formatter.write_str("the coefficient depends on more than D"),
            Self::Undefined(ranges) => write!(formatter, "the coefficient is not a number {}", in_words(ranges)),
        }
    }
}

impl std::error::Error for NoPenalty {}
