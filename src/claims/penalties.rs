//! What the article's first paragraph leaves open: it tells a penalty in the reward from one in the loss, and not which send
//! the same gradient. k2 in the loss and k1 in the reward do, sample by sample, and no other two of k1, k2 and k3 do.
//!
//! # Formula
//! A loss K sends grad K and a penalty K in the reward s K: with c s either, c is 1, D and 1 - r in the loss, and D, D^2 / 2 and
//! r - 1 + D in the reward. On normals, the equations at a sample show it. Here it is evaluated on softmax policies, on every
//! sample that they can draw, by gradients with respect to all logits.

use super::Claim;
use super::equations::Relation;
use super::verdict::verdict;
use crate::estimator::Table;
use crate::estimator::expr::Expr;
use crate::policy::{Problem, Softmax};
use crate::theory::Known;
use crate::theory::softmax::{distance, gradients_of_samples, small_pair};
use std::sync::LazyLock;

/// The places of k2 in the loss and of k1 in the reward in [`Penalties::losses`].
const THE_SAME: [usize; 2] = [1, 3];

/// k1, k2 and k3 of some samples, in the loss and in the reward.
struct Penalties {
    /// Names and statements of the two claims.
    same: [&'static str; 2],
    nearest: [&'static str; 2],
    policies: fn() -> Problem<Softmax>,
    /// k1, k2 and k3 in the loss, then in the reward.
    losses: [&'static str; 6],
    /// Of all pairs but [`THE_SAME`] the one whose gradients are least apart.
    nearest_pair: [usize; 2],
}

const OF_TOKENS: [&str; 6] = ["k1", "k2", "k3", "k1_in_reward", "k2_in_reward", "k3_in_reward"];

static PENALTIES: [Penalties; 3] = [
    Penalties {
        same: ["k2 in the loss is k1 in the reward, one token", "one token: max |grad k2 - s k1| / larger = 0"],
        nearest: ["no other pair, one token", "one token, nearest other pair: max |s (k2 - k3)| / larger != 0"],
        policies: one_token,
        losses: OF_TOKENS,
        nearest_pair: [4, 5],
    },
    Penalties {
        same: ["k2 in the loss is k1 in the reward, token by token", "tokens: max |sum (grad k2 - s k1)| / larger = 0"],
        nearest: [
            "no other pair, token by token",
            "tokens, nearest other pair: max |sum grad (k2 - k3)| / larger != 0",
        ],
        policies: small_pair,
        losses: OF_TOKENS,
        nearest_pair: [1, 2],
    },
    Penalties {
        same: ["k2 in the loss is k1 in the reward, whole sequences", "sequences: max |grad k2 - s k1| / larger = 0"],
        nearest: ["no other pair, whole sequences", "sequences, nearest other pair: max |s (k2 - k3)| / larger != 0"],
        policies: small_pair,
        losses: [
            "sum(D)",
            "sum(D)^2 / 2",
            "expm1(-sum(D)) + sum(D)",
            "sg(sum(D)) * logp",
            "sg(sum(D)^2 / 2) * logp",
            "sg(expm1(-sum(D)) + sum(D)) * logp",
        ],
        nearest_pair: [4, 5],
    },
];

/// Two claims of each.
pub(super) fn penalties() -> impl Iterator<Item = Claim> {
    // They do not depend on the settings.
    static CLAIMS: LazyLock<Vec<Claim>> = LazyLock::new(|| PENALTIES.iter().flat_map(Penalties::claims).collect());
    CLAIMS.iter().cloned()
}

/// Left is how far two gradients are apart, right is 0.
fn claim([claim, statement]: [&'static str; 2], relation: Relation, left: Known) -> Claim {
    let right = Known::exactly(0.0);
    Claim {
        claim,
        statement,
        parameter: None,
        left: left.value,
        right: right.value,
        holds: verdict(relation, left, right, 1.0),
        corrected_statement: None,
        corrected_right: None,
        corrected_holds: None,
        experiment: None,
        equal_because: None,
    }
}

impl Penalties {
    fn claims(&self) -> [Claim; 2] {
        let gradients = self.gradients();
        [
            claim(self.same, Relation::Equal, apart(&gradients, THE_SAME)),
            claim(self.nearest, Relation::Unequal, apart(&gradients, self.nearest_pair)),
        ]
    }

    /// `[loss][sample][logit]`
    fn gradients(&self) -> Vec<Vec<Vec<f64>>> {
        let parsed = |text: &str| Expr::parse(text, &Table).expect("the losses are well-formed");
        gradients_of_samples(&self.losses.map(parsed), &(self.policies)())
    }
}

/// The largest distance between the two gradients of a sample, as a part of the larger one.
fn apart(gradients: &[Vec<Vec<f64>>], [first, second]: [usize; 2]) -> Known {
    let samples = gradients[first].iter().zip(&gradients[second]);
    let relative = |(a, b): (&Vec<f64>, &Vec<f64>)| distance(a, b) / size(a).max(size(b));
    // A gradient is the sum of a dozen terms, of about its own size.
    const TERMS: f64 = 12.0;
    Known::of_terms(samples.map(relative).fold(0.0, f64::max), TERMS)
}

fn size(gradient: &[f64]) -> f64 {
    gradient.iter().map(|component| component * component).sum::<f64>().sqrt()
}

fn one_token() -> Problem<Softmax> {
    let categorical = |logits: [f64; 4]| Softmax::categorical(logits.into()).expect("four finite logits");
    Problem::on_policy(categorical([0.3, -0.2, 0.9, 0.0]), categorical([0.0, 0.5, 0.1, -0.7]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All fifteen pairs, of which one is equal: no distance is left out that is smaller than the one shown.
    #[test]
    fn the_pair_that_is_shown_is_the_nearest_of_all_others() {
        for penalties in &PENALTIES {
            let gradients = penalties.gradients();
            let distance = |pair| apart(&gradients, pair).value.finite().unwrap();
            let pairs = (0..6).flat_map(|first| (0..first).map(move |second| [second, first]));
            let others: Vec<[usize; 2]> = pairs.filter(|pair| *pair != THE_SAME).collect();
            assert_eq!(others.len(), 14);
            let nearest = others.into_iter().min_by(|a, b| distance(*a).total_cmp(&distance(*b))).unwrap();
            assert_eq!(nearest, penalties.nearest_pair, "{}", penalties.nearest[0]);
        }
    }

    /// By coefficients written by hand: with one token, the distance is that of c over the larger one.
    #[test]
    fn distances_are_those_of_the_coefficients() {
        let gradients = PENALTIES[0].gradients();
        let Problem { policy, reference, .. } = one_token();
        let coefficients: [fn(f64) -> f64; 6] =
            [|_| 1.0, |d| d, |d| 1.0 - (-d).exp(), |d| d, |d| d * d / 2.0, |d| (-d).exp() - 1.0 + d];
        for (first, a) in coefficients.iter().enumerate() {
            for (second, b) in coefficients.iter().enumerate() {
                let of_token = |d: &f64| (a(*d) - b(*d)).abs() / a(*d).abs().max(b(*d).abs());
                let expected = policy.log_ratios(&reference).iter().map(of_token).fold(0.0, f64::max);
                let found = apart(&gradients, [first, second]).value.finite().unwrap();
                assert!((found - expected).abs() < 1e-13, "{first}, {second}: {found}, not {expected}");
            }
        }
    }

    #[test]
    fn a_pair_that_is_not_equal_is_not_said_to_be() {
        for penalties in &PENALTIES {
            let gradients = penalties.gradients();
            let verdict_of = |relation, pair| verdict(relation, apart(&gradients, pair), Known::exactly(0.0), 1.0);
            assert_eq!(verdict_of(Relation::Equal, [1, 5]), Some(false));
            assert_eq!(verdict_of(Relation::Unequal, THE_SAME), None);
            assert_eq!(verdict_of(Relation::Equal, THE_SAME), Some(true));
        }
    }
}
