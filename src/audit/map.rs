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

#[multiversion(targets("x86_64+avx2+fma"))]
fn fill_differences(x: &[f64], y: &[f64], to: &mut [f64]) {
    zip(to, zip(x, y)).for_each(|(to, (x, y))| *to = x - y);
}

/// x^2.
pub(super) fn squares(x: &[f64], to: &mut Vec<f64>) {
    to.resize(x.len(), 0.0);
    fill_squares(x, to);
}

#[multiversion(targets("x86_64+avx2+fma"))]
fn fill_squares(x: &[f64], to: &mut [f64]) {
    zip(to, x).for_each(|(to, x)| *to = x * x);
}

/// exp(x).
pub(super) fn exponentials(x: &[f64], to: &mut Vec<f64>) {
    to.resize(x.len(), 0.0);
    fill_exponentials(x, to);
}

#[multiversion(targets("x86_64+avx2+fma"))]
fn fill_exponentials(x: &[f64], to: &mut [f64]) {
    zip(to, x).for_each(|(to, x)| *to = exp(*x));
}

/// w = exp(x), and w - 1 - log w.
pub(super) fn weights(x: &[f64], weights: &mut Vec<f64>, excesses: &mut Vec<f64>) {
    [&mut *weights, excesses].into_iter().for_each(|to| to.resize(x.len(), 0.0));
    fill_weights(x, weights, excesses);
}

#[multiversion(targets("x86_64+avx2+fma"))]
fn fill_weights(x: &[f64], weights: &mut [f64], excesses: &mut [f64]) {
    let to = zip(weights.chunks_mut(BLOCK), excesses.chunks_mut(BLOCK));
    zip(to, x.chunks(BLOCK)).for_each(|((weights, excesses), x)| expr::exps_and_excesses(x, weights, excesses));
}

/// exp(-x) - 1 + x.
pub(super) fn negated_excesses(x: &[f64], to: &mut Vec<f64>) {
    to.resize(x.len(), 0.0);
    fill_negated_excesses(x, to);
}

#[multiversion(targets("x86_64+avx2+fma"))]
fn fill_negated_excesses(x: &[f64], to: &mut [f64]) {
    for (to, x) in zip(to.chunks_mut(BLOCK), x.chunks(BLOCK)) {
        let mut negated = [0.0; BLOCK];
        zip(&mut negated, x).for_each(|(negated, x)| *negated = -x);
        expr::excesses(&negated[..x.len()], to);
    }
}
