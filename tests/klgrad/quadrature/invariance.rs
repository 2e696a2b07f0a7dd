//! What must not change the moments, or only by a factor.

use super::{against, assert_near, normal, of, value};
use klgrad::estimator::expr::Expr;
use klgrad::policy::{Normal, Problem};
use klgrad::theory::quadrature::moments;
use klgrad::theory::{Moment, Moments};

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

#[test]
fn another_unit_is_a_factor() {
    for (text, factor) in TEXTS.into_iter().flat_map(|text| [1e-10, 1.0 / 3.0, 1e12].map(|factor| (text, factor))) {
        let there = of(&mapped(&off_policy(), factor), text);
        for (here, there) in of(&off_policy(), text).into_iter().zip(there) {
            let scaled = Moments {
                mean: there.mean.map(|mean| mean * factor),
                variance: there.variance.map(|variance| variance * factor * factor),
            };
            assert_near(scaled, here, 1e-13, text);
        }
    }
}

#[test]
fn a_mirror_turns_the_gradient_of_the_mean() {
    for text in TEXTS {
        let (here, there) = (of(&off_policy(), text), of(&mapped(&off_policy(), -1.0), text));
        assert_near(Moments { mean: there[0].mean.map(|mean| -mean), ..there[0] }, here[0], 1e-13, text);
        assert_near(there[1], here[1], 1e-13, text);
    }
}

#[test]
fn means_are_linear_and_constants_leave_them() {
    let problem = against(0.7, 1.2);
    for text in TEXTS {
        let plain = of(&problem, text);
        let shifted = of(&problem, &format!("{text} + 3 * logp"));
        let scaled = of(&problem, &format!("-2 * ({text})"));
        let summed = of(&problem, &format!("{text} + k2"));
        let other = of(&problem, "k2");
        for parameter in 0..2 {
            let mean = |of: &[Moments; 2]| value(of[parameter].mean);
            let stdev = value(shifted[parameter].variance).sqrt();
            assert!((mean(&shifted) - mean(&plain)).abs() < 1e-13 * stdev, "{text}");
            assert!((mean(&summed) - mean(&plain) - mean(&other)).abs() < 1e-13 * stdev, "{text}");
            let twice = Moments {
                mean: plain[parameter].mean.map(|mean| -2.0 * mean),
                variance: plain[parameter].variance.map(|variance| 4.0 * variance),
            };
            assert_near(scaled[parameter], twice, 1e-13, text);
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
