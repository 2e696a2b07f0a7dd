//! Which moments exist.

use super::{against, normal, of, value};
use klgrad::policy::Problem;
use klgrad::theory::Moment;

/// Whether mean and variance exist, for both parameters.
fn exist(problem: &Problem, text: &str) -> (bool, bool) {
    let [mu, sigma] = of(problem, text).map(|moments| [moments.mean, moments.variance].map(|m| m != Moment::Infinite));
    assert_eq!(mu, sigma, "{text}");
    (mu[0], mu[1])
}

#[test]
fn the_square_of_r_needs_a_reference_that_is_narrow_enough() {
    // r^2 pi_theta has the precision 2 / tau^2 - 1.
    let edge = 2f64.sqrt();
    for text in ["reverse_k2", "k3", "reward(k3)", "reward(-D * r)", "where(D < 0, r, 0)", "max(r, 2)", "log1p(r) * r"]
    {
        for (sigma_ref, expected) in [(0.5, true), (edge - 1e-6, true), (edge + 1e-6, false), (3.0, false)] {
            assert_eq!(exist(&against(0.4, sigma_ref), text), (true, expected), "{text} at {sigma_ref}");
        }
    }
    // At the edge itself, what is left is a power of z, or grows to one side.
    for gap in [0.0, 0.4] {
        assert_eq!(exist(&against(gap, edge * (1.0 + 1e-15)), "reverse_k2"), (true, false));
    }
    assert_eq!(exist(&against(0.0, 3.0), "r^2"), (false, false));
    assert_eq!(exist(&against(0.0, 0.5), "w"), (false, false));
}

#[test]
fn what_is_bounded_has_moments() {
    for (mu, sigma) in [(0.3, 10.0), (0.3, 0.1)] {
        let bounded = [
            "clamp(r, 0, 10)",
            "clamp(w, 0.1, 10)",
            "reward(clamp(k3, -10, 10))",
            "min(r, 10) + min(w, 10)",
            "where(r + w < 20, r, D)",
            "where(abs(D) < 5, r * w + r, logp)",
            "r / (1 + r)",
            "log1p(r)",
            "log(1 + w)",
            "reward(min(r, w))",
            "min(r * k2, 1.2 * k2)",
            "exp(-abs(D))",
            "exp(-D^2)",
            "sqrt(1 + k2)",
            "k2 - min(D, 3)^3",
        ];
        for text in bounded {
            assert_eq!(exist(&against(mu, sigma), text), (true, true), "{text} at {sigma}");
        }
        for text in ["exp(D^2)", "exp(D^2) / (1 + r)", "max(r^2, w^2)", "exp(2 * abs(D))"] {
            assert_eq!(exist(&against(mu, sigma), text), (false, false), "{text} at {sigma}");
        }
    }
}

/// On-policy the coefficient of rho k3 is r - 1 + D + 1 - r = D, and off-policy rho D: r leaves no trace, not even of an
/// infinite variance.
#[test]
fn what_cancels_in_a_coefficient_does_not_count() {
    let on = against(0.4, 3.0);
    for problem in [on, Problem { behaviour: normal(0.1, 1.2), ..on }] {
        let plain = of(&problem, "sg(rho) * k2");
        for text in ["rho * k3", "rho * D - sg(rho) * logp", "sg(rho) * (k3 + k2) - sg(rho) * (r + logp)"] {
            let cancelled = of(&problem, text);
            for (cancelled, plain) in cancelled.into_iter().zip(plain) {
                let size = value(plain.variance).sqrt();
                let mean = value(cancelled.mean) - value(plain.mean);
                let variance = value(cancelled.variance) / value(plain.variance) - 1.0;
                assert!(mean.abs() < 1e-10 * size && variance.abs() < 1e-10, "{text}: {mean}, {variance}");
            }
        }
    }
}

#[test]
fn a_clamp_may_act_far_out() {
    // Between its bounds r^10 outgrows the density, so that all of the moment lies at the kink: at z = 16 it is 1e100 times
    // exp(-133).
    let problem = against(0.0, 1.1);
    let [_, sigma] = of(&problem, "reward(clamp(exp(-10 * D), 0, 1e100))");
    // D = log(1.1) - a z^2 with a = (1 - 1 / 1.21) / 2; the integral to the kink by Simpson's rule in the logarithm.
    let a = (1.0 - 1.0 / 1.21) / 2.0;
    let kink = ((100.0 * 10f64.ln() / 10.0 + 1.1f64.ln()) / a).sqrt();
    let log_r = |z: f64| (10.0 * (a * z * z - 1.1f64.ln())).min(100.0 * 10f64.ln());
    let integrand = |z: f64| 2.0 * (log_r(z) - z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt() * (z * z - 1.0);
    let simpson = |from: f64, to: f64| {
        let (panels, mut sum) = (20_000, 0.0);
        let step = (to - from) / f64::from(panels);
        for panel in 0..panels {
            let at = |part: f64| integrand(from + step * (f64::from(panel) + part));
            sum += (at(0.0) + 4.0 * at(0.5) + at(1.0)) * step / 6.0;
        }
        sum
    };
    let expected = simpson(0.0, kink) + simpson(kink, kink + 8.0);
    assert!((value(sigma.mean) / expected - 1.0).abs() < 1e-9, "{:?}, not {expected:e}", sigma.mean);
}

#[test]
fn behaviour_decides_too() {
    let problem = |sigma_old: f64| Problem {
        policy: normal(0.0, 1.0),
        reference: normal(0.5, 1.0),
        behaviour: normal(-0.2, sigma_old),
    };
    for text in ["rho", "sg(rho) * k2", "rho * k1", "max(-rho, -1.2)"] {
        let bounded = text.starts_with("max");
        // rho^2 pi_old has the precision 2 - 1 / sigma_old^2.
        assert_eq!(exist(&problem(0.72), text), (true, true), "{text}");
        assert_eq!(exist(&problem(0.70), text), (true, bounded), "{text}");
    }
}

#[test]
fn beyond_floats_is_no_number() {
    // E[(r s)^2] is about exp(gap^2).
    let [mu, _] = of(&against(20.0, 1.0), "reverse_k2");
    assert!((value(mu.variance).ln() - 400.0 - (1.0f64 + 1600.0).ln()).abs() < 1e-9, "{mu:?}");
    let [mu, _] = of(&against(30.0, 1.0), "reverse_k2");
    assert_eq!(mu.variance, Moment::Overflow);
    assert!((value(mu.mean) + 30.0).abs() < 1e-8, "{mu:?}");
    // Just below the largest float, where r itself is beyond it.
    let [mu, _] = of(&against(26.0, 1.0), "reverse_k2");
    assert!((value(mu.variance).ln() - 676.0 - (1.0f64 + 2704.0).ln()).abs() < 1e-9, "{mu:?}");
    // Not a number on half of the support.
    assert_eq!(of(&against(1.0, 1.0), "reward(log(D))")[0].mean, Moment::Undefined);
}

#[test]
fn poles_have_no_moments() {
    let problem = against(0.7, 1.2);
    for text in ["1 / (D - 0.5)", "log(D - 0.1)", "(D - 0.1)^-2", "reward(1 / (r - 2))", "log1p(D - 1.2)"] {
        assert_eq!(exist(&problem, text), (false, false), "{text}");
    }
    // c is like |D|^-1/2, which has an integral but no square.
    assert_eq!(exist(&problem, "sqrt(abs(D - 0.1))"), (true, false));
    for text in
        ["where(D > 0.1, 1 / (D + 1), D)", "1 / (1 + D^2)", "expm1(D - 0.1) / (D - 0.1)", "log1p(r)", "abs(D)^1.5"]
    {
        assert_eq!(exist(&problem, text), (true, true), "{text}");
    }
}

#[test]
fn a_root_has_its_mean() {
    // With equal widths and the gap 2, D = 2 - 2 z; c = sign(D) / (2 sqrt |D|), and with u^2 = |D| the root is gone:
    // E[c s] = integral of s (z) pi(z) / 2 du over both sides, z = 1 -+ u^2 / 2.
    let density = |z: f64| (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let step = 1e-3;
    let sides = |u: f64| [1.0, -1.0].map(|side| (side, 1.0 - side * u * u / 2.0));
    // The trapezoidal rule: the integrand is even in u but for a jump of sign, which the two sides cancel.
    let term = |u: f64| sides(u).map(|(side, z)| side * z * density(z) / 2.0).iter().sum::<f64>();
    let expected: f64 = (1..8000).map(|k| term(f64::from(k) * step) * step).sum();
    let [mu, _] = of(&against(2.0, 1.0), "sqrt(abs(D))");
    assert!((value(mu.mean) - expected).abs() < 1e-7, "{mu:?}, not {expected}");
}
