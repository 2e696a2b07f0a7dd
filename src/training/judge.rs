//! What a policy is worth, exactly.

use super::Reward;
use super::recursion::Walk;
use crate::policy::Softmax;
use crate::theory::softmax::dot;
use anyhow::{Result, ensure};

/// What a training is for: J = E\[R\] - beta KL(theta||ref), of whole sequences drawn from pi_theta.
#[derive(Clone, Debug)]
pub struct Objective {
    pub(super) reference: Softmax,
    pub(super) reward: Reward,
    pub(super) beta: f64,
    /// n(s) pi_ref(k|s) under the reference: how often it draws each entry.
    drawn_by_reference: Vec<f64>,
}

/// The numbers of one policy, each a sum over everything that can be drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// E\[R\].
    pub reward: f64,
    /// KL(theta||ref) of a whole sequence.
    pub kl: f64,
    /// KL(ref||theta) of a whole sequence.
    pub kl_ref: f64,
    /// E\[R\] - beta KL(theta||ref).
    pub objective: f64,
    /// The mean length of a sequence, 1 for a categorical.
    pub mean_length: f64,
}

impl Objective {
    /// Of a reward for the tokens of a reference.
    ///
    /// # Errors
    /// beta is negative or not finite, or the reward has not a number for each of the reference's logits.
    ///
    /// ```
    /// use klgrad::policy::Softmax;
    /// use klgrad::training::{Objective, Reward};
    ///
    /// let reference = Softmax::categorical(vec![0.0, 0.0]).unwrap();
    /// let reward = Reward::new(&[2], vec![0.0, 1.0], &reference)?;
    /// let objective = Objective::new(reference, reward, 1.0)?;
    /// // The best policy is pi_ref e^R, but for a factor.
    /// let judged = objective.judge(&Softmax::categorical(vec![0.0, 1.0]).unwrap());
    /// assert!((judged.objective - (0.5 + 0.5 * 1_f64.exp()).ln()).abs() < 1e-15);
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    pub fn new(reference: Softmax, reward: Reward, beta: f64) -> Result<Self> {
        ensure!(beta.is_finite() && beta >= 0.0, "beta is {beta:?}; a number of 0 or more would be right");
        let (rewards, logits) = (reward.entries().len(), reference.logits().len());
        ensure!(
            rewards == logits,
            "reward has {rewards} numbers and the reference {logits} logits; as many would be right"
        );
        let walk = Walk::of(&reference);
        let visits = walk.visits.iter().flat_map(|visits| std::iter::repeat_n(visits, reference.vocabulary()));
        let drawn_by_reference = visits.zip(&walk.probabilities).map(|(visits, p)| visits * p).collect();
        Ok(Self { drawn_by_reference, reference, reward, beta })
    }

    /// The policy that is not to be left far behind.
    pub fn reference(&self) -> &Softmax {
        &self.reference
    }

    /// What the tokens earn.
    pub fn reward(&self) -> &Reward {
        &self.reward
    }

    /// How much a nat of KL(theta||ref) costs.
    pub fn beta(&self) -> f64 {
        self.beta
    }

    /// The same with another beta.
    pub(super) fn with_beta(&self, beta: f64) -> Self {
        Self { beta, ..self.clone() }
    }

    /// From the least reward of a token to the best; 1 where they are the same.
    pub(super) fn reward_spread(&self) -> f64 {
        let rewards = || self.reward.entries().iter().copied();
        let spread = rewards().fold(f64::NEG_INFINITY, f64::max) - rewards().fold(f64::INFINITY, f64::min);
        if spread > 0.0 { spread } else { 1.0 }
    }

    /// The numbers of a policy.
    ///
    /// # Formula
    /// With n(s) the tokens that it draws from row s, E\[R\] is sum_s n(s) sum_k pi(k|s) R(s, k) and KL(theta||ref) the same sum of
    /// D; KL(ref||theta) is that of -D with the visits and the probabilities of the reference.
    pub fn judge(&self, policy: &Softmax) -> Judged {
        self.judge_walk(policy, &Walk::of(policy))
    }

    pub(super) fn judge_walk(&self, policy: &Softmax, walk: &Walk) -> Judged {
        let log_ratios = policy.log_ratios(&self.reference);
        let (reward, kl) = (walk.mean(self.reward.entries()), walk.mean(&log_ratios));
        let kl_ref = 0.0 - dot(&self.drawn_by_reference, &log_ratios);
        Judged { reward, kl, kl_ref, objective: reward - self.beta * kl, mean_length: walk.mean_length() }
    }

    /// The gradient of J with respect to all logits.
    ///
    /// # Formula
    /// The policy gradient of what each token earns, R - beta D; that of its own D has the mean 0.
    pub fn gradient(&self, policy: &Softmax) -> Vec<f64> {
        Walk::of(policy).gradient(&self.earned(policy), 0.0, |_| 1.0)
    }

    /// R - beta D of each entry.
    pub(super) fn earned(&self, policy: &Softmax) -> Vec<f64> {
        let pairs = self.reward.entries().iter().zip(policy.log_ratios(&self.reference));
        pairs.map(|(reward, log_ratio)| reward - self.beta * log_ratio).collect()
    }
}

/// The same kind of policy with other logits; none where one is not finite.
pub(super) fn with_logits(policy: &Softmax, logits: Vec<f64>) -> Option<Softmax> {
    match policy.is_sequence() {
        true => Softmax::sequence(logits, policy.vocabulary(), policy.max_length()).ok(),
        false => Softmax::categorical(logits).ok(),
    }
}
