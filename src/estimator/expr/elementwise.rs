//! The values of the operations that treat each step alone.

use super::node::{Binary, Unary};

/// y = f(x), for every function that needs no other step of its sequence.
pub(super) fn unary(function: Unary, x: &[f64], y: &mut [f64]) {
    match function {
        Unary::Neg => each(x, y, |x| -x),
        Unary::Exp => each(x, y, f64::exp),
        Unary::ExpM1 => each(x, y, f64::exp_m1),
        Unary::Log => each(x, y, f64::ln),
        Unary::Log1p => each(x, y, f64::ln_1p),
        Unary::Sqrt => each(x, y, f64::sqrt),
        Unary::Abs => each(x, y, f64::abs),
        Unary::Sign => each(x, y, sign),
        Unary::Stop | Unary::Sum | Unary::Mean | Unary::After => y.copy_from_slice(x),
    }
}

/// z = f(x, y).
pub(super) fn binary(function: Binary, x: &[f64], y: &[f64], z: &mut [f64]) {
    match function {
        Binary::Add => pairs(x, y, z, |x, y| x + y),
        Binary::Sub => pairs(x, y, z, |x, y| x - y),
        Binary::Mul => pairs(x, y, z, |x, y| x * y),
        Binary::Div => pairs(x, y, z, |x, y| x / y),
        Binary::Pow => pairs(x, y, z, f64::powf),
        Binary::Min => pairs(x, y, z, |x, y| if x < y || x.is_nan() { x } else { y }),
        Binary::Max => pairs(x, y, z, |x, y| if x > y || x.is_nan() { x } else { y }),
    }
}

/// y = x ^ exponent: whole powers are products.
pub(super) fn power(x: &[f64], exponent: f64, y: &mut [f64]) {
    match whole(exponent) {
        Some(2) => each(x, y, |x| x * x),
        Some(whole) => each(x, y, |x| x.powi(whole)),
        None => each(x, y, |x| x.powf(exponent)),
    }
}

/// One number to a constant power.
pub(super) fn power_of(x: f64, exponent: f64) -> f64 {
    whole(exponent).map_or_else(|| x.powf(exponent), |whole| x.powi(whole))
}

pub(super) fn each(x: &[f64], y: &mut [f64], f: impl Fn(f64) -> f64) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = f(x);
    }
}

fn pairs(x: &[f64], y: &[f64], z: &mut [f64], f: impl Fn(f64, f64) -> f64) {
    for ((z, &x), &y) in z.iter_mut().zip(x).zip(y) {
        *z = f(x, y);
    }
}

/// libtorch's, which is 0 at 0 and where x is not a number.
pub(super) fn sign(x: f64) -> f64 {
    f64::from(i8::from(x > 0.0) - i8::from(x < 0.0))
}

/// The function of a constant, where it is a finite number; of a sum over tokens nothing is known before their number is.
pub(super) fn constant_unary(function: Unary, x: f64) -> Option<f64> {
    let mut value = [0.0];
    unary(function, &[x], &mut value);
    (function != Unary::After && value[0].is_finite()).then_some(value[0])
}

/// The function of two constants, where it is a finite number.
pub(super) fn constant_binary(function: Binary, x: f64, y: f64) -> Option<f64> {
    let mut value = [0.0];
    binary(function, &[x], &[y], &mut value);
    value[0].is_finite().then_some(value[0])
}

/// Exponents up to which repeated products are at least as exact as the general power, to the last digits.
fn whole(exponent: f64) -> Option<i32> {
    (exponent.fract() == 0.0 && exponent.abs() <= 16.0).then_some(exponent as i32)
}
