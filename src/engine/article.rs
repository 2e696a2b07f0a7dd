//! The article's five losses as it writes them, in libtorch's 32-bit floats: the same bits as its program.

use super::torch_normal::TorchNormal;
use crate::estimator::{ARTICLES, Estimator};
use tch::Tensor;

/// The value at each sample x; same shape as x.
type Loss = fn(&Tensor, &TorchNormal, &TorchNormal) -> Tensor;

const LOSSES: [Loss; ARTICLES.len()] = [k1_loss, k2_loss, k3_loss, reverse_k1_loss, reverse_k2_loss];

/// The loss of that estimator, if it is one of the article's.
pub fn loss(estimator: &Estimator) -> Option<Loss> {
    let place = ARTICLES.iter().position(|row| row.name == estimator.name())?;
    Some(LOSSES[place])
}

fn k1_loss(x: &Tensor, pi_theta: &TorchNormal, pi_ref: &TorchNormal) -> Tensor {
    pi_theta.log_prob(x) - pi_ref.log_prob(x)
}

fn k2_loss(x: &Tensor, pi_theta: &TorchNormal, pi_ref: &TorchNormal) -> Tensor {
    0.5 * (pi_theta.log_prob(x) - pi_ref.log_prob(x)).pow_tensor_scalar(2)
}

fn k3_loss(x: &Tensor, pi_theta: &TorchNormal, pi_ref: &TorchNormal) -> Tensor {
    let ratio = (pi_ref.log_prob(x) - pi_theta.log_prob(x)).exp();
    &ratio - 1.0 - ratio.log()
}

fn reverse_k1_loss(x: &Tensor, pi_theta: &TorchNormal, pi_ref: &TorchNormal) -> Tensor {
    let ratio = (pi_ref.log_prob(x) - pi_theta.log_prob(x)).exp();
    ratio * (pi_ref.log_prob(x) - pi_theta.log_prob(x))
}

fn reverse_k2_loss(x: &Tensor, pi_theta: &TorchNormal, pi_ref: &TorchNormal) -> Tensor {
    (pi_ref.log_prob(x) - pi_theta.log_prob(x)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimator::expr::Tensors;
    use tch::Kind;

    /// They differ in form: the article's k3 is r - 1 - log r, the row's expm1(-D) + D.
    #[test]
    fn each_is_the_expression_of_its_row() {
        let [pi_theta, pi_ref] = [(0.3, 0.9), (0.8, 1.2)].map(|(mu, sigma)| TorchNormal::fixed(mu, sigma));
        let x = Tensor::linspace(-2.0, 3.0, 101, (Kind::Float, tch::Device::Cpu));
        let [logp, reference] = [&pi_theta, &pi_ref].map(|policy| policy.log_prob(&x));
        for estimator in Estimator::articles() {
            let function = loss(&estimator).unwrap()(&x, &pi_theta, &pi_ref);
            let row = Tensors::samples(&logp, &reference, &logp).values(estimator.expression());
            // Values up to 10, a few roundings of 6e-8 each.
            assert!(function.allclose(&row, 1e-5, 1e-6, false), "{}", estimator.name());
        }
        assert!(loss(&Estimator::named("k3_in_reward").unwrap()).is_none());
    }
}
