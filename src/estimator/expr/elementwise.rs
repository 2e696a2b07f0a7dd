//! The values of the operations that treat each step alone.
//!
//! The results are the same on every system, so no function is the system's. Every loop here is inlined into [`Tape`](super::Tape), which compiles it for the CPU's vectors. So the functions are
//! written in plain arithmetic, and each loop has one operation, chosen before it.

use super::exponential::{exp, expm1};
use super::logarithm::{log, log1p};
use super::node::{Binary, Comparison, Unary};
use std::iter::zip;

/// y = f(x), for every function that needs no other step of its sequence.
#[inline(always)]
pub(super) fn unary(function: Unary, x: &[f64], y: &mut [f64]) {
    match function {
        Unary::Neg => each(x, y, |x| -x),
        Unary::Exp => each(x, y, exp),
        Unary::ExpM1 => each(x, y, expm1),
        Unary::Log => each(x, y, log),
        Unary::Log1p => each(x, y, log1p),
        Unary::Sqrt => each(x, y, f64::sqrt),
        Unary::Abs => each(x, y, f64::abs),
        Unary::Sign => each(x, y, sign),
        Unary::Stop | Unary::Sum | Unary::Mean | Unary::After | Unary::Full => y.copy_from_slice(x),
    }
}

/// z = f(x, y).
#[inline(always)]
pub(super) fn binary(function: Binary, x: &[f64], y: &[f64], z: &mut [f64]) {
    match function {
        Binary::Add => pairs(x, y, z, |x, y| x + y),
        Binary::Sub => pairs(x, y, z, |x, y| x - y),
        Binary::Mul => pairs(x, y, z, |x, y| x * y),
        Binary::Div => pairs(x, y, z, |x, y| x / y),
        Binary::Pow => pairs(x, y, z, libm::pow),
        Binary::Min => pairs(x, y, z, |x, y| if x < y || x.is_nan() { x } else { y }),
        Binary::Max => pairs(x, y, z, |x, y| if x > y || x.is_nan() { x } else { y }),
    }
}

/// y = x ^ exponent: whole powers are products.
#[inline(always)]
pub(super) fn power(x: &[f64], exponent: f64, y: &mut [f64]) {
    match whole(exponent) {
        Some(whole) => whole_power(x, whole.unsigned_abs(), y),
        None => each(x, y, |x| libm::pow(x, exponent)),
    }
    if whole(exponent).is_some_and(|whole| whole < 0) {
        y.iter_mut().for_each(|y| *y = 1.0 / *y);
    }
}

/// By squares and products over the whole block, from the highest digit of the exponent on.
#[inline(always)]
fn whole_power(x: &[f64], exponent: u32, y: &mut [f64]) {
    if exponent == 0 {
        return y.fill(1.0);
    }
    y.copy_from_slice(x);
    for digit in (0..exponent.ilog2()).rev() {
        match exponent >> digit & 1 {
            0 => y.iter_mut().for_each(|y| *y *= *y),
            _ => zip(y.iter_mut(), x).for_each(|(y, x)| *y = *y * *y * x),
        }
    }
}

/// Within two numbers, the lower first.
#[inline(always)]
pub(super) fn clamp(x: &[f64], [low, high]: [f64; 2], y: &mut [f64]) {
    // Comparisons, because min and max would turn NaN into a number.
    each(x, y, |x| {
        let x = if x < low { low } else { x };
        if x > high { high } else { x }
    });
}

/// 1 where the comparison of x and y holds, else 0.
#[inline(always)]
pub(super) fn compare(comparison: Comparison, x: &[f64], y: &[f64], z: &mut [f64]) {
    let number = |holds| if holds { 1.0 } else { 0.0 };
    match comparison {
        Comparison::Less => pairs(x, y, z, |x, y| number(x < y)),
        Comparison::AtMost => pairs(x, y, z, |x, y| number(x <= y)),
        Comparison::Greater => pairs(x, y, z, |x, y| number(x > y)),
        Comparison::AtLeast => pairs(x, y, z, |x, y| number(x >= y)),
    }
}

#[inline(always)]
fn each(x: &[f64], y: &mut [f64], f: impl Fn(f64) -> f64) {
    for (y, &x) in zip(y, x) {
        *y = f(x);
    }
}

#[inline(always)]
fn pairs(x: &[f64], y: &[f64], z: &mut [f64], f: impl Fn(f64, f64) -> f64) {
    for (z, (&x, &y)) in zip(z, zip(x, y)) {
        *z = f(x, y);
    }
}

/// libtorch's, which is 0 at 0 and where x is not a number.
#[inline(always)]
pub(super) fn sign(x: f64) -> f64 {
    let positive = if x > 0.0 { 1.0 } else { 0.0 };
    if x < 0.0 { -1.0 } else { positive }
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
