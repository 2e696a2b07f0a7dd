//! The values of all operations on a block of steps.

use super::elementwise;
use super::linear::Linear;
use super::node::{Binary, Id, Node, Unary};
use super::plan::Plan;
use super::steps::Steps;
use multiversion::multiversion;
use std::iter::zip;

/// The results of nodes on a block, one after the other; a number for the whole sequence stands at each of its steps.
#[derive(Clone, Copy)]
pub(super) struct Values<'a> {
    pub(super) numbers: &'a [f64],
    pub(super) count: usize,
}

impl<'a> Values<'a> {
    #[inline(always)]
    pub(super) fn of(&self, id: Id) -> &'a [f64] {
        &self.numbers[id * self.count..][..self.count]
    }
}

/// Computes them, node after node; compiled for the vectors of several CPUs. The bits are the same on all of them, because
/// each step is treated alone, in plain arithmetic.
#[multiversion(targets("x86_64+avx2+fma"))]
pub(super) fn evaluate(plan: &Plan, steps: &Steps, numbers: &mut [f64]) {
    evaluate_inlined(plan, steps, numbers);
}

#[inline(always)]
pub(super) fn evaluate_inlined(plan: &Plan, steps: &Steps, numbers: &mut [f64]) {
    let count = steps.len();
    for (id, node) in plan.nodes.iter().enumerate() {
        let (before, rest) = numbers.split_at_mut(id * count);
        evaluate_node(id, *node, plan, Values { numbers: before, count }, steps, &mut rest[..count]);
    }
}

#[inline(always)]
fn evaluate_node(id: Id, node: Node, plan: &Plan, values: Values, steps: &Steps, to: &mut [f64]) {
    match node {
        Node::Linear(form) => linear(form, steps, to),
        Node::Length => steps.sequences().for_each(|tokens| to[tokens.clone()].fill(tokens.len() as f64)),
        Node::Unary(Unary::Sum | Unary::Mean | Unary::After, x) if steps.are_single() => {
            to.copy_from_slice(values.of(x));
        }
        Node::Unary(Unary::Sum, x) => totals(values.of(x), steps, to, |total, _| total),
        Node::Unary(Unary::Mean, x) => totals(values.of(x), steps, to, |total, length| total / length),
        Node::Unary(Unary::After, x) => after(values.of(x), steps, to),
        Node::Unary(Unary::Full, _) => to.copy_from_slice(steps.full(plan.full_at(id))),
        Node::Unary(function, x) => elementwise::unary(function, values.of(x), to),
        Node::Binary(function, x, y) => match (function, plan.constant_exponent(y)) {
            (Binary::Pow, Some(exponent)) => elementwise::power(values.of(x), exponent, to),
            _ => elementwise::binary(function, values.of(x), values.of(y), to),
        },
        Node::Clamp(x, low, high) => elementwise::clamp(values.of(x), [low, high], to),
        Node::Where(comparison, [a, b, x, y]) => {
            elementwise::compare(comparison, values.of(a), values.of(b), to);
            for (to, (x, y)) in zip(to, zip(values.of(x), values.of(y))) {
                *to = if *to == 1.0 { *x } else { *y };
            }
        }
    }
}

#[inline(always)]
fn linear(form: Linear, steps: &Steps, to: &mut [f64]) {
    let logs = [(form.log_prob, steps.log_prob), (form.log_ratio, steps.log_ratio), (form.log_rho, steps.log_rho)];
    // Not 0 times a log that may be infinite.
    let mut logs = logs.into_iter().filter(|(factor, _)| *factor != 0.0);
    match logs.next() {
        None => to.fill(form.constant),
        Some((factor, log)) => zip(to.iter_mut(), log).for_each(|(to, log)| *to = form.constant + factor * log),
    }
    for (factor, log) in logs {
        zip(to.iter_mut(), log).for_each(|(to, log)| *to += factor * log);
    }
}

fn totals(x: &[f64], steps: &Steps, to: &mut [f64], result: impl Fn(f64, f64) -> f64) {
    for tokens in steps.sequences() {
        let total = x[tokens.clone()].iter().sum();
        to[tokens.clone()].fill(result(total, tokens.len() as f64));
    }
}

fn after(x: &[f64], steps: &Steps, to: &mut [f64]) {
    for tokens in steps.sequences() {
        let mut sum = 0.0;
        for step in tokens.rev() {
            sum += x[step];
            to[step] = sum;
        }
    }
}
