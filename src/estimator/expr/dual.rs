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
    /// (x' + y') / (x + y) from x' / x and y' / y, where the two numbers do not cancel.
    fn relative_slope(_x: &Dual<Self>, _y: &Dual<Self>) -> Option<Self> {
        None
    }
    /// A number that was computed in two ways, the first of which is rounded less.
    fn sharper(self, _other: Self) -> Self {
        self
    }
}

/// A value, and its derivative with respect to log pi_theta.
#[derive(Clone, Debug)]
pub(super) struct Dual<N> {
    pub(super) value: N,
    pub(super) slope: N,
    /// The slope divided by the value, where that is not 0: of exp(exp(x)) it is exp(x), however large the two are, and the slope
    /// of log(1 + exp(exp(x))) is made of it.
    pub(super) relative: Option<N>,
}

impl Expr {
    /// Its value and coefficient for a single sample.
    pub(super) fn dual<N: Number>(&self, logs: &N::Logs) -> Dual<N> {
        self.fold(|node, before| dual(node, before, &self.nodes, logs))
    }
}

fn dual<N: Number>(node: &Node, before: &[Dual<N>], nodes: &[Node], logs: &N::Logs) -> Dual<N> {
    match *node {
        Node::Linear(form) => Dual::new(N::linear(form, logs), N::constant(form.slope)),
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
    fn new(value: N, slope: N) -> Self {
        let relative = value.sign().filter(|sign| *sign != 0.0).map(|_| slope.times(&value.power(-1.0)));
        Self { value, slope, relative }
    }

    fn constant(constant: f64) -> Self {
        Self::new(N::constant(constant), N::constant(0.0))
    }

    fn unary(&self, function: Unary) -> Self {
        let Self { value: x, slope, .. } = self;
        match function {
            Unary::Neg => self.negated(),
            Unary::Exp => Self { value: x.exp(), slope: x.exp().times(slope), relative: Some(slope.clone()) },
            Unary::ExpM1 => {
                let exp = self.unary(Unary::Exp);
                let relative = N::relative_slope(&exp, &Self::constant(-1.0));
                let expm1 = Self::new(x.expm1(), exp.slope);
                Self { relative: relative.or(expm1.relative), ..expm1 }
            }
            Unary::Log => self.logarithm(x.log()),
            Unary::Log1p => self.plus(&Self::constant(1.0)).logarithm(x.log1p()),
            Unary::Sqrt => self.power(0.5),
            Unary::Abs => self.binary(Binary::Max, &self.negated()),
            Unary::Sign => match x.sign() {
                Some(sign) => Self::constant(sign),
                None => Self::constant(1.0).either(&Self::constant(-1.0)),
            },
            Unary::Stop => Self::new(x.clone(), N::constant(0.0)),
            Unary::Sum | Unary::Mean | Unary::After | Unary::Full => self.clone(),
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
        let sum = Self::new(self.value.plus(&other.value), self.slope.plus(&other.slope));
        Self { relative: N::relative_slope(self, other).or(sum.relative), ..sum }
    }

    fn negated(&self) -> Self {
        Self { value: self.value.negated(), slope: self.slope.negated(), relative: self.relative.clone() }
    }

    fn times(&self, other: &Self) -> Self {
        let slope = self.slope.times(&other.value).plus(&self.value.times(&other.slope));
        let relative = self.relative.as_ref().zip(other.relative.as_ref()).map(|(a, b)| a.plus(b));
        let value = self.value.times(&other.value);
        let slope = relative.iter().map(|relative| relative.times(&value)).fold(slope, N::sharper);
        Self { value, slope, relative }
    }

    /// The logarithm, which has this value.
    fn logarithm(&self, value: N) -> Self {
        let slope = self.slope.times(&self.value.power(-1.0));
        let slope = self.relative.iter().cloned().fold(slope, |slope, relative| relative.sharper(slope));
        Self::new(value, slope)
    }

    fn power(&self, exponent: f64) -> Self {
        if exponent == 0.0 {
            return Self::constant(1.0);
        }
        let value = self.value.power(exponent);
        let relative = self.relative.as_ref().map(|relative| relative.times(&N::constant(exponent)));
        let slope = self.value.power(exponent - 1.0).times(&self.slope).times(&N::constant(exponent));
        // Of large numbers the quotient that the power rule takes has few digits.
        let slope =
            relative.iter().map(|relative| relative.times(&value)).fold(slope, |slope, other| other.sharper(slope));
        Self { value, slope, relative }
    }

    fn least(&self, other: &Self) -> Self {
        match self.value.plus(&other.value.negated()).sign() {
            Some(sign) if sign < 0.0 => self.clone(),
            Some(sign) if sign > 0.0 => other.clone(),
            _ => Self { value: self.value.least(&other.value), ..self.either(other) },
        }
    }

    fn either(&self, other: &Self) -> Self {
        Self {
            value: self.value.either(&other.value),
            slope: self.slope.either(&other.slope),
            relative: self.relative.as_ref().zip(other.relative.as_ref()).map(|(a, b)| a.either(b)),
        }
    }
}
