//! The gradient of each single sample.

use super::block::Block;
use super::enumeration::{PARTS, enumerate};
use super::sent::Sent;
use super::sums::Sums;
use super::tables::Tables;
use super::vocabulary_sums::VocabularySums;
use crate::estimator::expr::{Expr, Tape};
use crate::policy::{Problem, Softmax};

/// The gradient of each loss with respect to all logits, for every sequence that can be drawn: `[loss][sequence][logit]`.
pub(crate) fn gradients_of_samples(losses: &[Expr], problem: &Problem<Softmax>) -> Vec<Vec<Vec<f64>>> {
    let tables = Tables::of(problem);
    let sums = VocabularySums::of(&Tape::new(losses).fulls(), &tables);
    let mut block = Block::new(losses, &tables, &sums);
    let mut gradients = vec![Vec::new(); losses.len()];
    for part in 0..PARTS {
        enumerate(problem, &tables, part, |entries, _| {
            block.push(entries, 1.0);
            block.take(|drawn, evaluated| {
                for (index, gradients) in gradients.iter_mut().enumerate() {
                    let mut sum = Sums::new(&tables, &sums);
                    let sent = Sent::by(evaluated, index, sums.len());
                    sum.add(0..entries.len(), &drawn.entries, &sent, 1.0, &tables);
                    gradients.push(sum.gradient(&tables, &sums));
                }
            });
        });
    }
    gradients
}
