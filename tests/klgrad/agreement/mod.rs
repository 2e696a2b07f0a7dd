//! The check of other settings than the article's: every mean and every standard deviation against what is exactly expected.

#[cfg(feature = "libtorch")]
mod autograd;
mod seen;

use crate::expr::for_all;
use crate::{changed, experiment, gradients_of, named, normal, problem, rows_of};
use klgrad::agreement::check;
use klgrad::check::Check;
use klgrad::engine::Engine::{self, Score};
use klgrad::estimator::Estimator;
use klgrad::experiment::{Experiment, Run};
use klgrad::export::csv;
use klgrad::policy::Problem;
use klgrad::summary::Row;
use proptest::prelude::*;

fn run(num_trials: usize, sample_size: usize) -> Run {
    Run { num_trials, sample_size, ..Run::default() }
}

fn rows(engine: Engine, experiment: &Experiment) -> Vec<Row> {
    rows_of(&mut gradients_of(engine, experiment), experiment)
}

fn checked(engine: Engine, experiment: &Experiment) -> Check {
    check(&rows(engine, experiment), experiment, engine)
}

/// The check of a run whose gradients are replaced by a function of their series and themselves.
fn checked_if(engine: Engine, experiment: &Experiment, change: impl Fn(usize, f32) -> f32) -> Check {
    let mut changed = changed(&mut gradients_of(engine, experiment), |series, _, gradient| change(series, gradient));
    check(&rows_of(&mut changed, experiment), experiment, engine)
}

/// Every row of a check has no remark, or this one.
#[track_caller]
fn assert_remarks(check: &Check, remarks: &[&str]) {
    let fits = |(said, expected): (&String, &&str)| said.starts_with(expected);
    assert!(check.remarks.len() == remarks.len() && check.remarks.iter().zip(remarks).all(fits), "{check:?}");
}

#[track_caller]
fn assert_agrees(check: &Check, compared: usize) {
    assert_eq!((check.compared, &check.misses[..]), (compared, &[][..]), "{check:?}");
}

/// The check of a run of one estimator that is presented as another.
fn mistaken_for(right: &str, claimed: &str, problem: Problem, run: Run) -> Check {
    let experiment = |name: &str| experiment(problem, run, &[name]);
    let mut rows = rows_of(&mut gradients_of(Score, &experiment(right)), &experiment(claimed));
    rows.iter_mut().for_each(|row| row.estimator = claimed.to_owned());
    check(&rows, &experiment(claimed), Score)
}

#[test]
fn every_estimator_agrees_with_theory() {
    for (problem, run) in [
        (problem(0.0, 1.0, 0.3, 1.1), run(200, 1000)),
        (problem(0.0, 1.0, 1.0, 1.1), Run { seed: 43, ..run(1000, 16) }),
        (Problem { behaviour: normal(0.3, 0.95), ..problem(0.0, 1.0, 0.3, 1.05) }, run(50, 300)),
    ] {
        let check = checked(Score, &Experiment::new(problem, run, Estimator::all()).unwrap());
        assert!(check.misses.is_empty() && check.compared > 90, "{check:?}");
    }
}

/// Each run fails in one of a million, whatever its settings and expressions.
#[test]
fn runs_that_are_right_agree() {
    const LOSSES: [&str; 12] = [
        "k1",
        "k2",
        "k3",
        "r",
        "chi2",
        "reward(k3)",
        "clamp(k3, -0.5, 0.5)",
        "where(D < 0, k1, 2 * k3)",
        "rho * k3",
        "sg(rho) * k2",
        "abs(D) + 0.1 * k2",
        "min(w, 2) * D",
    ];
    const BASELINES: [&str; 4] = ["k2_lambda", "k2_lambda_printed", "k2_mean_baseline", "k2_leave_one_out"];
    let loss = || (prop::sample::select(&LOSSES[..]), prop::sample::select(&LOSSES[..]), -1.0..1.0);
    let policy = || (-0.5..0.5, -0.7..0.3).prop_map(|(mu, log_sigma): (f64, f64)| normal(mu, log_sigma.exp()));
    let problems = (policy(), policy(), prop::option::of(policy())).prop_map(|(policy, reference, old)| Problem {
        policy,
        reference,
        behaviour: old.unwrap_or(policy),
    });
    let runs = (1..60usize, 2..200usize, any::<u32>());
    let cases = (loss(), prop::sample::select(&BASELINES[..]), problems, runs, prop::sample::select(&Engine::ALL[..]));
    for_all(24, &cases, |((a, b, factor), baseline, problem, (num_trials, sample_size, seed), engine)| {
        let mine: Estimator = format!("mine = {a} + {factor} * {b}").parse().unwrap();
        let estimators = [named(&[baseline, "k2", "k3"]), vec![mine]].concat();
        let experiment =
            Experiment::new(problem, Run { num_trials, sample_size, seed: seed.into() }, estimators).unwrap();
        let check = checked(engine, &experiment);
        prop_assert!(check.misses.is_empty(), "{experiment:?}: {check:?}");
        Ok(())
    });
}

#[test]
fn a_wrong_mean_is_caught() {
    // The mean of 200,000 samples is known to about 0.003; an error of a tenth is 8 times that.
    let experiment = experiment(problem(0.0, 1.0, 0.3, 1.1), run(100, 2000), &["k2"]);
    for engine in Engine::ALL {
        assert_agrees(&checked(engine, &experiment), 4);
        let scaled =
            checked_if(engine, &experiment, |series, gradient| if series == 0 { 1.1 * gradient } else { gradient });
        assert_eq!(scaled.misses.len(), 1, "{scaled:?}");
        assert!(scaled.misses[0].starts_with("k2, mu: mean gradient is -2.7"), "{scaled:?}");
        assert!(scaled.misses[0].contains(" standard errors away, where "), "{scaled:?}");
    }
}

#[test]
fn a_wrong_estimator_is_caught() {
    let misses = |right: &str, claimed: &str| {
        let check = mistaken_for(right, claimed, problem(0.0, 1.0, 0.3, 1.1), run(100, 2000));
        check.misses.iter().filter(|miss| miss.contains("mean gradient")).count()
    };
    assert_eq!(misses("k1_in_reward", "k2"), 0, "has the same gradient");
    for wrong in ["k1", "k3", "k3_in_reward"] {
        assert_eq!(misses(wrong, "k2"), 2, "{wrong}");
    }
    // With the ratio, and a tail that is heavy on one side.
    assert_eq!(misses("reverse_k2_in_reward", "reverse_k2"), 2);
}

#[test]
fn what_is_not_a_number_does_not_agree() {
    let experiment = experiment(problem(0.0, 1.0, 0.3, 1.1), run(10, 100), &["k2"]);
    let mut broken = changed(&mut gradients_of(Score, &experiment), |series, trial, gradient| match (series, trial) {
        (1, 3) => f32::NAN,
        _ => gradient,
    });
    let check = check(&rows_of(&mut broken, &experiment), &experiment, Score);
    let expected =
        ["k2, sigma: mean gradient is NaN, for some are beyond floats", "k2, sigma: standard deviation is NaN"];
    assert!(check.misses.iter().zip(expected).all(|(miss, expected)| miss.starts_with(expected)), "{check:?}");
    assert_eq!((check.compared, check.misses.len()), (4, 2));
}

#[test]
fn a_row_that_is_missing_misses() {
    let experiment = experiment(problem(0.0, 1.0, 0.3, 1.1), run(10, 100), &["k1", "k2"]);
    let rows = rows(Score, &experiment);
    let check = check(&rows[..3], &experiment, Score);
    assert_eq!((check.compared, &check.misses[..]), (7, &["k2, sigma: has no row to compare".to_owned()][..]));
}

#[test]
fn what_does_not_exist_is_left_out() {
    let outcome = |sigma_ref: f64| {
        let check = checked(Score, &experiment(problem(0.0, 1.0, 1.0, sigma_ref), run(20, 100), &["k2", "k3"]));
        let of_k3: Vec<String> = check.remarks.iter().filter(|remark| remark.starts_with("k3")).cloned().collect();
        (check.compared, check.misses, of_k3)
    };
    // r^2 has a mean up to sqrt 2, r^4 up to sqrt(4 / 3).
    let (compared, misses, remarks) = outcome(1.5);
    assert_eq!((compared, misses), (4, vec![]));
    assert_eq!(remarks, ["k3, mu and sigma: left out, its variance is infinite"]);
    let (compared, misses, remarks) = outcome(1.3);
    assert_eq!((compared, misses), (6, vec![]));
    let without = "standard deviation left out, for its fourth moment is infinite";
    assert!(!remarks.is_empty() && remarks.iter().all(|remark| remark.contains(without)), "{remarks:?}");
}

#[test]
fn what_is_loose_is_named_and_counted() {
    let of = |mu_ref, sigma_ref, name: &str, run| {
        let check = checked(Score, &experiment(problem(0.0, 1.0, mu_ref, sigma_ref), run, &[name]));
        (check.loose, check.remarks)
    };
    let loosely = "tested loosely, for even";
    // No sample sees where r is large.
    let far = of(10.0, 0.9, "reverse_k2", run(50, 50));
    assert_eq!(far.1, [format!("reverse_k2, mu and sigma: {loosely} a mean of the opposite sign would pass")]);
    let (count, few) = of(0.3, 1.1, "k2", run(2, 10));
    assert!(
        count == 4 && few[0].starts_with(&format!("k2, mu: {loosely} a mean of the opposite sign and ")),
        "{few:?}"
    );
    assert!(few[0].ends_with(" times the standard deviation would pass"), "{few:?}");
    // -r s has its heavy tail below, and the opposite sign lies above.
    let (_, one_sided) = of(1.0, 1.1, "reverse_k2", run(50, 5000));
    assert!(one_sided[0].starts_with(&format!("reverse_k2, mu: {loosely} ")), "{one_sided:?}");
    assert!(!one_sided[0].contains("sign"), "{one_sided:?}");
    // On that side it has no fourth moment, and Cantelli's limits alone.
    let (count, below) = of(1.0, 1.3, "reverse_k2", run(50, 50_000));
    assert!(count == 2 && below[0].contains(" times the mean would pass; "), "{below:?}");
    // The mean of k1 is 0.
    let (_, zero) = of(1.0, 1.1, "k1", run(1, 10));
    assert!(zero[0].contains("a mean as large as a sample's standard deviation would pass"), "{zero:?}");
    assert_eq!(of(1.0, 1.1, "k2", run(1000, 5000)), (0, vec![]));
}

#[test]
fn the_summary_has_the_expectation() {
    let experiment = experiment(problem(0.0, 1.0, 1.0, 9.0), run(4, 100), &["k1"]);
    let summary = csv(&rows(Score, &experiment)).unwrap();
    let header = summary.lines().next().unwrap();
    assert!(header.ends_with(",stdev_over_true,expected_gradient,expected_stdev,z_score"), "{header}");
    let row = summary.lines().nth(1).unwrap();
    assert!(row.contains(",0.0,0.1,"), "s has the mean 0 and the standard deviation 1 / sigma: {row}");
}
