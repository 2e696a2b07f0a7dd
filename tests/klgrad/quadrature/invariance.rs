//! What must not change the moments, or only by a factor.

use super::{against, assert_near, normal, of, value};
use crate::expr::for_all;
use klgrad::estimator::expr::Expr;
use klgrad::policy::{Normal, Problem};
use klgrad::theory::quadrature::moments;
use klgrad::theory::{Moment, Moments};
use proptest::prelude::*;

const TEXTS: [&str; 6] =
    ["k3", "reward(k3)", "clamp(k3, -1, 1)", "sg(min(rho, 2)) * k2", "abs(D)", "reward(where(r < 2, r, D))"];

fn off_policy() -> Problem {
    Problem { policy: normal(0.2, 0.8), reference: normal(-0.5, 0.9), behaviour: normal(0.4, 0.85) }
}

/// Every distribution through the same map x -> factor x.
fn mapped(problem: &Problem, factor: f64) -> Problem {
    let of = |p: Normal| normal(p.mu() * factor, p.sigma() * factor.abs());
    Problem { policy: of(problem.policy), reference: of(problem.reference), behaviour: of(problem.behaviour) }
}

/// Policies of about the same width, one of which may draw for the other.
fn problems() -> impl Strategy<Value = Problem> {
    let policy = || (-1.0..1.0, 0.7..1.3).prop_map(|(mu, sigma): (f64, f64)| normal(mu, sigma));
    (policy(), policy(), prop::option::of(policy())).prop_map(|(policy, reference, old)| Problem {
        policy,
        reference,
        behaviour: old.unwrap_or(policy),
    })
}

/// Equal to what rounding moves by, where there is a variance to measure by; and a moment that does not exist stays so.
fn assert_alike(actual: Moments, expected: Moments, text: &str) {
    match expected.variance {
        Moment::Finite(_) => assert_near(actual, expected, 1e-11, text),
        _ => assert_eq!(
            (actual.variance, actual.mean.finite().is_some()),
            (expected.variance, expected.mean.finite().is_some())
        ),
    }
}

#[test]
fn another_unit_is_a_factor() {
    for_all(40, &(prop::sample::select(&TEXTS[..]), problems(), -25.0..25.0), |(text, problem, log)| {
        let factor = f64::exp(log);
        let there = of(&mapped(&problem, factor), text);
        for (here, there) in of(&problem, text).into_iter().zip(there) {
            let scaled = Moments {
                mean: there.mean.map(|mean| mean * factor),
                variance: there.variance.map(|variance| variance * factor * factor),
            };
            assert_alike(scaled, here, text);
        }
        Ok(())
    });
}

#[test]
fn a_mirror_turns_the_gradient_of_the_mean() {
    for_all(40, &(prop::sample::select(&TEXTS[..]), problems()), |(text, problem)| {
        let (here, there) = (of(&problem, text), of(&mapped(&problem, -1.0), text));
        assert_alike(Moments { mean: there[0].mean.map(|mean| -mean), ..there[0] }, here[0], text);
        assert_alike(there[1], here[1], text);
        Ok(())
    });
}

#[test]
fn means_are_linear_in_the_coefficient() {
    let texts = prop::sample::select(&TEXTS[..]);
    for_all(40, &(texts.clone(), texts, problems(), -3.0..3.0f64), |(one, other, problem, factor)| {
        let sum = of(&problem, &format!("{one} + {factor} * ({other})"));
        let (one, other) = (of(&problem, one), of(&problem, other));
        for parameter in 0..2 {
            let [Moment::Finite(sum), Moment::Finite(a), Moment::Finite(b)] =
                [sum[parameter].mean, one[parameter].mean, other[parameter].mean]
            else {
                continue;
            };
            // Of terms as large as the standard deviations, where there are some.
            let size = [one[parameter], other[parameter]]
                .map(|m| m.variance.finite().map_or(m.mean.finite().unwrap().abs(), f64::sqrt));
            let tolerance = 1e-10 * (1.0 + size[0] + factor.abs() * size[1]);
            assert!((sum - (a + factor * b)).abs() <= tolerance, "{sum}, not {a} + {factor} {b}");
        }
        Ok(())
    });
}

#[test]
fn a_constant_in_the_coefficient_leaves_the_mean() {
    let problem = against(0.7, 1.2);
    for text in TEXTS {
        let (plain, shifted) = (of(&problem, text), of(&problem, &format!("{text} + 3 * logp")));
        for parameter in 0..2 {
            let stdev = value(shifted[parameter].variance).sqrt();
            assert!((value(shifted[parameter].mean) - value(plain[parameter].mean)).abs() < 1e-13 * stdev, "{text}");
        }
    }
}

#[test]
fn a_constant_has_the_variance_of_the_score() {
    let problem = Problem::on_policy(normal(3.0, 0.5), normal(1.0, 2.0));
    let [mu, sigma] = of(&problem, "k1");
    assert_near(mu, Moments { mean: Moment::Finite(0.0), variance: Moment::Finite(4.0) }, 1e-14, "mu");
    assert_near(sigma, Moments { mean: Moment::Finite(0.0), variance: Moment::Finite(8.0) }, 1e-14, "sigma");
}

#[test]
fn losses_in_company_have_the_moments_that_they_have_alone() {
    let expressions: Vec<Expr> = TEXTS.map(super::expression).into();
    let together = moments(&off_policy(), &expressions);
    for (text, together) in TEXTS.into_iter().zip(together) {
        for (together, alone) in together.into_iter().zip(of(&off_policy(), text)) {
            assert_near(together, alone, 1e-12, text);
        }
    }
}
