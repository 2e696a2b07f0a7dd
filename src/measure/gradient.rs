//! The gradient of one loss of one sequence with respect to all parameters.

use super::logs::Logs;
use super::sent::Sent;
use tch::Tensor;

/// As one vector, parameter after parameter. The graph of the logs is kept for further losses.
pub(super) fn gradient(logs: &Logs, sent: &Sent, parameters: &[Tensor]) -> Tensor {
    let of_tokens = sent.coefficients.iter().any(|c| *c != 0.0).then(|| {
        let coefficients = Tensor::from_slice(&sent.coefficients).to_device(logs.graph.device());
        logs.graph_of_tokens().dot(&coefficients)
    });
    let of_all = sent.whole.as_ref().map(|whole| {
        let slopes = Tensor::from_slice(whole).to_device(logs.graph.device()).view_as(&logs.graph);
        (&logs.graph * slopes).sum(None)
    });
    match of_tokens.into_iter().chain(of_all).reduce(|a, b| a + b) {
        Some(total) => flat(&Tensor::run_backward(&[total], parameters, true, false)),
        None => flat(&parameters.iter().map(|parameter| parameter.zeros_like()).collect::<Vec<_>>()),
    }
}

fn flat(gradients: &[Tensor]) -> Tensor {
    Tensor::cat(&gradients.iter().map(|gradient| gradient.reshape([-1])).collect::<Vec<_>>(), 0)
}
