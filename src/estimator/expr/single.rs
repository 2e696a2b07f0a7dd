//! An expression at a single sample, as a function of fewer logs.

use super::linear::Linear;
use super::node::{Node, Unary};
use super::{Exponent, Expr};

impl Expr {
    /// The same loss where `logp`, `D` and `log(rho)` have become these combinations of the three; what carries a gradient
    /// stays as it is.
    pub(crate) fn with_logs(&self, logs: [Exponent; 3]) -> Self {
        let moved = |node: &Node| match *node {
            Node::Linear(form) => Node::Linear(combined(form, logs)),
            other => other,
        };
        Self { nodes: self.nodes.iter().map(moved).collect() }
    }

    /// Whether it has a number for each token of a sequence, rather than one for the whole.
    pub(crate) fn is_per_token(&self) -> bool {
        self.facts().per_token
    }

    /// Whether it tells tokens of one sequence apart from those of another: by `sum`, `mean`, `after` or `length`.
    pub(crate) fn sees_sequences(&self) -> bool {
        let sees = |node: &Node| matches!(node, Node::Length | Node::Unary(Unary::Sum | Unary::Mean | Unary::After, _));
        self.nodes.iter().any(sees)
    }
}

fn combined(form: Linear, logs: [Exponent; 3]) -> Linear {
    let factors = [form.log_prob, form.log_ratio, form.log_rho];
    let of = |log: usize| factors.iter().zip(logs).map(|(factor, combination)| factor * combination[log]).sum::<f64>();
    Linear { log_prob: of(0), log_ratio: of(1), log_rho: of(2), ..form }
}
