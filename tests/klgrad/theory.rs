//! The exact moments against quadrature and against samples, and their rows in files.

use crate::closed_form::{COEFFICIENTS, Term};
use crate::{gradients_of, named, problem};
use gauss_quad::GaussLegendre;
use klgrad::engine::Engine;
use klgrad::estimator::expr::Expr;
use klgrad::estimator::{Divergence, Estimator, Parameter};
use klgrad::experiment::{Experiment, Run};
use klgrad::explain::Follows;
use klgrad::export::csv;
use klgrad::policy::Problem;
use klgrad::theory::{self, Moment, Moments, kl, kl_gradient, lambda, quadrature};
use std::num::NonZeroUsize;

/// D at z, where x = mu_theta + sigma_theta z.
fn log_ratio(Problem { policy, reference, .. }: &Problem, z: f64) -> f64 {
    let y = (policy.mu() + policy.sigma() * z - reference.mu()) / reference.sigma();
    (reference.sigma() / policy.sigma()).ln() - z * z / 2.0 + y * y / 2.0
}

fn score(problem: &Problem, parameter: Parameter, z: f64) -> f64 {
    match parameter {
        Parameter::Mu => z / problem.policy.sigma(),
        Parameter::Sigma => (z * z - 1.0) / problem.policy.sigma(),
    }
}

/// E[terms(z) score(z)^k] by Gauss-Legendre quadrature, over 14 standard deviations on either side of the integrand's
/// centre for each power of r up to 2. The ratio is put into the exponent of the density, so that neither overflows.
pub fn expectation(s: &Problem, terms: &[Term], parameter: Parameter, k: i32) -> f64 {
    let Problem { policy, reference, .. } = s;
    let ratio = (policy.sigma() / reference.sigma()).powi(2);
    let gap = (policy.mu() - reference.mu()) * policy.sigma() / reference.sigma().powi(2);
    let reach = [0.0, 1.0, 2.0].map(|b| {
        let precision: f64 = (1.0 - b) + b * ratio;
        let precision = if precision > 0.0 { precision } else { 1.0 };
        let (centre, width) = (-b * gap / precision, 14.0 / precision.sqrt());
        (centre - width, centre + width)
    });
    let (start, end) = reach.iter().fold((0.0_f64, 0.0_f64), |(a, b), x| (a.min(x.0), b.max(x.1)));
    let integrand = |z: f64| {
        let d = log_ratio(s, z);
        let weighed = terms.iter().map(|term| {
            let exponent = -z * z / 2.0 - f64::from(term.power_of_r) * d;
            term.weight * d.powi(term.power_of_d as i32) * exponent.exp()
        });
        weighed.sum::<f64>() * score(s, parameter, z).powi(k) / (2.0 * std::f64::consts::PI).sqrt()
    };
    let rule = GaussLegendre::new(NonZeroUsize::new(64).unwrap());
    let panels = 200;
    let edge = |index: i32| start + (end - start) * f64::from(index) / f64::from(panels);
    (0..panels).map(|index| rule.integrate(edge(index), edge(index + 1), integrand)).sum()
}

/// The terms of c^2.
fn square(terms: &[Term]) -> Vec<Term> {
    let product = |a: &Term, b: &Term| Term {
        weight: a.weight * b.weight,
        power_of_d: a.power_of_d + b.power_of_d,
        power_of_r: a.power_of_r + b.power_of_r,
    };
    terms.iter().flat_map(|a| terms.iter().map(move |b| product(a, b))).collect()
}

/// Relative 1e-9, of the larger of the number and of the terms that make it up.
fn close(actual: Moment, expected: f64, scale: f64) -> bool {
    matches!(actual, Moment::Finite(value) if (value - expected).abs() <= 1e-9 * expected.abs().max(1e-3 * scale))
}

fn check_against_fixed_panels(s: &Problem) {
    let moments = theory::moments(&named(&COEFFICIENTS.map(|(name, _)| name)), s);
    for ((name, coefficient), moments) in COEFFICIENTS.into_iter().zip(moments) {
        for (parameter, Moments { mean, variance }) in Parameter::ALL.into_iter().zip(moments) {
            let first = expectation(s, coefficient, parameter, 1);
            let second = expectation(s, &square(coefficient), parameter, 2);
            let what = format!("{name} {parameter} at {s:?}");
            assert!(close(mean, first, second.sqrt()), "{what}: mean {mean}, by fixed panels {first}");
            let variance_there = second - first * first;
            assert!(close(variance, variance_there, second), "{what}: variance {variance}, there {variance_there}");
        }
    }
}

#[test]
fn moments_agree_with_fixed_panels() {
    for mu_ref in [-1.0, 0.05, 0.4, 1.0] {
        for sigma_ref in [0.7, 0.95, 1.1, 1.3] {
            check_against_fixed_panels(&problem(0.0, 1.0, mu_ref, sigma_ref));
        }
    }
    check_against_fixed_panels(&problem(-3.0, 0.2, -2.9, 0.25));
}

#[test]
fn moments_agree_with_fixed_panels_near_the_edge_of_infinite_variance() {
    // E[r^2 ...] has the precision 2 sigma^2 / tau^2 - 1, which is 0.005 here, and 0 at tau = sigma sqrt 2.
    check_against_fixed_panels(&problem(0.0, 1.0, 0.1, (2.0_f64 / 1.005).sqrt()));
}

/// Where r is near 1 the terms of c cancel: here c is computed from D by the first terms of its series.
#[test]
fn moments_of_close_distributions_keep_their_digits() {
    for mu_ref in [1e-9, 1e-6, 1e-3, 0.02, 0.04] {
        // At equal standard deviations D = -mu_ref z + mu_ref^2 / 2, and mu_ref z is at most 0.3 within the 7 standard
        // deviations that count.
        let s = problem(0.0, 1.0, mu_ref, 1.0);
        let exact = |c: &dyn Fn(f64) -> f64, k: i32, shift: f64| {
            let rule = GaussLegendre::new(NonZeroUsize::new(64).unwrap());
            let integrand = |z: f64| {
                (c(mu_ref * mu_ref / 2.0 - mu_ref * z) * z - shift).powi(k) * (-z * z / 2.0).exp()
                    / (2.0 * std::f64::consts::PI).sqrt()
            };
            (-14..14).map(|edge| rule.integrate(f64::from(edge), f64::from(edge + 1), integrand)).sum::<f64>()
        };
        let series = |d: f64| (2..14).map(|n| (-d).powi(n) / (1..=n).map(f64::from).product::<f64>()).sum::<f64>();
        let k3 = |d: f64| -(-d).exp_m1();
        for (name, c) in [("k3", &k3 as &dyn Fn(f64) -> f64), ("k3_in_reward", &series)] {
            let Moments { mean, variance } = theory::moments(&named(&[name]), &s)[0][0];
            let expected = exact(c, 1, 0.0);
            let what = format!("{name} at {mu_ref}: {mean} and {variance}");
            let relative = |actual: Moment, expected: f64| (actual.finite().unwrap() / expected - 1.0).abs();
            // expm1(-D) + D is D^2 / 2, to the rounding of D: of the order of 1e-16 / D of it at each point.
            let tolerance = 1e-9 + f64::EPSILON / mu_ref;
            assert!(relative(variance, exact(c, 2, expected)) < tolerance, "{what}, not {}", exact(c, 2, expected));
            // k3's own mean is mu_ref, that in the reward of the order mu_ref^3 only.
            let scale = variance.finite().unwrap().sqrt();
            assert!((mean.finite().unwrap() - expected).abs() < tolerance * scale, "{what}, not {expected}");
        }
    }
}

/// The smallest of E[s^2 (D - lambda)^2] over a grid of lambdas about the exact one is at the exact one.
#[test]
fn exact_lambdas_minimise_the_variance() {
    let s = problem(0.0, 1.0, 0.7, 1.3);
    let variance = |lambda: f64, parameter: Parameter| {
        let d = Expr::log_ratio();
        let loss = d.pow(2.0) / 2.0 - lambda * Expr::log_prob();
        quadrature::moments(&s, &[loss])[0][parameter as usize].variance.finite().unwrap()
    };
    let exact = |name: &str, parameter| {
        let baseline = Estimator::named(name).unwrap().baseline().unwrap();
        lambda::exact(&s, &baseline.mean(), parameter).finite().unwrap()
    };
    for parameter in Parameter::ALL {
        let best = exact("k2_lambda", parameter);
        assert!(variance(best, parameter) < variance(best + 1e-3, parameter));
        assert!(variance(best, parameter) < variance(best - 1e-3, parameter));
        assert!(variance(best, parameter) < variance(exact("k2_lambda_printed", parameter), parameter));
    }
    let best = exact("k2_lambda_shared", Parameter::Mu);
    assert_eq!(best, exact("k2_lambda_shared", Parameter::Sigma));
    let both = |lambda| Parameter::ALL.map(|parameter| variance(lambda, parameter)).iter().sum::<f64>();
    assert!(both(best) < both(best + 1e-3) && both(best) < both(best - 1e-3));
}

#[test]
fn variances_with_the_ratio_squared_are_infinite_beyond_the_edge() {
    // The last is the edge itself, 2 sigma^2 = tau^2 in exact binary numbers.
    for (sigma_theta, sigma_ref) in [(1.0, 1.5), (1.0, 9.0), (1.0, 2.0)] {
        let moments =
            theory::moments(&named(&COEFFICIENTS.map(|(name, _)| name)), &problem(0.0, sigma_theta, 1.0, sigma_ref));
        for ((name, coefficient), [moments, _]) in COEFFICIENTS.into_iter().zip(moments) {
            let has_ratio = coefficient.iter().any(|term| term.power_of_r > 0);
            assert_eq!(moments.variance == Moment::Infinite, has_ratio, "{name}");
            assert!(matches!(moments.mean, Moment::Finite(_)), "{name}");
        }
    }
}

#[test]
fn what_is_beyond_floats_is_neither_zero_nor_infinite() {
    let reverse_k2 = named(&["reverse_k2"]);
    let far = problem(0.0, 1.0, 30.0, 1.0);
    assert_eq!(theory::moments(&reverse_k2, &far)[0][0].variance, Moment::Overflow);
    let row = theory::rows(&reverse_k2, &far, 1).swap_remove(0);
    let csv = csv(std::slice::from_ref(&row)).unwrap();
    assert!(csv.ends_with(",NaN,NaN,NaN\n"), "{csv}");
    assert_eq!(serde_json::to_value(&row).unwrap()["stdev_one_sample"], serde_json::Value::Null);
}

/// At 1e4 and at 1e8 standard deviations rounding moves the expected gradient, and at equal widths two gradients are equal.
#[test]
fn what_is_followed_does_not_depend_on_the_settings() {
    let estimators = Estimator::all();
    let follows_at = |problem| theory::rows(&estimators, &problem, 1).into_iter().map(|row| row.follows);
    let expected: Vec<Follows> = follows_at(Problem::default()).collect();
    let [far, farther, equal] = [1e4, 1e8, 0.0].map(|mu_ref| problem(0.0, 1.0, mu_ref, 1.0));
    for elsewhere in [far, farther, equal, problem(1e-10, 1e-10, 0.0, 1e-12)] {
        assert!(follows_at(elsewhere).eq(expected.iter().cloned()), "{elsewhere:?}");
    }
}

#[test]
fn kl_gradients_are_slopes_of_kl() {
    let s = problem(0.3, 1.4, -0.8, 1.2);
    // The central difference is off by h^2 times a third derivative of the order of 1, and by 1e-16 / h.
    let h = 1e-5;
    for divergence in Divergence::ALL {
        for parameter in Parameter::ALL {
            let moved = |by: f64| match parameter {
                Parameter::Mu => problem(0.3 + by, 1.4, -0.8, 1.2),
                Parameter::Sigma => problem(0.3, 1.4 + by, -0.8, 1.2),
            };
            let slope = (kl(divergence, &moved(h)) - kl(divergence, &moved(-h))) / (2.0 * h);
            assert!((kl_gradient(divergence, parameter, &s) - slope).abs() < 1e-8);
        }
    }
}

/// Means of 80,000 samples lie within 5.5 standard errors of the exact expectation: a false alarm in 4e-8 each, in one of
/// 100,000 runs of the 144. And the standard deviation within 5.5 of its own standard errors, about a 28th for 400 trials
/// whose gradient is nearly normal, and three times that for those where it is not, or for 100 trials.
///
/// Autograd takes its time, a trial and not a sample: its trials are fewer and longer, and it has one row of each kind here.
/// That it gives every row the gradients that score does, trial by trial and off-policy too, is tested beside that engine.
#[test]
fn the_gradients_of_both_routes_have_the_exact_moments_on_and_off_policy() {
    let on = problem(0.0, 1.0, 0.3, 0.9);
    let off = Problem { behaviour: crate::normal(0.1, 1.1), ..on };
    let of_each_kind =
        ["k3", "k2_in_reward", "rho_k3", "k2_clamped", "k2_lambda", "k2_lambda_shared", "k2_leave_one_out"];
    for (problem, engine, num_trials, estimators) in [
        (on, Engine::Score, 400, Estimator::all()),
        (off, Engine::Score, 400, Estimator::all()),
        (off, Engine::Autograd, 100, named(&of_each_kind)),
        (on, Engine::Autograd, 100, named(&of_each_kind)),
    ]
    .into_iter()
    .filter(|(_, engine, ..)| Engine::ALL.contains(engine))
    {
        let run = Run { sample_size: 80_000 / num_trials, num_trials, ..Run::default() };
        have_the_exact_moments(engine, &Experiment::new(problem, run, estimators).unwrap());
    }
}

fn have_the_exact_moments(engine: Engine, experiment: &Experiment) {
    let (estimators, problem) = (experiment.estimators(), experiment.problem());
    let (size, trials) = (experiment.run().sample_size, experiment.run().num_trials as f64);
    let moments = theory::trial_moments(estimators, problem, size).into_iter().flatten();
    let rows = theory::rows(estimators, problem, size);
    let mut gradients = gradients_of(engine, experiment);
    assert_eq!(gradients.names().len(), 2 * estimators.len());
    for ((series, moments), row) in gradients.all_series().map(Result::unwrap).zip(moments).zip(rows) {
        let estimator = Estimator::named(&series.estimator).unwrap();
        let Moments { mean: Moment::Finite(mean), variance: Moment::Finite(variance) } = moments else {
            panic!("{} has moments", series.estimator)
        };
        let values = || series.gradients.iter().map(|&gradient| f64::from(gradient));
        let measured = values().sum::<f64>() / trials;
        let spread = (values().map(|value| (value - measured).powi(2)).sum::<f64>() / trials).sqrt();
        let stdev = variance.sqrt();
        let standard_error = stdev / trials.sqrt();
        let z = (measured - mean) / standard_error;
        let what = format!("{} {} by {engine}, {problem:?}", series.estimator, series.parameter);
        assert!(z.abs() < 5.5, "{what}: {measured}, not {mean}: {z} standard errors");
        assert!((spread / stdev - 1.0).abs() < 5.5 * 3.0 / 28.0, "{what}: {spread}, not {stdev}");
        if !problem.is_on_policy() {
            continue;
        }
        // The gradients fail a test of no bias where, and only where, the article derives another gradient than that of
        // the estimator's own divergence.
        let unbiased = kl_gradient(estimator.aim(), series.parameter, problem);
        let follows_its_own = match estimator.aim() {
            Divergence::Forward => "KL(theta||ref)",
            Divergence::Reverse => "KL(ref||theta)",
        };
        let bias = (mean - unbiased).abs() / standard_error;
        let is_biased = (measured - unbiased).abs() > 5.5 * standard_error;
        // In between chance decides: a bias of less than 11 standard errors may not be seen.
        assert!(bias < 11.0 || is_biased, "{what}: {measured} is not seen to be biased");
        assert!(!is_biased || row.follows.to_string() != follows_its_own, "{what}: {measured} follows {}", row.follows);
    }
}

/// In groups of 16 `k2_lambda` loses 3 / 18 of the gradient for the mean, and leave-one-out nothing.
#[test]
fn a_baseline_has_the_expectation_of_trials_of_their_size() {
    let estimators = named(&["k2_lambda", "k2_leave_one_out", "k2"]);
    let rows = theory::rows(&estimators, &Problem::default(), 16);
    let trials = theory::trial_moments(&estimators, &Problem::default(), 16).into_iter().flatten();
    let samples = theory::moments(&estimators, &Problem::default()).into_iter().flatten();
    for ((row, of_trial), of_sample) in rows.iter().zip(trials).zip(samples) {
        assert_eq!((row.expected_gradient, row.stdev_of_mean), (of_trial.mean, of_trial.variance.map(f64::sqrt)));
        assert_eq!(row.stdev_one_sample, of_sample.variance.map(f64::sqrt));
    }
    let bias = |row: usize| rows[row].relative_bias.and_then(Moment::finite).unwrap();
    assert!((bias(0) - 3.0 / 18.0).abs() < 1e-9 && bias(2) < 1e-12, "{rows:?}");
}

/// And as a table, see the report. That the command prints it, and JSON, is tested within the program.
#[test]
fn rows_are_csv() {
    let csv = csv(&theory::rows(&Estimator::all(), &problem(0.0, 1.0, 1.0, 2.0), 400)).unwrap();
    let mut lines = csv.lines();
    assert_eq!(
        lines.next(),
        Some("estimator,parameter,expected_gradient,follows,relative_bias,stdev_one_sample,stdev_of_mean,lambda")
    );
    assert_eq!(lines.next(), Some("k1,mu,0.0,nothing,1.0,1.0,0.05,NaN"));
    let k3 = csv.lines().find(|line| line.starts_with("k3,mu,")).expect("there is a row for it");
    let number = |column: usize| k3.split(',').nth(column).unwrap().parse::<f64>().unwrap();
    assert!((number(2) + 1.0).abs() < 1e-12 && (number(4) - 3.0).abs() < 1e-12, "{k3}");
    assert!(k3.contains(",KL(ref||theta),") && k3.ends_with(",inf,inf,NaN"), "{k3}");
    assert_eq!(csv.lines().count(), 59);
}
