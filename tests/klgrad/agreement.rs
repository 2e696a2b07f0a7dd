//! The check of other settings than the article's: every mean against its exact expectation.

use crate::{changed, files, reproduce_into, stderr, stdout, succeed};
use klgrad::agreement::check;
use klgrad::engine::autograd::{run, true_gradients};
use klgrad::estimator::ESTIMATORS;
use klgrad::experiment::{Experiment, Settings};
use klgrad::gradients::Gradients;
use klgrad::summary::summarise;
use std::num::NonZeroUsize;

fn experiment(estimators: &[&str]) -> Experiment {
    let estimators = estimators.iter().map(|&name| name.to_owned()).collect();
    Experiment::new(Settings { mu_ref: 0.3, num_trials: 100, sample_size: 2000, estimators, ..Settings::default() })
        .unwrap()
}

fn gradients(experiment: &Experiment) -> Gradients {
    let mut gradients = Gradients::empty(experiment.estimators().iter().copied(), &std::env::temp_dir());
    run(experiment, 0, NonZeroUsize::MIN, |trial| gradients.push(trial)).unwrap();
    gradients
}

#[test]
fn every_estimator_agrees_with_theory() {
    let names: Vec<&str> = ESTIMATORS.iter().map(|estimator| estimator.name).collect();
    for args in ["--mu-ref 0.3 --num-trials 200 --sample-size 1000", "--num-trials 2000 --sample-size 16 --seed 43"] {
        let folder = tempfile::tempdir().unwrap();
        let args = format!("--check --quiet --estimators {} {args}", names.join(","));
        let report = stdout(&succeed(&mut reproduce_into(folder.path(), &args)));
        assert!(report.contains("30 of 30 means agree with theory"), "{report}");
    }
}

/// Settings at which 32-bit floats, or heavy tails, make a mean hard to know.
#[test]
fn what_rounding_drowns_is_left_out_and_what_is_loose_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &str| {
        let args = format!("--check --quiet --engine score --estimators k1,k3,reverse_k2,k3_in_reward {args}");
        stdout(&succeed(&mut reproduce_into(folder.path(), &args)))
    };
    let near = run("--sigma-ref 1 --mu-ref 1e-5 --num-trials 50 --sample-size 50000");
    assert!(near.contains("k3_in_reward, mu: left out, rounding to 32 bits"), "{near}");
    assert!(near.contains("\n4 of 4 means agree"), "{near}");
    let far = run("--mu-ref 10 --sigma-ref 0.9 --num-trials 50 --sample-size 50");
    assert!(far.contains("reverse_k2, mu: tested loosely"), "{far}");
    // -r s has its heavy tail below, and the wrong sign lies above.
    let one_sided = run("--sigma-ref 1.2 --num-trials 50 --sample-size 5000");
    assert!(!one_sided.contains("reverse_k2, mu: tested loosely"), "{one_sided}");
}

/// The gradients of one estimator, presented as those of another.
#[test]
fn a_wrong_estimator_is_caught() {
    let mut right = gradients(&experiment(&["k2"]));
    let misses = |claimed: &str, gradients: &mut Gradients| {
        let experiment = experiment(&[claimed]);
        let mut rows = summarise(gradients, &experiment, true_gradients(&experiment)).unwrap();
        rows.iter_mut().for_each(|row| row.estimator = claimed.to_owned());
        check(&rows, &experiment).misses.len()
    };
    assert_eq!(misses("k2", &mut right), 0);
    assert_eq!(misses("k1_in_reward", &mut right), 0, "has the same gradient");
    for wrong in ["k1", "k3", "k3_in_reward"] {
        assert_eq!(misses("k2", &mut gradients(&experiment(&[wrong]))), 2, "{wrong}");
    }
    // With the ratio, and a tail that is heavy on one side.
    let mut negative = gradients(&experiment(&["reverse_k2_in_reward"]));
    assert_eq!((misses("reverse_k2_in_reward", &mut negative), misses("reverse_k2", &mut negative)), (0, 2));
    // The mean of 200,000 samples is known to about 0.003; an error of a tenth is 8 times that.
    let mut scaled = changed(&mut right, |series, _, gradient| if series == 0 { 1.1 * gradient } else { gradient });
    assert_eq!(misses("k2", &mut scaled), 1);
    let mut broken = changed(&mut scaled, |series, trial, gradient| match (series, trial) {
        (1, 3) => f32::NAN,
        _ => gradient,
    });
    assert_eq!(misses("k2", &mut broken), 2, "what is not a number does not agree");
}

#[test]
fn a_miss_is_named_with_its_distance() {
    let experiment = experiment(&["k3"]);
    let shift = |series: usize, _: usize, gradient: f32| if series == 1 { gradient + 1.0 } else { gradient };
    let mut gradients = changed(&mut gradients(&experiment), shift);
    let rows = summarise(&mut gradients, &experiment, true_gradients(&experiment)).unwrap();
    let outcome = check(&rows, &experiment);
    assert_eq!((outcome.compared, outcome.misses.len()), (2, 1));
    assert!(outcome.misses[0].starts_with("k3, sigma: mean gradient is 6.9"), "{:?}", outcome.misses);
    assert!(outcome.misses[0].contains("standard errors away"), "{:?}", outcome.misses);
}

#[test]
fn an_infinite_variance_is_left_out_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let args = "--check --quiet --sigma-ref 1.5 --num-trials 20 --sample-size 100";
    let report = stdout(&succeed(&mut reproduce_into(folder.path(), args)));
    assert!(report.contains("k3, mu: left out, its standard deviation is inf\n"), "{report}");
    assert!(report.contains("\n4 of 4 means agree with theory"), "{report}");
}

#[test]
fn a_check_that_could_compare_nothing_is_a_wrong_call() {
    let folder = tempfile::tempdir().unwrap();
    let output = reproduce_into(folder.path(), "--check --sigma-ref 1.5 --estimators k3").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("can test no mean at these settings: k3 is left out, its standard deviation is inf")
    );
    assert_eq!(files(folder.path()), [""; 0]);
}

#[test]
fn the_summary_has_the_expectation() {
    let folder = tempfile::tempdir().unwrap();
    succeed(&mut reproduce_into(
        folder.path(),
        "--quiet --num-trials 4 --sample-size 100 --estimators k1 --sigma-ref 9",
    ));
    let summary = std::fs::read_to_string(folder.path().join("summary.csv")).unwrap();
    let header = summary.lines().next().unwrap();
    assert!(header.ends_with(",stdev_over_true,expected_gradient,expected_stdev,z_score"), "{header}");
    let row = summary.lines().nth(1).unwrap();
    assert!(row.contains(",0.0,0.1,"), "s has the mean 0 and the standard deviation 1 / sigma: {row}");
}
