//! The reverse pass: from the loss of each sequence back to log pi_theta of each step.

use super::coefficients::Coefficients;
use super::elementwise::{self, sign};
use super::node::{Binary, Id, Node, Unary};
use super::plan::Plan;
use super::steps::Steps;
use super::values::Values;
use multiversion::multiversion;
use std::iter::zip;

/// The derivatives of the losses with respect to the result of each node, while a pass goes on.
///
/// A number for the whole sequence stands at each of its steps; the derivative with respect to it is the sum over them.
#[derive(Clone, Debug, Default)]
pub(super) struct Gradient {
    adjoints: Vec<f64>,
    /// Whether a derivative has come to a node; its adjoints have no meaning before.
    reached: Vec<bool>,
    /// Numbers on their way to a term.
    scratch: Vec<f64>,
    pub(super) coefficients: Coefficients,
}

/// Leaves the coefficients of an expression in `gradient`; compiled for the vectors of several CPUs, to the same bits.
#[multiversion(targets("x86_64+avx2+fma"))]
pub(super) fn differentiate(plan: &Plan, expression: usize, steps: &Steps, values: Values, gradient: &mut Gradient) {
    differentiate_inlined(plan, expression, steps, values, gradient);
}

#[inline(always)]
pub(super) fn differentiate_inlined(
    plan: &Plan,
    expression: usize,
    steps: &Steps,
    values: Values,
    gradient: &mut Gradient,
) {
    gradient.start(plan, expression, steps);
    for &id in &plan.passes[expression] {
        gradient.pass(id, plan, values, steps);
    }
    gradient.coefficients.finish();
}

/// The nodes before the one that is passed, to which it passes derivatives on.
struct Before<'a> {
    plan: &'a Plan,
    adjoints: &'a mut [f64],
    reached: &'a mut [bool],
    /// At how many steps.
    count: usize,
    coefficients: &'a mut Coefficients,
}

impl<'a> Before<'a> {
    #[inline(always)]
    fn to(&mut self, node: Id) -> Target<'_, 'a> {
        Target { node, before: self }
    }
}

/// The argument that terms are for.
struct Target<'t, 'a> {
    node: Id,
    before: &'t mut Before<'a>,
}

impl Target<'_, '_> {
    #[inline(always)]
    fn add(self, terms: impl Iterator<Item = f64>) {
        let Self { node, before: Before { plan, adjoints, reached, count, coefficients } } = self;
        if !plan.facts[node].live {
            return;
        }
        if let Node::Linear(form) = plan.nodes[node] {
            return coefficients.add(form.slope, terms);
        }
        let adjoints = zip(&mut adjoints[node * *count..][..*count], terms);
        if std::mem::replace(&mut reached[node], true) {
            for (adjoint, term) in adjoints {
                *adjoint += term;
            }
        } else {
            for (adjoint, term) in adjoints {
                *adjoint = term;
            }
        }
    }
}

impl Gradient {
    /// The derivative of the loss with respect to the root: 1 at each token, or once for the whole sequence.
    #[inline(always)]
    fn start(&mut self, plan: &Plan, expression: usize, steps: &Steps) {
        let (count, root) = (steps.len(), plan.roots[expression]);
        self.coefficients.start(count);
        self.scratch.resize(count, 0.0);
        self.adjoints.resize((plan.nodes.len() * count).max(self.adjoints.len()), 0.0);
        self.reached.clear();
        self.reached.resize(plan.nodes.len(), false);
        if let Node::Linear(form) = plan.nodes[root] {
            return self.coefficients.add(form.slope, std::iter::repeat_n(1.0, count));
        }
        self.reached[root] = plan.facts[root].live;
        let adjoints = &mut self.adjoints[root * count..][..count];
        if plan.facts[root].per_token {
            adjoints.fill(1.0);
        } else {
            adjoints.fill(0.0);
            steps.sequences().for_each(|tokens| adjoints[tokens.start] = 1.0);
        }
    }

    /// The derivative with respect to the result of a node that was passed at each of so many steps; none where nothing came.
    pub(super) fn at(&self, id: Id, count: usize) -> Option<&[f64]> {
        self.reached[id].then(|| &self.adjoints[id * count..][..count])
    }

    /// Passes on what has come to a node.
    #[inline(always)]
    fn pass(&mut self, id: Id, plan: &Plan, values: Values, steps: &Steps) {
        let Self { adjoints, reached, scratch, coefficients } = self;
        if !reached[id] {
            return;
        }
        let count = steps.len();
        let (adjoints, this) = adjoints.split_at_mut(id * count);
        let mut before = Before { plan, adjoints, reached, count, coefficients };
        let (g, result) = (&mut this[..count], values.of(id));
        match plan.nodes[id] {
            // What comes to a sum over the vocabulary stays there: the policy has to take it further.
            Node::Linear(_) | Node::Length | Node::Unary(Unary::Full, _) => {}
            Node::Unary(function @ (Unary::Sum | Unary::Mean | Unary::After), x) => {
                over_sequences(function, g, steps);
                before.to(x).add(g.iter().copied());
            }
            Node::Unary(Unary::ExpM1, x) if matches!(plan.nodes[x], Node::Linear(_)) => {
                before.to(x).add(g.iter().copied());
                before.to(x).add(zip(g, result).map(|(g, expm1)| *g * expm1));
            }
            Node::Unary(function, x) => unary(function, g, values.of(x), result, before.to(x)),
            Node::Binary(function, x, y) => {
                let (a, b) = (values.of(x), values.of(y));
                match (function, plan.constant_exponent(y)) {
                    (Binary::Pow, Some(exponent)) => power(exponent, g, a, scratch, before.to(x)),
                    _ => {
                        left(function, g, a, b, before.to(x));
                        right(function, g, a, b, result, before.to(y));
                    }
                }
            }
            Node::Clamp(x, low, high) => {
                let passed = |(g, x): (&mut f64, &f64)| if *x >= low && *x <= high { *g } else { 0.0 };
                before.to(x).add(zip(g, values.of(x)).map(passed));
            }
            Node::Where(comparison, [a, b, x, y]) => {
                elementwise::compare(comparison, values.of(a), values.of(b), scratch);
                before.to(x).add(zip(&*g, &*scratch).map(|(g, holds)| if *holds == 1.0 { *g } else { 0.0 }));
                before.to(y).add(zip(&*g, &*scratch).map(|(g, holds)| if *holds == 1.0 { 0.0 } else { *g }));
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

#[inline(always)]
fn unary(function: Unary, g: &[f64], x: &[f64], result: &[f64], to: Target<'_, '_>) {
    match function {
        Unary::Neg => to.add(g.iter().map(|g| -g)),
        Unary::Exp => to.add(zip(g, result).map(|(g, exp)| g * exp)),
        Unary::ExpM1 => to.add(zip(g, result).map(|(g, expm1)| g * (expm1 + 1.0))),
        Unary::Log => to.add(zip(g, x).map(|(g, x)| g / x)),
        Unary::Log1p => to.add(zip(g, x).map(|(g, x)| g / (x + 1.0))),
        Unary::Sqrt => to.add(zip(g, result).map(|(g, root)| g / (2.0 * root))),
        Unary::Abs => to.add(zip(g, x).map(|(g, x)| g * sign(*x))),
        Unary::Sign | Unary::Stop | Unary::Sum | Unary::Mean | Unary::After | Unary::Full => {}
    }
}

#[inline(always)]
fn power(exponent: f64, g: &[f64], x: &[f64], scratch: &mut [f64], to: Target<'_, '_>) {
    if exponent != 0.0 {
        elementwise::power(x, exponent - 1.0, scratch);
        to.add(zip(g, scratch).map(|(g, power)| g * (exponent * *power)));
    }
}

/// The derivative with respect to the first argument.
#[inline(always)]
fn left(function: Binary, g: &[f64], x: &[f64], y: &[f64], to: Target<'_, '_>) {
    let pairs = zip(x, y);
    match function {
        Binary::Add | Binary::Sub => to.add(g.iter().copied()),
        Binary::Mul => to.add(zip(g, y).map(|(g, y)| g * y)),
        Binary::Div => to.add(zip(g, y).map(|(g, y)| g / y)),
        Binary::Pow => {
            to.add(zip(g, pairs).map(|(g, (x, y))| if *y == 0.0 { 0.0 } else { g * (y * libm::pow(*x, y - 1.0)) }));
        }
        Binary::Min => to.add(zip(g, pairs).map(|(g, (x, y))| share(*g, x < y, x == y))),
        Binary::Max => to.add(zip(g, pairs).map(|(g, (x, y))| share(*g, x > y, x == y))),
    }
}

/// The derivative with respect to the second argument.
#[inline(always)]
fn right(function: Binary, g: &[f64], x: &[f64], y: &[f64], result: &[f64], to: Target<'_, '_>) {
    let pairs = zip(x, y);
    match function {
        Binary::Add => to.add(g.iter().copied()),
        Binary::Sub => to.add(g.iter().map(|g| -g)),
        Binary::Mul => to.add(zip(g, x).map(|(g, x)| g * x)),
        Binary::Div => to.add(zip(g, zip(y, result)).map(|(g, (y, quotient))| -g * (quotient / y))),
        Binary::Pow => {
            let term = |(g, power): (&f64, &f64), x: &f64, y: &f64| {
                if *x == 0.0 && *y >= 0.0 { 0.0 } else { g * power * libm::log(*x) }
            };
            to.add(zip(zip(g, result), pairs).map(|(g, (x, y))| term(g, x, y)));
        }
        Binary::Min => to.add(zip(g, pairs).map(|(g, (x, y))| share(*g, y < x, x == y))),
        Binary::Max => to.add(zip(g, pairs).map(|(g, (x, y))| share(*g, y > x, x == y))),
    }
}

/// All of a derivative for the argument that is chosen, half of it at a tie.
#[inline(always)]
fn share(g: f64, chosen: bool, tie: bool) -> f64 {
    let at_tie = if tie { g / 2.0 } else { 0.0 };
    if chosen { g } else { at_tie }
}
