//! The fast route: the gradient of a trial is the mean of c s, gradient coefficient times score, over its samples.
//!
//! It draws the very samples that [`super::autograd`] differentiates, and takes all sums in one pass over them. The
//! gradients are autograd's up to rounding, but for this: where the ratio r is so small that it is 0 in 32 bits,
//! autograd's k3 is not a number (it divides by r), and here it is finite.

use super::draw::{Generator, LARGEST_BLOCK, block_sizes};
use super::pipeline::{self, Submit};
use super::term_sums::{LARGEST_WEIGHTED_POWER, Pair, TERMS, TermSums, Wanted};
use super::trial::{BlockGradient, Control, Sums, Trials};
use crate::estimator::{Estimator, Parameter};
use crate::experiment::{Experiment, Settings};
use crate::theory::Term;
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::num::NonZeroUsize;

/// The most draws in a batch: enough to make handing it over cheap, few enough for their sums to stay small.
const MOST_DRAWS: usize = 1 << 10;

/// What is drawn and summed in one piece: a block of a trial, or several short trials.
#[derive(Default)]
struct Batch {
    /// Standard normal variates, draw after draw.
    normals: Vec<f32>,
    /// Samples in each draw but the last of a long trial.
    draw_size: usize,
    /// The sums over each draw.
    sums: Vec<TermSums>,
}

/// Whether this engine has every term of the estimator's gradient coefficient.
pub fn supports(estimator: &Estimator) -> bool {
    let has_powers = estimator.baseline.is_none_or(|baseline| baseline.power_of_d <= LARGEST_WEIGHTED_POWER);
    has_powers && estimator.coefficient.iter().all(|term| TERMS.contains(&(term.power_of_d, term.power_of_r)))
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
///
/// # Panics
/// Where there is an estimator that the engine does not have: ask [`supports`] first.
pub fn run<E>(
    experiment: &Experiment,
    first: usize,
    threads: NonZeroUsize,
    mut sink: impl FnMut(&[f32]) -> Result<(), E>,
) -> Result<(), E> {
    assert!(experiment.estimators().iter().all(|estimator| supports(estimator)), "the engine has every estimator");
    let pair = Pair::new(experiment);
    let wanted = Wanted {
        ratio: needs_ratio(experiment),
        baselines: experiment.estimators().iter().any(|estimator| estimator.baseline.is_some()),
    };
    let (recycle, used) = unbounded();
    pipeline::run(
        threads,
        |submit| draw(experiment, first, &used, &submit),
        |batch| sum(batch, &pair, wanted),
        |batches| gather(experiment, batches, &recycle, &mut sink),
    )
}

fn needs_ratio(experiment: &Experiment) -> bool {
    experiment.estimators().iter().flat_map(|estimator| estimator.coefficient).any(|term| term.power_of_r > 0)
}

/// Draws the trials from `first` on in order, into batches that come back from use where there are some.
fn draw(experiment: &Experiment, first: usize, used: &Receiver<Batch>, submit: &Submit<Batch, Batch>) {
    let mut generator = Generator::at_trial(experiment, first);
    for (draw_size, draws) in batches(experiment, first) {
        let mut batch = used.try_recv().unwrap_or_default();
        batch.draw_size = draw_size;
        batch.normals.resize(draw_size * draws, 0.0);
        batch.normals.chunks_exact_mut(draw_size).for_each(|normals| generator.fill_standard_normal(normals));
        if submit.submit(batch).is_break() {
            return;
        }
    }
}

/// The samples in a draw and the number of draws, batch by batch.
fn batches(experiment: &Experiment, first: usize) -> impl Iterator<Item = (usize, usize)> {
    let &Settings { sample_size, num_trials, .. } = &**experiment;
    let together = (LARGEST_BLOCK / sample_size).clamp(1, MOST_DRAWS);
    let trials = (first..num_trials).step_by(together).map(move |trial| together.min(num_trials - trial));
    trials.flat_map(move |draws| block_sizes(sample_size, LARGEST_BLOCK).map(move |size| (size, draws)))
}

fn sum(mut batch: Batch, pair: &Pair, wanted: Wanted) -> Batch {
    let draws = batch.normals.chunks_exact(batch.draw_size);
    batch.sums.clear();
    batch.sums.extend(draws.map(|normals| TermSums::of(normals, pair, wanted)));
    batch
}

/// Adds up each trial's draws, and hands its gradients on.
fn gather<E>(
    experiment: &Experiment,
    batches: &mut dyn Iterator<Item = Batch>,
    recycle: &Sender<Batch>,
    sink: &mut impl FnMut(&[f32]) -> Result<(), E>,
) -> Result<(), E> {
    let mut trials = Trials::of(experiment);
    let mut trial = TermSums::default();
    let mut gradients = Vec::new();
    for batch in batches {
        for sums in &batch.sums {
            trial.add(sums);
            if trial.samples() == experiment.sample_size as u64 {
                gradients.clear();
                gradients.extend(self::gradients(experiment, &std::mem::take(&mut trial), &mut trials));
                sink(&gradients)?;
            }
        }
        // The last batches find nobody who would draw into them.
        let _ = recycle.send(batch);
    }
    Ok(())
}

/// Each estimator's gradient with respect to mu and to sigma.
fn gradients(experiment: &Experiment, sums: &TermSums, trials: &mut [Trials]) -> impl Iterator<Item = f32> {
    let sigma = f64::from(experiment.sigma_theta as f32);
    let gradient = move |(estimator, trials): (&&Estimator, &mut Trials)| {
        trials.add(&block_gradient(estimator, sums, sigma), 1.0);
        trials.finish()
    };
    experiment.estimators().iter().zip(trials).flat_map(gradient)
}

/// The mean of c s, and what a baseline needs: its lambda is subtracted when the trial is finished.
fn block_gradient(estimator: &Estimator, sums: &TermSums, sigma: f64) -> BlockGradient {
    let mean = |coefficient: &[Term]| {
        Parameter::ALL.map(|parameter| sums.mean(coefficient, parameter).expect("checked before the run") / sigma)
    };
    let control = estimator.baseline.map(|baseline| {
        let weighted = |weight, power: u32| sums.weighted(weight, power as usize);
        Control {
            lambda: [0.0; 2],
            score: mean(&[ONE]),
            sums: baseline
                .sums(|weight| Sums { weighted: weighted(weight, baseline.power_of_d), weight: weighted(weight, 0) }),
        }
    });
    BlockGradient { gradient: mean(estimator.coefficient), control }
}

const ONE: Term = Term { weight: 1.0, power_of_d: 0, power_of_r: 0 };
