//! How far means and variances can lie from their expectations.

use crate::random::Random;
use klgrad::estimator::Parameter;
use klgrad::estimator::expr::Expr;
use klgrad::policy::{Normal, Problem};
use klgrad::theory::limits::{Law, Limits};
use klgrad::theory::quadrature::moments;

fn normal(mu: f64, sigma: f64) -> Normal {
    Normal::new(mu, sigma).expect("a mean that is finite and a standard deviation that is positive")
}

fn against(mu: f64, sigma: f64) -> Problem {
    Problem::on_policy(normal(0.0, 1.0), normal(mu, sigma))
}

fn expression(text: &str) -> Expr {
    let d = Expr::log_ratio;
    let named = [("k1", d()), ("k2", d().pow(2.0) / 2.0), ("k3", (-d()).expm1() + d())];
    Expr::parse(text, &named).unwrap_or_else(|error| panic!("{error}"))
}

fn law(problem: &Problem, text: &str, parameter: Parameter) -> Law {
    let laws = Law::of(problem, &expression(text));
    laws.into_iter().nth(parameter as usize).flatten().unwrap_or_else(|| panic!("{text} has no variance"))
}

const P: f64 = 1e-6;

fn near(actual: f64, expected: f64, tolerance: f64) {
    assert!((actual / expected - 1.0).abs() < tolerance, "{actual}, not {expected}");
}

// The score with respect to the mean is normal.

#[test]
fn the_limits_of_a_normal_mean_are_chernoffs() {
    let expected = (2.0 * (4.0 / P).ln()).sqrt();
    for count in [100.0, 1e9] {
        let Limits { below, above } = law(&against(1.0, 1.1), "k1", Parameter::Mu).mean_limits(count, P);
        near(below, expected, 1e-4);
        near(above, expected, 1e-4);
    }
    assert!(expected < 1.13 * 4.89, "4.89 has the same probability on either side of a normal distribution");
}

#[test]
fn the_limits_of_a_normal_gradients_variance_are_those_of_chi_squared() {
    for trials in [10.0, 1000.0, 1e6] {
        for sample_size in [1.0, 16.0, 1e5] {
            let law = law(&against(1.0, 1.1), "k1", Parameter::Mu);
            let Limits { below, above } =
                law.variance_limits(sample_size, trials, P).expect("there is a fourth moment");
            // Chernoff's limits solve T (q - 1 - log q) / 2 = log(4 / P).
            for limit in [below, above] {
                near(trials * (limit - 1.0 - limit.ln()) / 2.0, (4.0 / P).ln(), 0.02);
            }
            assert!(below < 1.0 && 1.0 < above);
        }
    }
}

#[test]
fn the_limit_of_a_skewed_mean_is_chernoffs() {
    // (z^2 - 1) / sqrt 2, a gamma distribution: log E[exp(t y)] = -t / sqrt 2 - log(1 - sqrt 2 t) / 2, whose bound
    // (exponent + ..) / t is scanned finely here.
    let count = 100.0;
    let bound = |t: f64| ((4.0 / P).ln() / count - t / 2f64.sqrt() - (1.0 - 2f64.sqrt() * t).ln() / 2.0) / t;
    let least = (1..7071).map(|k| bound(f64::from(k) * 1e-4)).fold(f64::INFINITY, f64::min);
    let Limits { below, above } = law(&against(1.0, 1.1), "k1", Parameter::Sigma).mean_limits(count, P);
    assert!(below < above, "the light side");
    near(above, least * count.sqrt(), 1e-2);
}

#[test]
fn many_samples_a_trial_make_a_variance_like_a_normal_ones() {
    let of = |text: &str, sample_size| {
        law(&against(0.3, 0.95), text, Parameter::Sigma)
            .variance_limits(sample_size, 1000.0, P)
            .expect("a fourth moment")
    };
    for text in ["k1", "k2", "reward(k3)", "clamp(k3, -1, 1)"] {
        let (many, few) = (of(text, 50_000.0), of(text, 4.0));
        assert!(0.76 < many.below && many.above < 1.29, "{text}: {many:?}");
        assert!(few.above > 1.5 && few.above < 200.0, "{text}: {few:?}");
    }
}

#[test]
fn a_narrow_reference_has_its_limits() {
    // All of r lies in a hundredth of the support.
    for text in ["exp(-D)", "k3"] {
        for parameter in Parameter::ALL {
            let law = law(&against(0.5, 0.01), text, parameter);
            let Limits { below, above } = law.mean_limits(1e6, P);
            assert!([below, above].iter().all(|limit| (5.0..6.0).contains(limit)), "{text}: {below} and {above}");
            let limits = law.variance_limits(5000.0, 200.0, P).expect("there is a fourth moment");
            assert!(0.5 < limits.below && limits.above < 1.8, "{text}: {limits:?}");
        }
    }
}

#[test]
fn heavy_tails_have_farther_limits_until_there_is_no_variance() {
    // -r s is small where x is large: its tail is below.
    let at = |tau| law(&against(1.0, tau), "exp(-D)", Parameter::Mu).mean_limits(1e6, P);
    let below = [0.9, 1.05, 1.2, 1.3].map(|tau| at(tau).below);
    assert!(below.is_sorted() && below[0] < 6.0 && below[3] > 100.0, "{below:?}");
    assert!(at(1.3).above < 6.0, "the light side: {:?}", at(1.3));
    let few = law(&against(1.0, 1.3), "exp(-D)", Parameter::Mu).mean_limits(2.0, P);
    assert!(few.below <= (4.0 / P - 1.0).sqrt(), "{few:?} is beyond Cantelli's");
    // r^2 has a mean up to sqrt 2, r^4 up to sqrt(4 / 3).
    let law = |tau| Law::of(&against(1.0, tau), &expression("exp(-D)"));
    assert!(law(1.42).iter().all(Option::is_none));
    let without = law(1.16).map(|law| law.expect("there is a variance").variance_limits(10.0, 10.0, P));
    assert_eq!(without, [None, None]);
}

#[test]
fn a_gradient_that_is_always_0_lies_there() {
    let law = law(&against(0.0, 1.0), "k2", Parameter::Mu);
    assert_eq!(law.mean_limits(10.0, P), Limits { below: 0.0, above: 0.0 });
}

#[test]
fn limits_are_numbers_in_their_order_wherever_there_are_any() {
    for (mu, sigma) in [(0.0, 0.01), (30.0, 1.0), (20.0, 0.9), (1e-7, 1.0), (0.1, 1.15), (-3.0, 20.0)] {
        for text in ["k2", "exp(-D)", "reward(k3)", "clamp(exp(D), 0, 10)"] {
            for law in Law::of(&against(mu, sigma), &expression(text)).into_iter().flatten() {
                for (sample_size, trials) in [(1.0, 1.0), (1e6, 1e4)] {
                    let Limits { below, above } = law.mean_limits(sample_size * trials, P);
                    assert!(below >= 0.0 && above >= 0.0 && below.max(above) < 1e4, "{text}: {below}, {above}");
                    if let Some(Limits { below, above }) = law.variance_limits(sample_size, trials, P) {
                        assert!(0.0 <= below && below < above && above.is_finite(), "{text}: {below}, {above}");
                    }
                }
            }
        }
    }
}

/// How often, in a number of runs, a run's mean and Q lie outside of their limits.
fn misses(problem: &Problem, text: &str, sample_size: usize, trials: usize, random: &mut Random) -> [[u32; 2]; 2] {
    let loss = expression(text);
    let exact = moments(problem, std::slice::from_ref(&loss))[0];
    let limits = Law::of(problem, &loss).map(|law| {
        let law = law.expect("there is a variance");
        let (count, size) = ((sample_size * trials) as f64, sample_size as f64);
        (law.mean_limits(count, 0.05), law.variance_limits(size, trials as f64, 0.05).expect("a fourth moment"))
    });
    let mut misses = [[0; 2]; 2];
    for _ in 0..RUNS {
        let gradients = random.gradients(problem, &loss, sample_size, trials);
        for parameter in 0..2 {
            let (mean, variance) =
                (exact[parameter].mean.finite().unwrap(), exact[parameter].variance.finite().unwrap());
            let distances: Vec<f64> = gradients.iter().map(|gradient| gradient[parameter] - mean).collect();
            let (mean_limits, variance_limits) = limits[parameter];
            let off = distances.iter().sum::<f64>() / trials as f64 / (variance / (sample_size * trials) as f64).sqrt();
            let squares: f64 = distances.iter().map(|distance| distance * distance).sum();
            let q = squares / trials as f64 * sample_size as f64 / variance;
            misses[0][parameter] += u32::from(!(-mean_limits.below..=mean_limits.above).contains(&off));
            misses[1][parameter] += u32::from(!(variance_limits.below..=variance_limits.above).contains(&q));
        }
    }
    misses
}

const RUNS: u32 = 400;

/// The miss rate is at most 0.05; 20 are expected of it at most, and 45 or more would be by chance in one of a million tests.
#[test]
fn the_limits_cover() {
    let mut random = Random::new(1);
    let off_policy = Problem { behaviour: normal(0.3, 1.1), ..against(0.5, 0.9) };
    for (problem, text) in [
        (against(0.5, 0.9), "k1"),
        (against(0.5, 0.9), "k2"),
        (against(0.5, 0.9), "exp(-D)"),
        (against(0.5, 1.1), "reward(k3)"),
        (against(0.2, 0.3), "k3"),
        (against(0.5, 0.9), "clamp(k3, -0.1, 0.1)"),
        (off_policy, "rho * k2"),
    ] {
        for (sample_size, trials) in [(1, 30), (2, 3), (7, 10), (50, 4)] {
            let misses = misses(&problem, text, sample_size, trials, &mut random);
            assert!(misses.iter().flatten().all(|&count| count < 45), "{text}, {trials} of {sample_size}: {misses:?}");
        }
    }
}
