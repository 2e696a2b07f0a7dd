//! A matrix with an offset that may be absent.

use super::weights::Weights;
use anyhow::Result;
use tch::Tensor;

/// `y = W x + b` for each row x.
pub(super) struct Linear {
    /// (out, in)
    weight: Tensor,
    bias: Option<Tensor>,
}

impl Linear {
    /// # Errors
    /// Where one of its weights is missing or has another shape.
    pub fn take(weights: &mut Weights, name: &str, [outputs, inputs]: [i64; 2], has_bias: bool) -> Result<Self> {
        let weight = weights.take(&format!("{name}.weight"), &[outputs, inputs])?;
        let bias = has_bias.then(|| weights.take(&format!("{name}.bias"), &[outputs])).transpose()?;
        Ok(Self { weight, bias })
    }

    pub fn of(&self, rows: &Tensor) -> Tensor {
        rows.linear(&self.weight, self.bias.as_ref())
    }

    /// The same, added to something: one call of libtorch where there is no offset.
    pub fn add_to(&self, sum: &Tensor, rows: &Tensor) -> Tensor {
        let sum = sum.addmm(rows, &self.weight.tr());
        self.bias.as_ref().map_or_else(|| sum.shallow_clone(), |bias| &sum + bias)
    }
}
