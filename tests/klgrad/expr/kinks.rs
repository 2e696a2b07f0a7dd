//! Gradients at kinks themselves are PyTorch's: held against libtorch at the very point.

use super::{evaluate, parse};
use klgrad::estimator::expr::Tensors;
use tch::Tensor;

/// The coefficient of an expression at one sample, where libtorch has the same.
#[track_caller]
fn coefficient(text: &str, log_ratio: f64) -> f64 {
    let expression = parse(text);
    let ours = evaluate(&expression, [&[0.0], &[log_ratio], &[0.0]]).1[0];
    let logp = Tensor::from_slice(&[0.0]).set_requires_grad(true);
    let tensors = Tensors::samples(&logp, &Tensor::from_slice(&[-log_ratio]), &Tensor::from_slice(&[0.0]));
    tensors.values(&expression).sum(None).backward();
    let theirs = logp.grad().double_value(&[0]);
    assert!(ours == theirs || ours.is_nan() && theirs.is_nan(), "{text}: {ours}, by libtorch {theirs}");
    ours
}

#[test]
fn clamp_passes_on_its_bounds_and_not_beyond() {
    for (log_ratio, expected) in [(-2.0, 1.0), (2.0, 1.0), (2.0 + 1e-15, 0.0), (-2.5, 0.0), (0.0, 1.0)] {
        assert_eq!(coefficient("clamp(D, -2, 2)", log_ratio), expected, "at {log_ratio}");
    }
}

#[test]
fn abs_and_sign_are_flat_at_zero() {
    assert_eq!(coefficient("abs(D)", 0.0), 0.0);
    assert_eq!(coefficient("abs(D)", -1e-300), -1.0);
    assert_eq!(coefficient("sign(D) * D", 0.0), 0.0);
    assert_eq!(coefficient("sign(D) * D", -0.5), -1.0);
}

#[test]
fn min_and_max_share_at_a_tie() {
    assert_eq!(coefficient("max(D, 1)", 1.0), 0.5);
    assert_eq!(coefficient("min(1, D)", 1.0), 0.5);
    assert_eq!(coefficient("min(3 * D, 5 * D)", 0.0), 4.0);
    assert_eq!(coefficient("max(3 * D, 5 * D)", 1.0), 5.0);
}

#[test]
fn where_takes_the_gradient_of_its_branch_alone() {
    for (symbol, expected) in [("<", 2.0), ("<=", 1.0), (">", 2.0), (">=", 1.0)] {
        assert_eq!(coefficient(&format!("where(D {symbol} 1, D, 2 * D)"), 1.0), expected, "{symbol}");
    }
}

#[test]
fn powers_and_roots_at_zero() {
    assert_eq!(coefficient("sqrt(D)", 0.0), f64::INFINITY);
    assert!(coefficient("sqrt(abs(D))", 0.0).is_nan());
    assert_eq!(coefficient("D^2", 0.0), 0.0);
    assert_eq!(coefficient("D^1", 0.0), 1.0);
    assert_eq!(coefficient("D^0 + D", 0.0), 1.0);
    assert_eq!(coefficient("D^1.5", 0.0), 0.0);
    assert_eq!(coefficient("D^3", -2.0), 12.0);
    assert_eq!(coefficient("2^D", 0.0), f64::ln(2.0));
    // The unselected branch is multiplied by 0, which is no help where its own gradient is infinite.
    assert!(coefficient("where(D > 0, sqrt(D), D)", 0.0).is_nan());
}
