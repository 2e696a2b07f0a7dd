//! Where a training of sequences ends: by exact ascent from the reference.

use super::ends::NoBeta;
use super::loss::Loss;
use super::recursion::Walk;
use super::state::within_reach;
use super::{Objective, Settings};
use crate::estimator::Estimator;
use crate::explain::Penalty;
use crate::policy::{Problem, Softmax};
use crate::theory::softmax::{Aggregate, Tables, dot};

/// Why no end is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoEnd {
    /// There are too many sequences to enumerate, and the expected gradient takes all of them.
    TooManySequences,
    /// Nothing holds the policy, and the best deterministic one is not looked for.
    NoPenalty,
    /// Probabilities go to 0, or come to differ by more than e^700 from the reference's.
    RunsAway,
    /// The ascent goes on and on.
    GoesOn,
}

/// By how many steps it ascends at most; some tens are needed where there is an end inside.
const MOST_STEPS: usize = 300;
/// How often a step is halved before it is given up.
const HALVINGS: usize = 60;
/// The gradient of an end, as a part of that at the reference: more than rounding leaves of sums of a million terms.
const LEVEL: f64 = 1e-10;
/// A KL of an end that is exact enough, as a part of it; [`LEVEL`] allows for much more.
const EXACT: f64 = 1e-6;
const MOST_BETAS: usize = 60;

impl Objective {
    /// The policy at which the expected gradient of the loss is 0.
    ///
    /// # Formula
    /// With g the expected gradient at entry (s, k) and n(s) pi(k|s) how often it is drawn, the logits move along
    /// d = g / (n pi), first by 1 / beta of it, the step to the optimum of one token. Later each logit moves by l d, with l from the
    /// secant of its own: x / (d - d_now) for its last move x and its d before and after that, as d is Q - beta c(D) but for a mean,
    /// and what it is by others changes little. A step is halved until the gradient there does not point back along the move m,
    /// g_next' m >= - g' m / 2.
    pub(super) fn ascend_by(&self, estimator: &Estimator, aggregate: Aggregate) -> Result<Softmax, NoEnd> {
        if self.beta == 0.0 || Penalty::of(estimator.expression()).is_ok_and(|penalty| penalty.is_constant()) {
            return Err(NoEnd::NoPenalty);
        }
        let loss = Loss::new(self, estimator, &Settings { aggregate, group: 1, ..Settings::default() });
        let gradient = |policy: &Softmax| {
            let problem = Problem::on_policy(policy.clone(), self.reference.clone());
            loss.expected(&problem, &Tables::of(&problem)).ok_or(NoEnd::TooManySequences)
        };
        let mut at = Place::of(self.reference.clone(), gradient(&self.reference)?);
        let level = LEVEL * norm(&at.gradient);
        let mut lengths = vec![self.beta.recip(); at.direction.len()];
        for _ in 0..MOST_STEPS {
            if norm(&at.gradient) <= level {
                return Ok(at.policy);
            }
            let (next, share) = self.step(&at, &lengths, gradient)?;
            for ((length, before), now) in lengths.iter_mut().zip(&at.direction).zip(&next.direction) {
                *length = next_length(*before, *now, share * *length);
            }
            at = next;
        }
        Err(NoEnd::GoesOn)
    }

    /// The next place, and what share of the lengths led to it.
    fn step(
        &self,
        at: &Place,
        lengths: &[f64],
        gradient: impl Fn(&Softmax) -> Result<Vec<f64>, NoEnd>,
    ) -> Result<(Place, f64), NoEnd> {
        let step: Vec<f64> = at.direction.iter().zip(lengths).map(|(d, length)| d * length).collect();
        let slope = dot(&at.gradient, &step);
        let mut share = 1.0;
        for _ in 0..HALVINGS {
            let moved = at.policy.logits().iter().zip(&step).map(|(logit, step)| logit + share * step).collect();
            if let Ok(next) = within_reach(&at.policy, moved, &self.reference) {
                let there = gradient(&next)?;
                if dot(&there, &step) >= -0.5 * slope {
                    return Ok((Place::of(next, there), share));
                }
            }
            share /= 2.0;
        }
        Err(NoEnd::RunsAway)
    }

    /// The beta at which an end has this KL(theta||ref), as an objective, and the end.
    ///
    /// # Errors
    /// Says what is spent next to it.
    pub(super) fn beta_for_kl(
        &self,
        kl: f64,
        end: impl Fn(&Self) -> Result<Softmax, NoEnd>,
    ) -> Result<(Self, Softmax), String> {
        let mut beta = if self.beta > 0.0 { self.beta } else { self.reward_spread() };
        // log beta and log KL where that is too large, and where it is too small.
        let mut around: [Option<[f64; 2]>; 2] = [None, None];
        for _ in 0..MOST_BETAS {
            let objective = self.with_beta(beta);
            let spent = match end(&objective) {
                Ok(policy) => {
                    let spent = objective.judge(&policy).kl;
                    if (spent / kl - 1.0).abs() <= EXACT {
                        return Ok((objective, policy));
                    }
                    spent
                }
                Err(reason @ (NoEnd::TooManySequences | NoEnd::NoPenalty)) => return Err(reason.reason().to_owned()),
                // Where there is no end, beta is too small for one.
                Err(_) => f64::INFINITY,
            };
            around[usize::from(spent < kl)] = Some([beta.ln(), spent.ln()]);
            beta = between(around, kl.ln()).exp();
        }
        let spent = |place: Option<[f64; 2]>| place.map(|[_, spent]| spent.exp()).filter(|spent| spent.is_finite());
        Err(NoBeta { kl, nearest: around.map(spent) }.to_string())
    }
}

/// A policy on the way.
struct Place {
    policy: Softmax,
    gradient: Vec<f64>,
    direction: Vec<f64>,
}

impl Place {
    fn of(policy: Softmax, gradient: Vec<f64>) -> Self {
        let walk = Walk::of(&policy);
        let visits = walk.visits.iter().flat_map(|visits| std::iter::repeat_n(*visits, policy.vocabulary()));
        let drawn = visits.zip(&walk.probabilities).map(|(visits, p)| visits * p);
        // What is never drawn stays.
        let direction = gradient.iter().zip(drawn).map(|(g, drawn)| if drawn > 0.0 { g / drawn } else { 0.0 });
        Self { direction: direction.collect(), gradient, policy }
    }
}

/// By the secant, but no more than twice and no less than a tenth of the last.
fn next_length(before: f64, now: f64, length: f64) -> f64 {
    let secant = length * before / (before - now);
    if secant > 0.0 { secant.clamp(0.1 * length, 2.0 * length) } else { 2.0 * length }
}

fn norm(gradient: &[f64]) -> f64 {
    dot(gradient, gradient).sqrt()
}

/// The log of the next beta to try: by the line through both sides, well between them, or beyond the side that there is.
fn between(around: [Option<[f64; 2]>; 2], log_kl: f64) -> f64 {
    match around {
        [Some([small, more]), Some([large, less])] => {
            let share = (more - log_kl) / (more - less);
            let share = if share.is_finite() { share.clamp(0.02, 0.98) } else { 0.5 };
            small + share * (large - small)
        }
        // KL falls as 1 / beta^2 where beta is large.
        [Some([small, more]), None] => small + ((more - log_kl) / 2.0).clamp(0.1, 2.0),
        [None, Some([large, less])] => large - ((log_kl - less) / 2.0).clamp(0.1, 2.0),
        [None, None] => 0.0,
    }
}

impl NoEnd {
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::TooManySequences => "its expected gradient takes every sequence, of which there are too many",
            Self::NoPenalty => "there is no penalty, and which sequences are the best is not looked for",
            Self::RunsAway => {
                "exact ascent from the reference drives probabilities to 0, where an end is not told from none"
            }
            Self::GoesOn => "exact ascent from the reference comes to no end in 300 steps",
        }
    }
}
