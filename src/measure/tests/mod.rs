//! The measurement on a model that is small enough for exact theory.

mod bigram;
mod golden;

use super::gradient::gradient;
use super::logs::{Logs, numbers};
use super::sent::Sender;
use super::*;
use crate::estimator::expr::{Expr, Tensors};
use crate::model::LanguageModel;
use crate::pair::Made;
use crate::policy::{Problem, Softmax};
use crate::statistics::student_quantile;
use crate::theory::softmax::{Aggregate, theory};
use bigram::Bigram;
use std::num::NonZeroUsize;
use tch::{Device, Kind, Tensor};

fn problem(old_kl: Option<f64>) -> Problem<Softmax> {
    Made { vocabulary: 5, kl: 0.1, old_kl, max_length: Some(4), seed: 3 }.problem().unwrap()
}

fn named(names: &[&str]) -> Vec<Estimator> {
    names.iter().map(|name| Estimator::named(name).unwrap()).collect()
}

fn threads(workers: usize) -> Threads {
    Threads { workers: NonZeroUsize::new(workers).unwrap(), each: NonZeroUsize::MIN }
}

fn sampling(model: &Bigram, sequences: usize) -> Sampling {
    let ends = model.prompt();
    Sampling { prompts: vec![model.prompt()], sequences, max_new_tokens: 4, ends, seed: 7 }
}

fn complete(measurement: &Measurement, mut state: State) -> State {
    while !state.is_complete() {
        measurement.next_group(&mut state, || ()).unwrap();
    }
    state
}

/// Sequences of `old`, with their log-probabilities.
fn drawn_by(old: &Softmax, sequences: usize) -> Vec<Sequence> {
    let model = Bigram::of(old);
    let measurement = Measurement::new(&named(&["k1"]), [&model, &model], true, threads(1));
    let mut drawn = measurement.draw(&sampling(&model, sequences), |_| ());
    for sequence in &mut drawn {
        sequence.old = Some(Logs::of(sequence, &model, &model).log_prob);
    }
    drawn
}

/// By libtorch's autograd of the expression itself, over the whole vocabulary at each place.
fn by_autograd(loss: &Expr, sequence: &Sequence, [policy, reference]: [&dyn LanguageModel; 2]) -> Vec<f64> {
    let read = Tensor::from_slice(&sequence.tokens[..sequence.tokens.len() - 1]).view([1, -1]);
    let of = |model: &dyn LanguageModel| {
        let logits =
            model.logits(&read).squeeze_dim(0).narrow(0, sequence.start as i64 - 1, sequence.response().len() as i64);
        logits.log_softmax(-1, Kind::Double)
    };
    let (log_prob, log_ref) = (of(policy), of(reference).detach());
    let (count, vocabulary) = log_prob.size2().unwrap();
    let tokens = Tensor::from_slice(sequence.response()).view([-1, 1]);
    let at = |log: &Tensor| log.gather(-1, &tokens, false).view([1, -1]);
    let old = match &sequence.old {
        Some(old) => Tensor::from_slice(old).view([1, -1]),
        None => at(&log_prob).detach(),
    };
    let flat = |log: &Tensor| log.flatten(0, -1);
    let whole = Tensors::samples(&flat(&log_prob), &flat(&log_ref), &flat(&log_prob).detach());
    let rows = Tensor::arange(count, (Kind::Int64, Device::Cpu)).view([1, -1]);
    let tensors = Tensors::samples(&at(&log_prob), &at(&log_ref), &old)
        .in_sequences(Tensor::ones([1, count], (Kind::Double, Device::Cpu)))
        .with_vocabulary(whole, rows, vocabulary);
    let total = tensors.values(loss).sum(Kind::Double);
    let gradients = Tensor::run_backward(&[total], &parameters(policy), false, false);
    gradients.iter().flat_map(numbers).collect()
}

fn parameters(model: &dyn LanguageModel) -> Vec<Tensor> {
    model.parameters().into_iter().map(|(_, parameter)| parameter).collect()
}

/// Every estimator, and an expression that is none of them; to what rounding leaves of sums of some hundreds of terms, as a part of the
/// gradient's norm.
fn assert_both_routes_agree(drawn: &[Sequence], [policy, reference]: [&dyn LanguageModel; 2], tolerance: f64) {
    let mut estimators = Estimator::of_tokens(true);
    estimators.push("mine = full(abs(D) * w) * D + clamp(full(k3), 0, 0.01)".parse().unwrap());
    let losses: Vec<Expr> = estimators.iter().map(|estimator| estimator.expression().clone()).collect();
    let parameters = parameters(policy);
    for sequence in drawn {
        let logs = Logs::of(sequence, policy, reference);
        let sent = Sender::new(&losses).send(&logs);
        for (estimator, sent) in estimators.iter().zip(&sent) {
            let ours = numbers(&gradient(&logs, sent, &parameters));
            let expected = by_autograd(estimator.expression(), sequence, [policy, reference]);
            let norm = |numbers: &mut dyn Iterator<Item = f64>| numbers.map(|x| x * x).sum::<f64>().sqrt();
            let off = norm(&mut ours.iter().zip(&expected).map(|(a, b)| a - b));
            let size = norm(&mut expected.iter().copied());
            assert!(off <= tolerance * size.max(1.0), "{}: off by {off:e} of {size:e}", estimator.name());
        }
    }
}

#[test]
fn coefficients_give_what_autograd_gives() {
    let problem = problem(Some(0.05));
    let models = [&problem.policy, &problem.reference].map(Bigram::of);
    let mut drawn = drawn_by(&problem.behaviour, 4);
    drawn.extend(drawn_by(&problem.policy, 4).into_iter().map(|sequence| Sequence { old: None, ..sequence }));
    assert_both_routes_agree(&drawn, [&models[0], &models[1]], 1e-12);
}

/// Every number is within the standard errors that it comes with: with 16 groups, Student's t with 15 degrees of freedom; about one
/// seed in a hundred would fail.
#[test]
fn measured_is_what_exact_theory_says() {
    for old_kl in [None, Some(0.02)] {
        let problem = problem(old_kl);
        let models = [&problem.policy, &problem.reference].map(Bigram::of);
        let names = match old_kl {
            None => &["k1", "k2", "k3", "abs", "k1_to_go", "k1_whole", "kl_full", "kl_full_to_go"][..],
            Some(_) => &["k1", "rho_k3", "sg_rho_k2", "rho_sequence_k1_to_go", "kl_full"],
        };
        let estimators = named(names);
        let measurement = Measurement::new(&estimators, [&models[0], &models[1]], old_kl.is_none(), threads(1));
        let sequences = match old_kl {
            None => measurement.draw(&sampling(&models[0], 3000), |_| ()),
            Some(_) => drawn_by(&problem.behaviour, 3000),
        };
        let state = complete(&measurement, measurement.begin(sequences));
        let measured = measurement.measured(&state);
        let exact = theory(&estimators, &problem, Aggregate::TokenSum, NonZeroUsize::MIN, &|| ());
        let tests = names.len() * 4 + 3;
        let limit = student_quantile(0.005 / tests as f64, 15.0);
        let check = |what: &str, value: f64, error: f64, expected: f64| {
            assert!((value - expected).abs() <= limit * error + 1e-9, "{what}: {value} ± {error}, exact {expected}");
        };
        let Targets { kl, norm, local_norm, .. } = measured.targets;
        check("KL", kl.value, kl.error, exact.target.kl);
        check("|G|", norm.value, norm.error, exact.target.norm());
        check("|L|", local_norm.value, local_norm.error, exact.target.local_norm());
        for (row, exact) in measured.rows.iter().zip(exact.rows(&estimators, &problem)) {
            let name = &row.estimator;
            check(name, row.strength.unwrap(), row.strength_error.unwrap(), exact.strength.unwrap());
            if let (Some(cosine), Some(exact)) = (row.cosine, exact.cosine) {
                check(name, cosine, row.cosine_error.unwrap(), exact);
            }
            let squared = |bias: f64, error: f64| (bias * bias.abs(), (bias.abs() + error).powi(2) - bias.powi(2));
            let (bias, error) = squared(row.relative_bias.unwrap(), row.relative_bias_error.unwrap());
            check(name, bias, error, exact.relative_bias.unwrap().powi(2));
            let (bias, error) = squared(row.relative_bias_local.unwrap(), row.relative_bias_local_error.unwrap());
            check(name, bias, error, exact.relative_bias_local.unwrap().powi(2));
            for (resolved, bias) in
                [(row.resolved, exact.relative_bias), (row.resolved_local, exact.relative_bias_local)]
            {
                let bias = bias.unwrap();
                assert!(if bias > 0.3 { resolved } else { bias > 1e-9 || !resolved }, "{name}: {bias}");
            }
            let [noise, expected] = [row, &row_of(&exact)].map(|row| row.relative_stdev_one_sample.unwrap());
            assert!((noise / expected - 1.0).abs() < 0.15, "{name}: {noise}, exact {expected}");
        }
    }
}

fn row_of(exact: &crate::theory::softmax::Row) -> Row {
    Row {
        estimator: exact.estimator.clone(),
        strength: exact.strength,
        strength_error: None,
        cosine: exact.cosine,
        cosine_error: None,
        relative_bias: exact.relative_bias,
        relative_bias_error: None,
        resolved: false,
        relative_bias_local: exact.relative_bias_local,
        relative_bias_local_error: None,
        resolved_local: false,
        relative_stdev_one_sample: exact.relative_stdev_one_sample,
        sequences_for_10_percent: exact.samples_for_10_percent,
        dead_share: 0.0,
        value: 0.0,
    }
}

#[test]
fn any_number_of_threads_and_any_interruption_give_the_same_bytes() {
    let problem = problem(None);
    let models = [&problem.policy, &problem.reference].map(Bigram::of);
    let measurement =
        |workers| Measurement::new(&named(&["k3", "kl_full"]), [&models[0], &models[1]], true, threads(workers));
    let [one, three] = [1, 3].map(measurement);
    let sequences = one.draw(&sampling(&models[0], 100), |_| ());
    assert_eq!(sequences, three.draw(&sampling(&models[0], 100), |_| ()));
    let expected = complete(&one, one.begin(sequences.clone())).to_bytes("").unwrap();
    let mut state = three.begin(sequences);
    while !state.is_complete() {
        let bytes = state.to_bytes("the run").unwrap();
        assert_eq!(run_of(&bytes).unwrap(), "the run");
        state = State::from_bytes(&bytes, Device::Cpu).unwrap();
        three.next_group(&mut state, || ()).unwrap();
    }
    assert!(state.to_bytes("").unwrap() == expected, "the states differ");
}

#[test]
fn a_loss_that_is_no_number_is_named_with_its_sequence() {
    let problem = problem(None);
    let models = [&problem.policy, &problem.reference].map(Bigram::of);
    for (definition, words) in [
        ("mine = exp(5000 * D)", "mine, or its gradient, is not a finite number"),
        // Its coefficients are numbers, and the square of its gradient is none.
        ("mine = 1e200 * k2", "the gradient of mine is too large for the floats of the models"),
    ] {
        let measurement = Measurement::new(&[definition.parse().unwrap()], [&models[0], &models[1]], true, threads(2));
        let mut state = measurement.begin(measurement.draw(&sampling(&models[0], 64), |_| ()));
        let error = format!("{:#}", measurement.next_group(&mut state, || ()).unwrap_err());
        assert!(error.contains("sequence ") && error.contains(words), "{error}");
    }
}
