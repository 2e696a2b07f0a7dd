//! The closed form for sums of D^a r^b, and finite differences of the divergences.

use super::oracle::oracle;
use super::{against, assert_near, of, value};
use crate::closed_form::COEFFICIENTS;
use crate::expr::for_all;
use crate::{named, problem};
use klgrad::estimator::expr::Expr;
use klgrad::estimator::{Divergence, Parameter};
use klgrad::policy::Problem;
use klgrad::theory::quadrature::moments;
use klgrad::theory::{Moment, kl};

/// Where one of the two is beyond floats, the other may just not be.
fn is_beyond_floats(moment: Moment) -> bool {
    moment == Moment::Overflow || moment.finite().is_some_and(|value| value.abs() > 1e300)
}

fn agrees(problem: &Problem, tolerance: f64) {
    let estimators = named(&COEFFICIENTS.map(|(name, _)| name));
    let expressions: Vec<Expr> = estimators.iter().map(|estimator| estimator.expression().clone()).collect();
    for ((name, coefficient), found) in COEFFICIENTS.into_iter().zip(moments(problem, &expressions)) {
        let closed = Parameter::ALL.map(|parameter| oracle(coefficient, parameter, problem));
        let larger = closed.iter().filter_map(|moments| moments.mean.finite()).fold(0.0, |a: f64, b| a.max(b.abs()));
        for ((parameter, mut found), closed) in Parameter::ALL.into_iter().zip(found).zip(closed) {
            let context = format!("{} {parameter} {problem:?}", name);
            if closed.variance == Moment::Infinite && closed.mean != Moment::Infinite {
                // Without a standard deviation to measure by.
                let (mean, expected) = (value(found.mean), value(closed.mean));
                assert!((mean - expected).abs() < tolerance * larger, "{context}: mean {mean:e}, not {expected:e}");
                assert_eq!(found.variance, Moment::Infinite, "{context}");
                continue;
            }
            if is_beyond_floats(closed.variance) {
                assert_ne!(found.variance, Moment::Infinite, "{context}");
                found.variance = closed.variance;
            }
            assert_near(found, closed, tolerance, &context);
        }
    }
}

#[test]
fn is_the_closed_form_on_a_grid() {
    for sigma_ref in [0.01, 0.1, 0.5, 0.99, 1.0, 1.1, 1.3, 1.5, 3.0, 10.0, 100.0] {
        for gap in [0.0, 1e-6, 1e-3, 0.1, 1.0, -3.0, 10.0, 30.0] {
            if (sigma_ref, gap) != (1.0, 0.0) {
                agrees(&problem(0.0, 1.0, gap, sigma_ref), 1e-10);
            }
        }
    }
}

#[test]
fn is_the_closed_form_at_random_problem() {
    let log = |low: f64, high: f64| low.ln()..high.ln();
    let problem_of = |(mu, log_sigma, gap, log_ratio): (f64, f64, f64, f64)| {
        let sigma = log_sigma.exp();
        problem(mu * sigma, sigma, (mu + gap) * sigma, sigma * log_ratio.exp())
    };
    for_all(60, &(-3.0..3.0, log(0.01, 100.0), -30.0..30.0, log(0.01, 100.0)), |numbers| {
        agrees(&problem_of(numbers), 1e-10);
        Ok(())
    });
}

#[test]
fn is_exact_in_relative_terms_near_equality() {
    for gap in [1e-7, 1e-5] {
        // To the leading order in the gap D is -gap z, and k3 in the reward D^2 / 2.
        let [mu, sigma] = of(&against(gap, 1.0), "reward(k3)");
        assert!((value(sigma.mean) / gap.powi(2) - 1.0).abs() < 1e-7, "{sigma:?}");
        // E[(z^3 / 2)^2] = 15 / 4, E[(z^2 (z^2 - 1) / 2)^2] = (105 - 30 + 3) / 4 and E[..] = 1.
        assert!((value(mu.variance) / gap.powi(4) / 3.75 - 1.0).abs() < 1e-7, "{mu:?}");
        assert!((value(sigma.variance) / gap.powi(4) / (19.5 - 1.0) - 1.0).abs() < 1e-7, "{sigma:?}");
    }
}

#[test]
fn means_are_the_slopes_of_the_divergence() {
    let at = [0.3, 1.2, -0.4, 0.9];
    for (index, text) in [(0, "k2"), (1, "k2"), (0, "reward(k1)"), (1, "reward(k1)")] {
        let kl_at = |step: f64| {
            let [mu, sigma, m, tau] = std::array::from_fn(|i| at[i] + if i == index { step } else { 0.0 });
            kl(Divergence::Forward, &problem(mu, sigma, m, tau))
        };
        let step = 1e-5;
        let slope = (kl_at(step) - kl_at(-step)) / (2.0 * step);
        let [mu, sigma, m, tau] = at;
        let mean = value(of(&problem(mu, sigma, m, tau), text)[index].mean);
        assert!((mean - slope).abs() < 1e-9, "{text}: {mean}, not {slope}");
    }
}
