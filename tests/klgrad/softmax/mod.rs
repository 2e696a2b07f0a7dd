//! Softmax policies: theory, both sampled routes and the check of one by the other.

mod aggregates;
mod check;
mod known;
mod level;

#[cfg(feature = "libtorch")]
mod routes;
mod threads;

use klgrad::estimator::Estimator;
use klgrad::pair::Made;
use klgrad::policy::{Problem, Softmax};
use klgrad::theory::softmax::{Aggregate, Row, Theory, theory};
use proptest::collection::vec;
use proptest::prelude::*;
use std::num::NonZeroUsize;

/// One token of 2 to 6, or sequences of at most 1 to 4 tokens of a vocabulary of 2 to 4, of three policies of which the third or
/// the first draws.
fn problems() -> impl Strategy<Value = Problem<Softmax>> {
    let logits = |count| vec(-1.0..1.0_f64, count);
    let three = move |count| [logits(count), logits(count), logits(count)];
    let categorical = (2..=6_usize).prop_flat_map(three);
    let categorical = categorical.prop_map(|logits| logits.map(|logits| Softmax::categorical(logits).unwrap()));
    let sequence = (2..=4_usize, 1..=4_usize).prop_flat_map(move |(vocabulary, max_length)| {
        let sequence = move |logits| Softmax::sequence(logits, vocabulary, max_length).unwrap();
        three(vocabulary * vocabulary).prop_map(move |logits| logits.map(sequence))
    });
    (prop_oneof![categorical, sequence], any::<bool>()).prop_map(|([policy, reference, old], is_on_policy)| {
        let behaviour = if is_on_policy { policy.clone() } else { old };
        Problem { policy, reference, behaviour }
    })
}

/// Sequences of at most 4 of 4 tokens, 0.1 nat a token from the reference.
fn sequences(old_kl: Option<f64>) -> Problem<Softmax> {
    Made { vocabulary: 4, kl: 0.1, old_kl, max_length: Some(4), seed: 3 }.problem().unwrap()
}

/// One token of 5, 0.1 nat from the reference.
fn one_token(old_kl: Option<f64>) -> Problem<Softmax> {
    Made { vocabulary: 5, kl: 0.1, old_kl, max_length: None, seed: 3 }.problem().unwrap()
}

/// An estimator of this name and loss.
fn estimator(name: &str, loss: &str) -> Estimator {
    format!("{name} = {loss}").parse().unwrap()
}

fn exact(estimators: &[Estimator], problem: &Problem<Softmax>) -> Theory {
    theory(estimators, problem, Aggregate::TokenSum, NonZeroUsize::MIN, &|| ())
}

fn rows(names: &[&str], problem: &Problem<Softmax>) -> Vec<Row> {
    let estimators = crate::named(names);
    exact(&estimators, problem).rows(&estimators, problem)
}
