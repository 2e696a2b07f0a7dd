//! What is computed of the tokens of a sequence, one by one, before anything is summed.

use super::group::LARGEST_LOGS;
use super::kept::Kept;
use super::loss::Loss;
use super::map::{differences, exponentials, negated_excesses, weights};
use super::positions;
use super::record::Role;
use super::reduce::{Extremes, Totals, dot, extremes, sum, totals};
use super::roles::Roles;
use crate::estimator::expr::{Expr, Steps, Tape};

/// Numbers of the tokens of one sequence; refilled for each.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    roles: Roles,
    tape: Tape,
    is_per_token: Vec<bool>,
    is_over_sequences: Vec<bool>,
    /// D = log policy - log ref; NaN without a reference.
    pub(super) log_ratio: Vec<f64>,
    /// D of this and the later tokens, where a loss sees sequences.
    pub(super) to_go: Vec<f64>,
    squares_to_go: f64,
    /// k3 = exp(-D) - 1 + D.
    pub(super) k3: Vec<f64>,
    /// The sums of k1, k2 and k3 over the tokens, and over those in each bin of positions; k1 is D, and k2 is D^2 / 2.
    pub(super) sums: [f64; 3],
    pub(super) sums_by_position: Vec<[f64; 3]>,
    /// log(rho) = log policy - log sampler.
    pub(super) log_rho: Vec<f64>,
    /// Of the sampler and what it is held against w, and w - 1 - log(w).
    pub(super) weight: Vec<f64>,
    pub(super) weight_k3: Vec<f64>,
    /// log(w), and rho, where what the sampler is held against is not the policy.
    log_weight: Vec<f64>,
    rho: Vec<f64>,
    /// What they come to: the log-probabilities of each role that is present, D and log(w).
    pub(super) of_roles: [Totals; 4],
    pub(super) of_log_ratio: Totals,
    pub(super) of_log_weight: Totals,
    /// The extremes of D, log(rho) and log(w).
    pub(super) log_ratios: Extremes,
    pub(super) log_rhos: Extremes,
    pub(super) log_weights: Extremes,
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
            log_ratio: empty(),
            to_go: empty(),
            squares_to_go: 0.0,
            k3: empty(),
            sums: [0.0; 3],
            sums_by_position: Vec::new(),
            log_rho: empty(),
            weight: empty(),
            weight_k3: empty(),
            log_weight: empty(),
            rho: empty(),
            of_roles: Default::default(),
            of_log_ratio: Totals::default(),
            of_log_weight: Totals::default(),
            log_ratios: Extremes::default(),
            log_rhos: Extremes::default(),
            log_weights: Extremes::default(),
            losses: vec![(0.0, empty()); losses.len()],
        }
    }

    /// The tokens of a sequence, of which there is at least one.
    pub(super) fn fill(&mut self, kept: &Kept) {
        let [policy, sampler] = [Some(self.policy()), self.roles.sampler()].map(|role| kept.of(role.expect(POLICY)));
        self.roles.iter().for_each(|role| self.of_roles[role as usize] = totals(kept.of(role)));
        differences(policy, sampler, &mut self.log_rho);
        self.log_rhos = extremes(&self.log_rho);
        match self.roles.has(Role::Ref) {
            true => differences(policy, kept.of(Role::Ref), &mut self.log_ratio),
            false => {
                self.log_ratio.clear();
                self.log_ratio.resize(policy.len(), f64::NAN);
            }
        }
        (self.of_log_ratio, self.log_ratios) = (totals(&self.log_ratio), extremes(&self.log_ratio));
        self.estimate();
        if let Some((sampler, target)) = self.roles.mismatch() {
            self.weigh(kept, sampler, target);
        }
        self.evaluate(policy);
    }

    fn estimate(&mut self) {
        negated_excesses(&self.log_ratio, &mut self.k3);
        positions::sums(&self.log_ratio, &self.k3, &mut self.sums_by_position);
        self.sums = std::array::from_fn(|k| self.sums_by_position.iter().map(|sums| sums[k]).sum());
        self.to_go.clear();
        if self.is_over_sequences.contains(&true) {
            let later = self.log_ratio.iter().rev().scan(0.0, |sum, d| {
                *sum += d;
                Some(*sum)
            });
            self.to_go.extend(later);
            self.to_go.reverse();
            self.squares_to_go = dot(&self.to_go, &self.to_go);
        }
    }

    fn weigh(&mut self, kept: &Kept, sampler: Role, target: Role) {
        let is_policy = self.is_policy_weighed();
        if !is_policy {
            differences(kept.of(target), kept.of(sampler), &mut self.log_weight);
            exponentials(&self.log_rho, &mut self.rho);
        }
        let log_weight = if is_policy { &self.log_rho } else { &self.log_weight };
        (self.of_log_weight, self.log_weights) = (totals(log_weight), extremes(log_weight));
        weights(log_weight, &mut self.weight, &mut self.weight_k3);
    }

    fn evaluate(&mut self, log_prob: &[f64]) {
        let ends = [log_prob.len()];
        let steps = Steps::samples(log_prob, &self.log_ratio, &self.log_rho).in_sequences(&ends);
        let mut block = self.tape.evaluate(steps);
        for (loss, (value, coefficients)) in self.losses.iter_mut().enumerate() {
            // A loss that is one number a sequence has it at each token.
            *value = if self.is_per_token[loss] { sum(block.values(loss)) } else { block.values(loss)[0] };
            block.swap_coefficients(loss, coefficients);
        }
        if -self.log_ratios.least > LARGEST_LOGS[0] {
            self.flatten(log_prob);
        }
    }

    /// Where k3 is beyond floats, its slope times the 0 of a clamp is no number: a loss that is flat at the end of floats is flat
    /// beyond.
    fn flatten(&mut self, log_prob: &[f64]) {
        let ends = [log_prob.len()];
        let within: Vec<f64> = self.log_ratio.iter().map(|log_ratio| log_ratio.max(-LARGEST_LOGS[0].floor())).collect();
        let steps = Steps::samples(log_prob, &within, &self.log_rho).in_sequences(&ends);
        let mut block = self.tape.evaluate(steps);
        for (loss, (_, coefficients)) in self.losses.iter_mut().enumerate() {
            let within = block.coefficients(loss);
            let flat = coefficients.iter_mut().zip(within).filter(|(c, within)| c.is_nan() && **within == 0.0);
            flat.for_each(|(c, _)| *c = 0.0);
        }
    }

    /// Whose log-probabilities are those of the policy.
    pub(super) fn policy(&self) -> Role {
        self.roles.policy().expect(POLICY)
    }

    /// rho, where there are a sampler and a policy.
    pub(super) fn rho(&self) -> &[f64] {
        if self.is_policy_weighed() { &self.weight } else { &self.rho }
    }

    /// log(w), where there are a sampler and what it is held against.
    pub(super) fn log_weight(&self) -> &[f64] {
        if self.is_policy_weighed() { &self.log_rho } else { &self.log_weight }
    }

    /// Whether the sampler is held against the policy, so that w is rho.
    fn is_policy_weighed(&self) -> bool {
        self.roles.mismatch().is_some_and(|(_, target)| self.policy() == target)
    }

    /// Whether D is a number.
    pub(super) fn has_reference(&self) -> bool {
        self.roles.has(Role::Ref)
    }

    /// The gradient coefficient of KL itself, with which that of a loss is compared, and the sum of its squares: D, or D of this
    /// and the later tokens.
    pub(super) fn of_kl(&self, loss: usize) -> (&[f64], f64) {
        match self.is_over_sequences[loss] {
            true => (&self.to_go, self.squares_to_go),
            false => (&self.log_ratio, self.of_log_ratio.squares),
        }
    }
}

const POLICY: &str = "without a policy nothing is read";
