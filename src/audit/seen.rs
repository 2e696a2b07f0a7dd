//! What is computed of the tokens of a sequence, one by one, before anything is summed.

use super::kept::Kept;
use super::loss::Loss;
use super::map::{differences, excesses, exponentials, negated, squares};
use super::record::Role;
use super::reduce::sum;
use super::roles::Roles;
use crate::estimator::expr::{Expr, Steps, Tape};

/// Numbers of the tokens of one sequence; refilled for each.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    roles: Roles,
    tape: Tape,
    is_per_token: Vec<bool>,
    is_over_sequences: Vec<bool>,
    /// log policy.
    pub(super) log_prob: Vec<f64>,
    /// D = log policy - log ref; NaN without a reference.
    pub(super) log_ratio: Vec<f64>,
    /// log(r) = -D.
    pub(super) log_r: Vec<f64>,
    /// D of this and the later tokens, where a loss sees sequences.
    pub(super) to_go: Vec<f64>,
    /// k2 = D^2 / 2 and k3 = exp(-D) - 1 + D.
    pub(super) k2: Vec<f64>,
    pub(super) k3: Vec<f64>,
    /// log(rho) = log policy - log sampler, and rho.
    pub(super) log_rho: Vec<f64>,
    pub(super) rho: Vec<f64>,
    /// log(w) of the sampler and what it is held against, w, and w - 1 - log(w).
    pub(super) log_weight: Vec<f64>,
    pub(super) weight: Vec<f64>,
    pub(super) weight_k3: Vec<f64>,
    /// For each loss its value, and the gradient coefficient at each token.
    pub(super) losses: Vec<(f64, Vec<f64>)>,
}

impl Seen {
    pub(super) fn new(losses: &[Loss], roles: Roles) -> Self {
        let expressions: Vec<Expr> = losses.iter().map(|loss| loss.expression.clone()).collect();
        let is_over_sequences = expressions.iter().map(Expr::sees_sequences).collect();
        let empty = Vec::new;
        Self {
            roles,
            tape: Tape::new(&expressions),
            is_per_token: expressions.iter().map(Expr::is_per_token).collect(),
            is_over_sequences,
            log_prob: empty(),
            log_ratio: empty(),
            log_r: empty(),
            to_go: empty(),
            k2: empty(),
            k3: empty(),
            log_rho: empty(),
            rho: empty(),
            log_weight: empty(),
            weight: empty(),
            weight_k3: empty(),
            losses: vec![(0.0, empty()); losses.len()],
        }
    }

    /// The tokens of a sequence, of which there is at least one.
    pub(super) fn fill(&mut self, kept: &Kept) {
        let [policy, sampler] = [self.roles.policy(), self.roles.sampler()].map(|role| kept.of(role.expect(POLICY)));
        self.log_prob.clear();
        self.log_prob.extend_from_slice(policy);
        differences(policy, sampler, &mut self.log_rho);
        exponentials(&self.log_rho, &mut self.rho);
        match self.roles.has(Role::Ref) {
            true => differences(policy, kept.of(Role::Ref), &mut self.log_ratio),
            false => refill(&mut self.log_ratio, policy.iter().map(|_| f64::NAN)),
        }
        self.powers();
        if let Some((sampler, target)) = self.roles.mismatch() {
            self.weigh(kept, sampler, target);
        }
        self.evaluate();
    }

    fn powers(&mut self) {
        squares(&self.log_ratio, 0.5, &mut self.k2);
        negated(&self.log_ratio, &mut self.log_r);
        excesses(&self.log_r, &mut self.k3);
        self.to_go.clear();
        if self.is_over_sequences.contains(&true) {
            let later = self.log_ratio.iter().rev().scan(0.0, |sum, d| {
                *sum += d;
                Some(*sum)
            });
            self.to_go.extend(later);
            self.to_go.reverse();
        }
    }

    fn weigh(&mut self, kept: &Kept, sampler: Role, target: Role) {
        differences(kept.of(target), kept.of(sampler), &mut self.log_weight);
        match self.roles.policy() == Some(target) {
            true => self.weight.clone_from(&self.rho),
            false => exponentials(&self.log_weight, &mut self.weight),
        }
        excesses(&self.log_weight, &mut self.weight_k3);
    }

    fn evaluate(&mut self) {
        let ends = [self.log_prob.len()];
        let steps = Steps::samples(&self.log_prob, &self.log_ratio, &self.log_rho).in_sequences(&ends);
        let mut block = self.tape.evaluate(steps);
        for (loss, (value, coefficients)) in self.losses.iter_mut().enumerate() {
            // A loss that is one number a sequence has it at each token.
            *value = if self.is_per_token[loss] { sum(block.values(loss)) } else { block.values(loss)[0] };
            refill(coefficients, block.coefficients(loss).iter().copied());
        }
    }

    /// Whether D is a number.
    pub(super) fn has_reference(&self) -> bool {
        self.roles.has(Role::Ref)
    }

    /// The gradient coefficient of KL itself, with which that of a loss is compared: D, or D of this and the later tokens.
    pub(super) fn of_kl(&self, loss: usize) -> &[f64] {
        if self.is_over_sequences[loss] { &self.to_go } else { &self.log_ratio }
    }
}

const POLICY: &str = "without a policy nothing is read";

fn refill(to: &mut Vec<f64>, numbers: impl Iterator<Item = f64>) {
    to.clear();
    to.extend(numbers);
}
