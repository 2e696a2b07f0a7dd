//! The number of threads changes no bit.

use super::{one_token, sequences};
use klgrad::engine::Engine;
use klgrad::engine::softmax::{Measured, Task, Trials};
use klgrad::estimator::Estimator;
use klgrad::policy::{Problem, Softmax};
use klgrad::theory::softmax::{Aggregate, Row, theory};
use std::num::NonZeroUsize;

fn on(threads: usize, problem: &Problem<Softmax>) -> (Vec<Row>, Vec<Measured>) {
    let threads = NonZeroUsize::new(threads).unwrap();
    let estimators = Estimator::of_tokens(true);
    let theory = theory(&estimators, problem, Aggregate::TokenMean, threads, &|| ());
    let task = Task { problem, losses: &theory.losses, factor: theory.factor, sample_size: 20, seed: 7 };
    let trials = Trials { count: 9, engine: Engine::Score, threads };
    (theory.rows(&estimators, problem), trials.run(&task, &theory.target, &|| ()))
}

#[test]
fn theory_and_trials_are_the_same_on_any_number_of_threads() {
    for problem in [sequences(Some(0.02)), one_token(None)] {
        // All digits of a float are printed, and NaN as such.
        let text = |threads| format!("{:?}", on(threads, &problem));
        let one = text(1);
        assert_eq!(one, text(2));
        assert_eq!(one, text(7));
    }
}
