//! The expected gradient of one loss, by the shortest way that there is.

use super::additive::additive;
use super::moments::{Moments, enumerated};
use super::row::is_enumerable;
use super::tables::Tables;
use super::visits::positions;
use crate::estimator::expr::Expr;
use crate::policy::{Problem, Softmax};
use std::num::NonZeroUsize;

/// The moments of a loss, of which the noise may be missing: by recursion over positions where the loss allows it, else by
/// enumeration of every sequence; none where these are too many.
pub(crate) fn expected(loss: &Expr, problem: &Problem<Softmax>, tables: &Tables) -> Option<Moments> {
    let positions: Vec<Vec<f64>> = positions(&problem.behaviour, &tables.behaviour).collect();
    additive(loss, &positions, tables).or_else(|| {
        let losses = std::slice::from_ref(loss);
        is_enumerable(problem).then(|| enumerated(losses, problem, tables, NonZeroUsize::MIN, &|| ()).remove(0))
    })
}
