//! The log-probabilities of a sequence under both policies.

use crate::measure::Sequence;
use crate::model::LanguageModel;
use tch::{Kind, Tensor, no_grad_guard};

/// Of each token of the response, and of all others of the vocabulary in its place; in 64 bits, whatever the models compute in.
pub(super) struct Logs {
    /// log pi_theta of the whole vocabulary at each token (tokens, vocabulary), of which libtorch knows how it came about.
    pub graph: Tensor,
    /// log pi_ref of the same.
    reference: Tensor,
    /// Which token it was (tokens, 1).
    tokens: Tensor,
    /// log pi_theta of the tokens.
    pub log_prob: Vec<f64>,
    /// D of the tokens.
    pub log_ratio: Vec<f64>,
    /// log pi_theta - log pi_old of the tokens, 0 where pi_theta drew them.
    pub log_rho: Vec<f64>,
}

/// The same for every token of the vocabulary, place by place.
pub(super) struct WholeLogs {
    pub vocabulary: usize,
    pub log_prob: Vec<f64>,
    pub log_ratio: Vec<f64>,
}

impl Logs {
    /// Both models see the whole sequence once.
    pub(super) fn of(sequence: &Sequence, policy: &dyn LanguageModel, reference: &dyn LanguageModel) -> Self {
        let device = policy.parameters()[0].1.device();
        let read = &sequence.tokens[..sequence.tokens.len() - 1];
        let read = Tensor::from_slice(read).view([1, -1]).to_device(device);
        let tokens = Tensor::from_slice(sequence.response()).view([-1, 1]).to_device(device);
        let of = |model: &dyn LanguageModel| {
            let logits = model.logits(&read).squeeze_dim(0);
            logits.narrow(0, sequence.start as i64 - 1, tokens.size()[0]).log_softmax(-1, Kind::Double)
        };
        let graph = of(policy);
        let _no_grad = no_grad_guard();
        let reference = of(reference);
        let of_tokens = |log: &Tensor| numbers(&log.gather(-1, &tokens, false));
        let (log_prob, log_ref) = (of_tokens(&graph), of_tokens(&reference));
        let log_ratio = log_prob.iter().zip(&log_ref).map(|(a, b)| a - b).collect();
        let log_rho = match &sequence.old {
            None => vec![0.0; log_prob.len()],
            Some(old) => log_prob.iter().zip(old).map(|(a, b)| a - b).collect(),
        };
        Self { graph, reference, tokens, log_prob, log_ratio, log_rho }
    }

    /// log pi_theta of the tokens, as libtorch differentiates it (tokens).
    pub(super) fn graph_of_tokens(&self) -> Tensor {
        self.graph.gather(-1, &self.tokens, false).squeeze_dim(-1)
    }

    /// Of the whole vocabulary.
    pub(super) fn whole(&self) -> WholeLogs {
        let _no_grad = no_grad_guard();
        WholeLogs {
            vocabulary: self.graph.size()[1] as usize,
            log_prob: numbers(&self.graph),
            log_ratio: numbers(&(&self.graph - &self.reference)),
        }
    }
}

/// The numbers of a tensor of 64-bit floats, row by row.
pub(super) fn numbers(tensor: &Tensor) -> Vec<f64> {
    Vec::try_from(tensor.detach().flatten(0, -1)).expect("a flat tensor of 64-bit floats is a vector")
}
