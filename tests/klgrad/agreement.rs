//! The check of other settings than the article's: every mean against its exact expectation.

use crate::{changed, gradients_of, reproduce_into, rows_of, stdout, succeed};
use klgrad::agreement::check;
use klgrad::check::Check;
use klgrad::engine::Engine;
use klgrad::estimator::ESTIMATORS;
use klgrad::experiment::{Experiment, Settings};
use klgrad::export::csv;
use klgrad::gradients::Gradients;

fn settings(estimators: &[&str], num_trials: usize, sample_size: usize) -> Settings {
    let estimators = estimators.iter().map(|&name| name.to_owned()).collect();
    Settings { num_trials, sample_size, estimators, ..Settings::default() }
}

fn experiment(estimators: &[&str]) -> Experiment {
    Experiment::new(Settings { mu_ref: 0.3, ..settings(estimators, 100, 2000) }).unwrap()
}

fn gradients(experiment: &Experiment) -> Gradients {
    gradients_of(Engine::Autograd, experiment)
}

/// The check of a run with these settings by the score engine.
fn checked(settings: Settings) -> Check {
    let experiment = Experiment::new(settings).unwrap();
    check(&rows_of(&mut gradients_of(Engine::Score, &experiment), &experiment), &experiment)
}

/// By the score engine; autograd's moments are compared with theory where theory is tested.
#[test]
fn every_estimator_agrees_with_theory() {
    let all = ESTIMATORS.each_ref().map(|estimator| estimator.name);
    for settings in
        [Settings { mu_ref: 0.3, ..settings(&all, 200, 1000) }, Settings { seed: 43, ..settings(&all, 2000, 16) }]
    {
        let check = checked(settings);
        assert_eq!((check.compared, &check.misses[..]), (30, &[][..]));
    }
}

/// Settings at which 32-bit floats, or heavy tails, make a mean hard to know.
#[test]
fn what_rounding_drowns_is_left_out_and_what_is_loose_is_named() {
    let run = |mu_ref: f64, sigma_ref: f64, sample_size: usize| {
        let estimators = ["k1", "k3", "reverse_k2", "k3_in_reward"];
        checked(Settings { mu_ref, sigma_ref, ..settings(&estimators, 50, sample_size) })
    };
    let says = |check: &Check, what: &str| check.remarks.iter().any(|remark| remark.starts_with(what));
    let near = run(1e-5, 1.0, 50_000);
    assert!(says(&near, "k3_in_reward, mu: left out, rounding to 32 bits"), "{near:?}");
    assert_eq!((near.compared, &near.misses[..]), (4, &[][..]), "{near:?}");
    let far = run(10.0, 0.9, 50);
    assert!(says(&far, "reverse_k2, mu: tested loosely"), "{far:?}");
    // -r s has its heavy tail below, and the wrong sign lies above.
    let one_sided = run(1.0, 1.2, 5000);
    assert!(!says(&one_sided, "reverse_k2, mu: tested loosely"), "{one_sided:?}");
}

/// The gradients of one estimator, presented as those of another.
#[test]
fn a_wrong_estimator_is_caught() {
    let mut right = gradients(&experiment(&["k2"]));
    let misses = |claimed: &str, gradients: &mut Gradients| {
        let experiment = experiment(&[claimed]);
        let mut rows = rows_of(gradients, &experiment);
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
    let rows = rows_of(&mut gradients, &experiment);
    let outcome = check(&rows, &experiment);
    assert_eq!((outcome.compared, outcome.misses.len()), (2, 1));
    assert!(outcome.misses[0].starts_with("k3, sigma: mean gradient is 6.9"), "{:?}", outcome.misses);
    assert!(outcome.misses[0].contains("standard errors away"), "{:?}", outcome.misses);
}

#[test]
fn an_infinite_variance_is_left_out_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let args = "--check --quiet --no-figure --sigma-ref 1.5 --num-trials 20 --sample-size 100";
    let report = stdout(&succeed(&mut reproduce_into(folder.path(), args)));
    assert!(report.contains("k3, mu: left out, its standard deviation is inf\n"), "{report}");
    assert!(report.contains("\n4 of 4 means agree with theory"), "{report}");
}

#[test]
fn the_summary_has_the_expectation() {
    let experiment = Experiment::new(Settings { sigma_ref: 9.0, ..settings(&["k1"], 4, 100) }).unwrap();
    let summary = csv(&rows_of(&mut gradients(&experiment), &experiment)).unwrap();
    let header = summary.lines().next().unwrap();
    assert!(header.ends_with(",stdev_over_true,expected_gradient,expected_stdev,z_score"), "{header}");
    let row = summary.lines().nth(1).unwrap();
    assert!(row.contains(",0.0,0.1,"), "s has the mean 0 and the standard deviation 1 / sigma: {row}");
}
