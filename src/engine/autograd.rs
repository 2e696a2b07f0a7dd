//! The article's route: libtorch differentiates each estimator's mean over a trial's draw.
//!
//! The article's five estimators are computed as it computes them, in 32 bits and in its very operations, which lose digits
//! where pi_theta and pi_ref are nearly equal. Every other one is its expression on the same samples, in 64 bits.

use super::article;
use super::blocks::LARGEST_BLOCK;
use super::pipeline;
use super::term_sums::SampleWeight;
use super::torch_draw::{differentiated_blocks, draw};
use super::torch_normal::TorchNormal;
use super::trial::{BlockGradient, Control, Sums, Trials};
use crate::estimator::expr::Tensors;
use crate::estimator::{Draw, Estimator, WeightedMean};
use crate::experiment::Experiment;
use crate::policy::{Normal, Problem};
use std::cell::OnceCell;
use std::num::NonZeroUsize;
use tch::{Kind, Tensor};

/// A gradient's two components: with respect to mu, and to sigma.
type Gradient = [f32; 2];

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
    keep_freed_memory(differentiated_blocks(experiment.run().sample_size).max().unwrap_or(0));
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
            (first..experiment.run().num_trials).try_for_each(|_| sink(&add_up_trial(experiment, blocks, &mut trials)))
        },
    )
}

/// The mean of the blocks' gradients, each weighted by its samples, in 64 bits. Exact for a single block.
fn add_up_trial(
    experiment: &Experiment,
    blocks: &mut dyn Iterator<Item = Vec<BlockGradient>>,
    trials: &mut [Trials],
) -> Vec<f32> {
    for (block_size, block) in differentiated_blocks(experiment.run().sample_size).zip(blocks) {
        let share = block_size as f64 / experiment.run().sample_size as f64;
        trials.iter_mut().zip(&block).for_each(|(trials, gradient)| trials.add(gradient, share));
    }
    trials.iter_mut().flat_map(Trials::finish).collect()
}

/// The body of the article's loop over trials: fresh parameters, and for each estimator mean, backward, read, zero.
fn estimate_gradients(experiment: &Experiment, samples: &Tensor) -> Vec<BlockGradient> {
    let (pi_theta, pi_ref) = setup_distributions(experiment.problem());
    let is_the_articles = |estimator: &Estimator| article::loss(estimator).is_some();
    let all_are = experiment.estimators().iter().all(is_the_articles);
    let batch = (!all_are).then(|| Batch::new(experiment.problem(), samples, &pi_theta, &pi_ref));
    let gradient = |estimator: &Estimator| match (article::loss(estimator), &batch) {
        (Some(loss), _) => {
            loss(samples, &pi_theta, &pi_ref).mean(Kind::Float).backward();
            BlockGradient { gradient: take_gradient(&pi_theta).map(f64::from), control: None }
        }
        (None, Some(batch)) => batch.gradient(estimator),
        (None, None) => unreachable!("there is a batch for what is not the article's"),
    };
    experiment.estimators().iter().map(gradient).collect()
}

/// What expressions see of a block of samples, in 64 bits.
struct Batch<'a> {
    pi_theta: &'a TorchNormal,
    samples: Tensor,
    logs: Tensors,
    log_prob: Tensor,
    log_ratio: Tensor,
    scores: OnceCell<[Tensor; 2]>,
}

impl<'a> Batch<'a> {
    fn new(problem: &Problem, samples: &Tensor, pi_theta: &'a TorchNormal, pi_ref: &TorchNormal) -> Self {
        let samples = samples.to_kind(Kind::Double);
        let log_prob = pi_theta.in_double().log_prob(&samples);
        let reference = pi_ref.in_double().log_prob(&samples);
        let old = match problem.is_on_policy() {
            true => log_prob.detach(),
            false => fixed(&problem.behaviour).in_double().log_prob(&samples),
        };
        Self {
            pi_theta,
            logs: Tensors::samples(&log_prob, &reference, &old),
            log_ratio: log_prob.detach() - reference,
            log_prob,
            samples,
            scores: OnceCell::new(),
        }
    }

    fn gradient(&self, estimator: &Estimator) -> BlockGradient {
        let loss = self.logs.values(estimator.expression());
        match estimator.baseline() {
            None => BlockGradient { gradient: self.pull_back(&loss), control: None },
            Some(baseline) => self.corrected_gradient(&loss, &baseline.mean()),
        }
    }

    /// Of each sample, with respect to mu and to sigma, where a baseline asks for them: log pi_theta is differentiated at
    /// each sample by itself, with copies of the parameters.
    fn scores(&self) -> &[Tensor; 2] {
        self.scores.get_or_init(|| {
            let copies = |parameter: &Tensor| {
                parameter.detach().to_kind(Kind::Double).expand_as(&self.samples).copy().set_requires_grad(true)
            };
            let each = TorchNormal { loc: copies(&self.pi_theta.loc), scale: copies(&self.pi_theta.scale) };
            each.log_prob(&self.samples).sum(Kind::Double).backward();
            each.parameters().map(Tensor::grad)
        })
    }

    /// The supplement's two passes: lambda first, then for each component the loss with its own lambda, or at once where
    /// they share one. A lambda of the previous draw is not known here yet; [`Trials`] subtracts it.
    fn corrected_gradient(&self, loss: &Tensor, baseline: &WeightedMean) -> BlockGradient {
        let sums = baseline.sums(|weight| self.sums(weight, baseline.power_of_d));
        let lambda = match baseline.draw {
            Draw::Own => sums.map(|sums| sums.lambda()),
            Draw::Previous => [0.0; 2],
        };
        let less = |lambda: f64| self.pull_back(&(loss - lambda * &self.log_prob));
        let gradient = match lambda {
            [mu, sigma] if mu == sigma => less(mu),
            [mu, sigma] => [less(mu)[0], less(sigma)[1]],
        };
        let score = self.scores().each_ref().map(|score| score.mean(Kind::Double).double_value(&[]));
        BlockGradient { gradient, control: Some(Control { lambda, score, sums }) }
    }

    /// The gradient of the mean loss. The graph of the logs is kept for the next estimator.
    fn pull_back(&self, loss: &Tensor) -> [f64; 2] {
        let gradients = Tensor::run_backward(&[loss.mean(Kind::Double)], &self.pi_theta.parameters(), true, false);
        [0, 1].map(|component: usize| gradients[component].double_value(&[]))
    }

    /// sum w D^p and sum w, in 64 bits.
    fn sums(&self, weight: SampleWeight, power_of_d: u32) -> Sums {
        let weight = match weight {
            SampleWeight::SquaredScore(parameter) => self.scores()[parameter as usize].square(),
            SampleWeight::One => self.log_ratio.ones_like(),
        };
        let sum = |tensor: &Tensor| tensor.sum(Kind::Double).double_value(&[]);
        let weighted = &weight * self.log_ratio.pow_tensor_scalar(i64::from(power_of_d));
        Sums { weighted: sum(&weighted), weight: sum(&weight) }
    }
}

fn setup_distributions(problem: &Problem) -> (TorchNormal, TorchNormal) {
    (TorchNormal::trainable(problem.policy.mu(), problem.policy.sigma()), fixed(&problem.reference))
}

fn fixed(normal: &Normal) -> TorchNormal {
    TorchNormal::fixed(normal.mu(), normal.sigma())
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
    use super::super::torch_draw::LARGEST_PIECE;
    use super::*;
    use crate::experiment::Run;

    #[test]
    fn the_blocks_of_a_trial_add_up_to_its_gradient() {
        let sample_size = LARGEST_PIECE + 1000;
        let estimators = ["k1", "k3", "reverse_k1", "k2_lambda", "k2_lambda_shared", "k2_mean_baseline"];
        let estimators = estimators.map(|name| Estimator::named(name).unwrap()).into();
        let run = Run { sample_size, ..Run::default() };
        let experiment = Experiment::new(Problem::default(), run, estimators).unwrap();
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
