//! The best policy of its kind.

use super::Objective;
use super::judge::{Judged, with_logits};
use super::recursion::Walk;
use crate::policy::Softmax;
use crate::theory::softmax::dot;

/// Where the objective is largest.
#[derive(Clone, Debug)]
pub struct Optimum {
    /// The policy; none where no finite logits are best.
    pub policy: Option<Softmax>,
    /// The largest objective, or what it tends to where no policy has it; none where that is not known.
    pub objective: Option<f64>,
    /// The norm of the gradient there: 0 but for rounding, or where sequences did not come nearer.
    pub gradient: f64,
}

/// By how many steps sequences ascend at most; some tens are needed.
const MOST_STEPS: usize = 10_000;
/// How many steps in a row may bring neither a larger J nor a smaller gradient.
const MOST_IDLE: usize = 20;
/// The part of what the gradient promises that a step has to bring.
const PROMISED: f64 = 1e-4;
/// How often a step is halved before it is given up.
const HALVINGS: usize = 60;

impl Objective {
    /// The policy that maximises J among those of its kind: with these rows, for all positions the same.
    ///
    /// # Formula
    /// Of a categorical it is pi_ref e^(R / beta) / Z, and J is beta log Z; for beta = 0 J tends to the largest reward.
    ///
    /// Sequences ascend from the reference. With A(s, k) the mean over positions of what token k earns from row s on more
    /// than the mean token of the row does, the logits move by A / beta, halved until J grows: the natural gradient, whose
    /// whole step takes a categorical to its optimum at once. For beta = 0 there is no policy, as every finite logit can be
    /// improved upon, and the ascent is left out.
    pub fn optimum(&self) -> Optimum {
        match (self.reference.is_sequence(), self.beta > 0.0) {
            (false, _) => self.of_categorical(),
            (true, true) => self.ascend(),
            (true, false) => Optimum { policy: None, objective: None, gradient: f64::NAN },
        }
    }

    fn of_categorical(&self) -> Optimum {
        let tilted = self.reference.logits().iter().zip(self.reward.entries());
        let policy = with_logits(&self.reference, tilted.map(|(logit, reward)| logit + reward / self.beta).collect());
        match policy.filter(|_| self.beta > 0.0) {
            Some(policy) => {
                let gradient = norm(&self.gradient(&policy));
                Optimum { objective: Some(self.judge(&policy).objective), policy: Some(policy), gradient }
            }
            None => Optimum { policy: None, objective: Some(self.reward.largest()), gradient: f64::NAN },
        }
    }

    fn ascend(&self) -> Optimum {
        let mut at = Place::of(self, self.reference.clone());
        let (mut nearest, mut idle) = (f64::INFINITY, 0);
        for _ in 0..MOST_STEPS {
            let Some(next) = at.step(self).filter(|_| idle < MOST_IDLE) else { break };
            let distance = norm(&next.gradient);
            let is_better = next.judged.objective > at.judged.objective + at.rounding(self) || distance < nearest;
            (nearest, idle) = (nearest.min(distance), if is_better { 0 } else { idle + 1 });
            at = next;
        }
        Optimum { objective: Some(at.judged.objective), gradient: norm(&at.gradient), policy: Some(at.policy) }
    }
}

/// A policy on the way up.
struct Place {
    policy: Softmax,
    judged: Judged,
    /// A(s, k) and the gradient n(s) pi(k|s) A(s, k).
    direction: Vec<f64>,
    gradient: Vec<f64>,
}

impl Place {
    fn of(objective: &Objective, policy: Softmax) -> Self {
        let walk = Walk::of(&policy);
        let mut direction = walk.advantages(walk.credit(&objective.earned(&policy), 0.0, |_| 1.0));
        let gradient = direction.iter().zip(&walk.probabilities).map(|(a, p)| a * p).collect();
        for (row, visits) in direction.chunks_mut(policy.vocabulary()).zip(&walk.visits) {
            // Where a row is never drawn from, its logits stay.
            row.iter_mut().for_each(|a| *a = if *visits > 0.0 { *a / visits } else { 0.0 });
        }
        Self { judged: objective.judge_walk(&policy, &walk), direction, gradient, policy }
    }

    /// What rounding leaves of J.
    fn rounding(&self, objective: &Objective) -> f64 {
        let size = self.judged.reward.abs() + objective.beta * self.judged.kl + 1.0;
        64.0 * f64::EPSILON * size * self.judged.mean_length
    }

    /// One step up; none where rounding leaves nothing to gain.
    fn step(&self, objective: &Objective) -> Option<Self> {
        let slope = dot(&self.direction, &self.gradient);
        let rounding = self.rounding(objective);
        let mut length = objective.beta.recip();
        for _ in 0..HALVINGS {
            let moved = self.policy.logits().iter().zip(&self.direction).map(|(logit, a)| logit + length * a).collect();
            if let Some(next) = with_logits(&self.policy, moved).map(|policy| Self::of(objective, policy)) {
                let gain = next.judged.objective - self.judged.objective;
                // Within rounding of the top J says nothing, and the gradient leads on, as long as it does not point back.
                let leads_on = dot(&next.gradient, &self.direction) >= -0.5 * slope;
                if gain >= PROMISED * length * slope && gain > rounding || gain.abs() <= rounding && leads_on {
                    return Some(next);
                }
            }
            length /= 2.0;
        }
        None
    }
}

fn norm(gradient: &[f64]) -> f64 {
    dot(gradient, gradient).sqrt()
}
