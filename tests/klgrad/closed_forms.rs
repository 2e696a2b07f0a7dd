//! Each closed form against libtorch's autograd.

use klgrad::engine::autograd::true_gradients;
use klgrad::engine::{TorchNormal, kl_divergence};
use klgrad::estimator::{ESTIMATORS, Estimator};
use klgrad::experiment::{Experiment, Settings};
use tch::{Kind, Tensor};

const MU: f64 = 0.25;
const SIGMA: f64 = 1.5;
const MU_REF: f64 = -0.5;
const SIGMA_REF: f64 = 1.75;
const SAMPLES: [f32; 7] = [-3.0, -1.25, -0.5, 0.0, 0.75, 2.0, 4.5];

fn log_density(x: f64, mu: f64, sigma: f64) -> f64 {
    -(x - mu).powi(2) / (2.0 * sigma * sigma) - sigma.ln() - (2.0 * std::f64::consts::PI).sqrt().ln()
}

/// The mean of c s over the samples, s the score of the normal distribution.
fn expected_gradient(estimator: &Estimator) -> [f64; 2] {
    let terms = SAMPLES.map(|x| {
        let x = f64::from(x);
        let c = estimator.coefficient_at(log_density(x, MU, SIGMA) - log_density(x, MU_REF, SIGMA_REF));
        let z = (x - MU) / SIGMA;
        [c * z / SIGMA, c * (z * z - 1.0) / SIGMA]
    });
    [0, 1].map(|parameter| terms.iter().map(|term| term[parameter]).sum::<f64>() / SAMPLES.len() as f64)
}

fn autograd_gradient(estimator: &Estimator) -> [f64; 2] {
    let (pi_theta, pi_ref) = (TorchNormal::trainable(MU, SIGMA), TorchNormal::fixed(MU_REF, SIGMA_REF));
    estimator.loss(&Tensor::from_slice(&SAMPLES), &pi_theta, &pi_ref).mean(Kind::Float).backward();
    pi_theta.parameters().map(|parameter| parameter.grad().double_value(&[]))
}

/// A sum of seven terms of the order of 1, each some ten roundings of 6e-8.
const ROUNDING: f64 = 2e-5;

#[test]
fn every_estimator_is_its_coefficient_times_the_score() {
    for estimator in &ESTIMATORS {
        let (actual, expected) = (autograd_gradient(estimator), expected_gradient(estimator));
        for (a, e) in actual.into_iter().zip(expected) {
            assert!((a - e).abs() < ROUNDING * e.abs().max(1.0), "{}: {actual:?}, not {expected:?}", estimator.name);
        }
    }
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

#[test]
fn true_gradients_are_the_derivatives_of_kl() {
    let settings =
        Settings { mu_theta: MU, sigma_theta: SIGMA, mu_ref: MU_REF, sigma_ref: SIGMA_REF, ..Settings::default() };
    let actual = true_gradients(&Experiment::new(settings).unwrap());
    let (gap, v, w) = (MU - MU_REF, SIGMA * SIGMA, SIGMA_REF * SIGMA_REF);
    let expected = [[gap / w, SIGMA / w - 1.0 / SIGMA], [gap / v, 1.0 / SIGMA - (w + gap * gap) / (v * SIGMA)]];
    for (a, e) in actual.as_flattened().iter().zip(expected.as_flattened()) {
        assert!((f64::from(*a) - e).abs() < 1e-6, "{actual:?}, not {expected:?}");
    }
}
