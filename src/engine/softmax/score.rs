//! Gradient coefficients, pulled back to the logits.

use super::Route;
use super::draw::Sequences;
use crate::estimator::expr::{Evaluated, Expr, Tape};
use crate::theory::softmax::{Block, Drawn, Sent, Sums, Tables, VocabularySums};

pub(super) struct Score<'a> {
    losses: &'a [Expr],
    factor: f64,
    tables: &'a Tables,
    sums: VocabularySums,
}

impl<'a> Score<'a> {
    pub(super) fn new(losses: &'a [Expr], factor: f64, tables: &'a Tables) -> Self {
        Self { losses, factor, tables, sums: VocabularySums::of(&Tape::new(losses).fulls(), tables) }
    }
}

impl Route for Score<'_> {
    fn gradients(&self, drawn: &Sequences) -> Vec<Vec<f64>> {
        let weight = self.factor / drawn.ends.len() as f64;
        let mut gathered = vec![Sums::new(self.tables, &self.sums); self.losses.len()];
        let mut block = Block::new(self.losses, self.tables, &self.sums);
        let mut add = |drawn: &Drawn, evaluated: &mut Evaluated| {
            for (index, of_loss) in gathered.iter_mut().enumerate() {
                let sent = Sent::by(evaluated, index, self.sums.len());
                for (steps, weight) in drawn.sequences() {
                    of_loss.add(steps, &drawn.entries, &sent, weight, self.tables);
                }
            }
        };
        let starts = std::iter::once(&0).chain(&drawn.ends);
        for (&start, &end) in starts.zip(&drawn.ends) {
            if block.push(&drawn.entries[start..end], weight) {
                block.take(&mut add);
            }
        }
        block.take(&mut add);
        gathered.into_iter().map(|of_loss| of_loss.gradient(self.tables, &self.sums)).collect()
    }
}
