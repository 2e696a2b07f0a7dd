//! The measurement itself: sequences are drawn, scored by both models, and differentiated for each loss.

use super::draw::Sampling;
use super::estimate::{Measured, measured};
use super::gradient::gradient;
use super::logs::Logs;
use super::losses::Losses;
use super::sent::{Sender, Sent};
use super::sketch::Sketch;
use super::sums::{Adding, GROUPS, OfLoss, Piece, Sketches, Sums, product};
use super::{Sequence, State};
use crate::estimator::Estimator;
use crate::in_order::in_order;
use crate::model::LanguageModel;
use anyhow::{Context, Result, bail, ensure};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use tch::Tensor;

/// The threads that work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threads {
    /// So many sequences are worked on at the same time.
    pub workers: NonZeroUsize,
    /// Threads of libtorch for each of them. With one, results are the same for any number of workers.
    pub each: NonZeroUsize,
}

/// Both models, and what is asked of them.
pub struct Measurement {
    losses: Losses,
    sketches: Sketches,
    workers: Workers,
}

impl Measurement {
    /// Of estimators without a baseline, on a policy that is differentiated and a reference with the same vocabulary. Where pi_theta
    /// itself draws, the targets are simpler.
    pub fn new(
        estimators: &[Estimator],
        [policy, reference]: [&dyn LanguageModel; 2],
        is_on_policy: bool,
        threads: Threads,
    ) -> Self {
        let losses = Losses::of(estimators, is_on_policy);
        let sender = Sender::new(&losses.all);
        let parameters = || policy.parameters().into_iter().map(|(_, parameter)| parameter).collect::<Vec<_>>();
        let sketches = Sketches::new(&parameters());
        let worker = || Worker {
            policy: policy.shared(),
            reference: reference.shared(),
            parameters: parameters(),
            sender: sender.clone(),
            sketch: sketches.of_all.shared(),
        };
        let list = (0..threads.workers.get()).map(|_| worker()).collect();
        Self { losses, workers: Workers { list: Mutex::new(list), threads }, sketches }
    }

    /// Draws the sequences; `advance` is told how many more there are.
    pub fn draw(&self, sampling: &Sampling, advance: impl Fn(usize)) -> Vec<Sequence> {
        let (batches, workers) = (sampling.batches(), &self.workers);
        let mut drawn: Vec<Option<Sequence>> = vec![None; sampling.sequences];
        let mut members = batches.iter();
        let piece = |batch: usize| workers.lend(|worker| sampling.draw(&batches[batch], &*worker.policy));
        in_order(batches.len(), workers.threads.workers, piece, |sequences| {
            let members = members.next().expect("there is a result for each batch");
            advance(members.len());
            members.iter().zip(sequences).for_each(|(&member, sequence)| drawn[member] = Some(sequence));
        });
        drawn.into_iter().map(|sequence| sequence.expect("each sequence is in a batch")).collect()
    }

    /// A state without a gradient.
    pub fn begin(&self, sequences: Vec<Sequence>) -> State {
        let sums = |worker: &mut Worker| Sums::new(self.losses.all.len(), &worker.parameters, &self.sketches);
        State { sequences, log_probs: Vec::new(), sums: self.workers.lend(sums) }
    }

    /// Measures the next group of sequences; `advance` is called after each of them.
    ///
    /// # Errors
    /// A loss is no number: the estimator and the sequence are named.
    pub fn next_group(&self, state: &mut State, advance: impl Fn()) -> Result<()> {
        add_up_on_one_thread();
        let range = state.next_group();
        let (sequences, losses, workers) = (&state.sequences[range.clone()], &self.losses, &self.workers);
        let failed = AtomicBool::new(false);
        let piece = |place: usize| {
            // The first to fail says why.
            (!failed.load(Ordering::Relaxed)).then(|| {
                let piece = workers.lend(|worker| worker.piece(&sequences[place], losses));
                failed.fetch_or(piece.is_err(), Ordering::Relaxed);
                piece.with_context(|| format!("sequence {}", range.start + place + 1))
            })
        };
        let (mut group, mut log_probs, mut outcome) = (Adding::to(&state.sums), Vec::new(), Ok(()));
        in_order(sequences.len(), workers.threads.workers, piece, |piece| match piece {
            Some(Ok((piece, logs))) => {
                group.add(&piece);
                log_probs.push(logs);
                advance();
            }
            Some(Err(error)) if outcome.is_ok() => outcome = Err(error),
            _ => {}
        });
        outcome?;
        state.log_probs.extend(log_probs);
        state.sums.add(group, &self.sketches);
        Ok(())
    }

    /// What a state says in which all groups are measured.
    pub fn measured(&self, state: &State) -> Measured {
        add_up_on_one_thread();
        measured(&self.losses, &state.sums)
    }
}

/// The last bits of libtorch's sums depend on how many threads share them; how the calling thread is set depends on what it did before.
fn add_up_on_one_thread() {
    tch::set_num_threads(1);
}

/// As many as there are threads that take one.
struct Workers {
    list: Mutex<Vec<Worker>>,
    threads: Threads,
}

impl Workers {
    fn lend<T>(&self, to: impl FnOnce(&mut Worker) -> T) -> T {
        let list = || self.list.lock().unwrap_or_else(PoisonError::into_inner);
        let mut worker = list().pop().expect("there are as many workers as threads");
        tch::set_num_threads(self.threads.each.get() as i32);
        let result = to(&mut worker);
        list().push(worker);
        result
    }
}

/// What a thread has for itself; the parameters are everybody's.
struct Worker {
    policy: Box<dyn LanguageModel>,
    reference: Box<dyn LanguageModel>,
    parameters: Vec<Tensor>,
    sender: Sender,
    sketch: Sketch,
}

impl Worker {
    /// What a sequence adds to the sums, and its log-probabilities under policy and reference.
    fn piece(&mut self, sequence: &Sequence, losses: &Losses) -> Result<(Piece, [Vec<f64>; 2])> {
        let logs = Logs::of(sequence, &*self.policy, &*self.reference);
        let sent = self.sender.send(&logs);
        refuse_other_than_numbers(&sent, losses)?;
        let gradient = |loss: usize| gradient(&logs, &sent[loss], &self.parameters);
        let targets = losses.targets().map(gradient);
        let (mut sketches, mut of_losses) = (Vec::new(), Vec::new());
        for (loss, sent) in sent.iter().enumerate() {
            let own = match losses.targets().iter().position(|target| *target == loss) {
                Some(target) => targets[target].shallow_clone(),
                None => gradient(loss),
            };
            sketches.push(self.sketch.of(&own));
            let products = [&own, &targets[0], &targets[1]].map(|other| product(&own, other));
            ensure!(
                products.iter().all(|product| product.is_finite()),
                "the gradient of {} is too large for the floats of the models; --precision f64, a loss that is clamped, or leaving it \
                 out would be right",
                losses.name(loss)
            );
            of_losses.push(OfLoss { own: products, value: sent.value, dead: sent.dead as f64 });
        }
        let log_ref = logs.log_prob.iter().zip(&logs.log_ratio).map(|(log_prob, ratio)| log_prob - ratio).collect();
        let piece = Piece { sketches: Tensor::stack(&sketches, 0), of_losses, tokens: sequence.response().len() };
        Ok((piece, [logs.log_prob, log_ref]))
    }
}

fn refuse_other_than_numbers(sent: &[Sent], losses: &Losses) -> Result<()> {
    let is_number = |sent: &Sent| {
        let of_all = sent.whole.iter().flatten();
        sent.value.is_finite() && sent.coefficients.iter().chain(of_all).all(|number| number.is_finite())
    };
    let Some(loss) = sent.iter().position(|sent| !is_number(sent)) else { return Ok(()) };
    ensure!(
        loss < losses.names.len(),
        "the gradient of KL is not a finite number: the ratio of the policy to the one that drew the sequence is too large, or a model \
         gives something else than numbers; samples of a nearer policy would be right"
    );
    bail!(
        "{}, or its gradient, is not a finite number; a loss that is clamped, or leaving it out, would be right",
        losses.name(loss)
    )
}

impl State {
    /// The sequences of the next group: groups are of one size, or one more.
    pub(super) fn next_group(&self) -> Range<usize> {
        let start = |group: usize| self.sequences.len() * group / GROUPS;
        let done = self.sums.groups.len();
        start(done)..start(done + 1)
    }

    /// Whether all groups are measured.
    pub fn is_complete(&self) -> bool {
        self.log_probs.len() == self.sequences.len()
    }
}
