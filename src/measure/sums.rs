//! What is kept of the gradients of all sequences.

use super::sketch::Sketch;
use tch::{Device, Kind, Tensor};

/// So many groups of sequences are told apart, one of which at a time is left out to estimate errors.
pub(super) const GROUPS: usize = 16;

/// So many numbers of a sum of gradients are kept at most.
///
/// A bias is the length of a difference of two means over N sequences. The sketch is off by sqrt(2 / K) = 0.0014 of its square, as
/// a standard deviation; what the noise of the sequences leaves in that square varies by sqrt(2 / N) of itself or more, which is ten times as
/// much where N is less than 10,000.
pub(super) const OF_ALL: i64 = 1 << 20;

/// So many of the sum over a group, from which errors alone are estimated: it is off by 0.8%, where 16 groups tell an error to 18%.
pub(super) const OF_GROUP: i64 = 1 << 15;

/// What one sequence adds.
#[derive(Debug)]
pub(super) struct Piece {
    /// The gradient of each loss, as a sketch (losses, size).
    pub sketches: Tensor,
    /// Of each loss.
    pub of_losses: Vec<OfLoss>,
    /// Tokens of the response.
    pub tokens: usize,
}

/// Numbers of one loss, added up over sequences.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct OfLoss {
    /// The inner product of a sequence's gradient with itself, with that of the whole-sequence target, and with that of the local one.
    pub own: [f64; 3],
    /// The loss.
    pub value: f64,
    /// Tokens to which nothing is sent.
    pub dead: f64,
}

/// Sums over the sequences of a group.
#[derive(Debug)]
pub(super) struct Group {
    /// The gradient of each loss, as a sketch (losses, size of a group's).
    pub sketches: Tensor,
    pub of_losses: Vec<OfLoss>,
    pub sequences: usize,
    pub tokens: usize,
}

/// The maps from gradients to what is kept of them.
#[derive(Debug)]
pub(super) struct Sketches {
    pub of_all: Sketch,
    of_group: Sketch,
}

impl Sketches {
    /// Of gradients with respect to these parameters.
    pub(super) fn new(parameters: &[Tensor]) -> Self {
        let length = parameters.iter().map(|parameter| parameter.numel() as i64).sum();
        let device = parameters[0].device();
        let of_all = Sketch::new(length, OF_ALL, 0, device);
        let of_group = Sketch::new(of_all.size(), OF_GROUP, 1, device);
        Self { of_all, of_group }
    }
}

/// Sums over all sequences so far, and over the groups of them that are finished.
#[derive(Debug)]
pub(super) struct Sums {
    /// The gradient of each loss, as a sketch (losses, size).
    pub sketches: Tensor,
    pub groups: Vec<Group>,
}

impl Sums {
    /// Of so many losses.
    pub(super) fn new(losses: usize, parameters: &[Tensor], sketches: &Sketches) -> Self {
        let like = (parameters[0].kind(), parameters[0].device());
        Self { sketches: Tensor::zeros([losses as i64, sketches.of_all.size()], like), groups: Vec::new() }
    }

    /// Adds a group, all of whose sequences have been added up in this.
    pub(super) fn add(&mut self, group: Adding, sketches: &Sketches) {
        self.sketches += &group.sketches;
        let Adding { sketches: whole, of_losses, sequences, tokens } = group;
        self.groups.push(Group { sketches: sketches.of_group.of(&whole), of_losses, sequences, tokens });
    }
}

/// A group to which sequences are still added.
#[derive(Debug)]
pub(super) struct Adding {
    sketches: Tensor,
    of_losses: Vec<OfLoss>,
    sequences: usize,
    tokens: usize,
}

impl Adding {
    /// A group of the size of these sums.
    pub(super) fn to(sums: &Sums) -> Self {
        let losses = sums.sketches.size()[0] as usize;
        Self {
            sketches: sums.sketches.zeros_like(),
            of_losses: vec![OfLoss::default(); losses],
            sequences: 0,
            tokens: 0,
        }
    }

    /// Adds a sequence.
    pub(super) fn add(&mut self, piece: &Piece) {
        self.sketches += &piece.sketches;
        for (sum, one) in self.of_losses.iter_mut().zip(&piece.of_losses) {
            sum.own.iter_mut().zip(one.own).for_each(|(sum, own)| *sum += own);
            sum.value += one.value;
            sum.dead += one.dead;
        }
        self.sequences += 1;
        self.tokens += piece.tokens;
    }
}

/// So many numbers are multiplied at a time on a CPU: the products of long vectors would be new memory each time, which takes the
/// system longer to clear than the processor to fill.
const AT_A_TIME: i64 = 1 << 20;

/// The inner product, whose terms are added up in 64 bits.
pub(super) fn product(a: &Tensor, b: &Tensor) -> f64 {
    // A GPU keeps its memory, and is asked once.
    let at_a_time = if a.device() == Device::Cpu { AT_A_TIME } else { a.size()[0] };
    let pieces = a.split(at_a_time, 0).into_iter().zip(b.split(at_a_time, 0));
    pieces.map(|(a, b)| (a * b).sum(Kind::Double).double_value(&[])).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_terms_of_a_long_product_count() {
        let count = 2 * AT_A_TIME + 3;
        let numbers = |factor: f64| Tensor::full([count], factor, (Kind::Float, Device::Cpu));
        assert_eq!(product(&numbers(0.5), &numbers(3.0)), 1.5 * count as f64);
    }
}
