//! The exact moments against quadrature and against samples, and the command that prints them.

use crate::{gradients_of, klgrad, stdout, succeed};
use gauss_quad::GaussLegendre;
use klgrad::engine::Engine;
use klgrad::estimator::{Divergence, ESTIMATORS, Estimator, Parameter};
use klgrad::experiment::{Experiment, Settings};
use klgrad::export::csv;
use klgrad::theory::{self, Follows, Moment, Moments, Term, follows, gradient_moments, kl, kl_gradient, own_draw_bias};
use std::num::NonZeroUsize;

pub fn settings(mu_theta: f64, sigma_theta: f64, mu_ref: f64, sigma_ref: f64) -> Settings {
    Settings { mu_theta, sigma_theta, mu_ref, sigma_ref, ..Settings::default() }
}

/// D at z, where x = mu_theta + sigma_theta z.
fn log_ratio(s: &Settings, z: f64) -> f64 {
    let y = (s.mu_theta + s.sigma_theta * z - s.mu_ref) / s.sigma_ref;
    (s.sigma_ref / s.sigma_theta).ln() - z * z / 2.0 + y * y / 2.0
}

fn score(s: &Settings, parameter: Parameter, z: f64) -> f64 {
    match parameter {
        Parameter::Mu => z / s.sigma_theta,
        Parameter::Sigma => (z * z - 1.0) / s.sigma_theta,
    }
}

/// E[terms(z) score(z)^k] by Gauss-Legendre quadrature, over 14 standard deviations on either side of the integrand's
/// centre for each power of r up to 2. The ratio is put into the exponent of the density, so that neither overflows.
pub fn expectation(s: &Settings, terms: &[Term], parameter: Parameter, k: i32) -> f64 {
    let ratio = (s.sigma_theta / s.sigma_ref).powi(2);
    let gap = (s.mu_theta - s.mu_ref) * s.sigma_theta / s.sigma_ref.powi(2);
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

fn check_against_quadrature(s: &Settings) {
    for estimator in &ESTIMATORS {
        for parameter in Parameter::ALL {
            let coefficient = theory::coefficient(estimator, parameter, s).unwrap();
            let Moments { mean, variance } = gradient_moments(&coefficient, parameter, s);
            let first = expectation(s, &coefficient, parameter, 1);
            let second = expectation(s, &square(&coefficient), parameter, 2);
            let what = format!("{} {parameter} at {s:?}", estimator.name);
            assert!(close(mean, first, second.sqrt()), "{what}: mean {mean}, by quadrature {first}");
            let by_quadrature = second - first * first;
            assert!(
                close(variance, by_quadrature, second),
                "{what}: variance {variance}, by quadrature {by_quadrature}"
            );
        }
    }
}

#[test]
fn moments_agree_with_quadrature() {
    for mu_ref in [-1.0, 0.05, 0.4, 1.0] {
        for sigma_ref in [0.7, 0.95, 1.1, 1.3] {
            check_against_quadrature(&settings(0.0, 1.0, mu_ref, sigma_ref));
        }
    }
    check_against_quadrature(&settings(-3.0, 0.2, -2.9, 0.25));
}

#[test]
fn moments_agree_with_quadrature_near_the_edge_of_infinite_variance() {
    // E[r^2 ...] has the precision 2 sigma^2 / tau^2 - 1, which is 0.005 here, and 0 at tau = sigma sqrt 2.
    check_against_quadrature(&settings(0.0, 1.0, 0.1, (2.0_f64 / 1.005).sqrt()));
}

/// Where r is near 1 the terms of c cancel: here c is computed from D by the first terms of its series.
#[test]
fn moments_of_close_distributions_keep_their_digits() {
    for mu_ref in [1e-9, 1e-6, 1e-3, 0.02, 0.04] {
        // At equal standard deviations D = -mu_ref z + mu_ref^2 / 2, and mu_ref z is at most 0.3 within the 7 standard
        // deviations that count.
        let s = settings(0.0, 1.0, mu_ref, 1.0);
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
            let Moments { mean, variance } = theory::moments(Estimator::named(name).unwrap(), Parameter::Mu, &s);
            let expected = exact(c, 1, 0.0);
            let what = format!("{name} at {mu_ref}: {mean} and {variance}");
            let relative = |actual: Moment, expected: f64| (actual.finite().unwrap() / expected - 1.0).abs();
            assert!(relative(variance, exact(c, 2, expected)) < 1e-9, "{what}, not {}", exact(c, 2, expected));
            // k3's own mean is mu_ref, that in the reward of the order mu_ref^3 only.
            let scale = variance.finite().unwrap().sqrt();
            assert!((mean.finite().unwrap() - expected).abs() < 1e-9 * scale, "{what}, not {expected}");
        }
    }
}

/// The smallest of E[s^2 (D - lambda)^2] over a grid of lambdas about the exact one is at the exact one.
#[test]
fn exact_lambdas_minimise_the_variance() {
    let s = settings(0.0, 1.0, 0.7, 1.3);
    let variance = |lambda: f64, parameter| {
        let coefficient = [Term { weight: 1.0, power_of_d: 1, power_of_r: 0 }, constant(-lambda)];
        gradient_moments(&coefficient, parameter, &s).variance.finite().unwrap()
    };
    let lambda = |name: &str, parameter| {
        let baseline = Estimator::named(name).unwrap().baseline.unwrap();
        theory::exact_lambda(&baseline, parameter, &s).finite().unwrap()
    };
    for parameter in Parameter::ALL {
        let best = lambda("k2_lambda", parameter);
        assert!(variance(best, parameter) < variance(best + 1e-3, parameter));
        assert!(variance(best, parameter) < variance(best - 1e-3, parameter));
        assert!(variance(best, parameter) < variance(lambda("k2_lambda_printed", parameter), parameter));
    }
    let best = lambda("k2_lambda_shared", Parameter::Mu);
    assert_eq!(best, lambda("k2_lambda_shared", Parameter::Sigma));
    let both = |lambda| Parameter::ALL.map(|parameter| variance(lambda, parameter)).iter().sum::<f64>();
    assert!(both(best) < both(best + 1e-3) && both(best) < both(best - 1e-3));
}

/// The mean of D over n samples as baseline: E of the gradient is (1 - 1/n) that of KL.
#[test]
fn the_bias_of_a_mean_baseline_is_exact() {
    let s = Settings { sample_size: 7, ..settings(0.0, 1.0, 0.7, 1.3) };
    for parameter in Parameter::ALL {
        let bias = own_draw_bias(Estimator::named("k2_mean_baseline").unwrap(), parameter, &s);
        assert!((bias + kl_gradient(Divergence::Forward, parameter, &s) / 7.0).abs() < 1e-15);
        assert_eq!(own_draw_bias(Estimator::named("k2_lambda_shared").unwrap(), parameter, &s), 0.0);
    }
}

fn constant(weight: f64) -> Term {
    Term { weight, power_of_d: 0, power_of_r: 0 }
}

#[test]
fn variances_with_the_ratio_squared_are_infinite_beyond_the_edge() {
    // The last is the edge itself, 2 sigma^2 = tau^2 in exact binary numbers.
    for (sigma_theta, sigma_ref) in [(1.0, 1.5), (1.0, 9.0), (1.0, 2.0)] {
        let s = settings(0.0, sigma_theta, 1.0, sigma_ref);
        for estimator in &ESTIMATORS {
            let moments = gradient_moments(estimator.coefficient, Parameter::Mu, &s);
            let has_ratio = estimator.coefficient.iter().any(|term| term.power_of_r > 0);
            assert_eq!(moments.variance == Moment::Infinite, has_ratio, "{}", estimator.name);
            assert!(matches!(moments.mean, Moment::Finite(_)), "{}", estimator.name);
        }
    }
}

#[test]
fn what_is_beyond_floats_is_neither_zero_nor_infinite() {
    let moments = gradient_moments(
        &[Term { weight: 1.0, power_of_d: 0, power_of_r: 1 }],
        Parameter::Mu,
        &settings(0.0, 1.0, 30.0, 1.0),
    );
    assert_eq!(moments.variance, Moment::Overflow);
    let estimator = Estimator::named("reverse_k2").unwrap();
    let row = theory::row(estimator, Parameter::Mu, &settings(0.0, 1.0, 30.0, 1.0));
    let csv = csv(std::slice::from_ref(&row)).unwrap();
    assert!(csv.ends_with(",NaN,NaN\n"), "{csv}");
    assert_eq!(serde_json::to_value(&row).unwrap()["stdev_one_sample"], serde_json::Value::Null);
}

#[test]
fn estimators_follow_what_the_article_derives() {
    let expected = |name: &str| match name {
        "k1" => Follows::Zero,
        "k2" | "k1_in_reward" => Follows::Forward,
        name if name.starts_with("k2_lambda") || name == "k2_mean_baseline" => Follows::Forward,
        "k3" | "reverse_k2" => Follows::Reverse,
        "k3_in_reward" => Follows::Difference,
        _ => Follows::Other,
    };
    // At equal means the gradient with respect to mu is 0 for most, which must not count.
    for s in [Settings::default(), settings(0.0, 1.0, 0.0, 1.1), settings(0.5, 2.0, 0.5, 2.0)] {
        for estimator in &ESTIMATORS {
            for parameter in Parameter::ALL {
                let found = follows(estimator.coefficient, parameter, &s);
                assert_eq!(found, expected(estimator.name), "{} {parameter}", estimator.name);
            }
        }
    }
}

#[test]
fn kl_gradients_are_slopes_of_kl() {
    let s = settings(0.3, 1.4, -0.8, 1.2);
    // The central difference is off by h^2 times a third derivative of the order of 1, and by 1e-16 / h.
    let h = 1e-5;
    for divergence in Divergence::ALL {
        for parameter in Parameter::ALL {
            let moved = |by: f64| match parameter {
                Parameter::Mu => settings(0.3 + by, 1.4, -0.8, 1.2),
                Parameter::Sigma => settings(0.3, 1.4 + by, -0.8, 1.2),
            };
            let slope = (kl(divergence, &moved(h)) - kl(divergence, &moved(-h))) / (2.0 * h);
            assert!((kl_gradient(divergence, parameter, &s) - slope).abs() < 1e-8);
        }
    }
}

/// Means of 400 trials lie within 5.5 standard errors of the exact expectation: a false alarm in 4e-8 each, in one of a
/// million runs of the 30. And the standard deviation within 5.5 of its own standard errors, about a 28th where a
/// trial's gradient is nearly normal, and three times that where it is not.
#[test]
fn autograds_gradients_have_the_exact_moments() {
    let estimators = ESTIMATORS.iter().map(|estimator| estimator.name.to_owned()).collect();
    let s = Settings { sample_size: 2000, num_trials: 400, estimators, ..settings(0.0, 1.0, 0.3, 0.9) };
    let mut gradients = gradients_of(Engine::Autograd, &Experiment::new(s.clone()).unwrap());
    assert_eq!(gradients.names().len(), 30);
    for series in gradients.all_series().map(Result::unwrap) {
        let estimator = Estimator::named(&series.estimator).unwrap();
        let Moments { mean: Moment::Finite(mean), variance: Moment::Finite(variance) } =
            theory::moments(estimator, series.parameter, &s)
        else {
            panic!("{} has moments", series.estimator)
        };
        let mean = mean + own_draw_bias(estimator, series.parameter, &s);
        let values = || series.gradients.iter().map(|&gradient| f64::from(gradient));
        let measured = values().sum::<f64>() / 400.0;
        let spread = (values().map(|value| (value - measured).powi(2)).sum::<f64>() / 400.0).sqrt();
        let stdev = (variance / 2000.0).sqrt();
        let z = (measured - mean) / (stdev / 20.0);
        let what = format!("{} {}", series.estimator, series.parameter);
        assert!(z.abs() < 5.5, "{what}: {measured}, not {mean}: {z} standard errors");
        assert!((spread / stdev - 1.0).abs() < 5.5 * 3.0 / 28.0, "{what}: {spread}, not {stdev}");
        // The gradients fail a test of no bias where, and only where, the article derives another gradient than that of
        // the estimator's own divergence.
        let unbiased = kl_gradient(estimator.divergence, series.parameter, &s);
        let follows_its_own = match estimator.divergence {
            Divergence::Forward => Follows::Forward,
            Divergence::Reverse => Follows::Reverse,
        };
        let follows = follows(estimator.coefficient, series.parameter, &s);
        let is_biased = (measured - unbiased).abs() > 5.5 * stdev / 20.0;
        assert_eq!(is_biased, follows != follows_its_own, "{what}: {measured}, which follows {follows:?}");
    }
}

/// And as a table, see the report.
#[test]
fn the_command_prints_rows_as_csv_and_json() {
    let csv = stdout(&succeed(&mut klgrad("theory --format csv --sigma-ref 2 --sample-size 400")));
    let mut lines = csv.lines();
    assert_eq!(
        lines.next(),
        Some("estimator,parameter,expected_gradient,follows,relative_bias,stdev_one_sample,stdev_of_mean")
    );
    assert_eq!(lines.next(), Some("k1,mu,0.0,zero,1.0,1.0,0.05"));
    assert!(csv.contains("\nk3,mu,-1.0,reverse,3.0,inf,inf\n"), "{csv}");
    assert_eq!(csv.lines().count(), 31);

    let json: serde_json::Value =
        serde_json::from_str(&stdout(&succeed(&mut klgrad("theory --format json --mu-ref 0")))).unwrap();
    assert_eq!(json.as_array().map(Vec::len), Some(30));
    assert_eq!(json[0]["relative_bias"], serde_json::Value::Null, "the true gradient is 0");
    assert_eq!(json[4]["follows"], "reverse");
    assert_eq!(json[4]["lambda"], serde_json::Value::Null, "k3 has none");
    assert!(json[28]["lambda"].is_number(), "{}", json[28]);
}
