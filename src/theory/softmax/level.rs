//! Whether a loss over sequences sees more than one token at a time.

use super::aggregate::Aggregate;
use super::enumeration::{PARTS, enumerate};
use super::moments::enumerated;
use super::tables::{Tables, distance, dot};
use crate::estimator::expr::Expr;
use crate::explain::{Combination, Known, Subject, follows};
use crate::policy::{Problem, Softmax};
use serde::{Serialize, Serializer};
use std::fmt;
use std::num::NonZeroUsize;

/// Whose gradient a loss has, over sequences of tokens with samples of pi_theta.
///
/// ```
/// use klgrad::estimator::Estimator;
/// use klgrad::theory::softmax::Level;
///
/// let level = |name| Level::of(Estimator::named(name).unwrap().expression()).to_string();
/// assert_eq!([level("k2"), level("k1_to_go"), level("k1")], ["token", "sequence", "neither"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// That of the divergence of whole sequences.
    Sequence,
    /// The local one: the sum over tokens of the gradient of the divergence of the next token, its prefix held constant.
    Token,
    /// Neither.
    Neither,
}

impl Level {
    /// Of the divergence that the loss follows at a single token, as [`follows`] finds it; a loss that follows none has no level,
    /// which is neither.
    ///
    /// # Formula
    /// On a small fixed pair all sequences are enumerated. An f-divergence has the coefficient c(D) at a single token; with it
    /// E\[c(sum_t D_t) sum_t s_t\] is the gradient of that of whole sequences, and E\[sum_t c(D_t) s_t\] the local one.
    pub fn of(loss: &Expr) -> Self {
        let found = follows(loss, true);
        let known = match (found.known, found.subject) {
            (Some(Combination(terms)), Subject::Reference | Subject::Entropy) if !terms.is_empty() => {
                Combination(terms)
            }
            _ => return Self::Neither,
        };
        let problem = small_pair();
        let tables = Tables::of(&problem);
        let moments = enumerated(&[Aggregate::TokenSum.loss(loss)], &problem, &tables, NonZeroUsize::MIN, &|| ());
        let gradient = &moments[0].mean;
        let is_like = |other: &[f64]| distance(gradient, other) <= SAME * dot(other, other).sqrt();
        let [whole, local] = gradients(&known, &problem, &tables);
        match () {
            () if is_like(&whole) => Self::Sequence,
            () if is_like(&local) => Self::Token,
            () => Self::Neither,
        }
    }
}

/// What of a gradient is rounding, on a pair whose numbers are near 1: factors in a combination are known to 1e-6.
const SAME: f64 = 1e-5;

/// Two tokens and an end, in sequences of at most 3 tokens; the log-ratios of whole sequences are at most 1.
pub(crate) fn small_pair() -> Problem<Softmax> {
    let policy = [0.3, -0.2, -0.1, 0.1, 0.5, -0.6, -0.4, 0.2, 0.0];
    let reference = [0.1, 0.0, -0.2, 0.3, 0.2, -0.4, -0.1, 0.1, -0.1];
    let sequence = |logits: [f64; 9]| Softmax::sequence(logits.into(), 3, 3).expect("a square of finite logits");
    Problem::on_policy(sequence(policy), sequence(reference))
}

/// The gradient of the divergence of whole sequences, and the local one.
fn gradients(known: &Combination, problem: &Problem<Softmax>, tables: &Tables) -> [Vec<f64>; 2] {
    let mut coefficients = [vec![0.0; tables.entries()], vec![0.0; tables.entries()]];
    for part in 0..PARTS {
        enumerate(problem, tables, part, |entries, probability| {
            let total = |log: &[f64]| entries.iter().map(|&entry| log[entry]).sum::<f64>();
            let whole = coefficient(known, total(&tables.log_ratio), total(&tables.log_prob));
            for &entry in entries {
                coefficients[0][entry] += probability * whole;
                let local = coefficient(known, tables.log_ratio[entry], tables.log_prob[entry]);
                coefficients[1][entry] += probability * local;
            }
        });
    }
    coefficients.map(|coefficients| tables.pull_back(coefficients))
}

/// The coefficient of a combination; that of the entropy is one of log pi_theta.
fn coefficient(Combination(terms): &Combination, log_ratio: f64, log_prob: f64) -> f64 {
    let of = |known: Known| known.coefficient(if known == Known::Entropy { log_prob } else { log_ratio });
    terms.iter().map(|(factor, known)| factor * of(*known)).sum()
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::Sequence => "sequence",
            Self::Token => "token",
            Self::Neither => "neither",
        })
    }
}

impl Serialize for Level {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
