use super::node::{Facts, Id, Node, Unary};
use super::{Expr, append};

/// What is computed, and in which order: the operations of several expressions, in which equal parts stand once.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) nodes: Vec<Node>,
    pub(super) facts: Vec<Facts>,
    /// The place of each expression's result.
    pub(super) roots: Vec<Id>,
    /// For each expression the operations through which its gradient flows, the root first.
    pub(super) passes: Vec<Vec<Id>>,
    /// The places of the sums over the vocabulary.
    pub(super) fulls: Vec<Id>,
}

impl Plan {
    pub(super) fn new(expressions: &[Expr]) -> Self {
        let mut nodes = Vec::new();
        let roots: Vec<Id> = expressions.iter().map(|expression| append(&mut nodes, &expression.nodes)).collect();
        let mut facts = Vec::with_capacity(nodes.len());
        for node in &nodes {
            facts.push(node.facts(&facts));
        }
        let passes = roots.iter().map(|&root| pass(&nodes, &facts, root)).collect();
        let is_full = |&id: &Id| matches!(nodes[id], Node::Unary(Unary::Full, _));
        let fulls = (0..nodes.len()).filter(is_full).collect();
        Self { nodes, facts, roots, passes, fulls }
    }

    /// Which of the sums over the vocabulary stands there.
    pub(super) fn full_at(&self, id: Id) -> usize {
        self.fulls.iter().position(|full| *full == id).expect("the plan lists every sum over the vocabulary")
    }

    /// The exponent of a power, if it is a constant.
    pub(super) fn constant_exponent(&self, exponent: Id) -> Option<f64> {
        self.nodes[exponent].as_constant()
    }
}

/// The operations between a root and the leaves through which a gradient flows, the root first.
fn pass(nodes: &[Node], facts: &[Facts], root: Id) -> Vec<Id> {
    let mut reached = vec![false; nodes.len()];
    reached[root] = facts[root].live;
    for id in (0..=root).rev().filter(|&id| facts[id].live) {
        if reached[id] && !matches!(nodes[id], Node::Unary(Unary::Full, _)) {
            nodes[id].children().for_each(|child| reached[child] |= facts[child].live);
        }
    }
    (0..=root).rev().filter(|&id| reached[id] && !matches!(nodes[id], Node::Linear(_))).collect()
}
