//! The language of estimators.

#[cfg(feature = "libtorch")]
mod by_libtorch;
mod errors;
pub mod form;
#[cfg(feature = "libtorch")]
mod gradients;
#[cfg(feature = "libtorch")]
mod kinks;
mod language;
#[cfg(feature = "libtorch")]
mod size;
mod text;

use klgrad::estimator::expr::{Expr, Steps, Tape};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

/// Tries a property on that many values, the same ones in each run.
pub fn for_all<S: Strategy>(cases: u32, strategy: &S, property: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases, max_global_rejects: 20 * cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let outcome = TestRunner::new_with_rng(config, rng).run(strategy, property);
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

/// The estimators that these tests call by name.
fn names() -> [(&'static str, Expr); 3] {
    let d = Expr::log_ratio();
    [("k1", d.clone()), ("k2", d.pow(2.0) / 2.0), ("k3", (-&d).expm1() + d)]
}

fn parse(text: &str) -> Expr {
    Expr::parse(text, &names()).unwrap_or_else(|error| panic!("{error}"))
}

/// The loss and the gradient coefficients of one sequence.
fn evaluate(expression: &Expr, [log_prob, log_ratio, log_rho]: [&[f64]; 3]) -> (f64, Vec<f64>) {
    let mut tape = Tape::new(std::slice::from_ref(expression));
    let ends = [log_prob.len()];
    let mut block = tape.evaluate(Steps::samples(log_prob, log_ratio, log_rho).in_sequences(&ends));
    let loss = block.losses(0).next().expect("there is one sequence");
    (loss, block.coefficients(0).to_vec())
}
