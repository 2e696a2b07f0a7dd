//! Learning rates that are too large for the exact gradient, too.

use super::optimizer::Ascent;
use super::state::within_reach;
use super::{End, Optimizer, Settings, Training};
use crate::estimator::Estimator;
use crate::policy::Softmax;
use crate::theory::softmax::Aggregate;
use anyhow::{Result, bail};

/// How often a learning rate is halved, and then how often the step between the last two.
const HALVINGS: usize = 60;
const FINER: usize = 6;
/// A log-ratio to the optimum that steps of a length that is right do not come to: they pass it by little.
const GIVEN_UP: f64 = -30.0;

impl Training<'_> {
    /// Whether ascent along the exact gradient of the objective itself, with no loss in its place and nothing drawn, does not
    /// diverge: it comes to a policy, which by sgd is no worse than the start, and it gives up no token that the optimum has.
    ///
    /// A step that is too long leads to a corner, where the gradient is 0. Adam's steps are as long as the learning rate, however
    /// small the gradient is: it goes to and fro about an optimum by that, which is no divergence.
    ///
    /// # Errors
    /// It does not: the learning rate is too large, and the message says about which is not.
    pub fn check_rate(&self) -> Result<()> {
        let rate = self.settings.learning_rate;
        match largest(rate, |rate| self.ascends(rate)) {
            Some(right) if right < rate => bail!(
                "learning_rate is {rate:?}, at which even {} steps along the exact gradient of E[R] - beta KL(theta||ref) diverge or \
                 lead to a corner; {right:?} or less would be right",
                self.settings.steps
            ),
            _ => Ok(()),
        }
    }

    /// The largest learning rate, about, at which the exact run of an estimator comes to a policy that is no worse than the start,
    /// where it does not at that of the settings.
    ///
    /// # Panics
    /// Where the expected gradient is not known: see [`Self::check`].
    pub fn smaller_rate(&self, estimator: &Estimator) -> Option<f64> {
        let is_right = |learning_rate: f64| {
            let settings = Settings { learning_rate, exact: true, ..self.settings };
            let run = Self { settings, ..self.clone() }.run(estimator, 0);
            run.end == End::Finished && self.comes_right(&run.policy)
        };
        let rate = self.settings.learning_rate;
        largest(rate, is_right).filter(|right| *right < rate)
    }

    fn ascends(&self, rate: f64) -> bool {
        let Self { objective, start, settings, .. } = self;
        let mut ascent = Ascent::new(settings.optimizer, rate, start.logits().len());
        let mut policy = (*start).clone();
        for _ in 0..settings.steps {
            let mut gradient = objective.gradient(&policy);
            if settings.aggregate != Aggregate::TokenSum {
                let length = objective.judge(&policy).mean_length;
                gradient.iter_mut().for_each(|g| *g /= length);
            }
            let mut logits = policy.logits().to_vec();
            ascent.update(&mut logits, &gradient);
            match within_reach(&policy, logits, &objective.reference) {
                Ok(next) => policy = next,
                Err(_) => return false,
            }
        }
        self.comes_right(&policy) && !self.gives_up(&policy)
    }

    /// Whether a token that the optimum has is left with a probability from which it does not come back.
    fn gives_up(&self, policy: &Softmax) -> bool {
        let optimum = self.optimum.policy.as_ref();
        optimum.is_some_and(|optimum| policy.log_ratios(optimum).iter().any(|d| *d < GIVEN_UP))
    }

    /// Whether the last policy of a run, by sgd, is no worse than the start, but for rounding.
    fn comes_right(&self, policy: &Softmax) -> bool {
        if self.settings.optimizer == Optimizer::Adam {
            return true;
        }
        let [before, after] = [self.start, policy].map(|policy| self.objective.judge(policy));
        // Of the reward and of the KL, which are sums over all entries.
        let size = 1.0 + before.reward.abs() + self.objective.beta * before.kl;
        after.objective >= before.objective - size * f64::EPSILON * self.start.logits().len() as f64
    }
}

/// The rate itself where it is right, else one that is, to two digits, and up to which those tried are; none where none is.
fn largest(rate: f64, is_right: impl Fn(f64) -> bool) -> Option<f64> {
    if is_right(rate) {
        return Some(rate);
    }
    let mut right =
        (1..=HALVINGS as i32).map(|halvings| rate / f64::from(halvings).exp2()).find(|rate| is_right(*rate))?;
    let mut wrong = 2.0 * right;
    for _ in 0..FINER {
        let middle = f64::midpoint(right, wrong);
        *(if is_right(middle) { &mut right } else { &mut wrong }) = middle;
    }
    let digit = 10_f64.powf(right.log10().floor() - 1.0);
    let rounded = (right / digit).floor() * digit;
    // As text with two digits: 0.30000000000000004 would be 0.3.
    Some(format!("{rounded:.1e}").parse().unwrap_or(rounded)).filter(|rate| is_right(*rate)).or(Some(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_found_to_two_digits() {
        for (rate, bound, found) in
            [(10.0, 0.34, Some(0.33)), (1.0, 2.0, Some(1.0)), (3.0, 2.99, Some(2.9)), (1.0, 0.0, None)]
        {
            assert_eq!(largest(rate, |rate| rate < bound), found, "{rate} {bound}");
        }
    }
}
