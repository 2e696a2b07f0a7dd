//! Sequences of the small real pair, whose gradients an independent program has computed.

use super::super::gradient::gradient;
use super::super::logs::{Logs, numbers};
use super::super::sent::Sender;
use super::super::sums::product;
use super::{Sequence, assert_both_routes_agree, named, parameters};
use crate::estimator::expr::Expr;
use crate::model::Checkpoint;
use serde::Deserialize;
use std::path::Path;
use tch::{Device, Kind, Tensor};

/// tests/golden/measure/expected.json; its make.py says what the numbers are.
#[derive(Deserialize)]
struct Golden {
    estimators: Vec<String>,
    sequences: Vec<GoldenSequence>,
}

#[derive(Deserialize)]
struct GoldenSequence {
    ids: Vec<i64>,
    prompt: usize,
    log_probs: Vec<f64>,
    ref_log_probs: Vec<f64>,
    loss: Vec<f64>,
    norm: Vec<f64>,
    projection: Vec<f64>,
    gram: Vec<Vec<f64>>,
}

/// Relative to the size of the terms.
const TOLERANCE: f64 = 1e-9;

fn assert_near(what: &str, ours: f64, expected: f64, size: f64) {
    assert!((ours - expected).abs() <= TOLERANCE * size, "{what}: {ours:e}, not {expected:e}");
}

/// Values, norms, inner products and a projection, in 64 bits.
#[test]
fn gradients_on_a_real_model_are_those_of_pytorch() {
    let golden: Golden = serde_json::from_str(include_str!("../../../tests/golden/measure/expected.json")).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/pair");
    let read = |name: &str| Checkpoint::read(&root.join(name), Device::Cpu, Kind::Double).unwrap().network;
    let [policy, reference] = ["policy", "reference"].map(read);
    let names: Vec<&str> = golden.estimators.iter().map(String::as_str).collect();
    let losses: Vec<Expr> = named(&names).iter().map(|estimator| estimator.expression().clone()).collect();
    let parameters = parameters(&*policy);
    let count: usize = parameters.iter().map(Tensor::numel).sum();
    let direction = (Tensor::arange(count as i64, (Kind::Double, Device::Cpu)) * 0.1 + 0.3).sin();
    assert!(golden.sequences.len() >= 4 && names.len() >= 14);
    for golden in &golden.sequences {
        let sequence = Sequence { tokens: golden.ids.clone(), start: golden.prompt, old: None };
        let logs = Logs::of(&sequence, &*policy, &*reference);
        for (token, (log_prob, ratio)) in logs.log_prob.iter().zip(&logs.log_ratio).enumerate() {
            assert_near("log pi_theta", *log_prob, golden.log_probs[token], 1.0);
            assert_near("log pi_ref", log_prob - ratio, golden.ref_log_probs[token], 1.0);
        }
        let sent = Sender::new(&losses).send(&logs);
        let gradients: Vec<Tensor> = sent.iter().map(|sent| gradient(&logs, sent, &parameters)).collect();
        for (loss, name) in names.iter().enumerate() {
            let norm = golden.norm[loss];
            // A loss of 0.1 is a sum of terms near 1.
            assert_near(name, sent[loss].value, golden.loss[loss], golden.loss[loss].abs().max(1e-3));
            assert_near(name, product(&gradients[loss], &gradients[loss]).sqrt(), norm, norm.max(1e-3));
            assert_near(name, product(&gradients[loss], &direction), golden.projection[loss], norm.max(1e-3));
            for (other, expected) in golden.gram[loss].iter().enumerate() {
                let size = norm * golden.norm[other];
                assert_near(name, product(&gradients[loss], &gradients[other]), *expected, size.max(1e-6));
            }
        }
        assert_eq!(numbers(&gradients[0]).len(), count);
        assert_both_routes_agree(std::slice::from_ref(&sequence), [&*policy, &*reference], TOLERANCE);
    }
}
