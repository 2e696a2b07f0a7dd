//! Moments of any expression, by quadrature: against closed forms, and in what must not change them.

mod closed;
mod existence;
mod growth;
mod invariance;
mod off_policy;
mod oracle;
mod truncated;
mod undefined;

use crate::normal;
use klgrad::estimator::expr::Expr;
use klgrad::policy::Problem;
use klgrad::theory::quadrature::moments;
use klgrad::theory::{Moment, Moments};

/// pi_theta = N(0, 1) draws; the reference is given.
fn against(mu: f64, sigma: f64) -> Problem {
    Problem::on_policy(normal(0.0, 1.0), normal(mu, sigma))
}

fn expression(text: &str) -> Expr {
    let d = Expr::log_ratio;
    let r = || (-d()).exp();
    let named = [
        ("k1", d()),
        ("k2", d().pow(2.0) / 2.0),
        ("k3", (-d()).expm1() + d()),
        ("reverse_k1", -(r() * d())),
        ("reverse_k2", r()),
    ];
    Expr::parse(text, &named).unwrap_or_else(|error| panic!("{error}"))
}

fn of(problem: &Problem, text: &str) -> [Moments; 2] {
    moments(problem, &[expression(text)])[0]
}

fn value(moment: Moment) -> f64 {
    moment.finite().unwrap_or_else(|| panic!("{moment:?} is not finite"))
}

/// Equal to a part of the standard deviation; of the mean, or of 1, where that is beyond floats.
fn assert_near(actual: Moments, expected: Moments, tolerance: f64, context: &str) {
    let finite = |moments: Moments| (moments.mean.finite(), moments.variance.finite());
    let (Some(mean), Some(other)) = (finite(actual).0, finite(expected).0) else {
        return assert_eq!(actual, expected, "{context}");
    };
    let stdev = finite(expected).1.map_or(other.abs().max(1.0), f64::sqrt);
    assert!((mean - other).abs() <= tolerance * stdev, "{context}: mean {mean:e}, not {other:e}; stdev {stdev:e}");
    match (finite(actual).1, finite(expected).1) {
        (Some(variance), Some(other)) => {
            let off = (variance - other).abs();
            assert!(off <= 2.0 * tolerance * other, "{context}: variance {variance:e}, not {other:e}");
        }
        _ => assert_eq!(actual.variance, expected.variance, "{context}"),
    }
}
