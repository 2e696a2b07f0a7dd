//! What each loss sends to the log-probabilities of a sequence.

use super::logs::{Logs, WholeLogs};
use super::vocabulary::VocabularySums;
use crate::estimator::expr::{Expr, Steps, Tape};

/// What a loss makes of one sequence.
#[derive(Debug)]
pub(super) struct Sent {
    /// The loss.
    pub value: f64,
    /// Its derivative with respect to log pi_theta of each token that was drawn: the gradient coefficients.
    pub coefficients: Vec<f64>,
    /// Its derivative with respect to log pi_theta of every token of the vocabulary, place by place, by way of sums over the
    /// vocabulary; none where it has no such sum.
    pub whole: Option<Vec<f64>>,
    /// The tokens to which nothing is sent.
    pub dead: usize,
}

/// Computes it, sequence by sequence.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    tape: Tape,
    losses: usize,
    sums: VocabularySums,
}

impl Sender {
    pub(super) fn new(losses: &[Expr]) -> Self {
        let tape = Tape::new(losses);
        let sums = VocabularySums::of(&tape.fulls());
        Self { tape, losses: losses.len(), sums }
    }

    /// What each loss sends, in their order.
    pub(super) fn send(&mut self, logs: &Logs) -> Vec<Sent> {
        let whole = (!self.sums.is_empty()).then(|| logs.whole());
        self.send_of(&logs.log_prob, &logs.log_ratio, &logs.log_rho, whole.as_ref())
    }

    fn send_of(
        &mut self,
        log_prob: &[f64],
        log_ratio: &[f64],
        log_rho: &[f64],
        whole: Option<&WholeLogs>,
    ) -> Vec<Sent> {
        let sums = whole.map_or(Vec::new(), |whole| self.sums.evaluate(whole));
        let (values, slopes): (Vec<_>, Vec<_>) = sums.into_iter().unzip();
        let ends = [log_prob.len()];
        let steps = Steps::samples(log_prob, log_ratio, log_rho).in_sequences(&ends).with_full(&values);
        let mut evaluated = self.tape.evaluate(steps);
        let sent = |loss: usize| {
            let value = evaluated.losses(loss).sum();
            let coefficients = evaluated.coefficients(loss).to_vec();
            let outer: Vec<Option<&[f64]>> = (0..slopes.len()).map(|sum| evaluated.full_coefficients(sum)).collect();
            let is_dead =
                |token: &usize| coefficients[*token] == 0.0 && outer.iter().flatten().all(|outer| outer[*token] == 0.0);
            let dead = (0..coefficients.len()).filter(is_dead).count();
            Sent { value, whole: combined(&outer, &slopes), coefficients, dead }
        };
        (0..self.losses).map(sent).collect()
    }
}

/// The sum of what each sum over the vocabulary passes on: what has come to it at a token, times its own derivatives there.
fn combined(outer: &[Option<&[f64]>], slopes: &[Vec<f64>]) -> Option<Vec<f64>> {
    let mut total: Option<Vec<f64>> = None;
    for (outer, slopes) in outer.iter().zip(slopes).filter_map(|(outer, slopes)| Some(((*outer)?, slopes))) {
        let total = total.get_or_insert_with(|| vec![0.0; slopes.len()]);
        let vocabulary = slopes.len() / outer.len();
        for ((total, slopes), outer) in total.chunks_mut(vocabulary).zip(slopes.chunks(vocabulary)).zip(outer) {
            total.iter_mut().zip(slopes).for_each(|(total, slope)| *total += outer * slope);
        }
    }
    total
}
