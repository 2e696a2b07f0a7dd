//! Values and coefficients of random expressions, held against libtorch.

use super::form::{Form, forms};
use super::size::Size;
use super::{evaluate, for_all};
use klgrad::estimator::expr::{Expr, Steps, Tape, Tensors};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use tch::Tensor;

/// Formulas of some size.
fn losses() -> impl Strategy<Value = Form> {
    forms().prop_filter("too small", |form| form.operations() >= 3)
}

/// Log-probabilities under policy, reference and the policy that drew them, of 1 to 50 tokens, mostly of up to 4.
fn sequences() -> impl Strategy<Value = [Vec<f64>; 3]> {
    let step = (-6.0..-0.1, -2.0..2.0, -2.0..2.0);
    let steps = prop_oneof![3 => prop::collection::vec(step.clone(), 1..=4), 1 => prop::collection::vec(step, 1..=50)];
    steps.prop_map(|steps: Vec<(f64, f64, f64)>| {
        let column = |f: fn(&(f64, f64, f64)) -> f64| steps.iter().map(f).collect::<Vec<f64>>();
        [column(|s| s.0), column(|s| s.0 - s.1), column(|s| s.0 - s.2)]
    })
}

fn differences([logp, reference, old]: &[Vec<f64>; 3]) -> [Vec<f64>; 2] {
    [reference, old].map(|other| logp.iter().zip(other).map(|(logp, other)| logp - other).collect())
}

/// What libtorch says of a loss: its value and the gradient with respect to the first tensor.
fn differentiated(loss: &Tensor, logp: &Tensor) -> (f64, Vec<f64>) {
    let value = loss.double_value(&[]);
    if !loss.requires_grad() {
        return (value, vec![0.0; logp.numel()]);
    }
    let gradient = Tensor::run_backward(&[loss], &[logp], false, false).remove(0);
    (value, Vec::try_from(gradient).expect("it has one dimension of doubles"))
}

/// Equal to 1e-10 of the sum of the absolute terms.
fn agrees(ours: &[f64], theirs: &[f64], terms: &[f64]) -> Result<(), TestCaseError> {
    for ((ours, theirs), terms) in ours.iter().zip(theirs).zip(terms) {
        prop_assert!((ours - theirs).abs() <= 1e-10 * terms, "{ours} and {theirs}, of terms of {terms}");
    }
    Ok(())
}

fn holds_against_libtorch((form, logs): (Form, [Vec<f64>; 3])) -> Result<(), TestCaseError> {
    let size = Size::of(&form, &logs).ok_or_else(|| TestCaseError::reject("near a kink"))?;
    let terms = size.coefficients();
    prop_assume!(terms.iter().any(|terms| *terms > 0.0));
    let expression = Expr::parse(&form.text(), &()).expect("it is in the language");
    let [log_ratio, log_rho] = differences(&logs);
    let (loss, coefficients) = evaluate(&expression, [&logs[0], &log_ratio, &log_rho]);

    let tensors = logs.each_ref().map(|logs| Tensor::from_slice(logs));
    let logp = tensors[0].set_requires_grad(true);
    let (value, gradient) = differentiated(&form.tensor(&tensors).sum(None), &logp);
    agrees(&coefficients, &gradient, &terms)?;
    prop_assert!((loss - value).abs() <= 1e-10 * size.loss_terms(), "the loss is {loss}, by libtorch {value}");

    let library = Tensors::samples(&logp, &tensors[1], &tensors[2]).in_one_sequence();
    let (value, gradient) = differentiated(&library.values(&expression).sum(None), &logp);
    agrees(&coefficients, &gradient, &terms)?;
    prop_assert!((loss - value).abs() <= 1e-10 * size.loss_terms(), "the loss is {loss}, by the library {value}");
    Ok(())
}

#[test]
fn coefficients_of_random_sequences_are_those_of_autograd() {
    for_all(2000, &(losses(), sequences()), holds_against_libtorch);
}

/// A block of samples, by autograd at once.
#[test]
fn coefficients_of_random_samples_are_those_of_autograd() {
    for_all(500, &(losses(), sequences()), |(form, logs)| {
        let each: Option<Vec<f64>> = (0..logs[0].len())
            .map(|t| Size::of(&form, &logs.each_ref().map(|logs| vec![logs[t]])).map(|size| size.coefficients()[0]))
            .collect();
        let terms = each.ok_or_else(|| TestCaseError::reject("near a kink"))?;
        let expression = Expr::parse(&form.text(), &()).expect("it is in the language");
        let [log_ratio, log_rho] = differences(&logs);
        let mut tape = Tape::new(std::slice::from_ref(&expression));
        let mut block = tape.evaluate(Steps::samples(&logs[0], &log_ratio, &log_rho));
        let tensors = logs.each_ref().map(|logs| Tensor::from_slice(logs));
        let logp = tensors[0].set_requires_grad(true);
        let loss = Tensors::samples(&logp, &tensors[1], &tensors[2]).values(&expression).sum(None);
        agrees(block.coefficients(0), &differentiated(&loss, &logp).1, &terms)
    });
}

/// A block gives each of its sequences what it has alone, and a tape each of its expressions; bit for bit.
#[test]
fn neither_other_sequences_nor_other_expressions_change_a_result() {
    let blocks = prop::collection::vec(sequences(), 1..4);
    for_all(500, &(forms(), forms(), blocks), |(one, other, sequences)| {
        let expressions = [one, other].map(|form| Expr::parse(&form.text(), &()).expect("it is in the language"));
        let (mut logs, mut ends) = ([const { Vec::new() }; 3], Vec::new());
        for sequence in &sequences {
            let [log_ratio, log_rho] = differences(sequence);
            logs[0].extend(&sequence[0]);
            logs[1].extend(log_ratio);
            logs[2].extend(log_rho);
            ends.push(logs[0].len());
        }
        let mut tape = Tape::new(&expressions);
        let mut block = tape.evaluate(Steps::samples(&logs[0], &logs[1], &logs[2]).in_sequences(&ends));
        for (index, expression) in expressions.iter().enumerate().rev() {
            let losses: Vec<f64> = block.losses(index).collect();
            let coefficients = block.coefficients(index);
            for (sequence, &end) in ends.iter().enumerate() {
                let start = if sequence == 0 { 0 } else { ends[sequence - 1] };
                let alone = evaluate(expression, logs.each_ref().map(|logs| &logs[start..end]));
                prop_assert_eq!(losses[sequence].to_bits(), alone.0.to_bits());
                let bits = |numbers: &[f64]| numbers.iter().map(|number| number.to_bits()).collect::<Vec<u64>>();
                prop_assert_eq!(bits(&coefficients[start..end]), bits(&alone.1));
            }
        }
        Ok(())
    });
}
