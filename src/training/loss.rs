//! The gradient of one update: of the reward, less beta times that of an estimator's loss.
//!
//! # Formula
//! Let b be the policy that draws, s_t the scores of a sequence's tokens under pi_theta, rho = pi_theta / b of the whole
//! sequence, and u the weight of a token: 1, or 1 over the length where tokens are averaged over each sequence. An update
//! ascends along the mean over the samples of
//!
//! rho (R - b_R) u sum_t s_t - beta (grad loss - rho b_K u sum_t s_t),
//!
//! over the mean length under b where all tokens are averaged together.
//!
//! - The *policy gradient* of the reward R of the whole sequence is weighed by the ratio of the whole sequence, so that it is
//!   right off-policy, too, and what misses is the loss's alone. On-policy rho is 1.
//! - The *baselines* b_R and b_K are means over the other samples of the group: of their R, and of the coefficients that the
//!   loss sends to their tokens. As they do not depend on the sample, and rho sum_t s_t has the mean 0, no baseline changes
//!   the expected gradient; except that u = 1 / length lets it weigh on the length, as it does in the frameworks. A loss has
//!   b_K where its penalty enters the reward, such as `reward(k1)`, or where the estimator itself leaves one out.
//! - The *loss* is taken as it is written, as in theory: a penalty in the reward is weighed by a ratio where it says so, as
//!   `reward(rho * k1)` does.

use super::lambda::Lambda;
use super::recursion::Walk;
use super::{Objective, Settings};
use crate::engine::Engine;
use crate::engine::softmax::{Sequences, Task};
use crate::estimator::expr::{Evaluated, Expr, Tape};
use crate::estimator::{Baseline, Estimator};
use crate::policy::{Problem, Softmax};
use crate::theory::softmax::{Aggregate, Block, Drawn, Sent, Sums, Tables, VocabularySums, expected};

/// What an update is the gradient of.
pub(super) struct Loss<'a> {
    objective: &'a Objective,
    /// The loss of a sequence.
    expression: Expr,
    aggregate: Aggregate,
    group: usize,
    has_baseline: bool,
    engine: Engine,
    lambda: Option<Lambda>,
}

impl<'a> Loss<'a> {
    pub(super) fn new(objective: &'a Objective, estimator: &Estimator, settings: &Settings) -> Self {
        let &Settings { aggregate, group, engine, .. } = settings;
        let expression = aggregate.loss(estimator.expression());
        let leaves_one_out = estimator.baseline() == Some(Baseline::LeaveOneOut);
        let has_baseline = group > 1 && (leaves_one_out || estimator.expression().is_in_reward());
        let lambda = match estimator.baseline() {
            Some(Baseline::Weighted(mean)) => Some(Lambda::new(mean, objective.reference.logits().len())),
            _ => None,
        };
        Self { objective, expression, aggregate, group, has_baseline, engine, lambda }
    }

    /// That what is drawn from now on is a new batch.
    pub(super) fn next_draw(&mut self) {
        self.lambda.iter_mut().for_each(Lambda::next_draw);
    }

    /// u of a sequence of this length.
    fn weight(&self, length: usize) -> f64 {
        if self.aggregate == Aggregate::SequenceMean { 1.0 / length as f64 } else { 1.0 }
    }

    /// The expected gradient; none where there are too many sequences to enumerate. A lambda changes nothing about it.
    pub(super) fn expected(&self, problem: &Problem<Softmax>, tables: &Tables) -> Option<Vec<f64>> {
        let Objective { reward, beta, .. } = self.objective;
        let behaviour = Walk::of(&problem.behaviour);
        let sees_baseline = self.aggregate == Aggregate::SequenceMean && self.group > 1;
        let mut baseline = if sees_baseline { behaviour.mean(reward.entries()) } else { 0.0 };
        let penalty = match *beta {
            0.0 => None,
            _ => Some(expected(&self.expression, problem, tables)?),
        };
        if let Some(penalty) = penalty.as_ref().filter(|_| sees_baseline && self.has_baseline) {
            baseline -= beta * penalty.coefficients;
        }
        let mut gradient = Walk::of(&problem.policy).gradient(reward.entries(), baseline, |length| self.weight(length));
        if let Some(penalty) = penalty {
            gradient.iter_mut().zip(&penalty.mean).for_each(|(to, penalty)| *to -= beta * penalty);
        }
        let factor = self.aggregate.factor(behaviour.mean_length());
        gradient.iter_mut().for_each(|to| *to *= factor);
        Some(gradient)
    }

    /// The gradient that samples give, whose sequences are as many as a multiple of the group.
    pub(super) fn sampled(&mut self, problem: &Problem<Softmax>, tables: &Tables, drawn: &Sequences) -> Vec<f64> {
        let beta = self.objective.beta;
        let samples = self.samples(tables, drawn);
        let mut earned: Vec<f64> = samples.iter().map(|sample| sample.reward).collect();
        self.leave_out(&mut earned);
        let mut penalty = None;
        if beta > 0.0 {
            let (by_score, mut sent) = self.penalty(tables, drawn);
            let sums = if self.engine == Engine::Score { by_score } else { self.by_autograd(problem, tables, drawn) };
            if self.has_baseline {
                let all = sent.clone();
                self.leave_out(&mut sent);
                // What is left out is what the others send on average.
                earned.iter_mut().zip(all.iter().zip(&sent)).for_each(|(to, (all, rest))| *to += beta * (all - rest));
            }
            penalty = Some(sums);
        }
        let weights = samples.iter().zip(&earned).map(|(sample, earned)| sample.weight * earned);
        let mut gradient = tables.pull_back(counts(drawn, weights, tables));
        if let Some(penalty) = penalty {
            gradient.iter_mut().zip(penalty).for_each(|(to, penalty)| *to -= beta * penalty);
        }
        if let Some(lambda) = self.lambda.as_mut().filter(|_| beta > 0.0) {
            let counts = counts(drawn, samples.iter().map(|sample| sample.weight), tables);
            let less = lambda.times_scores(&counts, tables);
            gradient.iter_mut().zip(less).for_each(|(to, less)| *to += beta * less);
        }
        let length = || Walk::of(&problem.behaviour).mean_length();
        let factor = if self.aggregate == Aggregate::TokenMean { self.aggregate.factor(length()) } else { 1.0 };
        let share = factor / samples.len() as f64;
        gradient.iter_mut().for_each(|to| *to *= share);
        gradient
    }

    fn samples(&self, tables: &Tables, drawn: &Sequences) -> Vec<Sample> {
        let sample = |entries: &[usize]| Sample {
            reward: self.objective.reward.of(entries),
            weight: entries.iter().map(|&entry| tables.log_rho[entry]).sum::<f64>().exp() * self.weight(entries.len()),
        };
        sequences(drawn).map(sample).collect()
    }

    /// Subtracts from the number of each sample the mean over the others of its group.
    fn leave_out(&self, numbers: &mut [f64]) {
        if self.group == 1 {
            return;
        }
        for group in numbers.chunks_mut(self.group) {
            let sum: f64 = group.iter().sum();
            group.iter_mut().for_each(|number| *number -= (sum - *number) / (self.group - 1) as f64);
        }
    }

    /// The sum of the loss's gradients, as libtorch has it.
    fn by_autograd(&self, problem: &Problem<Softmax>, tables: &Tables, drawn: &Sequences) -> Vec<f64> {
        let losses = std::slice::from_ref(&self.expression);
        let factor = drawn.ends.len() as f64;
        let task = Task { problem, losses, factor, sample_size: drawn.ends.len(), seed: 0 };
        task.gradients_of(self.engine, tables, drawn).remove(0)
    }

    /// The sum of the loss's gradients, and of each sample the coefficient of its tokens, on average.
    fn penalty(&self, tables: &Tables, drawn: &Sequences) -> (Vec<f64>, Vec<f64>) {
        let losses = std::slice::from_ref(&self.expression);
        let sums = VocabularySums::of(&Tape::new(losses).fulls(), tables);
        let mut gathered = Sums::new(tables, &sums);
        let mut block = Block::new(losses, tables, &sums);
        let mut coefficients = Vec::with_capacity(drawn.ends.len());
        let mut add = |drawn: &Drawn, evaluated: &mut Evaluated| {
            let sent = Sent::by(evaluated, 0, sums.len());
            for (steps, weight) in drawn.sequences() {
                let length = steps.len();
                let sum: f64 = sent.coefficients[steps.clone()].iter().sum();
                coefficients.push(sum / (length as f64 * self.weight(length)));
                gathered.add(steps, &drawn.entries, &sent, weight, tables);
            }
        };
        for entries in sequences(drawn) {
            if block.push(entries, 1.0) {
                block.take(&mut add);
            }
        }
        block.take(&mut add);
        (gathered.gradient(tables, &sums), coefficients)
    }
}

/// What is known of a sequence that was drawn.
struct Sample {
    reward: f64,
    /// rho u.
    weight: f64,
}

/// The entries of each sequence.
fn sequences(drawn: &Sequences) -> impl Iterator<Item = &[usize]> {
    let starts = std::iter::once(0).chain(drawn.ends.iter().copied());
    starts.zip(&drawn.ends).map(|(start, &end)| &drawn.entries[start..end])
}

/// Of each entry, the sum of the weights of the sequences whose tokens it is.
fn counts(drawn: &Sequences, weights: impl Iterator<Item = f64>, tables: &Tables) -> Vec<f64> {
    let mut counts = vec![0.0; tables.entries()];
    for (entries, weight) in sequences(drawn).zip(weights) {
        entries.iter().for_each(|&entry| counts[entry] += weight);
    }
    counts
}
