//! libtorch differentiates with respect to the logits.

use super::draw::Sequences;
use super::{Route, Task};
use crate::estimator::expr::{Expr, Tensors};
use crate::theory::softmax::Tables;
use tch::{Kind, Tensor};

pub(super) struct Autograd<'a> {
    losses: &'a [Expr],
    factor: f64,
    logits: &'a [f64],
    tables: &'a Tables,
}

/// The logs of some entries, of which log pi_theta carries the gradient of the logits.
struct Logs {
    log_prob: Tensor,
    log_ratio: Tensor,
    log_rho: Tensor,
}

impl<'a> Autograd<'a> {
    pub(super) fn new(losses: &'a [Expr], task: &Task<'a>, tables: &'a Tables) -> Self {
        Self { losses, factor: task.factor, logits: task.problem.policy.logits(), tables }
    }

    fn vocabulary(&self) -> i64 {
        self.tables.vocabulary as i64
    }

    /// Of every entry. Log-ratios are constants of which the difference of two rounded logs would be a poor copy, and have the
    /// gradient of log pi_theta.
    fn logs(&self, logits: &Tensor) -> Logs {
        let log_prob = logits.view([-1, self.vocabulary()]).log_softmax(-1, Kind::Double).flatten(0, -1);
        let gradient = &log_prob - log_prob.detach();
        let with_gradient = |constant: &[f64]| Tensor::from_slice(constant) + &gradient;
        Logs {
            log_ratio: with_gradient(&self.tables.log_ratio),
            log_rho: with_gradient(&self.tables.log_rho),
            log_prob,
        }
    }

    fn tensors(&self, logs: &Logs, drawn: &Padded) -> Tensors {
        let Logs { log_prob, log_ratio, log_rho } = logs;
        let at = |log: &Tensor| log.index_select(0, &drawn.entries.flatten(0, -1)).view_as(&drawn.entries);
        let all = Tensors::of_logs(log_prob.shallow_clone(), log_ratio.shallow_clone(), log_rho.shallow_clone());
        let rows = drawn.entries.divide_scalar_mode(self.vocabulary(), "floor");
        Tensors::of_logs(at(log_prob), at(log_ratio), at(log_rho))
            .in_sequences(drawn.mask.shallow_clone())
            .with_vocabulary(all, rows, self.vocabulary())
    }
}

impl Route for Autograd<'_> {
    fn gradients(&self, drawn: &Sequences) -> Vec<Vec<f64>> {
        let logits = Tensor::from_slice(self.logits).set_requires_grad(true);
        let padded = Padded::of(drawn);
        let tensors = self.tensors(&self.logs(&logits), &padded);
        let gradient = |loss: &Expr| {
            let total = tensors.values(loss).sum(Kind::Double) * (self.factor / drawn.ends.len() as f64);
            let gradient = Tensor::run_backward(&[total], &[&logits], true, false);
            Vec::try_from(gradient[0].shallow_clone()).expect("a gradient is a vector of 64-bit floats")
        };
        self.losses.iter().map(gradient).collect()
    }
}

/// Sequences as a row each, filled up to the longest with an entry that counts for nothing.
struct Padded {
    entries: Tensor,
    mask: Tensor,
}

impl Padded {
    fn of(drawn: &Sequences) -> Self {
        let starts = std::iter::once(0).chain(drawn.ends.iter().copied());
        let ranges: Vec<_> = starts.zip(&drawn.ends).map(|(start, &end)| start..end).collect();
        let longest = ranges.iter().map(ExactSizeIterator::len).max().unwrap_or(0);
        let (mut entries, mut mask) = (Vec::new(), Vec::new());
        for range in &ranges {
            entries.extend(drawn.entries[range.clone()].iter().map(|&entry| entry as i64));
            entries.resize(entries.len() + longest - range.len(), 0);
            mask.extend((0..longest).map(|token| if token < range.len() { 1.0 } else { 0.0 }));
        }
        let shape = [ranges.len() as i64, longest as i64];
        Self { entries: Tensor::from_slice(&entries).view(shape), mask: Tensor::from_slice::<f64>(&mask).view(shape) }
    }
}
