//! The fast route: the gradient of a trial is the mean of c s, gradient coefficient times score, over its samples.
//!
//! It draws the very samples that [`super::Engine::Autograd`] differentiates, and takes all sums in one pass over them. The
//! gradients are autograd's up to rounding, but for this: where the ratio r is so small that it is 0 in 32 bits,
//! autograd's k3 is not a number (it divides by r), and here it is finite.

use super::blocks::{LARGEST_BLOCK, block_sizes};
use super::generator::{Drawn, Generator};
use super::pipeline::{self, Submit};
use super::sums::{BlockSums, Sums};
use super::trial::{self, BlockGradient, Control, Trials};
use crate::estimator::{Baseline, Estimator};
use crate::experiment::{Experiment, Run};
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::num::NonZeroUsize;

/// The most draws in a batch: enough to make handing it over cheap, few enough for their sums to stay small.
const MOST_DRAWS: usize = 1 << 10;

/// What is drawn and summed in one piece: a block of a trial, or several short trials.
#[derive(Default)]
struct Batch {
    drawn: Drawn,
    /// Samples in each draw but the last of a long trial.
    draw_size: usize,
    /// The sums over each draw.
    sums: Vec<BlockSums>,
}

/// Runs the trials from `first` on, on `threads` threads beside the one that draws, and hands each trial's gradients to
/// `sink` in order:
/// for each estimator the gradient with respect to mu, then to sigma.
///
/// The samples come in order from one generator, a block is summed by one thread, and the blocks of a trial are added up
/// in their order: the same bits for any number of threads, and on any CPU for the same samples. Memory is bounded by
/// the blocks under way, a few a thread and a quarter of a megabyte each, whatever the size and the number of the trials.
///
/// # Errors
/// What `sink` returns; the run ends there.
pub fn run<E>(
    experiment: &Experiment,
    first: usize,
    threads: NonZeroUsize,
    mut sink: impl FnMut(&[f32]) -> Result<(), E>,
) -> Result<(), E> {
    let losses = experiment.estimators().iter().map(Estimator::expression);
    let baselines = experiment.estimators().iter().any(|estimator| estimator.baseline().is_some());
    let sums = Sums::new(&experiment.held(), losses, baselines);
    let (recycle, used) = unbounded();
    pipeline::run(
        threads,
        |submit| draw(experiment, first, &used, &submit),
        |batch| sum(batch, &sums),
        |batches| gather(experiment, &sums, batches, &recycle, &mut sink),
    )
}

/// Draws the trials from `first` on in order, into batches that come back from use where there are some.
fn draw(experiment: &Experiment, first: usize, used: &Receiver<Batch>, submit: &Submit<Batch, Batch>) {
    let mut generator = Generator::seeded(experiment.run().seed);
    generator.skip(first, experiment.run().sample_size);
    for (draw_size, draws) in batches(experiment, first) {
        let mut batch = used.try_recv().unwrap_or_default();
        batch.draw_size = draw_size;
        generator.draw(draws, draw_size, &mut batch.drawn);
        if submit.submit(batch).is_break() {
            return;
        }
    }
}

/// The samples in a draw and the number of draws, batch by batch.
fn batches(experiment: &Experiment, first: usize) -> impl Iterator<Item = (usize, usize)> {
    let &Run { sample_size, num_trials, .. } = experiment.run();
    let together = (LARGEST_BLOCK / sample_size).clamp(1, MOST_DRAWS);
    let trials = (first..num_trials).step_by(together).map(move |trial| together.min(num_trials - trial));
    trials.flat_map(move |draws| block_sizes(sample_size, LARGEST_BLOCK).map(move |size| (size, draws)))
}

fn sum(mut batch: Batch, sums: &Sums) -> Batch {
    let draws = batch.drawn.normals().chunks_exact(batch.draw_size);
    batch.sums.clear();
    batch.sums.extend(draws.map(|normals| sums.over(normals)));
    batch
}

/// Adds up each trial's draws, and hands its gradients on.
fn gather<E>(
    experiment: &Experiment,
    sums: &Sums,
    batches: &mut dyn Iterator<Item = Batch>,
    recycle: &Sender<Batch>,
    sink: &mut impl FnMut(&[f32]) -> Result<(), E>,
) -> Result<(), E> {
    let mut trials = Trials::of(experiment);
    let mut trial = BlockSums::default();
    let mut gradients = Vec::new();
    for batch in batches {
        for block in &batch.sums {
            trial.add(block);
            if trial.samples() == experiment.run().sample_size {
                gradients.clear();
                gradients.extend(self::gradients(experiment, sums, &std::mem::take(&mut trial), &mut trials));
                sink(&gradients)?;
            }
        }
        // The last batches find nobody who would draw into them.
        let _ = recycle.send(batch);
    }
    Ok(())
}

/// Each estimator's gradient with respect to mu and to sigma.
fn gradients(
    experiment: &Experiment,
    sums: &Sums,
    trial: &BlockSums,
    trials: &mut [Trials],
) -> impl Iterator<Item = f32> {
    let gradient = move |((index, estimator), trials): ((usize, &Estimator), &mut Trials)| {
        let control = estimator.baseline().map(|baseline| control(baseline, sums, trial));
        trials.add(&BlockGradient { gradient: sums.gradient(index, trial), control }, 1.0);
        trials.finish()
    };
    experiment.estimators().iter().enumerate().zip(trials).flat_map(gradient)
}

/// What a baseline needs: its lambda is subtracted when the trial is finished.
fn control(baseline: Baseline, sums: &Sums, trial: &BlockSums) -> Control {
    let mean = baseline.mean();
    let of_weight =
        |weight| trial::Sums { weighted: trial.weighted(weight, mean.power_of_d), weight: trial.weighted(weight, 0) };
    Control { lambda: [0.0; 2], score: sums.score(trial), sums: mean.sums(of_weight) }
}
