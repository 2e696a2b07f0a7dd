use super::Expr;
use super::linear::Linear;
use super::node::{Binary, Comparison, Node, Unary};
use std::cell::Cell;
use tch::{Kind, Tensor};

/// Evaluates expressions on libtorch's tensors, so that autograd may differentiate them.
///
/// The logs are tensors of one dimension, the steps of one sequence or a batch of single samples; or of two, a row for each
/// sequence, padded to the longest.
#[derive(Debug)]
pub struct Tensors {
    log_prob: Tensor,
    log_ratio: Tensor,
    log_rho: Tensor,
    layout: Layout,
    vocabulary: Option<Vocabulary>,
}

/// What the logs are.
#[derive(Debug)]
enum Layout {
    Samples,
    OneSequence,
    /// 1 at each token of a sequence and 0 behind its last, and how many it has.
    Padded {
        mask: Tensor,
        lengths: Tensor,
    },
}

/// The logs of every token in every row, and the row from which each step is drawn.
#[derive(Debug)]
struct Vocabulary {
    tensors: Box<Tensors>,
    rows: Tensor,
    size: i64,
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
        Self { log_prob, log_ratio, log_rho, layout: Layout::Samples, vocabulary: None }
    }

    /// The same steps as one sequence.
    pub fn in_one_sequence(self) -> Self {
        Self { layout: Layout::OneSequence, ..self }
    }

    /// Logs of two dimensions as a sequence a row; `mask` is 1 at each of its tokens, and 0 behind the last.
    pub fn in_sequences(self, mask: Tensor) -> Self {
        let lengths = mask.sum_dim_intlist([-1].as_slice(), true, Kind::Double);
        Self { layout: Layout::Padded { mask, lengths }, ..self }
    }

    /// The same steps, each drawn from one of several rows of a vocabulary of that size: `all` has the logs of every token in
    /// every row, row by row, and `rows` the row of each step, so that sums over the vocabulary have a value.
    pub fn with_vocabulary(self, all: Self, rows: Tensor, size: i64) -> Self {
        Self { vocabulary: Some(Vocabulary { tensors: Box::new(all), rows, size }), ..self }
    }

    /// The value at each step or, without a dimension, the one number for the whole sequence. The sum is the loss: of the
    /// sequence, or of all samples of the batch.
    ///
    /// # Panics
    /// Where the expression sums over a vocabulary that these have not.
    pub fn values(&self, expression: &Expr) -> Tensor {
        let fulls = expression.fulls();
        let next_full = Cell::new(0);
        let result = expression.fold(|node, before| match node {
            Node::Unary(Unary::Full, _) => self.full(&fulls[next_full.replace(next_full.get() + 1)]),
            node => self.node(node, before),
        });
        match &self.layout {
            Layout::Samples => self.spread(&result),
            Layout::OneSequence => result,
            Layout::Padded { mask, .. } if expression.facts().per_token => result * mask,
            // One number for each sequence, or for all of them.
            Layout::Padded { lengths, .. } => result.expand_as(lengths),
        }
    }

    /// The sum over the vocabulary of pi_theta times that, at each step.
    fn full(&self, summed: &Expr) -> Tensor {
        let Vocabulary { tensors, rows, size } = self.vocabulary.as_ref().expect("these tensors know a vocabulary");
        let weighted = tensors.values(summed) * tensors.log_prob.exp();
        let sums = weighted.view([-1, *size]).sum_dim_intlist([-1].as_slice(), false, Kind::Double);
        sums.index_select(0, &rows.flatten(0, -1)).view_as(rows)
    }

    fn node(&self, node: &Node, before: &[Tensor]) -> Tensor {
        let value = |id: usize| &before[id];
        match *node {
            Node::Linear(form) => self.linear(form),
            Node::Length => self.length(),
            Node::Unary(function @ (Unary::Sum | Unary::Mean | Unary::After), x) => self.over_steps(function, value(x)),
            Node::Unary(function, x) => unary(function, value(x)),
            Node::Binary(function, x, y) => binary(function, value(x), value(y)),
            Node::Clamp(x, low, high) => value(x).clamp(low, high),
            Node::Where(comparison, [a, b, x, y]) => {
                value(x).where_self(&compare(comparison, value(a), value(b)), value(y))
            }
        }
    }

    fn length(&self) -> Tensor {
        match &self.layout {
            Layout::Samples => self.constant(1.0),
            Layout::OneSequence => self.constant(self.log_prob.numel() as f64),
            Layout::Padded { lengths, .. } => lengths.shallow_clone(),
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
        match &self.layout {
            Layout::Samples => x.shallow_clone(),
            Layout::OneSequence => totals(function, &self.spread(x), || x.mean(None)),
            Layout::Padded { mask, lengths } => {
                let x = self.spread(x) * mask;
                totals(function, &x, || x.sum_dim_intlist([-1].as_slice(), true, Kind::Double) / lengths)
            }
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

/// Over the last dimension, which a sum keeps where there is another.
fn totals(function: Unary, x: &Tensor, mean: impl Fn() -> Tensor) -> Tensor {
    match function {
        Unary::Mean => mean(),
        Unary::Sum => x.sum_dim_intlist([-1].as_slice(), x.dim() > 1, None),
        _ => x.flip(-1).cumsum(-1, None).flip(-1),
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
