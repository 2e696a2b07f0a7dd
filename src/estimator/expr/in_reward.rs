//! Losses whose penalty enters the reward.

use super::Expr;
use super::linear::Linear;
use super::node::{Binary, Node, Unary};

/// What a part of a loss is, as far as the gradient is concerned.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    /// A constant that is the same for every sample.
    Number,
    /// A constant of the sample.
    Constant,
    /// `logp` itself.
    LogProb,
    /// A constant of the sample times `logp`, or a combination of such.
    InReward,
    Other,
}

impl Expr {
    /// Whether it is `reward(K)`, a constant of the sample times `logp`, or a combination of such with numbers: then its
    /// gradient coefficient is a penalty, from which a baseline may be subtracted as from a reward.
    pub(crate) fn is_in_reward(&self) -> bool {
        let mut facts = Vec::new();
        let part = self.fold(|node, before: &[Part]| {
            facts.push(node.facts(&facts));
            part(node, before, facts[facts.len() - 1].live)
        });
        part == Part::InReward
    }
}

fn part(node: &Node, before: &[Part], is_live: bool) -> Part {
    use Part::{Constant, InReward, LogProb, Number, Other};
    if !is_live {
        return if node.as_constant().is_some() { Number } else { Constant };
    }
    match *node {
        Node::Linear(Linear::LOG_PROB) => LogProb,
        Node::Unary(Unary::Neg, x) if before[x] == InReward => InReward,
        Node::Binary(function, x, y) => match (function, before[x], before[y]) {
            (Binary::Mul, Constant, LogProb) | (Binary::Mul, LogProb, Constant) => InReward,
            (Binary::Mul, Number | Constant, InReward) | (Binary::Mul, InReward, Number | Constant) => InReward,
            (Binary::Div, LogProb, Constant) | (Binary::Div, InReward, Number | Constant) => InReward,
            (Binary::Add | Binary::Sub, InReward | Number | Constant, InReward) => InReward,
            (Binary::Add | Binary::Sub, InReward, Number | Constant) => InReward,
            _ => Other,
        },
        _ => Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimator::Table;

    #[test]
    fn a_penalty_in_the_reward_is_a_constant_times_logp() {
        for (text, expected) in [
            ("reward(k1)", true),
            ("reward(k3) / 2 - 3 * reward(rho * k1)", true),
            ("-(logp * sg(after(D)))", true),
            ("sg(sum(D)) * logp + r - sg(r)", false),
            ("sg(exp(sum(logp - old)) * after(D)) * logp", true),
            // A coefficient of 1 is no penalty of a sample: without its mean nothing would be left.
            ("D", false),
            ("2 * logp", false),
            ("k2", false),
            ("full(D) + sg(after(full(D)) - full(D)) * logp", false),
            ("sg(D) * exp(logp)", false),
        ] {
            assert_eq!(Expr::parse(text, &Table).unwrap().is_in_reward(), expected, "{text}");
        }
    }
}
