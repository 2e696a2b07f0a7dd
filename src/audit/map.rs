//! Functions of the numbers of a sequence, by the CPU's vectors; the bits are the same on every CPU.

use crate::estimator::expr::{self, exp};
use multiversion::multiversion;
use std::iter::zip;

/// So many numbers are taken together.
const BLOCK: usize = 64;

/// x - y.
pub(super) fn differences(x: &[f64], y: &[f64], to: &mut Vec<f64>) {
    to.resize(x.len(), 0.0);
    fill_differences(x, y, to);
}

#[multiversion(targets = "simd")]
fn fill_differences(x: &[f64], y: &[f64], to: &mut [f64]) {
    zip(to, zip(x, y)).for_each(|(to, (x, y))| *to = x - y);
}

/// factor x^2.
pub(super) fn squares(x: &[f64], factor: f64, to: &mut Vec<f64>) {
    to.resize(x.len(), 0.0);
    fill_squares(x, factor, to);
}

#[multiversion(targets = "simd")]
fn fill_squares(x: &[f64], factor: f64, to: &mut [f64]) {
    zip(to, x).for_each(|(to, x)| *to = factor * (x * x));
}

/// -x.
pub(super) fn negated(x: &[f64], to: &mut Vec<f64>) {
    to.resize(x.len(), 0.0);
    fill_negated(x, to);
}

#[multiversion(targets = "simd")]
fn fill_negated(x: &[f64], to: &mut [f64]) {
    zip(to, x).for_each(|(to, x)| *to = -x);
}

/// exp(x).
pub(super) fn exponentials(x: &[f64], to: &mut Vec<f64>) {
    to.resize(x.len(), 0.0);
    fill_exponentials(x, to);
}

#[multiversion(targets = "simd")]
fn fill_exponentials(x: &[f64], to: &mut [f64]) {
    zip(to, x).for_each(|(to, x)| *to = exp(*x));
}

/// exp(x) - 1 - x, which is w - 1 - log w of w = exp(x).
pub(super) fn excesses(x: &[f64], to: &mut Vec<f64>) {
    to.resize(x.len(), 0.0);
    fill_excesses(x, to);
}

#[multiversion(targets = "simd")]
fn fill_excesses(x: &[f64], to: &mut [f64]) {
    zip(to.chunks_mut(BLOCK), x.chunks(BLOCK)).for_each(|(to, x)| expr::excesses(x, to));
}
