//! What random expressions mean in libtorch's operations.

use super::form::Form::{self, Binary, Clamp, Leaf, Number, Unary, Where};
use tch::Tensor;

impl Form {
    /// The value by libtorch, one number a token or, without a dimension, one number.
    pub fn tensor(&self, logs: &[Tensor; 3]) -> Tensor {
        let [logp, reference, old] = logs;
        match self {
            Number(number) => Tensor::from(*number),
            Leaf("logp") => logp.shallow_clone(),
            Leaf("ref") => reference.shallow_clone(),
            Leaf("old") => old.shallow_clone(),
            Leaf("D") => logp - reference,
            Leaf("r") => (reference - logp).exp(),
            Leaf("w") => (logp - reference).exp(),
            Leaf("rho") => (logp - old).exp(),
            Leaf(_) => Tensor::from(logp.numel() as f64),
            Unary(name, x) => unary(name, &x.tensor(logs), logp),
            Binary(name, x, y) => binary(name, &x.tensor(logs), &y.tensor(logs)),
            Clamp(x, low, high) => x.tensor(logs).clamp(*low, *high),
            Where(symbol, of) => {
                let [a, b, x, y] = of.each_ref().map(|form| form.tensor(logs));
                let condition = match *symbol {
                    "<" => a.less_tensor(&b),
                    "<=" => a.less_equal_tensor(&b),
                    ">" => a.greater_tensor(&b),
                    _ => a.greater_equal_tensor(&b),
                };
                x.where_self(&condition, &y)
            }
        }
    }
}

fn unary(name: &str, x: &Tensor, logp: &Tensor) -> Tensor {
    match name {
        "-" => -x,
        "exp" => x.exp(),
        "expm1" => x.expm1(),
        "log" => x.log(),
        "log1p" => x.log1p(),
        "sqrt" => x.sqrt(),
        "abs" => x.abs(),
        "sign" => x.sign(),
        "sum" => {
            if x.dim() == 0 {
                x.shallow_clone()
            } else {
                x.sum(None)
            }
        }
        "mean" => {
            if x.dim() == 0 {
                x.shallow_clone()
            } else {
                x.mean(None)
            }
        }
        "after" => x.expand_as(logp).flip(0).cumsum(0, None).flip(0),
        _ => x.detach(),
    }
}

fn binary(name: &str, x: &Tensor, y: &Tensor) -> Tensor {
    match name {
        "+" => x + y,
        "-" => x - y,
        "*" => x * y,
        "/" => x / y,
        "^" => x.pow(y),
        "min" => x.minimum(y),
        _ => x.maximum(y),
    }
}
