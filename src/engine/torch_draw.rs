//! The samples of an experiment, drawn in order from libtorch's one generator.

use super::blocks::{LARGEST_BLOCK, block_sizes};
use super::torch_normal::TorchNormal;
use crate::experiment::Experiment;
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tch::{Device, Kind, Tensor};

/// The most samples of a trial that is differentiated in one piece, as the original does, to the same bits. Longer ones
/// are taken in blocks, so that a tensor is never larger than a megabyte.
pub const LARGEST_PIECE: usize = 1 << 18;

/// libtorch's generator is one for the whole process: who seeds it keeps it until the last draw.
static GENERATOR: Mutex<()> = Mutex::new(());

/// libtorch's generator, seeded, and kept from other threads until this is dropped.
///
/// An engine takes it for a whole run. Who draws from libtorch in the same process takes it as well, or the draws of the two
/// would mix; it is not to be held where a run begins, which waits for it.
#[derive(Debug)]
pub struct TorchGenerator {
    _kept: MutexGuard<'static, ()>,
}

impl TorchGenerator {
    /// Waits until it is free, and seeds it; seeds count modulo 2^32.
    pub fn seeded(seed: i64) -> Self {
        // Nothing that a panic of another holder may have left undone matters: the seed sets everything.
        let kept = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
        tch::manual_seed(seed);
        Self { _kept: kept }
    }

    /// The generator of an experiment when the trial `first` is to be drawn. It has no other way there than to draw what
    /// comes before.
    fn at_trial(experiment: &Experiment, first: usize) -> Self {
        let mut generator = Self::seeded(experiment.run().seed);
        let mut normals = Vec::new();
        for _ in 0..first {
            for count in block_sizes(experiment.run().sample_size, LARGEST_BLOCK) {
                normals.resize(count, 0.0);
                generator.fill_standard_normal(&mut normals);
            }
        }
        generator
    }

    /// Draws standard normal variates: those that [`TorchNormal::sample`] scales and shifts in a draw of as many samples.
    pub fn fill_standard_normal(&mut self, normals: &mut [f32]) {
        let (data, length) = (normals.as_mut_ptr(), normals.len() as i64);
        // SAFETY: `data` is that of `length` floats, which are borrowed mutably until after the view has been dropped.
        let mut view = unsafe { Tensor::from_blob(data.cast(), &[length], &[], Kind::Float, Device::Cpu) };
        let _ = view.normal_(0.0, 1.0);
    }
}

/// The sizes of the blocks in which autograd takes a trial.
pub(super) fn differentiated_blocks(sample_size: usize) -> impl Iterator<Item = usize> {
    let largest = if sample_size <= LARGEST_PIECE { LARGEST_PIECE } else { LARGEST_BLOCK };
    block_sizes(sample_size, largest)
}

/// Draws every trial's blocks in order, from the trial `first` on, and hands each to `take` until that breaks off.
pub(super) fn draw(experiment: &Experiment, first: usize, mut take: impl FnMut(Tensor) -> ControlFlow<()>) {
    // Scaling a draw takes no time; a second thread for it would spin in wait, and take that of a worker.
    tch::set_num_threads(1);
    let _generator = TorchGenerator::at_trial(experiment, first);
    let behaviour = &experiment.problem().behaviour;
    let behaviour = TorchNormal::fixed(behaviour.mu(), behaviour.sigma());
    for _ in first..experiment.run().num_trials {
        for count in differentiated_blocks(experiment.run().sample_size) {
            if take(behaviour.sample(count)).is_break() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_scaled_and_shifted_standard_normal_variates() {
        for count in [1, 7, 16, 17, 999] {
            let mut normals = vec![0.0; 2 * count];
            let mut generator = TorchGenerator::seeded(3);
            normals.chunks_mut(count).for_each(|draw| generator.fill_standard_normal(draw));
            tch::manual_seed(3);
            let samples = Tensor::cat(&[0, 1].map(|_| TorchNormal::fixed(0.5, 2.0).sample(count)), 0);
            assert_eq!(Tensor::from_slice(&normals) * 2.0 + 0.5, samples, "{count} samples");
        }
    }
}
