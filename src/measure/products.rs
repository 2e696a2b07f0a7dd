//! Inner products of expected gradients, without the noise of the samples.

use super::sums::{Group, Sums, product};
use tch::{Kind, Tensor};

/// What is known of <E\[a\], E\[b\]>, a and b being the gradients of one sequence by two losses.
///
/// # Formula
/// With A and B the sums over N sequences and M = sum <a_n, b_n>, (<A, B> - M) / (N (N - 1)) has the mean <E\[a\], E\[b\]>: a
/// U-statistic, in which no sequence meets itself. Without a group, whose sums are A_g and B_g, <A - A_g, B - B_g> is
/// <A, B> - <A_g, B> - <A, B_g> + <A_g, B_g>.
#[derive(Clone, Debug)]
pub(super) struct Product {
    /// <A, B>.
    sum: f64,
    /// M.
    own: f64,
    sequences: f64,
    /// What a group takes away from these three.
    groups: Vec<[f64; 3]>,
}

/// At N sequences, or at those that are left without a group.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    pub sum: f64,
    pub own: f64,
    pub sequences: f64,
}

impl At {
    /// The U-statistic.
    pub(super) fn mean(self) -> f64 {
        (self.sum - self.own) / (self.sequences * (self.sequences - 1.0))
    }

    /// The trace of the covariance of a and b: (M - <A, B> / N) / (N - 1).
    pub(super) fn covariance(self) -> f64 {
        (self.own - self.sum / self.sequences) / (self.sequences - 1.0)
    }
}

impl Product {
    /// With all sequences.
    pub(super) fn all(&self) -> At {
        At { sum: self.sum, own: self.own, sequences: self.sequences }
    }

    /// Without one group.
    pub(super) fn without(&self, group: usize) -> At {
        let [sum, own, sequences] = self.groups[group];
        At { sum: self.sum - sum, own: self.own - own, sequences: self.sequences - sequences }
    }
}

/// The products of each loss with itself and with both targets: `[loss][0, 1, 2]`.
pub(super) fn products(sums: &Sums, targets: [usize; 2]) -> Vec<[Product; 3]> {
    let changes: Vec<Changes> = changes(&sums.groups);
    let losses = sums.sketches.size()[0] as usize;
    let row = |loss: usize| sums.sketches.get(loss as i64);
    let of = |loss: usize| {
        let others = [loss, targets[0], targets[1]];
        std::array::from_fn(|place| {
            let other = others[place];
            let own = |group: &Group| group.of_losses[loss].own[place];
            let groups = sums.groups.iter().zip(&changes);
            Product {
                sum: product(&row(loss), &row(other)),
                own: sums.groups.iter().map(own).sum(),
                sequences: sums.groups.iter().map(|group| group.sequences as f64).sum(),
                groups: groups
                    .map(|(group, changes)| [changes.of(loss, other), own(group), group.sequences as f64])
                    .collect(),
            }
        })
    };
    (0..losses).map(of).collect()
}

/// By how many standard deviations |E\[a\] - E\[b\]|^2 is told from 0.
///
/// # Formula
/// With D_g the sum of a_n - b_n over group g, the products <D_g, D_h> of two groups have the mean |E\[a - b\]|^2 times their sizes. Where that
/// is 0, those of two pairs of groups are uncorrelated, and sum <D_g, D_h> / sqrt(sum <D_g, D_h>^2), over the 120 pairs of 16 groups, is
/// of the mean 0 and the variance 1, and nearer to normal the more directions the noise points in.
pub(super) fn told_apart(groups: &[Group], a: usize, b: usize) -> f64 {
    let difference = |group: &Group| group.sketches.get(a as i64) - group.sketches.get(b as i64);
    let differences = Tensor::stack(&groups.iter().map(difference).collect::<Vec<_>>(), 0).to_kind(Kind::Double);
    let pairs = differences.matmul(&differences.tr()).triu(1);
    let total = pairs.sum(Kind::Double) / (&pairs * &pairs).sum(Kind::Double).sqrt();
    total.double_value(&[])
}

/// What a group takes away from the products of the sums of each two losses.
struct Changes {
    losses: usize,
    numbers: Vec<f64>,
}

impl Changes {
    fn of(&self, a: usize, b: usize) -> f64 {
        self.numbers[a * self.losses + b]
    }
}

fn changes(groups: &[Group]) -> Vec<Changes> {
    let Some(losses) = groups.first().map(|group| group.of_losses.len()) else { return Vec::new() };
    let double = |group: &Group| group.sketches.to_kind(Kind::Double);
    let total = groups.iter().map(double).reduce(|a, b| a + b).expect("there is a first group");
    let change = |group: &Group| {
        let own = double(group);
        let with_total = own.matmul(&total.tr());
        let change: Tensor = &with_total + with_total.tr() - own.matmul(&own.tr());
        let numbers = Vec::try_from(change.flatten(0, -1)).expect("a flat tensor of 64-bit floats is a vector");
        Changes { losses, numbers }
    };
    groups.iter().map(change).collect()
}
