//! The sums over the whole vocabulary that expressions ask for, in every row.

use super::tables::{Tables, dot};
use crate::estimator::expr::{Expr, Steps, Tape};

/// Value and gradient of each `full(x)` in each row, which depend on nothing that is drawn.
///
/// # Formula
/// F(s) = sum_k pi(k|s) x(s, k), and dF/d log pi(k|s) = pi(k|s) (x + dx/d log pi)(s, k), which is pulled back to the logits.
#[derive(Clone, Debug)]
pub(crate) struct VocabularySums {
    /// F of each sum in each row.
    pub(crate) values: Vec<Vec<f64>>,
    /// The gradient of each sum in each row, entry by entry: F of a row depends on the logits of that row alone.
    pub(crate) gradients: Vec<Vec<f64>>,
    /// In each row, the inner product of a gradient with the probabilities.
    pub(crate) with_policy: Vec<Vec<f64>>,
    /// In each row, the inner products of each two gradients: `[first][second][row]`.
    pub(crate) products: Vec<Vec<Vec<f64>>>,
}

impl VocabularySums {
    /// Of these arguments of `full`, as [`Tape::fulls`] gives them.
    pub(crate) fn of(summed: &[Expr], tables: &Tables) -> Self {
        let mut tape = Tape::new(summed);
        let mut block = tape.evaluate(Steps::samples(&tables.log_prob, &tables.log_ratio, &tables.log_rho));
        let (mut values, mut gradients) = (Vec::new(), Vec::new());
        for index in 0..summed.len() {
            let x = block.values(index).to_vec();
            let slopes = block.coefficients(index);
            let coefficient = |entry: usize| tables.policy[entry] * (x[entry] + slopes[entry]);
            gradients.push(tables.pull_back((0..tables.entries()).map(coefficient).collect()));
            values.push(by_row(&tables.policy, &x, tables.vocabulary));
        }
        let with_policy =
            gradients.iter().map(|gradient| by_row(gradient, &tables.policy, tables.vocabulary)).collect();
        let product = |a: &Vec<f64>| gradients.iter().map(|b| by_row(a, b, tables.vocabulary)).collect();
        let products = gradients.iter().map(product).collect();
        Self { values, gradients, with_policy, products }
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }
}

/// The inner product of each row.
fn by_row(a: &[f64], b: &[f64], vocabulary: usize) -> Vec<f64> {
    a.chunks(vocabulary).zip(b.chunks(vocabulary)).map(|(a, b)| dot(a, b)).collect()
}
