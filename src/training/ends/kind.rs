//! How many ends there are, and why.

use super::answers::Answers;
use super::end::End;
use super::solve::{Solved, is_between, solve};
use crate::explain::{NoPenalty, Penalty, Range, in_words};
use std::fmt;

/// How many ends a training has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One, from wherever the training starts.
    Unique,
    /// One is found straight from the reference; where c falls there may be others.
    UniqueNearReference,
    /// More than one: which of them a training comes to is a matter of its start.
    Several,
    /// None that holds near the reference, or no penalty that could hold.
    None,
    /// It could not be found out.
    Unknown,
}

impl Kind {
    /// Whether a training from the reference has an end to come to, and but one.
    pub fn is_unique(self) -> bool {
        matches!(self, Self::Unique | Self::UniqueNearReference)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::Unique => "unique",
            Self::UniqueNearReference => "unique near the reference",
            Self::Several => "several",
            Self::None => "none",
            Self::Unknown => "none known",
        })
    }
}

/// Where a training ends. As text it begins with `unique`, `several` or `none`, and says why.
#[derive(Clone, Debug, PartialEq)]
pub struct Ends {
    /// How many there are.
    pub kind: Kind,
    /// How many answers get probability 0.
    pub zeros: usize,
    /// What of the coefficient makes it so.
    pub why: String,
    /// The end; of several the one that is found straight from the reference.
    pub end: Option<End>,
}

impl Ends {
    pub(super) fn of(answers: &Answers, penalty: &Penalty, beta: f64) -> Self {
        let falling = reached(penalty, answers);
        let solved = solve(answers, penalty, beta);
        let ties = ties(&solved, penalty);
        let with = |kind, why| Self::new(kind, why, End::new(answers, beta, solved.log_ratios.clone()));
        match falling.is_empty() {
            true if ties > 1 => {
                let reason = if beta == 0.0 { "there is no penalty" } else { "c is constant for them" };
                let share = format!("{ties} answers may share their probability in any way, as {reason}");
                with(Kind::Several, share + "; here they share it as in the reference")
            }
            true if beta == 0.0 => with(Kind::Unique, "beta is 0, which is no penalty".to_owned()),
            true => with(Kind::Unique, because(penalty)),
            false if !holds(&solved, penalty) || gives_up(&solved) && penalty.is_bottomless() => {
                let fate = "and drives an answer off there: the training runs away from the reference";
                Self { kind: Kind::None, zeros: 0, why: format!("{}, {fate}", falls(&falling)), end: None }
            }
            false if has_another(answers, penalty, beta, &solved) => {
                let others = "other ends have other answers at probability 0";
                with(Kind::Several, format!("{}, and {others}", falls(&falling)))
            }
            false => with(Kind::UniqueNearReference, format!("{}, where there may be others", falls(&falling))),
        }
    }

    fn new(kind: Kind, why: String, end: End) -> Self {
        let zeros = end.log_ratios.iter().filter(|d| **d == f64::NEG_INFINITY).count();
        Self { kind, zeros, why, end: Some(end) }
    }
}

impl From<NoPenalty> for Ends {
    fn from(reason: NoPenalty) -> Self {
        Self { kind: Kind::None, zeros: 0, why: reason.to_string(), end: None }
    }
}

impl fmt::Display for Ends {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{}", self.kind)?;
        match (self.zeros, self.kind) {
            (0, _) => {}
            (zeros, Kind::Several) => write!(formatter, ", one of them on the boundary: {}", without(zeros))?,
            (zeros, _) => write!(formatter, ", on the boundary: {}", without(zeros))?,
        }
        write!(formatter, "{} {}", if self.zeros == 0 { ":" } else { ";" }, self.why)
    }
}

fn without(zeros: usize) -> String {
    if zeros == 1 { "1 answer gets probability 0".to_owned() } else { format!("{zeros} answers get probability 0") }
}

fn because(penalty: &Penalty) -> String {
    match (penalty.is_constant(), penalty.level(), penalty.falling()) {
        (true, ..) => "c is constant, which is no penalty",
        (_, [], []) => "c rises over all D",
        (_, _, []) => "c falls nowhere",
        _ => "c falls nowhere that an answer can be",
    }
    .to_owned()
}

fn falls(falling: &[Range]) -> String {
    format!("c falls {}", in_words(falling))
}

/// Where c falls, as far as an answer can be there.
fn reached(penalty: &Penalty, answers: &Answers) -> Vec<Range> {
    let highest = answers.log_ref.iter().map(|log_ref| -log_ref).fold(0.0, f64::max);
    penalty.falling().iter().copied().filter(|range| range[0] < highest).collect()
}

/// How many answers move together without any change of the objective.
fn ties(solved: &Solved, penalty: &Penalty) -> usize {
    let is_level = |d: f64| penalty.level().iter().any(|[from, to]| (*from..=*to).contains(&d));
    let is_within_level = |d: f64| penalty.level().iter().any(|[from, to]| is_between(*from, d, *to));
    let moves = |answer: usize, d: f64| is_within_level(d) || solved.free.contains(&answer) && is_level(d);
    solved.log_ratios.iter().enumerate().filter(|(answer, d)| moves(*answer, **d)).count()
}

/// Whether the coefficient of each answer is what its reward asks for, also of those that have been moved between.
fn holds(solved: &Solved, penalty: &Penalty) -> bool {
    solved.free.iter().all(|&answer| {
        let asked = solved.asked[answer];
        // Far more than rounding, far less than a stretch in which c falls.
        (penalty.value(solved.log_ratios[answer]) - asked).abs() <= 1e-6 * (1.0 + asked.abs())
    })
}

/// Whether an answer has probability 0.
fn gives_up(solved: &Solved) -> bool {
    solved.log_ratios.contains(&f64::NEG_INFINITY)
}

/// Whether a corner attracts, or the same end with one answer less.
fn has_another(answers: &Answers, penalty: &Penalty, beta: f64, solved: &Solved) -> bool {
    let kept: Vec<usize> = (0..solved.asked.len()).filter(|&answer| solved.log_ratios[answer].is_finite()).collect();
    let corner = |answer: usize| kept != [answer] && is_corner(answers, penalty, beta, answer);
    let one_less = |answer: usize| kept.len() > 1 && holds_without(answers, penalty, beta, solved, answer);
    (0..solved.asked.len()).any(corner) || kept.iter().any(|&answer| one_less(answer))
}

/// Whether an answer that has all probability keeps it: all others are pushed down where they have next to none.
fn is_corner(answers: &Answers, penalty: &Penalty, beta: f64, answer: usize) -> bool {
    let gaps = answers.gaps(penalty, beta);
    let others = gaps.iter().enumerate().filter(|(other, _)| *other != answer).map(|(_, gap)| *gap);
    let needed = gaps[answer] + penalty.value(-answers.log_ref[answer]) - penalty.least();
    others.fold(f64::INFINITY, f64::min) > needed
}

/// Whether there is an end at which this answer has probability 0, and is pushed down.
fn holds_without(answers: &Answers, penalty: &Penalty, beta: f64, solved: &Solved, answer: usize) -> bool {
    if penalty.least() <= solved.asked[answer] {
        return false;
    }
    let rest = solve(&answers.without(answer), penalty, beta);
    let gaps = answers.gaps(penalty, beta);
    let other = usize::from(answer == 0);
    let asked = rest.asked[0] + gaps[other] - gaps[answer];
    holds(&rest, penalty) && asked < penalty.least()
}
