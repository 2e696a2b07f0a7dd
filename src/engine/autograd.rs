//! The article's route: libtorch differentiates each estimator's mean over a trial's draw.

use super::draw::{LARGEST_BLOCK, differentiated_blocks, draw};
use super::pipeline;
use super::term_sums::SampleWeight;
use super::torch_normal::{TorchNormal, kl_divergence};
use super::trial::{BlockGradient, Control, Sums, Trials};
use crate::estimator::{Baseline, Draw, Estimator, corrected_k2_loss};
use crate::experiment::Experiment;
use std::num::NonZeroUsize;
use tch::{Kind, Tensor};

/// A gradient's two components: with respect to mu, and to sigma.
type Gradient = [f32; 2];

/// The gradients of KL(pi_theta||pi_ref) and of KL(pi_ref||pi_theta) with respect to mu and sigma, differentiated from
/// the closed form (the article's first lines of `estimate_gradients`). As 32-bit floats, like the estimates.
pub fn true_gradients(experiment: &Experiment) -> [Gradient; 2] {
    let (pi_theta, pi_ref) = setup_distributions(experiment);
    kl_divergence(&pi_theta, &pi_ref).backward();
    let forward = take_gradient(&pi_theta);
    kl_divergence(&pi_ref, &pi_theta).backward();
    [forward, take_gradient(&pi_theta)]
}

/// Runs the trials from `first` on, on `threads` threads beside the one that draws, and hands each trial's gradients to
/// `sink` in order:
/// for each estimator the gradient with respect to mu, then to sigma.
///
/// The samples come in order from one generator, a block is differentiated in one piece by one thread, and the blocks
/// of a trial are added up in their order: the same bits for any number of threads. Memory is bounded by the blocks
/// under way, a few megabytes a thread, whatever the size of a trial.
///
/// # Errors
/// What `sink` returns; the run ends there.
pub fn run<E>(
    experiment: &Experiment,
    first: usize,
    threads: NonZeroUsize,
    mut sink: impl FnMut(&[f32]) -> Result<(), E>,
) -> Result<(), E> {
    keep_freed_memory(differentiated_blocks(experiment.sample_size).max().unwrap_or(0));
    pipeline::run(
        threads,
        |submit| draw(experiment, first, |samples| submit.submit(samples)),
        |samples: Tensor| {
            // The order in which a sum is taken depends on the number of intra-op threads: one, on every machine.
            tch::set_num_threads(1);
            estimate_gradients(experiment, &samples)
        },
        |blocks| {
            let mut trials = Trials::of(experiment);
            (first..experiment.num_trials).try_for_each(|_| sink(&add_up_trial(experiment, blocks, &mut trials)))
        },
    )
}

/// The mean of the blocks' gradients, each weighted by its samples, in 64 bits. Exact for a single block.
fn add_up_trial(
    experiment: &Experiment,
    blocks: &mut dyn Iterator<Item = Vec<BlockGradient>>,
    trials: &mut [Trials],
) -> Vec<f32> {
    for (block_size, block) in differentiated_blocks(experiment.sample_size).zip(blocks) {
        let share = block_size as f64 / experiment.sample_size as f64;
        trials.iter_mut().zip(&block).for_each(|(trials, gradient)| trials.add(gradient, share));
    }
    trials.iter_mut().flat_map(Trials::finish).collect()
}

/// The body of the article's loop over trials: fresh parameters, and for each estimator mean, backward, read, zero.
fn estimate_gradients(experiment: &Experiment, samples: &Tensor) -> Vec<BlockGradient> {
    let (pi_theta, pi_ref) = setup_distributions(experiment);
    let has_baseline = experiment.estimators().iter().any(|estimator| estimator.baseline.is_some());
    let scores = has_baseline.then(|| Scores::of(samples, &pi_theta, &pi_ref));
    let gradient = |estimator: &&Estimator| match (estimator.baseline, &scores) {
        (Some(baseline), Some(scores)) => corrected_gradient(&baseline, scores, samples, &pi_theta, &pi_ref),
        _ => {
            estimator.loss(samples, &pi_theta, &pi_ref).mean(Kind::Float).backward();
            BlockGradient { gradient: take_gradient(&pi_theta).map(f64::from), control: None }
        }
    };
    experiment.estimators().iter().map(gradient).collect()
}

/// The first of the supplement's two passes: what lambda is computed from.
struct Scores {
    /// Of each sample, with respect to mu and to sigma.
    scores: [Tensor; 2],
    /// D of each sample.
    log_ratio: Tensor,
}

impl Scores {
    /// Differentiates log pi_theta at each sample by itself: each has a copy of the parameters.
    fn of(samples: &Tensor, pi_theta: &TorchNormal, pi_ref: &TorchNormal) -> Self {
        let copies = |parameter: &Tensor| parameter.detach().expand_as(samples).copy().set_requires_grad(true);
        let each = TorchNormal { loc: copies(&pi_theta.loc), scale: copies(&pi_theta.scale) };
        let log_prob = each.log_prob(samples);
        log_prob.sum(Kind::Float).backward();
        let log_ratio = log_prob.detach() - pi_ref.log_prob(samples);
        Self { scores: each.parameters().map(Tensor::grad), log_ratio }
    }

    /// sum w D^p and sum w, in 64 bits.
    fn sums(&self, weight: SampleWeight, power_of_d: u32) -> Sums {
        let weight = match weight {
            SampleWeight::SquaredScore(parameter) => self.scores[parameter as usize].square(),
            SampleWeight::One => self.log_ratio.ones_like(),
        };
        let sum = |tensor: &Tensor| tensor.sum(Kind::Double).double_value(&[]);
        let weighted = &weight * self.log_ratio.pow_tensor_scalar(i64::from(power_of_d));
        Sums { weighted: sum(&weighted), weight: sum(&weight) }
    }
}

/// The second pass: the corrected loss differentiated, for each component with its own lambda. A lambda of the previous
/// draw is not known here yet; [`Trials`] subtracts it.
fn corrected_gradient(
    baseline: &Baseline,
    scores: &Scores,
    samples: &Tensor,
    pi_theta: &TorchNormal,
    pi_ref: &TorchNormal,
) -> BlockGradient {
    let sums = baseline.sums(|weight| scores.sums(weight, baseline.power_of_d));
    let lambda = match baseline.draw {
        Draw::Own => sums.map(|sums| sums.lambda()),
        Draw::Previous => [0.0; 2],
    };
    let gradient = [0, 1].map(|component| {
        corrected_k2_loss(samples, pi_theta, pi_ref, lambda[component]).mean(Kind::Float).backward();
        f64::from(take_gradient(pi_theta)[component])
    });
    let score = [0, 1].map(|component: usize| scores.scores[component].mean(Kind::Double).double_value(&[]));
    BlockGradient { gradient, control: Some(Control { lambda, score, sums }) }
}

fn setup_distributions(experiment: &Experiment) -> (TorchNormal, TorchNormal) {
    let pi_theta = TorchNormal::trainable(experiment.mu_theta, experiment.sigma_theta);
    let pi_ref = TorchNormal::fixed(experiment.mu_ref, experiment.sigma_ref);
    (pi_theta, pi_ref)
}

/// Reads the gradients that the last backward pass has left, and zeroes them.
fn take_gradient(policy: &TorchNormal) -> Gradient {
    policy.parameters().map(|parameter| {
        let mut grad = parameter.grad();
        let value = grad.double_value(&[]) as f32;
        let _ = grad.zero_();
        value
    })
}

/// Tells the allocator not to give memory back to the system after every tensor: asking for it again, page by page,
/// would take a quarter of the run. What is kept is bounded by the tensors that live at a time.
fn keep_freed_memory(block_size: usize) {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: mallopt is thread-safe, and takes or refuses any number; older versions of glibc refuse more than 32 MiB.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20);
        libc::mallopt(libc::M_TRIM_THRESHOLD, i32::MAX);
        if block_size > LARGEST_BLOCK {
            // A pool for each thread would keep the most that the thread has ever held, of tensors this large.
            libc::mallopt(libc::M_ARENA_MAX, 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::draw::LARGEST_PIECE;
    use super::*;
    use crate::experiment::Settings;

    #[test]
    fn the_blocks_of_a_trial_add_up_to_its_gradient() {
        let sample_size = LARGEST_PIECE + 1000;
        let estimators = ["k1", "k3", "reverse_k1", "k2_lambda", "k2_lambda_shared", "k2_mean_baseline"];
        let estimators = estimators.map(str::to_owned).into();
        let experiment = Experiment::new(Settings { sample_size, estimators, ..Settings::default() }).unwrap();
        let samples = Tensor::linspace(-4.0, 4.0, sample_size as i64, (Kind::Float, tch::Device::Cpu));
        let mut start = 0;
        let blocks = differentiated_blocks(sample_size).map(|size| {
            let block = samples.narrow(0, start, size as i64);
            start += size as i64;
            estimate_gradients(&experiment, &block)
        });
        let mut blocks = blocks.collect::<Vec<_>>().into_iter();
        let in_blocks = add_up_trial(&experiment, &mut blocks, &mut Trials::of(&experiment));
        let at_once = estimate_gradients(&experiment, &samples);
        for (a, b) in in_blocks.iter().zip(at_once.iter().flat_map(|block| block.gradient)) {
            // libtorch sums half a million 32-bit floats in a tree: some twenty roundings of 6e-8.
            let a = f64::from(*a);
            assert!((a - b).abs() < 2e-6 * b.abs().max(1.0), "{in_blocks:?}, not {at_once:?}");
        }
    }
}
