//! From an expression to text that parses to it.

use super::Expr;
use super::linear_text;
use super::node::{Binary, Node, Unary};
use std::fmt;

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.fold(text).text)
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Expr({self})")
    }
}

/// How tightly the outermost operation of a text binds.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) enum Binding {
    Sum,
    Product,
    Sign,
    Power,
    Operand,
}

#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) binding: Binding,
}

impl Text {
    pub(super) fn new(text: impl Into<String>, binding: Binding) -> Self {
        Self { text: text.into(), binding }
    }

    fn call(function: &str, arguments: &[&str]) -> Self {
        Self::new(format!("{function}({})", arguments.join(", ")), Binding::Operand)
    }

    fn infix(&self, symbol: &str, right: &Self, own: Binding, least_right: Binding) -> Self {
        Self::new(format!("{}{symbol}{}", self.at_least(own), right.at_least(least_right)), own)
    }

    /// In brackets, unless it binds that tightly.
    pub(super) fn at_least(&self, binding: Binding) -> String {
        if self.binding >= binding { self.text.clone() } else { format!("({})", self.text) }
    }
}

fn text(node: &Node, before: &[Text]) -> Text {
    match *node {
        Node::Linear(form) => linear_text::text(form),
        Node::Length => Text::new("length", Binding::Operand),
        Node::Unary(function, x) => unary(function, &before[x]),
        Node::Binary(function, x, y) => binary(function, &before[x], &before[y]),
        Node::Clamp(x, low, high) => Text::call("clamp", &[&before[x].text, &number(low).text, &number(high).text]),
        Node::Where(comparison, children) => {
            let [a, b, x, y] = children.map(|child| before[child].text.as_str());
            Text::call("where", &[&format!("{a} {} {b}", comparison.symbol()), x, y])
        }
    }
}

fn unary(function: Unary, x: &Text) -> Text {
    match (function, x.text.as_str()) {
        (Unary::Neg, _) => Text::new(format!("-{}", x.at_least(Binding::Sign)), Binding::Sign),
        (Unary::Exp, "-D") => Text::new("r", Binding::Operand),
        (Unary::Exp, "D") => Text::new("w", Binding::Operand),
        (Unary::Exp, "logp - old") => Text::new("rho", Binding::Operand),
        (_, argument) => Text::call(function.name(), &[argument]),
    }
}

fn binary(function: Binary, x: &Text, y: &Text) -> Text {
    match function {
        Binary::Add => x.infix(" + ", y, Binding::Sum, Binding::Product),
        Binary::Sub => x.infix(" - ", y, Binding::Sum, Binding::Product),
        Binary::Mul => x.infix(" * ", y, Binding::Product, Binding::Sign),
        Binary::Div => x.infix(" / ", y, Binding::Product, Binding::Sign),
        Binary::Pow => {
            Text::new(format!("{}^{}", x.at_least(Binding::Operand), y.at_least(Binding::Sign)), Binding::Power)
        }
        Binary::Min => Text::call("min", &[&x.text, &y.text]),
        Binary::Max => Text::call("max", &[&x.text, &y.text]),
    }
}

/// The shortest decimal that reads back as the same number.
pub(super) fn number(number: f64) -> Text {
    let text = format!("{number:?}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    Text::new(text, if number < 0.0 { Binding::Sign } else { Binding::Operand })
}
