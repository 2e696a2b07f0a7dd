//! The article's program in Rust, `examples/article.rs`, has the library's gradients.

#[allow(dead_code, reason = "its main function prints; here its gradients are compared")]
#[path = "../../examples/article.rs"]
mod article;

use crate::{experiment, gradients_of};
use klgrad::engine::{Engine, TorchGenerator};
use klgrad::estimator::{Divergence, Parameter};
use klgrad::experiment::Run;
use klgrad::policy::Problem;
use klgrad::theory::kl_gradient;

const SAMPLE_SIZE: usize = 1000;
const NUM_TRIALS: usize = 20;

#[test]
fn its_gradients_are_those_of_the_library_bit_for_bit() {
    let run = Run { sample_size: SAMPLE_SIZE, num_trials: NUM_TRIALS, ..Run::default() };
    let experiment = experiment(Problem::default(), run, &["k1", "k2", "k3", "reverse_k1", "reverse_k2"]);
    let mut gradients = gradients_of(Engine::Autograd, &experiment);
    let results = {
        let _generator = TorchGenerator::seeded(run.seed);
        article::estimate_gradients(SAMPLE_SIZE as i64, NUM_TRIALS)
    };

    let all = [
        ("k1", results.k1_grads_mu, results.k1_grads_sigma),
        ("k2", results.k2_grads_mu, results.k2_grads_sigma),
        ("k3", results.k3_grads_mu, results.k3_grads_sigma),
        ("reverse_k1", results.reverse_k1_grads_mu, results.reverse_k1_grads_sigma),
        ("reverse_k2", results.reverse_k2_grads_mu, results.reverse_k2_grads_sigma),
    ];
    let of_article = all.into_iter().flat_map(|(name, mu, sigma)| [(name, mu), (name, sigma)]);
    let mut of_library = gradients.all_series().map(Result::unwrap);
    for (name, article) in of_article {
        let library = of_library.next().unwrap();
        assert_eq!(library.estimator, name);
        assert_eq!(bits(article), bits(library.gradients.iter().copied().map(f64::from)), "{name}");
    }
    assert!(of_library.next().is_none(), "these are all");

    let true_gradients = [
        (Divergence::Forward, [results.true_grad_mu, results.true_grad_sigma]),
        (Divergence::Reverse, [results.true_reverse_grad_mu, results.true_reverse_grad_sigma]),
    ];
    for (divergence, article) in true_gradients {
        // The article differentiates its closed form in 32 bits.
        let exact = Parameter::ALL.map(|parameter| kl_gradient(divergence, parameter, experiment.problem()));
        assert!(article.iter().zip(exact).all(|(a, b)| (a - b).abs() < 4e-7), "{article:?}, not {exact:?}");
    }
}

fn bits(gradients: impl IntoIterator<Item = f64>) -> Vec<u64> {
    gradients.into_iter().map(f64::to_bits).collect()
}
