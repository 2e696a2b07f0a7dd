//! The article's displayed equations: what they say, and which numbers their sides are.

use super::coincidence::{EqualWhere, nowhere, of_directions, of_second_term, of_zero};
use super::sides::*;
use crate::estimator::Parameter;
use crate::policy::Problem;
use crate::theory::Known;

/// One displayed equation.
pub(super) struct Equation {
    /// A short name.
    pub name: &'static str,
    /// As the article prints it, in the notation of this program.
    pub statement: &'static str,
    pub left: Side,
    pub relation: Relation,
    /// Where the sides of an inequality are equal.
    pub equal_where: EqualWhere,
    pub right: Side,
    /// The equation that holds, where the printed one may not: its statement and right-hand side.
    pub corrected: Option<(&'static str, Side)>,
    /// The estimator whose mean gradient in the article's experiment is a measurement of the left-hand side.
    pub measured: Option<&'static str>,
    pub kind: Kind,
}

/// What the sides of an equation are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A gradient, in units of 1 / sigma.
    Gradient,
    /// A pure number for each component of the gradient.
    Component,
    /// One pure number.
    Scalar,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    Unequal,
}

/// A side as a number, for a parameter of a problem.
pub(super) type Side = fn(Parameter, &Problem) -> Known;

const fn equation(name: &'static str, statement: &'static str, left: Side, right: Side) -> Equation {
    Equation {
        name,
        statement,
        left,
        relation: Relation::Equal,
        equal_where: nowhere,
        right,
        corrected: None,
        measured: None,
        kind: Kind::Gradient,
    }
}

impl Equation {
    const fn unequal_but(self, equal_where: EqualWhere) -> Self {
        Self { relation: Relation::Unequal, equal_where, ..self }
    }

    const fn corrected(self, statement: &'static str, right: Side) -> Self {
        Self { corrected: Some((statement, right)), ..self }
    }

    const fn measured(self, estimator: &'static str) -> Self {
        Self { measured: Some(estimator), ..self }
    }

    const fn of(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }
}

/// In the order of the article: its theory, then its supplement. Two that it leaves open stand behind what they belong to: that
/// k2 in the loss is k1 in the reward, behind the losses at a sample, and which gradient k3 follows, behind the inequality that
/// says which it does not.
pub(super) static EQUATIONS: [Equation; 33] = [
    equation("gradient of KL", "grad KL(pi_theta||pi_ref) = E[s D]", forward, |p, s| mean("D", p, s)),
    equation("two terms, k1", "grad E[k1] = E[s k1] + E[grad k1]", |p, s| slope("k1", p, s), |p, s| split("k1", p, s)),
    equation("two terms, k2", "grad E[k2] = E[s k2] + E[grad k2]", |p, s| slope("k2", p, s), |p, s| split("k2", p, s)),
    equation("two terms, k3", "grad E[k3] = E[s k3] + E[grad k3]", |p, s| slope("k3", p, s), |p, s| split("k3", p, s)),
    equation("unbiased value, k1", "grad E[k1] = grad KL(pi_theta||pi_ref)", |p, s| slope("k1", p, s), forward),
    equation("unbiased value, k3", "grad E[k3] = grad KL(pi_theta||pi_ref)", |p, s| slope("k3", p, s), forward),
    equation("biased value, k2", "grad E[k2] != grad KL(pi_theta||pi_ref)", |p, s| slope("k2", p, s), forward)
        .unequal_but(of_second_term),
    equation("two sides, k1", "E[grad k1] != grad E[k1]", |p, s| gradient("k1", p, s), |p, s| slope("k1", p, s))
        .unequal_but(of_zero)
        .measured("k1"),
    equation("two sides, k2", "E[grad k2] != grad E[k2]", |p, s| gradient("k2", p, s), |p, s| slope("k2", p, s))
        .unequal_but(of_second_term)
        .measured("k2"),
    equation("two sides, k3", "E[grad k3] != grad E[k3]", |p, s| gradient("k3", p, s), |p, s| slope("k3", p, s))
        .unequal_but(of_directions)
        .measured("k3"),
    equation(
        "k1, at a sample",
        "grad k1(x) = s, at x = mu + 1.5 sigma",
        |p, s| slope_at("k1", p, s),
        |p, s| at_sample("1", p, s),
    ),
    equation(
        "k2, at a sample",
        "grad k2(x) = s D, at x = mu + 1.5 sigma",
        |p, s| slope_at("k2", p, s),
        |p, s| at_sample("D", p, s),
    ),
    equation(
        "k3, at a sample",
        "grad k3(x) = s (1 - r), at x = mu + 1.5 sigma",
        |p, s| slope_at("k3", p, s),
        |p, s| at_sample("1 - r", p, s),
    ),
    equation(
        "k2 in the loss is k1 in the reward",
        "grad k2(x) = s k1(x), at x = mu + 1.5 sigma",
        |p, s| slope_at("k2", p, s),
        |p, s| at_sample("k1", p, s),
    ),
    equation("k1", "E[grad k1] = E[s] = 0", |p, s| gradient("k1", p, s), |_, _| Known::exactly(0.0)).measured("k1"),
    equation("k1 is not KL", "E[grad k1] != grad KL(pi_theta||pi_ref)", |p, s| gradient("k1", p, s), forward)
        .unequal_but(of_zero)
        .measured("k1"),
    equation("k2", "E[grad k2] = E[s D]", |p, s| gradient("k2", p, s), |p, s| mean("D", p, s)).measured("k2"),
    equation("k2 is KL", "E[grad k2] = grad KL(pi_theta||pi_ref)", |p, s| gradient("k2", p, s), forward).measured("k2"),
    equation("k3", "E[grad k3] = E[s (1 - r)]", |p, s| gradient("k3", p, s), |p, s| mean("-expm1(-D)", p, s))
        .measured("k3"),
    equation("k3 is not KL", "E[grad k3] != grad KL(pi_theta||pi_ref)", |p, s| gradient("k3", p, s), forward)
        .unequal_but(of_directions)
        .measured("k3"),
    equation(
        "what k3 is, which the article leaves open",
        "E[grad k3] = grad KL(pi_ref||pi_theta)",
        |p, s| gradient("k3", p, s),
        reverse,
    )
    .measured("k3"),
    equation("reverse KL", "KL(pi_ref||pi_theta) = E_ref[log r]", reverse_kl, |_, s| expectation_under_ref("-D", s))
        .of(Kind::Scalar),
    equation("reverse KL, weighted", "KL(pi_ref||pi_theta) = E[r log r]", reverse_kl, |_, s| expectation("r * -D", s))
        .of(Kind::Scalar),
    equation("gradient of reverse KL", "grad KL(pi_ref||pi_theta) = E_ref[-s]", reverse, |p, s| {
        mean_under_ref("-1", p, s)
    }),
    equation("gradient of reverse KL, weighted", "grad KL(pi_ref||pi_theta) = E[-r s]", reverse, |p, s| {
        mean("-r", p, s)
    }),
    equation(
        "gradient of reverse KL, by the density",
        "grad KL(pi_ref||pi_theta) = E[-pi_ref/pi_theta^2 grad pi_theta]",
        reverse,
        // grad pi_theta is pi_theta s.
        |p, s| mean("-r", p, s),
    ),
    equation("reverse_k2", "E[grad r] = grad KL(pi_ref||pi_theta)", |p, s| gradient("reverse_k2", p, s), reverse)
        .measured("reverse_k2"),
    equation(
        "reverse_k1",
        "E[grad (r log r)] = E[r (-s) (1 + r)]",
        |p, s| gradient("reverse_k1", p, s),
        |p, s| mean("-r * (1 + r)", p, s),
    )
    .corrected("E[grad (r log r)] = E[r (-s) (1 + log r)]", |p, s| mean("-r * (1 - D)", p, s))
    .measured("reverse_k1"),
    equation(
        "reverse_k1, under pi_ref",
        "E[grad (r log r)] = E_ref[(-s) (1 + r)]",
        |p, s| gradient("reverse_k1", p, s),
        |p, s| mean_under_ref("-(1 + r)", p, s),
    )
    .corrected("E[grad (r log r)] = E_ref[(-s) (1 + log r)]", |p, s| mean_under_ref("-(1 - D)", p, s))
    .measured("reverse_k1"),
    equation(
        "reverse_k1 is not reverse KL",
        "E[grad (r log r)] != grad KL(pi_ref||pi_theta)",
        |p, s| gradient("reverse_k1", p, s),
        reverse,
    )
    .unequal_but(of_second_term)
    .measured("reverse_k1"),
    equation("lambda", "argmin E[s_i^2 (D - lambda)^2] = E[s_i^2 D^2] / E[s_i^2]", best_of_component, |p, s| {
        lambda("D^2", p, s)
    })
    .corrected("argmin E[s_i^2 (D - lambda)^2] = E[s_i^2 D] / E[s_i^2]", |p, s| lambda("D", p, s))
    .of(Kind::Component),
    equation(
        "k2 with lambda is KL",
        "E[grad_i (D - lambda_i)^2 / 2] = grad_i KL(pi_theta||pi_ref)",
        gradient_with_lambda,
        forward,
    ),
    equation("shared lambda", "best shared lambda = E[|s|^2 D^2] / E[|s|^2]", best_of_all, |_, s| {
        shared_lambda("D^2", s)
    })
    .corrected("best shared lambda = E[|s|^2 D] / E[|s|^2]", |_, s| shared_lambda("D", s))
    .of(Kind::Scalar),
];
