use super::linear::Linear;
use super::node::{Binary, Comparison, Node, Unary};
use super::{Expr, append};

/// A comparison of two expressions, to choose by: `where(a < b, x, y)` is `a.less_than(b).choose(x, y)`.
#[derive(Clone, Debug)]
pub struct Condition {
    comparison: Comparison,
    left: Expr,
    right: Expr,
}

impl Condition {
    pub(super) fn new(comparison: Comparison, left: Expr, right: Expr) -> Self {
        Self { comparison, left, right }
    }

    /// `x` where it holds, `y` elsewhere.
    pub fn choose(self, x: impl Into<Expr>, y: impl Into<Expr>) -> Expr {
        let arguments = [self.left, self.right, x.into(), y.into()];
        let constants = arguments.each_ref().map(Expr::as_constant);
        if let [Some(a), Some(b), Some(x), Some(y)] = constants {
            return Expr::from(if self.comparison.holds(a, b) { x } else { y });
        }
        let mut nodes = Vec::new();
        let children = arguments.map(|argument| append(&mut nodes, &argument.nodes));
        nodes.push(Node::Where(self.comparison, children));
        Expr { nodes: nodes.into() }
    }
}

/// The functions of the language, by their names in it where Rust allows.
impl Expr {
    /// e to the power of it.
    pub fn exp(&self) -> Self {
        self.unary(Unary::Exp)
    }

    /// `exp(x) - 1`, to full precision near 0.
    pub fn expm1(&self) -> Self {
        self.unary(Unary::ExpM1)
    }

    /// The natural logarithm.
    pub fn log(&self) -> Self {
        match self.root() {
            // log(exp(x)) = x, log(r) = -D
            Node::Unary(Unary::Exp, child) => self.part(child),
            _ => self.unary(Unary::Log),
        }
    }

    /// `log(1 + x)`, to full precision near 0.
    pub fn log1p(&self) -> Self {
        match self.root() {
            Node::Unary(Unary::ExpM1, child) => self.part(child),
            _ => self.unary(Unary::Log1p),
        }
    }

    /// The square root.
    pub fn sqrt(&self) -> Self {
        match self.exponent().and_then(|form| form.over(Linear::constant(2.0))) {
            Some(half) => Self::leaf(half).exp(),
            None => self.unary(Unary::Sqrt),
        }
    }

    /// The absolute value; its gradient at 0 is 0.
    pub fn abs(&self) -> Self {
        self.unary(Unary::Abs)
    }

    /// -1, 0 or 1; no gradient flows through it.
    pub fn sign(&self) -> Self {
        self.unary(Unary::Sign)
    }

    /// Stop-gradient, `sg(x)`: the value, as a constant.
    pub fn stop(&self) -> Self {
        match self.root() {
            Node::Linear(form) => Self::leaf(form.stop()),
            _ if !self.facts().live => self.clone(),
            _ => self.unary(Unary::Stop),
        }
    }

    /// The sum over the tokens of the sequence; of what is one number for the sequence, itself.
    pub fn sum(&self) -> Self {
        if self.facts().per_token { self.unary(Unary::Sum) } else { self.clone() }
    }

    /// The mean over the tokens of the sequence; of what is one number for the sequence, itself.
    pub fn mean(&self) -> Self {
        if self.facts().per_token { self.unary(Unary::Mean) } else { self.clone() }
    }

    /// The sum over this token and the later ones.
    pub fn after(&self) -> Self {
        self.unary(Unary::After)
    }

    /// A penalty in the reward, `reward(K) = sg(K) * logp`: its value is held constant and multiplies the gradient of logp.
    pub fn reward(&self) -> Self {
        self.stop() * Self::log_prob()
    }

    /// The smaller of the two; they share the gradient at a tie.
    pub fn min(&self, other: impl Into<Self>) -> Self {
        self.binary(Binary::Min, &other.into())
    }

    /// The larger of the two; they share the gradient at a tie.
    pub fn max(&self, other: impl Into<Self>) -> Self {
        self.binary(Binary::Max, &other.into())
    }

    /// Its power, `x ^ y`.
    pub fn pow(&self, exponent: impl Into<Self>) -> Self {
        let exponent = exponent.into();
        let product = self.exponent().zip(exponent.as_constant());
        match product.and_then(|(form, factor)| form.times(Linear::constant(factor))) {
            Some(form) => Self::leaf(form).exp(),
            None => self.binary(Binary::Pow, &exponent),
        }
    }

    /// Within two bounds; the gradient passes between them and on them, and is 0 outside. A bound may be infinite.
    ///
    /// # Panics
    ///
    /// Where `low > high`, or either is not a number.
    pub fn clamp(&self, low: f64, high: f64) -> Self {
        assert!(low <= high, "clamp has the bounds {low} and {high}, which are not in order");
        match self.as_constant() {
            Some(constant) => Self::from(constant.clamp(low, high)),
            None => self.with(Node::Clamp(self.nodes.len() - 1, low + 0.0, high + 0.0)),
        }
    }

    /// Holds where this is smaller than the other.
    pub fn less_than(&self, other: impl Into<Self>) -> Condition {
        Condition::new(Comparison::Less, self.clone(), other.into())
    }

    /// Holds where this is not larger than the other.
    pub fn at_most(&self, other: impl Into<Self>) -> Condition {
        Condition::new(Comparison::AtMost, self.clone(), other.into())
    }

    /// Holds where this is larger than the other.
    pub fn greater_than(&self, other: impl Into<Self>) -> Condition {
        Condition::new(Comparison::Greater, self.clone(), other.into())
    }

    /// Holds where this is not smaller than the other.
    pub fn at_least(&self, other: impl Into<Self>) -> Condition {
        Condition::new(Comparison::AtLeast, self.clone(), other.into())
    }
}
