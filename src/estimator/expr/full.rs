//! Sums over the whole vocabulary.

use super::node::{Binary, Node, Unary};
use super::{Expr, Steps, Tape};

impl Expr {
    /// The sum over the whole vocabulary of pi_theta times it, at each token; of what is one number for the sequence, itself.
    pub fn full(&self) -> Self {
        if self.facts().per_token { self.unary(Unary::Full) } else { self.clone() }
    }

    /// Whether it sums over the whole vocabulary: where sampled tokens alone are known, it has no value.
    pub fn sees_vocabulary(&self) -> bool {
        self.nodes.iter().any(is_full)
    }

    /// Whether what it sums over the vocabulary has to do with the policy that draws: where sampled tokens alone are known of that,
    /// it has no value.
    pub fn sums_old(&self) -> bool {
        let reads_old = |node: &Node| matches!(node, Node::Linear(form) if form.log_rho != 0.0);
        self.fulls().iter().any(|summed| summed.nodes.iter().any(reads_old))
    }

    /// What stands within a sum over the vocabulary and cannot, by its name.
    pub(super) fn within_full(&self) -> Option<&'static str> {
        self.fulls().iter().find_map(|summed| summed.nodes.iter().find_map(of_sequence))
    }

    /// What each of its sums over the vocabulary sums.
    pub(super) fn fulls(&self) -> Vec<Self> {
        let fulls = self.nodes.iter().filter(|node| is_full(node));
        fulls.flat_map(Node::children).map(|summed| Self::of_list(&self.nodes, summed)).collect()
    }

    /// A loss of a single token whose gradient has the same expectation, whoever draws, without a sum over the vocabulary;
    /// none where one is not a term of the loss itself.
    ///
    /// # Formula
    /// With samples of any policy, full(x) = E[rho x], and its gradient is that of `rho * x` on average.
    pub(crate) fn in_expectation(&self) -> Option<Self> {
        self.fold(in_expectation).map(|part| part.loss)
    }
}

/// The sums of what is summed over a vocabulary of one token, that of each step.
pub(crate) fn of_one_token(summed: &[Expr], steps: Steps) -> Vec<Vec<f64>> {
    let mut tape = Tape::new(summed);
    let sums = tape.evaluate(steps);
    (0..summed.len()).map(|sum| sums.values(sum).to_vec()).collect()
}

fn is_full(node: &Node) -> bool {
    matches!(node, Node::Unary(Unary::Full, _))
}

fn of_sequence(node: &Node) -> Option<&'static str> {
    match node {
        Node::Length => Some("length"),
        Node::Unary(function @ (Unary::Sum | Unary::Mean | Unary::After | Unary::Full), _) => Some(function.name()),
        _ => None,
    }
}

/// A part of a loss of a single token.
#[derive(Clone)]
struct Part {
    loss: Expr,
    /// Whether a weighted sample stands in it for a sum over the vocabulary.
    sampled: bool,
}

fn in_expectation(node: &Node, before: &[Option<Part>]) -> Option<Part> {
    let children: Vec<&Part> = node.children().map(|child| before[child].as_ref()).collect::<Option<_>>()?;
    let sampled = children.iter().any(|child| child.sampled);
    let loss = match (*node, &children[..]) {
        (Node::Length, _) => Expr::from(1.0),
        (Node::Unary(Unary::Sum | Unary::Mean | Unary::After, _), [x]) => x.loss.clone(),
        (Node::Unary(Unary::Full, _), [x]) => {
            return Some(Part { loss: Expr::log_rho().exp() * &x.loss, sampled: true });
        }
        (Node::Unary(Unary::Neg, _), [x]) => -&x.loss,
        // What cancels is no sum any more.
        (Node::Binary(Binary::Sub, ..), [x, y]) if x.loss == y.loss => {
            return Some(Part { loss: Expr::from(0.0), sampled: false });
        }
        (Node::Binary(Binary::Add, ..), [x, y]) => &x.loss + &y.loss,
        (Node::Binary(Binary::Sub, ..), [x, y]) => &x.loss - &y.loss,
        (Node::Binary(Binary::Mul, ..), [x, y]) if x.is_constant() || y.is_constant() => &x.loss * &y.loss,
        (Node::Binary(Binary::Div, ..), [x, y]) if y.is_constant() => &x.loss / &y.loss,
        (Node::Unary(Unary::Stop, _), [x]) if !sampled => x.loss.stop(),
        _ if sampled => return None,
        _ => applied(*node, &children),
    };
    Some(Part { loss, sampled })
}

impl Part {
    fn is_constant(&self) -> bool {
        self.loss.as_constant().is_some()
    }
}

/// The same operation on other arguments.
fn applied(node: Node, arguments: &[&Part]) -> Expr {
    match (node, arguments) {
        (Node::Unary(function, _), [x]) => x.loss.unary(function),
        (Node::Binary(function, ..), [x, y]) => x.loss.binary(function, &y.loss),
        (Node::Clamp(_, low, high), [x]) => x.loss.clamp(low, high),
        (Node::Where(comparison, _), [a, b, x, y]) => {
            super::Condition::new(comparison, a.loss.clone(), b.loss.clone()).choose(&x.loss, &y.loss)
        }
        _ => Expr { nodes: [node].into() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimator::Table;

    fn parsed(text: &str) -> Expr {
        Expr::parse_loss(text, &Table).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn samples_stand_for_a_sum_that_is_a_term() {
        for (text, expected) in [
            ("full(D)", "rho * D"),
            ("2 * full(k3) - k1 / 2", "2 * (rho * (expm1(-D) + D)) - 0.5 * D"),
            ("full(D) + sg(after(full(D)) - full(D)) * logp", "rho * D + 0 * logp"),
            ("sg(sum(D)) * logp + full(r)", "sg(D) * logp + rho * r"),
        ] {
            let [in_place, expected] = [parsed(text).in_expectation().unwrap(), parsed(expected)];
            let at = |loss: &Expr| {
                let mut tape = Tape::new(std::slice::from_ref(loss));
                let mut block = tape.evaluate(Steps::samples(&[-1.0, -2.0], &[0.3, -0.4], &[0.2, 0.1]));
                block.coefficients(0).to_vec()
            };
            assert_eq!(at(&in_place), at(&expected), "{text}: {in_place}");
        }
        for text in ["exp(full(D))", "sg(full(D)) * logp", "full(D)^2", "full(D) * D"] {
            assert_eq!(parsed(text).in_expectation(), None, "{text}");
        }
    }

    #[test]
    fn a_sum_over_the_vocabulary_sees_one_token() {
        for (text, name) in
            [("full(sum(D) * D)", "sum"), ("full(D * length)", "length"), ("D + full(full(D) + D)", "full")]
        {
            let error = Expr::parse_loss(text, &Table).unwrap_err().to_string();
            assert!(error.contains(&format!("`{name}` stands within full")), "{error}");
        }
        assert_eq!(parsed("full(D) + sum(full(k2))").to_string(), "full(D) + sum(full(D^2 / 2))");
    }

    /// A derivative comes to the sum itself, and through it to no token.
    #[test]
    fn what_comes_to_a_sum_is_handed_over() {
        let mut tape = Tape::new(&[parsed("D * full(D) + after(full(D))")]);
        assert_eq!(tape.fulls(), [parsed("D")]);
        let full = [vec![0.5, 0.25]];
        let steps = Steps::samples(&[-1.0, -2.0], &[3.0, -4.0], &[0.0, 0.0]).in_sequences(&[2]).with_full(&full);
        let mut block = tape.evaluate(steps);
        assert_eq!(block.values(0), [1.5 + 0.75, -1.0 + 0.25]);
        assert_eq!(block.coefficients(0), full[0]);
        // D of the token, and once for each of the sums over this and the later tokens.
        assert_eq!(block.full_coefficients(0), Some(&[4.0, -2.0][..]));
    }
}
