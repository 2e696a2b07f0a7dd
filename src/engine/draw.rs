//! The samples of an experiment, drawn in order from libtorch's one generator.

use super::torch_normal::TorchNormal;
use crate::experiment::Experiment;
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tch::{Device, Kind, Tensor};

/// The most samples of a block, where a trial is taken in several: a quarter of a megabyte a tensor.
pub const LARGEST_BLOCK: usize = 1 << 16;

/// The most samples of a trial that is differentiated in one piece, as the original does, to the same bits. Longer ones
/// are taken in blocks, so that a tensor is never larger than a megabyte.
pub const LARGEST_PIECE: usize = 1 << 18;

/// From this many samples on, libtorch fills a draw in groups of this many.
const GROUP: usize = 16;

/// libtorch's generator is one for the whole process: who seeds it keeps it until the last draw.
static GENERATOR: Mutex<()> = Mutex::new(());

/// libtorch's generator, seeded, and kept from other threads until this is dropped.
///
/// An engine takes it for a whole run. Who draws from libtorch in the same process takes it as well, or the draws of the two
/// would mix; it is not to be held where a run begins, which waits for it.
#[derive(Debug)]
pub struct Generator {
    _kept: MutexGuard<'static, ()>,
}

impl Generator {
    /// Waits until it is free, and seeds it; seeds count modulo 2^32.
    pub fn seeded(seed: i64) -> Self {
        // Nothing that a panic of another holder may have left undone matters: the seed sets everything.
        let kept = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
        tch::manual_seed(seed);
        Self { _kept: kept }
    }

    /// The generator of an experiment when the trial `first` is to be drawn. It has no other way there than to draw what
    /// comes before.
    pub(super) fn at_trial(experiment: &Experiment, first: usize) -> Self {
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
    pub(super) fn fill_standard_normal(&mut self, normals: &mut [f32]) {
        let (data, length) = (normals.as_mut_ptr(), normals.len() as i64);
        // SAFETY: `data` is that of `length` floats, which are borrowed mutably until after the view has been dropped.
        let mut view = unsafe { Tensor::from_blob(data.cast(), &[length], &[], Kind::Float, Device::Cpu) };
        let _ = view.normal_(0.0, 1.0);
    }
}

/// The sizes of the blocks in which `sample_size` samples are drawn, `largest` a positive multiple of 16.
///
/// One after the other they hold the same floats as one draw of them all. That needs blocks that end with a group of
/// 16, and a last one of 16 or more: where a draw is no multiple of 16, libtorch draws its last 16 values anew at the
/// end. So the last block takes in a remainder below 16, and may be 15 samples longer than `largest`.
pub fn block_sizes(sample_size: usize, largest: usize) -> impl Iterator<Item = usize> {
    assert!(largest > 0 && largest.is_multiple_of(GROUP), "blocks are a positive multiple of {GROUP} samples");
    let blocks = match sample_size % largest {
        0..GROUP => (sample_size / largest).max(1),
        _ => sample_size / largest + 1,
    };
    (0..blocks).map(move |block| if block + 1 < blocks { largest } else { sample_size - largest * (blocks - 1) })
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
    let _generator = Generator::at_trial(experiment, first);
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
    fn blocks_cover_the_draw_and_leave_no_short_end() {
        let sizes = |sample_size| block_sizes(sample_size, 32).collect::<Vec<_>>();
        assert_eq!(sizes(7), [7]);
        assert_eq!(sizes(32), [32]);
        assert_eq!(sizes(47), [47]);
        assert_eq!(sizes(48), [32, 16]);
        assert_eq!(sizes(64), [32, 32]);
        assert_eq!(sizes(79), [32, 47]);
    }

    #[test]
    fn blocks_hold_the_floats_of_one_draw() {
        let pi_theta = TorchNormal::fixed(0.5, 2.0);
        for count in [7, 16, 17, 999, 50_000, 1_000_003] {
            let draws = |largest| {
                let _generator = Generator::seeded(3);
                // Twice, because a draw also leaves the generator in a state.
                let twice = [count, count].into_iter().flat_map(|count| block_sizes(count, largest));
                Tensor::cat(&twice.map(|size| pi_theta.sample(size)).collect::<Vec<_>>(), 0)
            };
            assert_eq!(draws(1 << 20), draws(64), "{count} samples");
        }
    }

    #[test]
    fn seeds_count_modulo_2_to_the_32() {
        let draw = |seed| {
            let mut normals = [0.0; 20];
            Generator::seeded(seed).fill_standard_normal(&mut normals);
            normals
        };
        assert_eq!(draw(-1), draw(u32::MAX.into()));
        assert_eq!(draw(42), draw((1 << 32) + 42));
        assert_ne!(draw(42), draw(43));
    }

    #[test]
    fn samples_are_scaled_and_shifted_standard_normal_variates() {
        for count in [1, 7, 16, 17, 999] {
            let mut normals = vec![0.0; 2 * count];
            let mut generator = Generator::seeded(3);
            normals.chunks_mut(count).for_each(|draw| generator.fill_standard_normal(draw));
            tch::manual_seed(3);
            let samples = Tensor::cat(&[0, 1].map(|_| TorchNormal::fixed(0.5, 2.0).sample(count)), 0);
            assert_eq!(Tensor::from_slice(&normals) * 2.0 + 0.5, samples, "{count} samples");
        }
    }
}
