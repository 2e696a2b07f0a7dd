//! Long vectors kept short, so that memory does not grow with model times estimators.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use tch::{Device, Tensor};

/// A linear map from vectors to vectors of at most K numbers that keeps inner products: the identity where they are not longer.
///
/// # Formula
/// (sketch x)_j is the sum of e_i x_i over all i = j modulo the size K, with fixed random signs e_i (Charikar, Chen and
/// Farach-Colton 2002, with i modulo K as hash). The inner product of two sketches has the mean <x, y>, and the variance is at most
/// 2 |x|^2 |y|^2 / K.
#[derive(Debug)]
pub(super) struct Sketch {
    /// The signs, a byte each; none where vectors are kept whole.
    signs: Option<Tensor>,
    size: i64,
}

impl Sketch {
    /// Of vectors of so many numbers on that device, to at most `longest`. Two sketches of different seeds have
    /// nothing to do with each other.
    pub(super) fn new(length: i64, longest: i64, seed: u64, device: Device) -> Self {
        let size = length.min(longest);
        let signs = (length > size).then(|| signs(length, seed).to_device(device));
        Self { signs, size }
    }

    /// The same, for another thread.
    pub(super) fn shared(&self) -> Self {
        Self { signs: self.signs.as_ref().map(Tensor::shallow_clone), size: self.size }
    }

    /// How many numbers are kept.
    pub(super) fn size(&self) -> i64 {
        self.size
    }

    /// Of vectors along the last dimension.
    pub(super) fn of(&self, vectors: &Tensor) -> Tensor {
        match &self.signs {
            None => vectors.shallow_clone(),
            Some(signs) => folded(vectors, signs, self.size),
        }
    }
}

/// Adds up all numbers, with these signs, whose places are the same modulo `size`, along the last dimension. In place: for long
/// vectors, new memory costs more than the arithmetic.
fn folded(vectors: &Tensor, signs: &Tensor, size: i64) -> Tensor {
    let sum = vectors.narrow(-1, 0, size) * signs.narrow(0, 0, size);
    let length = signs.numel() as i64;
    for start in (size..length).step_by(size as usize) {
        let count = size.min(length - start);
        let [vectors, signs] = [vectors, signs].map(|tensor| tensor.narrow(-1, start, count).to_kind(sum.kind()));
        let _ = sum.narrow(-1, 0, count).addcmul_(&vectors, &signs);
    }
    sum
}

/// 1 and -1, the same on every machine.
fn signs(length: i64, seed: u64) -> Tensor {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let bits = std::iter::repeat_with(|| random.next_u64()).flat_map(|word| (0..64).map(move |bit| (word >> bit) & 1));
    let signs: Vec<i8> = bits.take(length as usize).map(|bit| if bit == 1 { 1 } else { -1 }).collect();
    Tensor::from_slice(&signs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Kind;

    const DOUBLES: (Kind, Device) = (Kind::Double, Device::Cpu);

    /// Within five standard deviations of what the formula says, and exactly where nothing is left out.
    #[test]
    fn a_sketch_keeps_inner_products() {
        let (length, size) = (10_000, 4096);
        let vector = |factor: f64| (Tensor::arange(length, DOUBLES) * factor).sin();
        let [x, y] = [vector(0.3), vector(0.3001)];
        let sketch = Sketch::new(length, size, 0, Device::Cpu);
        assert_eq!((sketch.of(&x).size(), sketch.size()), (vec![size], size));
        let product = |a: &Tensor, b: &Tensor| a.dot(b).double_value(&[]);
        let allowed = 5.0 * (2.0 * product(&x, &x) * product(&y, &y) / size as f64).sqrt();
        for (a, b) in [(&x, &x), (&x, &y)] {
            let off = product(&sketch.of(a), &sketch.of(b)) - product(a, b);
            assert!(off != 0.0 && off.abs() < allowed, "{off}, allowed {allowed}");
        }
        let short = x.narrow(0, 0, 1000);
        assert_eq!(Sketch::new(1000, size, 0, Device::Cpu).of(&short), short);
    }

    #[test]
    fn folding_adds_up_what_is_at_the_same_place() {
        let rows = Tensor::from_slice(&[1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0]).view([2, 5]);
        let signs = Tensor::from_slice(&[1.0, 1.0, 1.0, -1.0, -1.0]);
        assert_eq!(folded(&rows, &signs, 2), Tensor::from_slice(&[-1.0, -2.0, -10.0, -20.0]).view([2, 2]));
    }
}
