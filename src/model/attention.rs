//! Causal attention, and the keys and values that it has seen.

use tch::{Kind, Tensor};

/// Keys and values of the tokens seen so far, layer by layer.
#[derive(Default)]
pub struct Cache {
    /// Each (batch, heads, time, size).
    layers: Vec<(Tensor, Tensor)>,
}

impl Cache {
    /// Keeps these rows (Int64) of the batch.
    pub fn keep(&mut self, rows: &Tensor) {
        let kept = |tensor: &Tensor| tensor.index_select(0, rows);
        self.layers.iter_mut().for_each(|(keys, values)| (*keys, *values) = (kept(keys), kept(values)));
    }

    /// How many tokens it has seen.
    pub(super) fn time(&self) -> i64 {
        self.layers.first().map_or(0, |(keys, _)| keys.size()[2])
    }

    /// Those of a layer, with these behind them.
    pub(super) fn extend(&mut self, layer: usize, keys: Tensor, values: Tensor) -> &(Tensor, Tensor) {
        match self.layers.get_mut(layer) {
            None => self.layers.push((keys, values)),
            Some((seen, of_seen)) => {
                *seen = Tensor::cat(&[&*seen, &keys], 2);
                *of_seen = Tensor::cat(&[&*of_seen, &values], 2);
            }
        }
        &self.layers[layer]
    }
}

/// What is added to the scores of so many new tokens behind those seen: minus infinity where a key lies in the future.
/// The rows come once for each query head that shares a key.
pub(super) fn causal_mask(seen: i64, new: i64, heads_per_key: i64, like: &Tensor) -> Tensor {
    if new == 1 {
        return Tensor::zeros([1, 1], (like.kind(), like.device()));
    }
    let future = Tensor::full([new, seen + new], f64::NEG_INFINITY, (like.kind(), like.device())).triu(seen + 1);
    future.repeat([heads_per_key, 1])
}

/// `softmax(Q K^T / sqrt(size) + mask) V`, from (batch, heads, time, size) to (batch * time, heads * size).
///
/// Query heads that share a key head follow each other, so that their rows are one matrix against it: the keys are not
/// repeated. By hand, as libtorch's fused attention has no second derivative on a CPU and is no faster at small sizes.
pub(super) fn attend(queries: &Tensor, (keys, values): &(Tensor, Tensor), mask: &Tensor) -> Tensor {
    let (batch, heads, new, size) = queries.size4().expect("queries are (batch, heads, time, size)");
    let (_, key_heads, all, _) = keys.size4().expect("keys are (batch, heads, time, size)");
    let pairs = batch * key_heads;
    let queries = queries.reshape([pairs, heads / key_heads * new, size]);
    let keys = keys.reshape([pairs, all, size]).transpose(1, 2);
    let weights = mask.baddbmm(&queries, &keys, 1.0, 1.0 / (size as f64).sqrt()).softmax(-1, None::<Kind>);
    let mixed = weights.bmm(&values.reshape([pairs, all, size]));
    mixed.view([batch, heads, new, size]).transpose(1, 2).reshape([batch * new, heads * size])
}
