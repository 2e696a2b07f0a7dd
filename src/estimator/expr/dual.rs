//! The value of an expression for a single sample, and its gradient coefficient, by forward mode: in any kind of number.

use super::Expr;
use super::linear::Linear;
use super::node::{Binary, Node, Unary};

/// A kind of number: of unlimited range, or only an order of magnitude.
pub(super) trait Number: Clone {
    /// What stands for `logp`, `D` and `log(rho)`.
    type Logs;

    fn constant(constant: f64) -> Self;
    /// The value of a linear form; its slope is not asked for.
    fn linear(form: Linear, logs: &Self::Logs) -> Self;
    fn plus(&self, other: &Self) -> Self;
    fn negated(&self) -> Self;
    fn times(&self, other: &Self) -> Self;
    fn exp(&self) -> Self;
    fn expm1(&self) -> Self;
    fn log(&self) -> Self;
    fn log1p(&self) -> Self;
    fn power(&self, exponent: f64) -> Self;
    /// -1, 0 or 1, where it is known.
    fn sign(&self) -> Option<f64>;
    /// The smaller of the two, where it is not known which that is.
    fn least(&self, other: &Self) -> Self;
    /// One of the two, where it is not known which.
    fn either(&self, other: &Self) -> Self;
}

/// A value, and its derivative with respect to log pi_theta.
#[derive(Clone, Debug)]
pub(super) struct Dual<N> {
    pub(super) value: N,
    pub(super) slope: N,
}

impl Expr {
    /// Its value and coefficient for a single sample.
    pub(super) fn dual<N: Number>(&self, logs: &N::Logs) -> Dual<N> {
        self.fold(|node, before| dual(node, before, &self.nodes, logs))
    }
}

fn dual<N: Number>(node: &Node, before: &[Dual<N>], nodes: &[Node], logs: &N::Logs) -> Dual<N> {
    match *node {
        Node::Linear(form) => Dual { value: N::linear(form, logs), slope: N::constant(form.slope) },
        Node::Length => Dual::constant(1.0),
        Node::Unary(function, x) => before[x].unary(function),
        Node::Binary(Binary::Pow, x, y) => match nodes[y].as_constant() {
            Some(exponent) => before[x].power(exponent),
            None => before[y].times(&before[x].unary(Unary::Log)).unary(Unary::Exp),
        },
        Node::Binary(function, x, y) => before[x].binary(function, &before[y]),
        Node::Clamp(x, low, high) => [(Binary::Min, high), (Binary::Max, low)]
            .into_iter()
            .filter(|(_, bound)| bound.is_finite())
            .fold(before[x].clone(), |x, (function, bound)| x.binary(function, &Dual::constant(bound))),
        Node::Where(comparison, children) => {
            let [a, b, x, y] = children.map(|child| &before[child]);
            match a.value.plus(&b.value.negated()).sign() {
                Some(sign) if comparison.holds(sign, 0.0) => x.clone(),
                Some(_) => y.clone(),
                None => x.either(y),
            }
        }
    }
}

impl<N: Number> Dual<N> {
    fn constant(constant: f64) -> Self {
        Self { value: N::constant(constant), slope: N::constant(0.0) }
    }

    fn unary(&self, function: Unary) -> Self {
        let Self { value: x, slope } = self;
        match function {
            Unary::Neg => self.negated(),
            Unary::Exp => Self { value: x.exp(), slope: x.exp().times(slope) },
            Unary::ExpM1 => Self { value: x.expm1(), slope: x.exp().times(slope) },
            Unary::Log => Self { value: x.log(), slope: slope.times(&x.power(-1.0)) },
            Unary::Log1p => {
                let beyond = x.plus(&N::constant(1.0));
                Self { value: x.log1p(), slope: slope.times(&beyond.power(-1.0)) }
            }
            Unary::Sqrt => self.power(0.5),
            Unary::Abs => self.binary(Binary::Max, &self.negated()),
            Unary::Sign => match x.sign() {
                Some(sign) => Self::constant(sign),
                None => Self::constant(1.0).either(&Self::constant(-1.0)),
            },
            Unary::Stop => Self { slope: N::constant(0.0), ..self.clone() },
            Unary::Sum | Unary::Mean | Unary::After => self.clone(),
        }
    }

    fn binary(&self, function: Binary, other: &Self) -> Self {
        match function {
            Binary::Add => self.plus(other),
            Binary::Sub => self.plus(&other.negated()),
            Binary::Mul => self.times(other),
            Binary::Div => self.times(&other.power(-1.0)),
            Binary::Pow => other.times(&self.unary(Unary::Log)).unary(Unary::Exp),
            Binary::Min => self.least(other),
            Binary::Max => self.negated().least(&other.negated()).negated(),
        }
    }

    fn plus(&self, other: &Self) -> Self {
        Self { value: self.value.plus(&other.value), slope: self.slope.plus(&other.slope) }
    }

    fn negated(&self) -> Self {
        Self { value: self.value.negated(), slope: self.slope.negated() }
    }

    fn times(&self, other: &Self) -> Self {
        let slope = self.slope.times(&other.value).plus(&self.value.times(&other.slope));
        Self { value: self.value.times(&other.value), slope }
    }

    fn power(&self, exponent: f64) -> Self {
        if exponent == 0.0 {
            return Self::constant(1.0);
        }
        let slope = self.value.power(exponent - 1.0).times(&self.slope).times(&N::constant(exponent));
        Self { value: self.value.power(exponent), slope }
    }

    fn least(&self, other: &Self) -> Self {
        match self.value.plus(&other.value.negated()).sign() {
            Some(sign) if sign < 0.0 => self.clone(),
            Some(sign) if sign > 0.0 => other.clone(),
            _ => Self { value: self.value.least(&other.value), slope: self.slope.either(&other.slope) },
        }
    }

    fn either(&self, other: &Self) -> Self {
        Self { value: self.value.either(&other.value), slope: self.slope.either(&other.slope) }
    }
}
