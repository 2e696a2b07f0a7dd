use super::elementwise;
use super::gradient::Gradient;
use super::linear::Linear;
use super::node::{Binary, Facts, Id, Node, Unary};
use super::steps::Steps;
use super::{Expr, append};

/// Evaluates expressions on many steps at once, and their gradient coefficients by reverse mode, in 64 bits.
///
/// What several expressions have in common is computed once. Each operation runs over a whole block of steps before the
/// next one does; a block of some hundreds of steps stays in the processor's cache. The memory is kept from block to
/// block: none is allocated once the largest block has been seen. A thread needs a tape of its own, which may be a clone.
#[derive(Clone, Debug)]
pub struct Tape {
    pub(super) nodes: Vec<Node>,
    pub(super) facts: Vec<Facts>,
    roots: Vec<Id>,
    /// For each expression the operations through which its gradient flows.
    passes: Vec<Vec<Id>>,
    /// Of each node a number for each step; a number for the whole sequence stands at each of its steps.
    values: Vec<f64>,
    gradient: Gradient,
}

/// The values of a [`Tape`]'s expressions on a block of steps.
#[derive(Debug)]
pub struct Evaluated<'a> {
    tape: &'a mut Tape,
    steps: Steps<'a>,
}

impl Tape {
    /// For these expressions, which keep their order.
    pub fn new(expressions: &[Expr]) -> Self {
        let mut nodes = Vec::new();
        let roots: Vec<Id> = expressions.iter().map(|expression| append(&mut nodes, &expression.nodes)).collect();
        let mut facts = Vec::with_capacity(nodes.len());
        for node in &nodes {
            facts.push(node.facts(&facts));
        }
        let passes = roots.iter().map(|&root| pass(&nodes, &facts, root)).collect();
        Self { nodes, facts, roots, passes, values: Vec::new(), gradient: Gradient::default() }
    }

    /// Computes the values of all expressions on a block.
    pub fn evaluate<'a>(&'a mut self, steps: Steps<'a>) -> Evaluated<'a> {
        let count = steps.len();
        self.values.resize(self.nodes.len() * count, 0.0);
        for (id, node) in self.nodes.iter().enumerate() {
            let (before, rest) = self.values.split_at_mut(id * count);
            let values = Values { numbers: before, count };
            forward(*node, &self.nodes, &values, &steps, &mut rest[..count]);
        }
        Evaluated { tape: self, steps }
    }
}

impl Evaluated<'_> {
    /// The values of an expression at each step; a number for the whole sequence is repeated at each of its steps.
    pub fn values(&self, expression: usize) -> &[f64] {
        let values = Values { numbers: &self.tape.values, count: self.steps.len() };
        values.of(self.tape.roots[expression])
    }

    /// The loss of each sequence: the sum over its tokens, or its one number.
    pub fn losses(&self, expression: usize) -> impl Iterator<Item = f64> {
        let values = self.values(expression);
        let per_token = self.tape.facts[self.tape.roots[expression]].per_token;
        self.steps.sequences().map(move |tokens| match per_token {
            true => values[tokens].iter().sum(),
            false => values[tokens.start],
        })
    }

    /// The gradient coefficient of each step: the derivative of the loss of its sequence with respect to its log pi_theta.
    pub fn coefficients(&mut self, expression: usize) -> &[f64] {
        let Tape { nodes, facts, roots, passes, values, gradient } = &mut *self.tape;
        let values = Values { numbers: values, count: self.steps.len() };
        gradient.start(nodes.len(), self.steps.len(), &passes[expression]);
        if facts[roots[expression]].live {
            gradient.seed(nodes, roots[expression], facts[roots[expression]].per_token, &self.steps);
        }
        for &id in &passes[expression] {
            gradient.pass(id, nodes, facts, &values, &self.steps);
        }
        gradient.coefficients.finish()
    }
}

/// The results of nodes on a block, one after the other.
pub(super) struct Values<'a> {
    numbers: &'a [f64],
    count: usize,
}

impl<'a> Values<'a> {
    pub(super) fn of(&self, id: Id) -> &'a [f64] {
        &self.numbers[id * self.count..][..self.count]
    }
}

/// The operations between a root and the leaves through which a gradient flows, the root first.
fn pass(nodes: &[Node], facts: &[Facts], root: Id) -> Vec<Id> {
    let mut reached = vec![false; nodes.len()];
    reached[root] = facts[root].live;
    for id in (0..=root).rev().filter(|&id| facts[id].live) {
        if reached[id] {
            nodes[id].children().for_each(|child| reached[child] |= facts[child].live);
        }
    }
    (0..=root).rev().filter(|&id| reached[id] && !matches!(nodes[id], Node::Linear(_))).collect()
}

fn forward(node: Node, nodes: &[Node], values: &Values, steps: &Steps, to: &mut [f64]) {
    match node {
        Node::Linear(form) => linear(form, steps, to),
        Node::Length => steps.sequences().for_each(|tokens| to[tokens.clone()].fill(tokens.len() as f64)),
        Node::Unary(Unary::Sum | Unary::Mean | Unary::After, x) if steps.are_single() => {
            to.copy_from_slice(values.of(x));
        }
        Node::Unary(Unary::Sum, x) => totals(values.of(x), steps, to, |total, _| total),
        Node::Unary(Unary::Mean, x) => totals(values.of(x), steps, to, |total, length| total / length),
        Node::Unary(Unary::After, x) => after(values.of(x), steps, to),
        Node::Unary(function, x) => elementwise::unary(function, values.of(x), to),
        Node::Binary(function, x, y) => match constant_exponent(node, nodes) {
            Some(exponent) => elementwise::power(values.of(x), exponent, to),
            None => elementwise::binary(function, values.of(x), values.of(y), to),
        },
        Node::Clamp(x, low, high) => elementwise::each(values.of(x), to, |x| x.clamp(low, high)),
        Node::Where(comparison, children) => {
            let [a, b, x, y] = children.map(|child| values.of(child));
            for (step, to) in to.iter_mut().enumerate() {
                *to = if comparison.holds(a[step], b[step]) { x[step] } else { y[step] };
            }
        }
    }
}

/// The exponent of a power, if it is a constant.
pub(super) fn constant_exponent(node: Node, nodes: &[Node]) -> Option<f64> {
    match node {
        Node::Binary(Binary::Pow, _, exponent) => nodes[exponent].as_constant(),
        _ => None,
    }
}

fn linear(form: Linear, steps: &Steps, to: &mut [f64]) {
    to.fill(form.constant);
    let logs = [(form.log_prob, steps.log_prob), (form.log_ratio, steps.log_ratio), (form.log_rho, steps.log_rho)];
    // Not 0 times a log that may be infinite.
    for (factor, log) in logs.into_iter().filter(|(factor, _)| *factor != 0.0) {
        for (to, log) in to.iter_mut().zip(log) {
            *to += factor * log;
        }
    }
}

fn totals(x: &[f64], steps: &Steps, to: &mut [f64], result: impl Fn(f64, f64) -> f64) {
    for tokens in steps.sequences() {
        let total = x[tokens.clone()].iter().sum();
        to[tokens.clone()].fill(result(total, tokens.len() as f64));
    }
}

fn after(x: &[f64], steps: &Steps, to: &mut [f64]) {
    for tokens in steps.sequences() {
        let mut sum = 0.0;
        for step in tokens.rev() {
            sum += x[step];
            to[step] = sum;
        }
    }
}
