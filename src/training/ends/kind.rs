//! How many ends there are, and why.

use super::answers::Answers;
use super::end::End;
use super::flow::{self, Fate};
use super::solve::{Solved, solve};
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
            false => Self::of_falling(answers, penalty, beta, solved, &falling),
        }
    }

    /// Where c falls it is decided by the path from the reference.
    fn of_falling(answers: &Answers, penalty: &Penalty, beta: f64, straight: Solved, falling: &[Range]) -> Self {
        let falls = format!("c falls {}", in_words(falling));
        let without = |kind, fate: &str| Self { kind, zeros: 0, why: format!("{falls}, {fate}"), end: None };
        let is_end = holds(&straight, penalty) && !(gives_up(&straight) && penalty.is_bottomless());
        let solved = match flow::from_reference(answers, penalty, beta) {
            Some(Fate::RunsAway) => {
                return without(
                    Kind::None,
                    "and drives an answer off there: the training runs away from the reference",
                );
            }
            // The same, to the last digit.
            Some(Fate::Rests(rest)) if is_end && are_near(&rest, &straight, answers) => straight.clone(),
            Some(Fate::Rests(rest)) => rest,
            None if is_end => straight.clone(),
            None => return without(Kind::Unknown, "and exact ascent from the reference comes to no rest"),
        };
        let is_other = is_end && !are_near(&solved, &straight, answers);
        let (kind, others) = match is_other || has_another(answers, penalty, beta, &solved) {
            true => (
                Kind::Several,
                "and small steps of gradient ascent lead here from the reference, others perhaps elsewhere",
            ),
            false => (Kind::UniqueNearReference, "where there may be others"),
        };
        Self::new(kind, format!("{falls}, {others}"), End::new(answers, beta, solved.log_ratios))
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

/// Whether two are the same policy but for what a path leaves of the way.
fn are_near(a: &Solved, b: &Solved, answers: &Answers) -> bool {
    let probabilities = |solved: &Solved| -> Vec<f64> {
        solved.log_ratios.iter().zip(&answers.log_ref).map(|(d, log_ref)| (d + log_ref).exp()).collect()
    };
    probabilities(a).iter().zip(probabilities(b)).all(|(a, b)| (a - b).abs() < 1e-6)
}

/// Where c falls, as far as an answer can be there.
pub(super) fn reached(penalty: &Penalty, answers: &Answers) -> Vec<Range> {
    let highest = answers.log_ref.iter().map(|log_ref| -log_ref).fold(0.0, f64::max);
    penalty.falling().iter().copied().filter(|range| range[0] < highest).collect()
}

/// How many answers move together without any change of the objective: c is constant where they are, or next to that, and what
/// their rewards ask for.
fn ties(solved: &Solved, penalty: &Penalty) -> usize {
    let moves = |(d, asked): (&f64, &f64)| {
        penalty.level().iter().any(|&[from, to]| {
            let c = penalty.value(inside([from, to]));
            (from..=to).contains(d) && (c - asked).abs() <= 1e-9 * (1.0 + c.abs())
        })
    };
    solved.log_ratios.iter().zip(&solved.asked).filter(|pair| moves(*pair)).count()
}

/// A place within a range that may have no ends.
fn inside(range: Range) -> f64 {
    let [from, to] = range.map(|end| end.clamp(-LEVEL_REACH, LEVEL_REACH));
    f64::midpoint(from, to)
}

/// Any that is beyond the breaks of a loss that somebody writes.
const LEVEL_REACH: f64 = 100.0;

/// Whether the coefficient of each answer is what its reward asks for, also of those that have been moved between.
fn holds(solved: &Solved, penalty: &Penalty) -> bool {
    solved.free.iter().all(|&answer| {
        let asked = solved.asked[answer];
        // Far more than rounding, far less than a stretch in which c falls.
        (penalty.value(solved.log_ratios[answer]) - asked).abs() <= 1e-6 * asked.abs() + 1e-12
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
