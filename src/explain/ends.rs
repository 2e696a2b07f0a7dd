//! Where a training with a loss as penalty ends, in words: read off the coefficient, whatever the rewards.
//!
//! [`crate::training`] derives what is said here, and computes the ends for given rewards.

use super::combination::{Combination, six_digits};
use super::divergence::Known;
use super::penalty::{NoPenalty, Penalty};
use super::ranges::Range;
use super::words::{in_words, place, within};
use crate::estimator::expr::Expr;

/// Where ascent on E\[R\] - beta loss ends, for one token of a categorical and from the reference.
///
/// ```
/// use klgrad::estimator::Estimator;
/// use klgrad::explain::ends;
///
/// let of = |name: &str| ends(Estimator::named(name).expect("it is in the table").expression());
/// assert_eq!(of("k3"), "at pi_ref / (1 - (R - lambda)/beta)");
/// assert!(of("k3_in_reward").starts_with("runs away from pi_ref: the coefficient falls for D below 0"));
/// ```
pub fn ends(loss: &Expr) -> String {
    match Penalty::of(loss) {
        Ok(penalty) => of_penalty(&penalty),
        Err(NoPenalty::NoReference) => of_entropy(loss).unwrap_or_else(|| unsaid(&NoPenalty::NoReference)),
        Err(reason) => unsaid(&reason),
    }
}

fn unsaid(reason: &NoPenalty) -> String {
    format!("cannot be said: {reason}")
}

/// A penalty on log pi_theta alone is one with a uniform reference.
fn of_entropy(loss: &Expr) -> Option<String> {
    let Combination(terms) = super::follows(loss, true).known?;
    match terms[..] {
        [(factor, Known::Entropy)] if factor < 0.0 => {
            Some(format!("at e^(R/{}), normalised, whatever pi_ref is", times_beta(-factor)))
        }
        [(_, Known::Entropy)] => {
            Some("runs away to a single answer: it lowers the entropy as the reward does".to_owned())
        }
        _ => None,
    }
}

fn of_penalty(penalty: &Penalty) -> String {
    if penalty.is_constant() {
        return "as without a penalty: all probability goes to the answer of the largest reward".to_owned();
    }
    let formula = formula(penalty);
    let Some([from, to]) = risen(penalty) else {
        let fate = match (penalty.is_bottomless(), rises_nowhere(penalty)) {
            (_, true) => "runs away from pi_ref to a single answer",
            (true, _) => "runs away from pi_ref",
            (false, _) => "away from pi_ref, and not at one policy alone",
        };
        let falls = in_words(penalty.falling());
        return format!(
            "{fate}: the coefficient falls {falls}, and there an answer that the penalty should hold is driven off"
        );
    };
    match penalty.falling() {
        [] => formula.unwrap_or_else(|| without_formula(penalty)),
        falling => {
            let what = formula.map_or_else(String::new, |formula| format!("{formula}; but "));
            let only = format!("only where each answer's D stays {}", between([from, to]));
            format!(
                "{what}{only}: the coefficient falls {}, and an answer beyond is held by the others alone, or not at all",
                in_words(falling)
            )
        }
    }
}

/// The range round 0 in which c falls nowhere; none where it falls next to 0.
fn risen(penalty: &Penalty) -> Option<Range> {
    let falling = penalty.falling();
    let from = falling.iter().map(|range| range[1]).filter(|&d| d <= 0.0).fold(f64::NEG_INFINITY, f64::max);
    let to = falling.iter().map(|range| range[0]).filter(|&d| d >= 0.0).fold(f64::INFINITY, f64::min);
    let holds_zero = falling.iter().all(|range| range[1] < 0.0 || range[0] > 0.0);
    holds_zero.then_some([from, to])
}

fn rises_nowhere(penalty: &Penalty) -> bool {
    matches!(penalty.falling(), [[from, to]] if from.is_infinite() && to.is_infinite())
}

/// A range that has an end, without its "for D".
fn between([from, to]: Range) -> String {
    match from.is_finite() && to.is_finite() {
        true => format!("between {} and {}", place(from), place(to)),
        false => within([from, to]).trim_start_matches("for D ").to_owned(),
    }
}

/// With u = (R - lambda) / beta, the D at which c is u, where the penalty is one known divergence.
fn formula(penalty: &Penalty) -> Option<String> {
    let (factor, known) = penalty.single().filter(|(factor, _)| *factor > 0.0)?;
    let of = |factor: f64| format!("(R - lambda)/{}", times_beta(factor));
    Some(match known {
        Known::KlThetaRef if factor == 1.0 => {
            "at pi_ref e^(R/beta), normalised: the optimum of E[R] - beta KL(theta||ref)".to_owned()
        }
        Known::KlThetaRef => format!("at pi_ref e^(R/{}), normalised", times_beta(factor)),
        Known::KlRefTheta => format!("at pi_ref / (1 - {})", of(factor)),
        Known::Chi2ThetaRef => format!("at pi_ref (1 + {}), and 0 where that is negative", of(2.0 * factor)),
        Known::Chi2RefTheta => format!("at pi_ref / sqrt(1 - {})", of(factor)),
        Known::Hellinger => format!("at pi_ref / (1 - {})^2", of(factor)),
        _ => return None,
    })
}

fn times_beta(factor: f64) -> String {
    if factor == 1.0 { "beta".to_owned() } else { format!("({} beta)", six_digits(factor)) }
}

/// Of a coefficient that falls nowhere.
fn without_formula(penalty: &Penalty) -> String {
    let mut text = "at one policy, pi_ref e^D with c(D) = (R - lambda)/beta: the coefficient falls nowhere".to_owned();
    if penalty.least().is_finite() {
        text += "; as it is bounded below, answers get probability 0 where the rewards differ enough";
    }
    if !penalty.level().is_empty() {
        text += &format!("; where it is constant, {}, an answer is not held", in_words(penalty.level()));
    }
    text
}
