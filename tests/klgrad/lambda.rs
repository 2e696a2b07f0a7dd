//! What a baseline does to a trial's gradient.

use crate::random::{Random, logs, scores};
use klgrad::estimator::expr::Expr;
use klgrad::estimator::{Draw, Parameter, Weight, WeightedMean};
use klgrad::policy::{Normal, Problem};
use klgrad::theory::{Moment, Moments, lambda, quadrature};

fn normal(mu: f64, sigma: f64) -> Normal {
    Normal::new(mu, sigma).expect("a mean that is finite and a standard deviation that is positive")
}

fn off_policy() -> Problem {
    Problem { policy: normal(0.2, 0.8), reference: normal(0.7, 0.9), behaviour: normal(0.4, 0.85) }
}

fn problems() -> [Problem; 2] {
    [Problem::on_policy(normal(-0.3, 2.0), normal(1.0, 2.2)), off_policy()]
}

/// All weights and powers.
fn baselines() -> impl Iterator<Item = WeightedMean> {
    let of = |weight| [1, 2].map(|power_of_d| WeightedMean { weight, power_of_d, draw: Draw::Own });
    [Weight::Component, Weight::Norm, Weight::One].into_iter().flat_map(of)
}

const COMPONENT: WeightedMean = WeightedMean { weight: Weight::Component, power_of_d: 1, draw: Draw::Own };

fn value(moment: Moment) -> f64 {
    moment.finite().unwrap_or_else(|| panic!("{moment:?} is not finite"))
}

fn values(moments: Moments) -> [f64; 2] {
    [value(moments.mean), value(moments.variance)]
}

/// Mean and variance, to a part of the standard deviation.
fn assert_near(actual: [f64; 2], expected: [f64; 2], tolerance: f64, context: &str) {
    let off = (actual[0] - expected[0]).abs() / expected[1].sqrt();
    assert!(off <= tolerance, "{context}: mean {}, not {}", actual[0], expected[0]);
    assert!((actual[1] / expected[1] - 1.0).abs() <= 2.0 * tolerance, "{context}: {}, not {}", actual[1], expected[1]);
}

/// Of the gradient with a constant lambda, the mean of D - lambda times s.
fn fixed(problem: &Problem, lambda: f64, parameter: Parameter) -> Moments {
    let loss = Expr::log_ratio().pow(2.0) / 2.0 - lambda * Expr::log_prob();
    quadrature::moments(problem, &[loss])[0][parameter as usize]
}

#[test]
fn the_exact_lambda_is_a_ratio_of_moments() {
    // With equal widths D = g^2 / 2 - g z.
    let problem = Problem::on_policy(normal(0.0, 2.0), normal(1.4, 2.0));
    let squared = 0.7f64.powi(2);
    for baseline in baselines() {
        for parameter in Parameter::ALL {
            let found = value(lambda::exact(&problem, &baseline, parameter));
            // E[w z^2] / E[w], w being z^2, (z^2 - 1)^2, their sum, or 1.
            let second = match (baseline.weight, parameter) {
                (Weight::Component, Parameter::Mu) => 3.0,
                (Weight::Component, Parameter::Sigma) => 10.0 / 2.0,
                (Weight::Norm, _) => 13.0 / 3.0,
                (Weight::One, _) => 1.0,
            };
            let expected = match baseline.power_of_d {
                1 => squared / 2.0,
                _ => squared * squared / 4.0 + squared * second,
            };
            assert!((found / expected - 1.0).abs() < 1e-12, "{baseline:?} {parameter}: {found}, not {expected}");
        }
    }
}

#[test]
fn the_bias_of_the_components_own_lambda_is_known() {
    let problem = Problem::on_policy(normal(0.0, 1.0), normal(1.0, 1.1));
    let relative = |parameter, n: usize| {
        let truth = value(fixed(&problem, 0.0, parameter).mean);
        value(lambda::own_draw(&problem, &COMPONENT, parameter, n).mean) / truth - 1.0
    };
    for n in [1, 2, 3, 7, 16, 1000, 10_000_000] {
        let found = relative(Parameter::Mu, n) * (n as f64 + 2.0);
        assert!((found + 3.0).abs() < 1e-9 * (n as f64).sqrt().max(10.0), "{n}: {found}");
    }
    assert!((relative(Parameter::Sigma, 100_000) * 1e5 + 7.0).abs() < 1e-2);
    assert!((relative(Parameter::Sigma, 16) * 16.0 + 4.778).abs() < 1e-3, "less than 7 / n");
}

#[test]
fn the_mean_of_d_leaves_a_sample_covariance() {
    let mean_of_d = WeightedMean { weight: Weight::One, ..COMPONENT };
    for (problem, parameter) in problems().into_iter().flat_map(|problem| Parameter::ALL.map(|p| (problem, p))) {
        for n in [2, 3, 16, 5000] {
            let [mean, variance] = values(lambda::leave_one_out(&problem, parameter, n).expect("it has others"));
            let part = 1.0 - 1.0 / n as f64;
            let own = values(lambda::own_draw(&problem, &mean_of_d, parameter, n));
            assert_near(own, [part * mean, part * part * variance], 1e-9, &format!("{n}"));
        }
        assert_eq!(lambda::leave_one_out(&problem, parameter, 1), None);
    }
}

#[test]
fn leave_one_out_is_unbiased() {
    let [problem, _] = problems();
    for (parameter, n) in [(Parameter::Mu, 2), (Parameter::Sigma, 5)] {
        let found = value(lambda::leave_one_out(&problem, parameter, n).expect("it has others").mean);
        assert!((found / value(fixed(&problem, 0.0, parameter).mean) - 1.0).abs() < 1e-12);
    }
}

#[test]
fn a_single_sample_has_its_own_power_subtracted() {
    // c = D - D^2, the slope of D^2 / 2 - D^3 / 3.
    let d = Expr::log_ratio;
    let loss = d().pow(2.0) / 2.0 - d().pow(3.0) / 3.0;
    for (problem, baseline) in problems().into_iter().flat_map(|problem| baselines().map(move |b| (problem, b))) {
        let expected = quadrature::moments(&problem, std::slice::from_ref(&loss))[0];
        for parameter in Parameter::ALL {
            let found = values(lambda::own_draw(&problem, &baseline, parameter, 1));
            match baseline.power_of_d {
                1 => assert_eq!(found, [0.0; 2]),
                _ => assert_near(found, values(expected[parameter as usize]), 1e-7, &format!("{baseline:?}")),
            }
        }
    }
}

/// Every term of the integrals is 0, from the first on.
#[test]
fn equal_distributions_have_no_gradient_to_estimate() {
    let equal = Problem::on_policy(normal(0.0, 1.0), normal(0.0, 1.0));
    for (baseline, parameter) in baselines().flat_map(|baseline| Parameter::ALL.map(|p| (baseline, p))) {
        assert_eq!(values(lambda::own_draw(&equal, &baseline, parameter, 16)), [0.0; 2]);
        assert_eq!(values(lambda::other_draw(&equal, &baseline, parameter, 16)), [0.0; 2]);
    }
}

#[test]
fn many_samples_make_lambda_a_constant() {
    let n = 1_000_000;
    for (problem, baseline) in problems().into_iter().flat_map(|problem| baselines().map(move |b| (problem, b))) {
        for parameter in Parameter::ALL {
            let lambda = value(lambda::exact(&problem, &baseline, parameter));
            let [mean, variance] = values(fixed(&problem, lambda, parameter));
            let own = values(lambda::own_draw(&problem, &baseline, parameter, n));
            let other = values(lambda::other_draw(&problem, &baseline, parameter, n));
            let context = format!("{baseline:?}, {parameter}");
            for [of_mean, of_variance] in [own, other] {
                assert!((of_mean - mean).abs() < 1e-3 * variance.sqrt(), "{context}: {of_mean}, not {mean}");
                // Off-policy s has a mean, which the noise of lambda is multiplied by.
                let on_policy = problem.behaviour == problem.policy;
                assert!(!on_policy || (of_variance * n as f64 / variance - 1.0).abs() < 1e-3, "{context}");
            }
        }
    }
}

/// The trial's gradient, of the samples' D, scores and weights; lambda from those of a draw.
fn gradient(baseline: &WeightedMean, parameter: Parameter, trial: &[Sample], draw: &[Sample]) -> f64 {
    let weight = |sample: &Sample| match baseline.weight {
        Weight::Component => sample.scores[parameter as usize].powi(2),
        Weight::Norm => sample.scores[0].powi(2) + sample.scores[1].powi(2),
        Weight::One => 1.0,
    };
    let power = |sample: &Sample| sample.log_ratio.powi(baseline.power_of_d as i32);
    let lambda =
        draw.iter().map(|sample| weight(sample) * power(sample)).sum::<f64>() / draw.iter().map(weight).sum::<f64>();
    mean(trial.iter().map(|sample| (sample.log_ratio - lambda) * sample.scores[parameter as usize]))
}

fn without_the_others(parameter: Parameter, trial: &[Sample]) -> f64 {
    let total: f64 = trial.iter().map(|sample| sample.log_ratio).sum();
    let others = (trial.len() - 1) as f64;
    let of = |sample: &Sample| sample.log_ratio - (total - sample.log_ratio) / others;
    mean(trial.iter().map(|sample| of(sample) * sample.scores[parameter as usize]))
}

#[test]
fn a_trial_is_a_mean_of_independent_samples_and_a_remainder() {
    // With equal widths D - lambda = -g z, and R / n = -g mean(z)^2 / sigma, whose variance is 2 g^2 / n^2 / sigma^2.
    let problem = Problem::on_policy(normal(0.0, 2.0), normal(1.4, 2.0));
    let mean_of_d = WeightedMean { weight: Weight::One, ..COMPONENT };
    for n in [1, 5, 300] {
        let found = value(lambda::own_draw_remainder(&problem, &mean_of_d, Parameter::Mu, n)).sqrt();
        assert!((found / (2f64.sqrt() * 0.7 / n as f64 / 2.0) - 1.0).abs() < 1e-9, "{n}: {found}");
    }
}

#[test]
fn no_trial_of_near_samples_is_beyond_its_bound() {
    const REACH: f64 = 3.0;
    for (problem, baseline) in problems().into_iter().flat_map(|problem| baselines().map(move |b| (problem, b))) {
        let (policy, behaviour) = (problem.policy, problem.behaviour);
        let z = |part: i32| {
            (behaviour.mu() + REACH * behaviour.sigma() * f64::from(part) / 40.0 - policy.mu()) / policy.sigma()
        };
        let samples = samples(&problem, &(-40..=40).map(z).collect::<Vec<f64>>());
        for parameter in Parameter::ALL {
            let bound = lambda::own_draw_bound(&problem, &baseline, parameter, REACH);
            let pairs = samples.iter().flat_map(|a| samples.iter().map(|b| [*a, *b]));
            let gradients = pairs.map(|pair| gradient(&baseline, parameter, &pair, &pair).abs());
            let largest = gradients.filter(|gradient| gradient.is_finite()).fold(0.0, f64::max);
            assert!(largest <= bound && bound < 20.0 * largest, "{baseline:?}, {parameter}: {largest} and {bound}");
        }
    }
}

#[derive(Clone, Copy)]
struct Sample {
    log_ratio: f64,
    scores: [f64; 2],
}

fn samples(problem: &Problem, z: &[f64]) -> Vec<Sample> {
    let [_, log_ratio, _] = logs(problem, z);
    let of = |(&z, log_ratio)| Sample { log_ratio, scores: scores(problem, z) };
    z.iter().zip(log_ratio).map(of).collect()
}

fn mean(numbers: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = numbers.len() as f64;
    numbers.sum::<f64>() / count
}

#[test]
fn two_samples_are_a_double_integral() {
    const STEP: f64 = 0.03;
    let problem = off_policy();
    // The midpoints of cells, so that no two samples have the weight 0.
    let standard: Vec<f64> = (-240..240).map(|cell| (f64::from(cell) + 0.5) * STEP).collect();
    let z: Vec<f64> = standard.iter().map(|y| (0.4 + 0.85 * y - 0.2) / 0.8).collect();
    let samples = samples(&problem, &z);
    let density: Vec<f64> =
        standard.iter().map(|y| STEP * (-y * y / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()).collect();
    for (baseline, parameter) in baselines().flat_map(|baseline| Parameter::ALL.map(|p| (baseline, p))) {
        let mut moments = [0.0; 3];
        for (first, of_first) in samples.iter().zip(&density) {
            for (second, of_second) in samples.iter().zip(&density) {
                let pair = [*first, *second];
                let gradient = gradient(&baseline, parameter, &pair, &pair);
                let probability = of_first * of_second;
                moments[0] += probability;
                moments[1] += probability * gradient;
                moments[2] += probability * gradient * gradient;
            }
        }
        let expected = [moments[1], moments[2] - moments[1] * moments[1]];
        let found = values(lambda::own_draw(&problem, &baseline, parameter, 2));
        assert_near(found, expected, 3e-4, &format!("{baseline:?}, {parameter}"));
    }
}

/// Each is off by more than five standard errors in one of a million runs; there are 104 of them.
#[test]
fn trials_have_these_moments() {
    const TRIALS: usize = 10_000;
    let mut random = Random::new(3);
    for (problem, n) in [(problems()[0], 3), (problems()[1], 16)] {
        let z = random.samples(&problem, n * (TRIALS + 1));
        let samples = samples(&problem, &z);
        let trials: Vec<&[Sample]> = samples.chunks(n).collect();
        for parameter in Parameter::ALL {
            let check = |gradients: Vec<f64>, expected: Moments, context: &str| {
                let [expected, variance] = values(expected);
                let off = mean(gradients.iter().copied()) - expected;
                let error = (variance / TRIALS as f64).sqrt();
                assert!(off.abs() < 5.0 * error, "{context}: the mean of {n} is {} standard errors off", off / error);
                let squares: Vec<f64> = gradients.iter().map(|gradient| (gradient - expected).powi(2)).collect();
                let spread = mean(squares.iter().map(|square| (square - variance).powi(2))).sqrt();
                let off = (mean(squares.iter().copied()) - variance) / (spread / (TRIALS as f64).sqrt());
                assert!(off.abs() < 5.0, "{context}: the variance of {n} is {off} standard errors off");
            };
            for baseline in baselines() {
                let own = trials[1..].iter().map(|trial| gradient(&baseline, parameter, trial, trial)).collect();
                let context = format!("{baseline:?}, {parameter}");
                check(own, lambda::own_draw(&problem, &baseline, parameter, n), &context);
                let other = trials.windows(2).map(|pair| gradient(&baseline, parameter, pair[1], pair[0])).collect();
                check(other, lambda::other_draw(&problem, &baseline, parameter, n), &format!("{context}, previous"));
            }
            let without = trials[1..].iter().map(|trial| without_the_others(parameter, trial)).collect();
            check(without, lambda::leave_one_out(&problem, parameter, n).expect("it has others"), "leave one out");
        }
    }
}
