//! Each closed form against libtorch's autograd.

use crate::problem;
use klgrad::engine::{TorchNormal, kl_divergence};
use klgrad::estimator::{Divergence, Parameter};
use klgrad::theory::kl_gradient;
use tch::Tensor;

const MU: f64 = 0.25;
const SIGMA: f64 = 1.5;
const MU_REF: f64 = -0.5;
const SIGMA_REF: f64 = 1.75;
const SAMPLES: [f32; 7] = [-3.0, -1.25, -0.5, 0.0, 0.75, 2.0, 4.5];

fn log_density(x: f64, mu: f64, sigma: f64) -> f64 {
    -(x - mu).powi(2) / (2.0 * sigma * sigma) - sigma.ln() - (2.0 * std::f64::consts::PI).sqrt().ln()
}

#[test]
fn log_prob_is_the_density() {
    let values = TorchNormal::fixed(MU, SIGMA).log_prob(&Tensor::from_slice(&SAMPLES));
    for (index, x) in SAMPLES.into_iter().enumerate() {
        let expected = log_density(x.into(), MU, SIGMA);
        assert!((values.double_value(&[index as i64]) - expected).abs() < 1e-6 * expected.abs().max(1.0));
    }
}

#[test]
fn kl_divergence_is_the_integral() {
    // The trapezoidal rule on a smooth density that is 0 at both ends is exact to rounding.
    let step = 0.01;
    let integral: f64 = (-2000..2000)
        .map(|index| {
            let x = f64::from(index) * step;
            let log_p = log_density(x, MU, SIGMA);
            step * log_p.exp() * (log_p - log_density(x, MU_REF, SIGMA_REF))
        })
        .sum();
    let kl = kl_divergence(&TorchNormal::fixed(MU, SIGMA), &TorchNormal::fixed(MU_REF, SIGMA_REF)).double_value(&[]);
    assert!((kl - integral).abs() < 1e-6, "{kl}, not {integral}");
}

/// The gradients that everything is held against, differentiated by libtorch.
#[test]
fn gradients_of_kl_are_its_derivatives() {
    let (pi_theta, pi_ref) = (TorchNormal::trainable(MU, SIGMA), TorchNormal::fixed(MU_REF, SIGMA_REF));
    for divergence in Divergence::ALL {
        let kl = match divergence {
            Divergence::Forward => kl_divergence(&pi_theta, &pi_ref),
            Divergence::Reverse => kl_divergence(&pi_ref, &pi_theta),
        };
        let differentiated = Tensor::run_backward(&[kl], &pi_theta.parameters(), false, false);
        for parameter in Parameter::ALL {
            let actual = kl_gradient(divergence, parameter, &problem(MU, SIGMA, MU_REF, SIGMA_REF));
            let expected = differentiated[parameter as usize].double_value(&[]);
            assert!((actual - expected).abs() < 1e-6, "{actual}, not {expected}");
        }
    }
}
