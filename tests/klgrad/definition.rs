//! Losses of the user's own.

use klgrad::estimator::Estimator;
use klgrad::policy::Problem;
use klgrad::theory::{self, Moment};

/// A loss of the user's own, against Simpson's rule on a fine grid, split where the clamp begins.
#[test]
fn a_definition_has_the_moments_of_its_expression() {
    let article = Problem::default();
    let definition: Estimator = "mine = clamp(k3, -10, 10)".parse().unwrap();
    let log_ratio = |z: f64| 1.1f64.ln() - z * z / 2.0 + (z - 1.0).powi(2) / 2.42;
    let k3 = |z: f64| (-log_ratio(z)).exp_m1() + log_ratio(z);
    // k3 reaches 10 once between 2 and 4, and on no other side within reach of the normal distribution.
    let (mut low, mut high) = (2.0, 4.0);
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if k3(middle) < 10.0 { low = middle } else { high = middle }
    }
    let expectation = |of: &dyn Fn(f64) -> f64| {
        let intervals = 20_000;
        let step = (low + 12.0) / f64::from(intervals);
        let term = |index: i32| {
            let z = step.mul_add(f64::from(index), -12.0);
            let weight = if index == 0 || index == intervals { 1.0 } else { 2.0 + 2.0 * f64::from(index % 2) };
            weight * of(z) * (-z * z / 2.0).exp()
        };
        (0..=intervals).map(term).sum::<f64>() * step / 3.0 / (2.0 * std::f64::consts::PI).sqrt()
    };
    for (row, score) in theory::rows(&[definition], &article, 1).iter().zip([|z: f64| z, |z: f64| z * z - 1.0]) {
        let gradient = |z: f64| -(-log_ratio(z)).exp_m1() * score(z);
        let mean = expectation(&gradient);
        let stdev = (expectation(&|z| gradient(z).powi(2)) - mean * mean).sqrt();
        let near = |moment: Moment, expected: f64| (moment.finite().unwrap() - expected).abs() < 1e-10 * stdev;
        assert!(near(row.expected_gradient, mean) && near(row.stdev_one_sample, stdev), "{row:?}: {mean}, {stdev}");
        assert_eq!((row.estimator.as_str(), row.follows.to_string().as_str()), ("mine", "KL(ref||theta)"));
    }
    let follows = |text: &str| {
        let rows = theory::rows(&[text.parse().unwrap()], &article, 1);
        rows[0].follows.to_string()
    };
    assert_eq!(follows("a = k2 - sg(k2) + sg(k3)"), "KL(theta||ref)");
    assert_eq!(follows("b = reward(k3)"), "KL(theta||ref) - KL(ref||theta)");
    assert_eq!(follows("c = D"), "nothing");
}
