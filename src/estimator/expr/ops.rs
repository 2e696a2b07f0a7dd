//! What the operators make of expressions: one linear form, or the exponential of one, where that is exact.

use super::elementwise;
use super::linear::Linear;
use super::node::{Binary, Node, Unary};
use super::{Expr, append};
use std::ops::{Add, Div, Mul, Neg, Sub};

impl Expr {
    /// The linear form that it is, if it is one.
    fn form(&self) -> Option<Linear> {
        if let Node::Linear(form) = self.root() { Some(form) } else { None }
    }

    /// The linear form that it is the exponential of, if it is one.
    pub(super) fn exponent(&self) -> Option<Linear> {
        match self.root() {
            Node::Unary(Unary::Exp, child) => self.part(child).form(),
            _ => None,
        }
    }

    pub(super) fn with(&self, node: Node) -> Self {
        Self { nodes: self.nodes.iter().copied().chain([node]).collect() }
    }

    pub(super) fn unary(&self, function: Unary) -> Self {
        let value = self.as_constant().and_then(|x| elementwise::constant_unary(function, x));
        value.map_or_else(|| self.with(Node::Unary(function, self.nodes.len() - 1)), Self::from)
    }

    pub(super) fn binary(&self, function: Binary, other: &Self) -> Self {
        let constants = self.as_constant().zip(other.as_constant());
        if let Some(value) = constants.and_then(|(x, y)| elementwise::constant_binary(function, x, y)) {
            return Self::from(value);
        }
        let mut nodes = self.nodes.to_vec();
        let x = nodes.len() - 1;
        let y = append(&mut nodes, &other.nodes);
        nodes.push(Node::Binary(function, x, y));
        Self { nodes: nodes.into() }
    }

    /// What the two are in one linear form, or in the exponential of one, where that is exact.
    fn joined(&self, function: Binary, other: &Self) -> Option<Self> {
        let forms = self.form().zip(other.form());
        let exponents = self.exponent().zip(other.exponent());
        let one = (self.as_constant() == Some(1.0)).then_some(Linear::constant(0.0));
        match function {
            Binary::Add => forms.and_then(|(a, b)| a.plus(b)).map(Self::leaf),
            Binary::Sub => forms.and_then(|(a, b)| a.plus(-b)).map(Self::leaf),
            Binary::Mul => (forms.and_then(|(a, b)| a.times(b)).map(Self::leaf))
                .or_else(|| exponents.and_then(|(a, b)| a.plus(b)).map(|form| Self::leaf(form).exp())),
            Binary::Div => (forms.and_then(|(a, b)| a.over(b)).map(Self::leaf)).or_else(|| {
                let quotient = self.exponent().or(one).zip(other.exponent());
                quotient.and_then(|(a, b)| a.plus(-b)).map(|form| Self::leaf(form).exp())
            }),
            Binary::Pow | Binary::Min | Binary::Max => None,
        }
    }

    fn arithmetic(&self, function: Binary, other: &Self) -> Self {
        (self.joined(function, other).or_else(|| self.gathered(function, other)))
            .unwrap_or_else(|| self.binary(function, other))
    }

    /// A sum in which the terms with `logp`, which may be large and cancel, are gathered in one linear form:
    /// `r - ref + logp` is `r + D`.
    fn gathered(&self, function: Binary, other: &Self) -> Option<Self> {
        let sign = match function {
            Binary::Add => 1.0,
            Binary::Sub => -1.0,
            _ => return None,
        };
        let ((left, form), (right, added)) = (self.terms(), other.terms());
        let sum = form.plus(added.times(Linear::constant(sign))?)?;
        let others = match (left, right) {
            _ if form.log_prob == 0.0 && added.log_prob == 0.0 => return None,
            (Some(left), Some(right)) => left.arithmetic(function, &right),
            (None, Some(right)) if sign < 0.0 => -right,
            (left, right) => left.or(right)?,
        };
        Some(match sum {
            zero if zero == Linear::ZERO && others.facts().per_token => others,
            sum if sum.is_negative() => others.binary(Binary::Sub, &Self::leaf(-sum)),
            sum => others.binary(Binary::Add, &Self::leaf(sum)),
        })
    }

    /// The parts that [`Self::gathered`] has put together: all but the linear form with `logp`, and that.
    fn terms(&self) -> (Option<Self>, Linear) {
        let has_logp = |child: usize| match self.nodes[child] {
            Node::Linear(form) if form.log_prob != 0.0 => Some(form),
            _ => None,
        };
        let (others, form) = match self.root() {
            Node::Binary(Binary::Add, x, y) => (Some(x), has_logp(y)),
            Node::Binary(Binary::Sub, x, y) => (Some(x), has_logp(y).map(|form| -form)),
            _ => (None, has_logp(self.nodes.len() - 1)),
        };
        match form {
            Some(form) => (others.map(|others| self.part(others)), form),
            None => (Some(self.clone()), Linear::constant(0.0)),
        }
    }
}

impl Neg for &Expr {
    type Output = Expr;

    fn neg(self) -> Expr {
        match self.root() {
            Node::Linear(form) => Expr::leaf(-form),
            Node::Unary(Unary::Neg, child) => self.part(child),
            _ => match self.terms() {
                (Some(others), form) if form.log_prob != 0.0 => -others - Expr::leaf(form),
                _ => self.unary(Unary::Neg),
            },
        }
    }
}

impl Neg for Expr {
    type Output = Expr;

    fn neg(self) -> Expr {
        -&self
    }
}

macro_rules! operators {
    ($($operator:ident $method:ident)*) => {$(
        impl<T: Into<Expr>> $operator<T> for &Expr {
            type Output = Expr;

            fn $method(self, other: T) -> Expr {
                self.arithmetic(Binary::$operator, &other.into())
            }
        }

        impl<T: Into<Expr>> $operator<T> for Expr {
            type Output = Expr;

            fn $method(self, other: T) -> Expr {
                self.arithmetic(Binary::$operator, &other.into())
            }
        }

        impl $operator<Expr> for f64 {
            type Output = Expr;

            fn $method(self, other: Expr) -> Expr {
                Expr::from(self).arithmetic(Binary::$operator, &other)
            }
        }

        impl $operator<&Expr> for f64 {
            type Output = Expr;

            fn $method(self, other: &Expr) -> Expr {
                Expr::from(self).arithmetic(Binary::$operator, other)
            }
        }
    )*};
}

operators! { Add add Sub sub Mul mul Div div }
