//! The reverse pass: from the loss of each sequence back to log pi_theta of each step.

use super::elementwise::{power_of, sign};
use super::node::{Binary, Facts, Id, Node, Unary};
use super::steps::Steps;
use super::tape::{Values, constant_exponent};

/// The derivatives of the losses with respect to the result of each node, while a pass goes on.
///
/// A number for the whole sequence stands at each of its steps; the derivative with respect to it is the sum over them.
#[derive(Clone, Debug, Default)]
pub(super) struct Gradient {
    adjoints: Vec<f64>,
    pub(super) coefficients: Coefficients,
}

/// The coefficients, as sums of terms that may cancel: 1 - exp(-D) near 0, of which `expm1` passes on -1 and -expm1(-D).
///
/// Each sum keeps what its roundings lost (Knuth's two-sum), so that it cancels without loss.
#[derive(Clone, Debug, Default)]
pub(super) struct Coefficients {
    sums: Vec<f64>,
    lost: Vec<f64>,
}

impl Coefficients {
    fn start(&mut self, count: usize) {
        for numbers in [&mut self.sums, &mut self.lost] {
            numbers.clear();
            numbers.resize(count, 0.0);
        }
    }

    fn add(&mut self, terms: impl Fn(usize) -> f64) {
        for (step, (sum, lost)) in self.sums.iter_mut().zip(&mut self.lost).enumerate() {
            let term = terms(step);
            let total = *sum + term;
            let part = total - *sum;
            *lost += (*sum - (total - part)) + (term - part);
            *sum = total;
        }
    }

    pub(super) fn finish(&mut self) -> &[f64] {
        for (sum, lost) in self.sums.iter_mut().zip(&self.lost) {
            // What an overflow lost is not a number.
            *sum += if sum.is_finite() { *lost } else { 0.0 };
        }
        &self.sums
    }
}

/// Where the derivatives go that a node passes on to its argument.
struct Target<'a> {
    node: &'a Node,
    live: bool,
    adjoints: &'a mut [f64],
    coefficients: &'a mut Coefficients,
}

/// The nodes before the one that is passed.
struct Before<'a> {
    nodes: &'a [Node],
    facts: &'a [Facts],
    adjoints: &'a mut [f64],
    coefficients: &'a mut Coefficients,
    count: usize,
}

impl Before<'_> {
    fn to(&mut self, child: Id) -> Target<'_> {
        Target {
            node: &self.nodes[child],
            live: self.facts[child].live,
            adjoints: &mut self.adjoints[child * self.count..][..self.count],
            coefficients: self.coefficients,
        }
    }
}

impl Target<'_> {
    fn add(self, terms: impl Fn(usize) -> f64) {
        match self.node {
            _ if !self.live => {}
            Node::Linear(form) => self.coefficients.add(|step| form.slope * terms(step)),
            _ => self.adjoints.iter_mut().enumerate().for_each(|(step, adjoint)| *adjoint += terms(step)),
        }
    }
}

impl Gradient {
    pub(super) fn start(&mut self, nodes: usize, count: usize, pass: &[Id]) {
        self.coefficients.start(count);
        self.adjoints.resize(nodes * count, 0.0);
        pass.iter().for_each(|&id| self.adjoints[id * count..][..count].fill(0.0));
    }

    /// The derivative of the loss with respect to the root: 1 at each token, or once for the whole sequence.
    pub(super) fn seed(&mut self, nodes: &[Node], root: Id, per_token: bool, steps: &Steps) {
        let count = steps.len();
        if let Node::Linear(form) = nodes[root] {
            return self.coefficients.add(|_| form.slope);
        }
        let adjoints = &mut self.adjoints[root * count..][..count];
        if per_token {
            adjoints.fill(1.0);
        } else {
            steps.sequences().for_each(|tokens| adjoints[tokens.start] = 1.0);
        }
    }

    /// Passes on what has come to a node.
    pub(super) fn pass(&mut self, id: Id, nodes: &[Node], facts: &[Facts], values: &Values, steps: &Steps) {
        let count = steps.len();
        let (adjoints, this) = self.adjoints.split_at_mut(id * count);
        let mut before = Before { nodes, facts, adjoints, coefficients: &mut self.coefficients, count };
        let (g, result) = (&mut this[..count], values.of(id));
        match nodes[id] {
            Node::Linear(_) | Node::Length => {}
            Node::Unary(function @ (Unary::Sum | Unary::Mean | Unary::After), x) => {
                over_sequences(function, g, steps);
                before.to(x).add(|t| g[t]);
            }
            Node::Unary(Unary::ExpM1, x) if matches!(nodes[x], Node::Linear(_)) => {
                before.to(x).add(|t| g[t]);
                before.to(x).add(|t| g[t] * result[t]);
            }
            Node::Unary(function, x) => unary(function, g, values.of(x), result, before.to(x)),
            Node::Binary(function, x, y) => {
                let (a, b) = (values.of(x), values.of(y));
                match constant_exponent(nodes[id], nodes) {
                    Some(exponent) => power(exponent, g, a, before.to(x)),
                    None => {
                        left(function, g, a, b, before.to(x));
                        right(function, g, a, b, result, before.to(y));
                    }
                }
            }
            Node::Clamp(x, low, high) => {
                let value = values.of(x);
                before.to(x).add(|t| if value[t] >= low && value[t] <= high { g[t] } else { 0.0 });
            }
            Node::Where(comparison, [a, b, x, y]) => {
                let (a, b) = (values.of(a), values.of(b));
                before.to(x).add(|t| if comparison.holds(a[t], b[t]) { g[t] } else { 0.0 });
                before.to(y).add(|t| if comparison.holds(a[t], b[t]) { 0.0 } else { g[t] });
            }
        }
    }
}

/// Turns the derivatives with respect to sums over tokens into those with respect to what is summed.
fn over_sequences(function: Unary, g: &mut [f64], steps: &Steps) {
    if steps.are_single() {
        return;
    }
    for tokens in steps.sequences() {
        let g = &mut g[tokens];
        if function == Unary::After {
            let mut sum = 0.0;
            g.iter_mut().for_each(|g| {
                sum += *g;
                *g = sum;
            });
        } else {
            let total: f64 = g.iter().sum();
            g.fill(if function == Unary::Mean { total / g.len() as f64 } else { total });
        }
    }
}

fn unary(function: Unary, g: &[f64], x: &[f64], result: &[f64], to: Target) {
    match function {
        Unary::Neg => to.add(|t| -g[t]),
        Unary::Exp => to.add(|t| g[t] * result[t]),
        Unary::ExpM1 => to.add(|t| g[t] * (result[t] + 1.0)),
        Unary::Log => to.add(|t| g[t] / x[t]),
        Unary::Log1p => to.add(|t| g[t] / (x[t] + 1.0)),
        Unary::Sqrt => to.add(|t| g[t] / (2.0 * result[t])),
        Unary::Abs => to.add(|t| g[t] * sign(x[t])),
        Unary::Sign | Unary::Stop | Unary::Sum | Unary::Mean | Unary::After => {}
    }
}

fn power(exponent: f64, g: &[f64], x: &[f64], to: Target) {
    match exponent {
        0.0 => {}
        2.0 => to.add(|t| g[t] * (2.0 * x[t])),
        _ => to.add(|t| g[t] * (exponent * power_of(x[t], exponent - 1.0))),
    }
}

/// The derivative with respect to the first argument.
fn left(function: Binary, g: &[f64], x: &[f64], y: &[f64], to: Target) {
    match function {
        Binary::Add | Binary::Sub => to.add(|t| g[t]),
        Binary::Mul => to.add(|t| g[t] * y[t]),
        Binary::Div => to.add(|t| g[t] / y[t]),
        Binary::Pow => to.add(|t| if y[t] == 0.0 { 0.0 } else { g[t] * (y[t] * x[t].powf(y[t] - 1.0)) }),
        Binary::Min => to.add(|t| share(g[t], x[t] < y[t], x[t] == y[t])),
        Binary::Max => to.add(|t| share(g[t], x[t] > y[t], x[t] == y[t])),
    }
}

/// The derivative with respect to the second argument.
fn right(function: Binary, g: &[f64], x: &[f64], y: &[f64], result: &[f64], to: Target) {
    match function {
        Binary::Add => to.add(|t| g[t]),
        Binary::Sub => to.add(|t| -g[t]),
        Binary::Mul => to.add(|t| g[t] * x[t]),
        Binary::Div => to.add(|t| -g[t] * (result[t] / y[t])),
        Binary::Pow => to.add(|t| if x[t] == 0.0 && y[t] >= 0.0 { 0.0 } else { g[t] * result[t] * x[t].ln() }),
        Binary::Min => to.add(|t| share(g[t], y[t] < x[t], x[t] == y[t])),
        Binary::Max => to.add(|t| share(g[t], y[t] > x[t], x[t] == y[t])),
    }
}

/// All of a derivative for the argument that is chosen, half of it at a tie.
fn share(g: f64, chosen: bool, tie: bool) -> f64 {
    match (chosen, tie) {
        (true, _) => g,
        (_, true) => g / 2.0,
        _ => 0.0,
    }
}
