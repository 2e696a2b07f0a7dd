use super::Expr;
use super::linear::Linear;
use super::node::{Binary, Comparison, Node, Unary};
use tch::Tensor;

/// Evaluates expressions on libtorch's tensors, so that autograd may differentiate them.
///
/// The logs are tensors of one dimension, the steps of one sequence or a batch of single samples.
#[derive(Debug)]
pub struct Tensors {
    log_prob: Tensor,
    log_ratio: Tensor,
    log_rho: Tensor,
    one_sequence: bool,
}

impl Tensors {
    /// A batch of single samples. The log-probabilities under policy, reference and the policy that drew them are `logp`,
    /// `reference` and `old`; the first carries the gradient, the others have to be constants.
    pub fn samples(logp: &Tensor, reference: &Tensor, old: &Tensor) -> Self {
        Self::of_logs(logp.shallow_clone(), logp - reference, logp - old)
    }

    /// A batch of single samples whose log-ratios are known better than as differences: each of the tensors carries the same
    /// gradient, that of log pi_theta.
    pub fn of_logs(log_prob: Tensor, log_ratio: Tensor, log_rho: Tensor) -> Self {
        Self { log_prob, log_ratio, log_rho, one_sequence: false }
    }

    /// The same steps as one sequence.
    pub fn in_one_sequence(self) -> Self {
        Self { one_sequence: true, ..self }
    }

    /// The value at each step or, without a dimension, the one number for the whole sequence. The sum is the loss: of the
    /// sequence, or of all samples of the batch.
    pub fn values(&self, expression: &Expr) -> Tensor {
        let result = expression.fold(|node, before| self.node(node, before));
        if self.one_sequence { result } else { self.spread(&result) }
    }

    fn node(&self, node: &Node, before: &[Tensor]) -> Tensor {
        let value = |id: usize| &before[id];
        match *node {
            Node::Linear(form) => self.linear(form),
            Node::Length => self.constant(if self.one_sequence { self.log_prob.numel() as f64 } else { 1.0 }),
            Node::Unary(function @ (Unary::Sum | Unary::Mean | Unary::After), x) => self.over_steps(function, value(x)),
            Node::Unary(function, x) => unary(function, value(x)),
            Node::Binary(function, x, y) => binary(function, value(x), value(y)),
            Node::Clamp(x, low, high) => value(x).clamp(low, high),
            Node::Where(comparison, [a, b, x, y]) => {
                value(x).where_self(&compare(comparison, value(a), value(b)), value(y))
            }
        }
    }

    fn linear(&self, form: Linear) -> Tensor {
        let logs = [(form.log_prob, &self.log_prob), (form.log_ratio, &self.log_ratio), (form.log_rho, &self.log_rho)];
        let terms = logs.into_iter().filter(|(factor, _)| *factor != 0.0);
        let terms = terms.map(|(factor, log)| if factor == 1.0 { log.shallow_clone() } else { factor * log });
        let constant = (form.constant != 0.0).then(|| self.constant(form.constant));
        let sum = constant.into_iter().chain(terms).reduce(|sum, term| sum + term);
        let value = sum.unwrap_or_else(|| self.constant(0.0));
        let value = if form.per_token { self.spread(&value) } else { value };
        match form.slope {
            0.0 => value.detach(),
            slope if slope == form.natural_slope() => value,
            // The last has the value 0, and the slope times the gradient of log pi_theta.
            slope => value.detach() + slope * (&self.log_prob - self.log_prob.detach()),
        }
    }

    fn over_steps(&self, function: Unary, x: &Tensor) -> Tensor {
        match function {
            _ if !self.one_sequence => x.shallow_clone(),
            Unary::Sum => x.sum(None),
            Unary::Mean => x.mean(None),
            _ => self.spread(x).flip(0).cumsum(0, None).flip(0),
        }
    }

    fn constant(&self, constant: f64) -> Tensor {
        Tensor::full(&[] as &[i64], constant, (self.log_prob.kind(), self.log_prob.device()))
    }

    /// One number a step.
    fn spread(&self, x: &Tensor) -> Tensor {
        x.expand_as(&self.log_prob)
    }
}

fn unary(function: Unary, x: &Tensor) -> Tensor {
    match function {
        Unary::Neg => -x,
        Unary::Exp => x.exp(),
        Unary::ExpM1 => x.expm1(),
        Unary::Log => x.log(),
        Unary::Log1p => x.log1p(),
        Unary::Sqrt => x.sqrt(),
        Unary::Abs => x.abs(),
        Unary::Sign => x.sign(),
        Unary::Stop => x.detach(),
        Unary::Sum | Unary::Mean | Unary::After | Unary::Full => x.shallow_clone(),
    }
}

fn binary(function: Binary, x: &Tensor, y: &Tensor) -> Tensor {
    match function {
        Binary::Add => x + y,
        Binary::Sub => x - y,
        Binary::Mul => x * y,
        Binary::Div => x / y,
        Binary::Pow => x.pow(y),
        Binary::Min => x.minimum(y),
        Binary::Max => x.maximum(y),
    }
}

fn compare(comparison: Comparison, a: &Tensor, b: &Tensor) -> Tensor {
    match comparison {
        Comparison::Less => a.less_tensor(b),
        Comparison::AtMost => a.less_equal_tensor(b),
        Comparison::Greater => a.greater_tensor(b),
        Comparison::AtLeast => a.greater_equal_tensor(b),
    }
}
