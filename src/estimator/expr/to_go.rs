//! Expressions that are linear in sums over this and the later tokens.

use super::node::{Binary, Node, Unary};
use super::{Expr, append};

/// A loss in which a number that is handed over stands for each `after(x)`.
pub(crate) struct ToGo {
    /// The loss, in which `full` stands in the place of `after`, so that a tape takes its values from outside.
    pub(crate) loss: Expr,
    /// Of each sum that a tape of the loss asks for, the x of which it is `after(x)`; none where it is a sum over the vocabulary.
    pub(crate) after: Vec<Option<Expr>>,
}

impl Expr {
    /// The form of a loss that has no other function of the sequence than `after(x)`, x a number of a single token, and is
    /// linear in these; none where it is not of that form.
    pub(crate) fn to_go(&self) -> Option<ToGo> {
        if self.fold(degree)? > 1 {
            return None;
        }
        let mut nodes = Vec::new();
        let mut after = Vec::new();
        for node in self.nodes.iter() {
            if let Node::Unary(Unary::After | Unary::Full, x) = *node {
                let is_after = matches!(node, Node::Unary(Unary::After, _));
                after.push(is_after.then(|| Self::of_list(&self.nodes, x)));
            }
            nodes.push(match *node {
                Node::Unary(Unary::After, x) => Node::Unary(Unary::Full, x),
                other => other,
            });
        }
        // One sum in two places would stand for two.
        let mut distinct = Vec::new();
        append(&mut distinct, &nodes);
        (distinct.len() == nodes.len()).then_some(ToGo { loss: Self { nodes: nodes.into() }, after })
    }
}

/// The degree of a polynomial in the sums over later tokens; none where it is another function of them, or of the sequence.
fn degree(node: &Node, before: &[Option<u32>]) -> Option<u32> {
    let children: Vec<u32> = node.children().map(|child| before[child]).collect::<Option<_>>()?;
    let highest = children.iter().copied().max().unwrap_or(0);
    match node {
        Node::Length | Node::Unary(Unary::Sum | Unary::Mean, _) => None,
        Node::Unary(Unary::After, _) => (highest == 0).then_some(1),
        Node::Unary(Unary::Neg | Unary::Stop, _) | Node::Binary(Binary::Add | Binary::Sub, ..) => Some(highest),
        Node::Binary(Binary::Mul, ..) => Some(children.iter().sum()),
        Node::Binary(Binary::Div, ..) if children[1] == 0 => Some(highest),
        _ => (highest == 0).then_some(0),
    }
}
