//! Settings at which a run that was right failed, or one that was wrong passed.

use super::{assert_agrees, assert_remarks, checked, checked_if, mistaken_for, rows, run};
use crate::{experiment, problem};
use klgrad::agreement::{can_check, check};
use klgrad::engine::Engine::{self, Score};
use klgrad::experiment::Run;
use klgrad::policy::Problem;

#[test]
fn a_narrow_reference_is_tested() {
    let experiment = experiment(problem(0.0, 1.0, 0.5, 0.01), run(200, 500), &["reverse_k2", "k3"]);
    assert_agrees(&checked(Score, &experiment), 8);
    // A tenth is many standard errors, although nearly no sample sees the reference.
    let scaled = checked_if(Score, &experiment, |series, gradient| if series == 1 { 2.0 * gradient } else { gradient });
    assert!(!scaled.misses.is_empty() && scaled.misses.iter().all(|miss| miss.starts_with("reverse_k2, sigma: ")));
}

#[test]
fn a_lambda_of_the_trial_before_is_left_out() {
    for (problem, run, name) in [
        (problem(0.0, 1.0, 3.0, 20.0), run(10, 1), "k2_lambda_shared_printed"),
        (problem(0.0, 1.0, 100.0, 1.1), run(20, 50), "k2_lambda_shared"),
    ] {
        for engine in Engine::ALL {
            let experiment = experiment(problem, run, &[name]);
            let check = checked(engine, &experiment);
            assert_agrees(&check, 0);
            assert_remarks(
                &check,
                &[&format!("{name}, mu and sigma: left out, its lambda comes from the trial before")],
            );
            assert!(can_check(&experiment, engine).unwrap_err().starts_with("its lambda comes from the trial before"));
        }
    }
}

#[test]
fn a_lambda_of_few_samples_has_its_own_expectation() {
    const NAMES: [&str; 3] = ["k2_lambda", "k2_lambda_printed", "k2_leave_one_out"];
    let runs = [(Score, 1200, 3), (Score, 300, 16), (Engine::Autograd, 400, 3)].into_iter();
    for (engine, num_trials, sample_size) in runs.filter(|(engine, ..)| Engine::ALL.contains(engine)) {
        let experiment = experiment(Problem::default(), Run { num_trials, sample_size, seed: 1 }, &NAMES);
        let rows = rows(engine, &experiment);
        // One of 100 million is farther away, if trials are nearly normal together.
        assert!(rows.iter().all(|row| row.z_score.is_some_and(|z| z.abs() < 6.0)), "{rows:?}");
        let check = check(&rows, &experiment, engine);
        assert!(check.misses.is_empty() && check.compared >= 6, "{check:?}");
    }
    // And no other: k2 has a gradient that is larger by three fifths.
    let mistaken = mistaken_for("k2", "k2_lambda", Problem::default(), run(8000, 3));
    assert!(mistaken.misses[0].starts_with("k2_lambda, mu: mean gradient is -8.2"), "{mistaken:?}");
}

#[test]
fn a_baseline_that_does_nothing_is_caught() {
    // D = 50 - 10 z, of which a baseline leaves 10 z.
    let problem = problem(0.0, 1.0, 10.0, 1.0);
    for baseline in ["k2_lambda", "k2_mean_baseline", "k2_leave_one_out"] {
        let right = mistaken_for(baseline, baseline, problem, run(200, 1000));
        assert_agrees(&right, 4);
        let wrong = mistaken_for("k2", baseline, problem, run(200, 1000));
        let miss = format!("{baseline}, mu: standard deviation is ");
        assert!(wrong.misses.iter().any(|said| said.starts_with(&miss)), "{wrong:?}");
    }
}

#[test]
fn a_spread_that_is_wrong_is_caught() {
    for engine in Engine::ALL {
        let experiment = experiment(problem(0.0, 1.0, 0.3, 1.1), run(100, 1000), &["k1", "k2"]);
        let means: Vec<f32> = rows(engine, &experiment).iter().map(|row| row.mean_gradient as f32).collect();
        let scaled = |factor: f32| {
            checked_if(engine, &experiment, |series, gradient| means[series] + factor * (gradient - means[series]))
        };
        assert_agrees(&scaled(1.0), 8);
        for factor in [0.3, 50.0] {
            let check = scaled(factor);
            assert!(check.misses.iter().all(|miss| miss.contains(": standard deviation is ")), "{check:?}");
            assert_eq!(check.misses.len(), 4, "{factor}: {check:?}");
        }
        // Trials that are all the same know nothing.
        assert_eq!(scaled(0.0).misses.len(), 4);
    }
}

#[test]
fn near_equality_is_tested_as_well_as_it_is_computed() {
    let at = |gap: f64| experiment(problem(0.0, 1.0, gap, 1.0), run(200, 500), &["k3_in_reward", "k2", "k3"]);
    for gap in [1e-4, 1e-5] {
        assert_agrees(&checked(Score, &at(gap)), 12);
        // What 32-bit differences make of it.
        let noisy = checked_if(Score, &at(gap), |series, gradient| if series == 0 { 6.0 * gradient } else { gradient });
        assert_eq!(noisy.misses.len(), 1, "{noisy:?}");
        assert!(noisy.misses[0].starts_with("k3_in_reward, mu: standard deviation is "), "{noisy:?}");
    }
}
