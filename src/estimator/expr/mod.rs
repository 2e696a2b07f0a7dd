//! The language of estimators: an expression in the logs that each sample carries, to be differentiated as a loss.
//!
//! # Example
//!
//! ```
//! use klgrad::estimator::expr::{Expr, Steps, Tape};
//!
//! # fn main() -> Result<(), klgrad::estimator::expr::Error> {
//! // k3, weighted by the ratio to the policy that drew the sample, and its gradient clamped away beyond 10.
//! let parsed = Expr::parse_loss("clamp(rho * (exp(-D) - 1 + D), -10, 10)", &())?;
//!
//! // The same in Rust.
//! let d = Expr::log_ratio();
//! let built = (Expr::log_rho().exp() * ((-&d).exp() - 1.0 + &d)).clamp(-10.0, 10.0);
//! assert_eq!(parsed, built);
//! assert_eq!(built.to_string(), "clamp(rho * (r - 1 + D), -10, 10)");
//!
//! // Two samples: of log-ratio 0.1, whose gradient coefficient is 1 - exp(-0.1) + k3, and -5, where the clamp is flat.
//! let mut tape = Tape::new(&[parsed]);
//! let mut block = tape.evaluate(Steps::samples(&[-1.0, -1.0], &[0.1, -5.0], &[0.0, 0.0]));
//! assert_eq!(block.coefficients(0), [0.1, 0.0]);
//! # Ok(())
//! # }
//! ```
//!
//! # The language
//!
//! A sample, or a token of a sequence, carries three numbers:
//!
//! | name   | meaning                                                                                        |
//! |--------|------------------------------------------------------------------------------------------------|
//! | `logp` | log pi_theta, the log-probability under the policy: the only quantity that carries a gradient  |
//! | `ref`  | log pi_ref, under the reference                                                                |
//! | `old`  | the log-probability under the policy that drew the sample, a constant                          |
//!
//! `D` is short for `logp - ref`, `r` for `exp(ref - logp)`, `w` for `exp(logp - ref)` and `rho` for `exp(logp - old)`.
//! Linear forms of these are kept exactly: `logp - ref` is `D` itself, never a difference of two rounded numbers.
//!
//! ```text
//! sum       = product, { ("+" | "-"), product }
//! product   = signed, { ("*" | "/"), signed }
//! signed    = { "-" }, power
//! power     = operand, [ "^", signed ]
//! operand   = number | name | function, "(", argument, { ",", argument }, ")" | "(", sum, ")"
//! argument  = sum, [ ("<" | "<=" | ">" | ">="), sum ]
//! ```
//!
//! So `-x^2` is `-(x^2)`, `2^3^2` is `2^(3^2)`, and `2^-1` is a half, as in Python (whose `**` is written `^`). A number is
//! written `10`, `0.5` or `1e-8`, and `inf` stands for infinity, as a bound. Every named estimator may be used as a name:
//! `k2 - sg(k2) + sg(k3)`; see [`Names`].
//!
//! | function                                 | meaning                                                                |
//! |------------------------------------------|------------------------------------------------------------------------|
//! | `exp(x)`, `expm1(x)`                     | e^x, and e^x - 1 to full precision near 0                              |
//! | `log(x)`, `log1p(x)`, `sqrt(x)`          | the natural logarithm, that of 1 + x, the square root                  |
//! | `abs(x)`, `sign(x)`                      | the absolute value; -1, 0 or 1                                         |
//! | `min(x, y)`, `max(x, y)`                 | the smaller, the larger of the two                                     |
//! | `clamp(x, lo, hi)`                       | x, but not below `lo` nor above `hi`, which are numbers                |
//! | `where(a < b, x, y)`                     | x where the comparison holds, y elsewhere                              |
//! | `sg(x)`, `detach(x)`                     | stop-gradient: the value as a constant                                 |
//! | `reward(K)`                              | `sg(K) * logp`, the penalty K in the reward instead of the loss        |
//! | `sum(x)`, `mean(x)`                      | over the tokens of the sequence                                        |
//! | `after(x)`                               | the sum of x over this and the later tokens                            |
//! | `length`                                 | the number of tokens of the sequence                                   |
//! | `full(x)`                                | the sum over the whole vocabulary of pi_theta times x, at each token   |
//!
//! At kinks the gradients are PyTorch's: `clamp` passes the gradient between its bounds and on them, `abs` has 0 at 0, `min`
//! and `max` share it at a tie, and `sign` and the comparison of `where` have none.
//!
//! # Sequences, and the gradient coefficient
//!
//! An expression has either a number x_t for each token t or, like `sum(D)`, `length` and `2`, one number for the whole
//! sequence, which spreads over the tokens where it meets one number a token; its `sum` and `mean` are itself. A single
//! sample is a sequence of one token.
//!
//! The *loss of a sequence* is L = sum_t x_t, or L = x where x is one number for the whole sequence: that is counted once,
//! not once a token. So `sum(D)^2 / 2 + logp`, a number for each token, counts the first term as often as there are tokens;
//! `sum(D)^2 / 2 + sum(logp)` counts it once. The *gradient coefficient* of token t is
//!
//! c_t = dL / d log pi_theta(x_t),
//!
//! where `logp`, `D`, and `log(rho)` of token t have the derivative 1 and all else is constant. The gradient of the loss with
//! respect to the policy's parameters is then sum_t c_t grad log pi_theta(x_t): all that a policy needs to know of an
//! estimator.
//!
//! `full(x)` is the expectation of x at the next token given those before it, under pi_theta, and is differentiated through
//! both: `full(D)` is the KL divergence of the next token itself. No sampled token stands for it, so that what comes to it,
//! a_t = dL / d full(x)_t, is handed to the policy beside c_t: the gradient is sum_t c_t grad log pi_theta(x_t) +
//! sum_t a_t grad full(x)_t. It sees one token at a time: no `sum`, `mean`, `after`, `length` or `full` stands within it.
//!
//! # Evaluation
//!
//! - [`Tape`]: values and coefficients of many steps at once, in 64 bits; common subexpressions are computed once.
//! - `Tensors`, with the feature `libtorch`: libtorch's tensors, to be differentiated by autograd.
//! - [`Display`](std::fmt::Display): text, which parses to the same expression.

mod bound;
mod changing;
mod check;
mod coefficients;
mod dual;
mod elementwise;
mod error;
mod exact;
mod exponential;
mod format;
mod full;
mod functions;
mod gradient;
mod growth;
mod in_reward;
mod interval;
mod linear;
mod linear_text;
mod logarithm;
mod names;
mod node;
mod ops;
mod order;
mod parse;
mod plan;
mod polynomial;
mod shape;
mod single;
mod steps;
mod tape;
#[cfg(feature = "libtorch")]
mod tensors;
mod to_go;
mod values;
mod wide;

pub use error::{Error, ErrorKind};
pub use functions::Condition;
pub use names::{Names, is_reserved};
pub use steps::Steps;
pub use tape::{Evaluated, Tape};
#[cfg(feature = "libtorch")]
pub use tensors::Tensors;

pub(crate) use changing::Changing;
pub(crate) use exponential::{excesses, exp, exps_and_excesses};
pub(crate) use full::of_one_token;
pub(crate) use growth::{Growth, Quadratic};
pub(crate) use logarithm::log1p;
pub(crate) use order::Order;
pub(crate) use shape::{Exponent, Shape, powers};
pub(crate) use wide::Wide;

use linear::Linear;
use node::{Facts, Id, Node};
use std::sync::Arc;

/// An estimator, or a part of one, as a formula: data that needs neither numbers nor tensors. A clone costs nothing.
///
/// It is built with operators and methods or parsed from text; two are equal where their formulas are. Its text, by
/// `to_string`, parses to an equal expression, as long as no constant is NaN and the text is within the parser's limits.
// A list in the order of evaluation, in which equal parts stand once, and each operation names its arguments by their places.
// So no walk over it recurses, however deep the formula is.
#[derive(Clone, PartialEq)]
pub struct Expr {
    nodes: Arc<[Node]>,
}

impl Expr {
    /// `logp`, log pi_theta.
    pub fn log_prob() -> Self {
        Self::leaf(Linear::LOG_PROB)
    }

    /// `D`, log pi_theta - log pi_ref.
    pub fn log_ratio() -> Self {
        Self::leaf(Linear::LOG_RATIO)
    }

    /// `log(rho)`: log pi_theta less the log-probability under the policy that drew the sample.
    pub fn log_rho() -> Self {
        Self::leaf(Linear::LOG_RHO)
    }

    /// `ref`, log pi_ref.
    pub fn log_ref() -> Self {
        Self::log_prob() - Self::log_ratio()
    }

    /// `old`, the log-probability under the policy that drew the sample.
    pub fn log_old() -> Self {
        Self::log_prob() - Self::log_rho()
    }

    /// `length`, the number of tokens of the sequence.
    pub fn length() -> Self {
        Self { nodes: [Node::Length].into() }
    }

    /// One result for each operation, from those before it; the last is that of the whole.
    pub(crate) fn fold<V>(&self, mut result: impl FnMut(&Node, &[V]) -> V) -> V {
        let mut results = Vec::with_capacity(self.nodes.len());
        for node in self.nodes.iter() {
            let next = result(node, &results);
            results.push(next);
        }
        results.pop().expect("an expression has at least one node")
    }

    /// What is known of its value before any number is.
    pub(crate) fn facts(&self) -> Facts {
        self.fold(Node::facts)
    }

    /// The number that it is, if it is a constant.
    pub(crate) fn as_constant(&self) -> Option<f64> {
        self.root().as_constant()
    }

    /// Whether `logp`, `D` and `log(rho)` stand in any of these.
    pub(crate) fn logs_in(expressions: &[Self]) -> [bool; 3] {
        let nodes = || expressions.iter().flat_map(|expression| expression.nodes.iter());
        let has = |factor: fn(&Linear) -> f64| {
            nodes().any(|node| if let Node::Linear(form) = node { factor(form) != 0.0 } else { false })
        };
        [has(|form| form.log_prob), has(|form| form.log_ratio), has(|form| form.log_rho)]
    }

    /// The expression whose root stands there in a list.
    fn of_list(nodes: &[Node], root: Id) -> Self {
        let mut is_needed = vec![false; root + 1];
        is_needed[root] = true;
        for id in (0..=root).rev() {
            if is_needed[id] {
                nodes[id].children().for_each(|child| is_needed[child] = true);
            }
        }
        let mut places = vec![0; root + 1];
        let mut list = Vec::new();
        for id in (0..=root).filter(|&id| is_needed[id]) {
            places[id] = list.len();
            list.push(nodes[id].moved(|child| places[child]));
        }
        Self { nodes: list.into() }
    }

    fn root(&self) -> Node {
        self.nodes[self.nodes.len() - 1]
    }

    fn leaf(form: Linear) -> Self {
        Self { nodes: [Node::Linear(form)].into() }
    }

    /// The argument of a root that has one: all that stands before the root.
    fn part(&self, root: Id) -> Self {
        Self { nodes: self.nodes[..=root].into() }
    }
}

impl From<f64> for Expr {
    fn from(constant: f64) -> Self {
        // Adding 0 turns -0 into 0, so that equal expressions have equal text.
        Self::leaf(Linear::constant(constant + 0.0))
    }
}

impl From<&Expr> for Expr {
    fn from(expression: &Expr) -> Self {
        expression.clone()
    }
}

/// Adds an expression to a list, except for the parts that the list already has, and returns the place of its root.
fn append(list: &mut Vec<Node>, expression: &[Node]) -> Id {
    let mut places = Vec::with_capacity(expression.len());
    for node in expression {
        let node = node.moved(|child| places[child]);
        let place = list.iter().position(|known| *known == node).unwrap_or(list.len());
        if place == list.len() {
            list.push(node);
        }
        places.push(place);
    }
    places[places.len() - 1]
}
