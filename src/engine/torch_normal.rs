//! The normal distribution as `torch.distributions.Normal` defines it.

use tch::{Kind, Tensor};

/// N(loc, scale^2), with 0-dimensional 32-bit tensors as parameters.
#[derive(Debug)]
pub struct TorchNormal {
    /// The mean.
    pub loc: Tensor,
    /// The standard deviation.
    pub scale: Tensor,
}

impl TorchNormal {
    /// A distribution whose parameters gather gradients: the policy.
    pub fn trainable(loc: f64, scale: f64) -> Self {
        Self { loc: scalar(loc).set_requires_grad(true), scale: scalar(scale).set_requires_grad(true) }
    }

    /// A distribution with constant parameters: the reference.
    pub fn fixed(loc: f64, scale: f64) -> Self {
        Self { loc: scalar(loc), scale: scalar(scale) }
    }

    /// The log-density of each value, in nats; same shape as `value`.
    ///
    /// # Formula
    /// log p(x) = -(x - loc)^2 / (2 scale^2) - log scale - log sqrt(2 pi)
    ///
    /// The operations and their order are PyTorch's, so that the floats and their gradients are too.
    pub fn log_prob(&self, value: &Tensor) -> Tensor {
        let var = self.scale.pow_tensor_scalar(2);
        let log_sqrt_two_pi = (2.0 * std::f64::consts::PI).sqrt().ln();
        -(value - &self.loc).pow_tensor_scalar(2) / (2.0 * var) - self.scale.log() - log_sqrt_two_pi
    }

    /// `count` independent values from libtorch's generator, shape `[count]`, without a gradient.
    ///
    /// `torch.normal(mean, std)`, which PyTorch calls here, is a standard normal times `std` plus `mean`.
    pub fn sample(&self, count: usize) -> Tensor {
        let _no_grad = tch::no_grad_guard();
        let count = i64::try_from(count).expect("a draw that fits in memory is shorter than i64::MAX");
        Tensor::empty([count], (Kind::Float, tch::Device::Cpu)).normal_(0.0, 1.0) * &self.scale + &self.loc
    }

    /// The same distribution for values in 64 bits. Gradients flow back to this one's parameters.
    pub fn in_double(&self) -> Self {
        Self { loc: self.loc.to_kind(Kind::Double), scale: self.scale.to_kind(Kind::Double) }
    }

    /// The mean and the standard deviation, each with its gradient where a backward pass has left one.
    pub fn parameters(&self) -> [&Tensor; 2] {
        [&self.loc, &self.scale]
    }
}

/// KL(p||q) in nats, a 0-dimensional tensor (the article's `true_kl_divergence`, for one direction).
///
/// # Formula
/// log(q.scale / p.scale) + (p.scale^2 + (p.loc - q.loc)^2) / (2 q.scale^2) - 1/2
pub fn kl_divergence(p: &TorchNormal, q: &TorchNormal) -> Tensor {
    let square = |x: &Tensor| x.pow_tensor_scalar(2);
    (&q.scale / &p.scale).log() + (square(&p.scale) + square(&(&p.loc - &q.loc))) / (2.0 * square(&q.scale)) - 0.5
}

/// `torch.tensor(value)`: rounded to 32 bits.
fn scalar(value: f64) -> Tensor {
    Tensor::from(value as f32)
}
