//! Which divergence a loss descends, whatever the settings: read off its gradient coefficient.
//!
//! # Example
//!
//! ```
//! use klgrad::estimator::Estimator;
//! use klgrad::explain::explain;
//!
//! let clamped: Estimator = "mine = clamp(k3, -10, 10)".parse().unwrap();
//! let page = explain(clamped.expression());
//! assert_eq!(page.follows.to_string(), "KL(ref||theta)");
//! // It has no gradient where pi_ref is more than 13.6 times pi_theta.
//! assert!((page.dead[0][1] - -2.610869).abs() < 1e-6);
//!
//! let in_reward = explain(Estimator::named("k3_in_reward").unwrap().expression());
//! assert_eq!(in_reward.follows.to_string(), "KL(theta||ref) - KL(ref||theta)");
//! // Nothing holds the policy near the reference.
//! assert_eq!(in_reward.pull, Some(0.0));
//! ```
//!
//! # Why the coefficient tells
//!
//! Samples x are drawn from pi_theta. Of a loss that is a function of the log-ratio D = log pi_theta(x) - log pi_ref(x), the
//! gradient that reaches the policy is E\[c(D) s\], with the gradient coefficient c = d loss / d log pi_theta and the score
//! s = grad log pi_theta(x).
//!
//! Let w = pi_theta / pi_ref = e^D, and let D_f = E_ref\[f(w)\] be an f-divergence. As grad pi_theta = pi_theta s and
//! grad w = w s,
//!
//! grad E_ref\[f(w)\] = E_ref\[f'(w) w s\] = E\[f'(w) s\].
//!
//! So E\[c(D) s\] is the gradient of the f-divergence with f'(w) = c(log w): each such loss descends exactly one. A constant in
//! c adds a constant to f', which does nothing, for E\[s\] = grad of the sum of all probabilities = 0. That is why k1, whose
//! coefficient is 1, follows nothing, and why a baseline changes the noise and not the direction.
//!
//! What is read off c:
//!
//! - *follows*: the combination of [`Known`] divergences whose coefficient it is, modulo a constant;
//! - *pull*, c'(0): near the reference D_f is c'(0) times KL to second order, so that 0 means that nothing holds the policy;
//! - *wrong way*, where c falls: f is not convex there. Of two samples the one of the larger D is pushed down less, and the
//!   log-ratios are driven apart;
//! - *dead*, where c is 0, and *flat*, where it is another constant: no sample there tells how far the policy has gone;
//! - *growth*: how fast c grows far from the reference, and so on which normals its variance does not exist.
//!
//! With samples of another policy pi_old, E_old\[rho g(D) s\] with rho = pi_theta / pi_old is E\[g(D) s\] again: a coefficient
//! that is rho times a function of D follows the same with samples of any policy.
//!
//! A loss without `ref` is held against the policy that drew the samples in its place: D = log pi_theta - log pi_old, and
//! E_old\[c s\] = E\[e^-D c s\], so that c e^-D is compared. A loss in `logp` alone is held against the entropy of pi_theta.
//!
//! Sources: the f-divergence of a coefficient follows from Csiszar's definition as above; the special cases k1, k2 and k3 are
//! in the article's section on theory.

mod coefficient;
mod combination;
mod divergence;
mod ends;
mod follows;
mod growth;
mod penalty;
mod ranges;
mod same;
mod sequence;
mod subject;
mod value;
mod words;

pub use combination::{Combination, Nearest, six_digits};
pub use divergence::Known;
pub use ends::ends;
pub use follows::Follows;
pub use growth::Growth;
pub use penalty::{NoPenalty, Penalty};
pub use ranges::Range;
pub use same::Fingerprint;
pub use sequence::Sequence;
pub use subject::Subject;
pub use value::Value;
pub use words::{in_words, place, within};

use crate::estimator::expr::Expr;
use coefficient::Coefficient;
use follows::Found;
use growth::Draws;
use ranges::Ranges;

/// What is known of a loss at a single step.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The divergence whose gradient it is.
    pub follows: Follows,
    /// The smooth stretch of D round 0 on which it follows that, where it does not everywhere.
    pub stretch: Option<Range>,
    /// The known divergence that is most like it for D from -3 to 3, where it follows none.
    pub nearest: Option<Nearest>,
    /// Whether it follows the same with samples of any policy, and not of pi_theta alone; none where the loss is held against
    /// the policy that drew the samples.
    pub off_policy: Option<bool>,
    /// c'(0); none where c jumps or has a kink.
    pub pull: Option<f64>,
    /// Where c falls; at a jump downwards both ends are the same.
    pub wrong_way: Vec<Range>,
    /// Where c is 0.
    pub dead: Vec<Range>,
    /// Where c is another constant.
    pub flat: Vec<Range>,
    /// How c grows as D goes to minus infinity, and to plus infinity.
    pub growth: [Growth; 2],
    /// On normals the variance of the gradient is infinite where sigma_ref / sigma_theta is at most the first of these, or
    /// at least the second; of a loss that is held against the policy that drew the samples, that is sigma_old.
    pub infinite_variance: [Option<f64>; 2],
    /// What its value estimates.
    pub value: Value,
    /// What the other tokens of a sequence change.
    pub sequence: Option<Sequence>,
    /// Where c is not a number.
    pub undefined: Vec<Range>,
    /// Whether c depends on D alone, and not on log pi_theta beside it; where it does not, nothing is read off it.
    pub is_in_log_ratio: bool,
}

/// Explains a loss. Samples are of pi_theta: `old` equals `logp` in value; unless the loss has no `ref`, and is held against
/// the policy that drew them.
///
/// A sum over the whole vocabulary counts by what weighted samples would send in its place on average.
///
/// # Panics
/// Where that cannot be said: see [`is_explained`].
pub fn explain(loss: &Expr) -> Explanation {
    let sequence = Sequence::of(loss);
    let loss = &sampled(loss);
    let subject = Subject::of(loss);
    let coefficient = Coefficient::new(subject.loss(loss));
    let found = found(&coefficient, subject);
    let is_in_log_ratio = coefficient.is_in_log_ratio();
    let ranges = if is_in_log_ratio { Ranges::of(&coefficient) } else { Ranges::default() };
    let Ranges { dead, flat, falling, undefined } = ranges;
    let drawn = Coefficient::new(subject.unweighted(loss));
    let draws = if subject == Subject::Sampler { Draws::Reference } else { Draws::Theta };
    Explanation {
        off_policy: subject.off_policy(loss),
        pull: if is_in_log_ratio { pull(&coefficient) } else { None },
        wrong_way: falling,
        dead,
        flat,
        growth: coefficient.growth().map(Growth::new),
        infinite_variance: growth::infinite_variance(drawn.growth().map(Growth::new), draws),
        value: Value::of(&coefficient, &drawn, subject, found.range()),
        sequence,
        follows: Follows { known: found.known, subject },
        stretch: found.stretch,
        nearest: found.nearest,
        undefined,
        is_in_log_ratio,
    }
}

/// Which divergence a loss follows with samples of pi_theta, or with those of any other policy.
///
/// ```
/// use klgrad::estimator::Estimator;
/// use klgrad::explain::follows;
///
/// let [k2, weighted] = ["k2", "sg_rho_k2"].map(|name| Estimator::named(name).unwrap().expression().clone());
/// assert_eq!(follows(&k2, true).to_string(), "KL(theta||ref)");
/// assert_eq!(follows(&k2, false).to_string(), "none of those known");
/// assert_eq!(follows(&weighted, false).to_string(), "KL(theta||ref)");
/// ```
pub fn follows(loss: &Expr, is_on_policy: bool) -> Follows {
    if !is_explained(loss) {
        return Follows { known: None, subject: Subject::Reference };
    }
    let loss = &sampled(loss);
    let subject = Subject::of(loss);
    if !is_on_policy && subject.off_policy(loss) == Some(false) {
        return Follows { known: None, subject };
    }
    Follows { known: found(&Coefficient::new(subject.loss(loss)), subject).known, subject }
}

/// Whether a loss can be explained: a sum over the whole vocabulary has to be a term of the loss itself, as in
/// `full(D) + k3`. Within another function, as in `exp(full(D))`, samples cannot stand for it.
pub fn is_explained(loss: &Expr) -> bool {
    !loss.sees_vocabulary() || loss.in_expectation().is_some()
}

/// The loss with weighted samples in the place of sums over the vocabulary.
fn sampled(loss: &Expr) -> Expr {
    let sampled = if loss.sees_vocabulary() { loss.in_expectation() } else { Some(loss.clone()) };
    sampled.expect("a loss that cannot be explained is refused before")
}

/// Where c is a function of D and a multiple of log pi_theta, that is the entropy's part of it, with the opposite sign.
fn found(coefficient: &Coefficient, subject: Subject) -> Found {
    if coefficient.is_in_log_ratio() {
        return Found::by(coefficient, subject.candidates());
    }
    let none = Found { known: None, stretch: None, nearest: None };
    let Some((factor, rest)) = coefficient.apart_from_log_prob() else { return none };
    let Found { known, stretch, .. } = Found::by(&rest, subject.candidates());
    let with_entropy = |Combination(mut terms): Combination| {
        terms.push((-factor, Known::Entropy));
        Combination(terms)
    };
    Found { known: known.map(with_entropy), stretch, ..none }
}

/// c'(0), where it is the same on both sides.
fn pull(coefficient: &Coefficient) -> Option<f64> {
    const BESIDE: f64 = 1e-5;
    let [left, right] = [-BESIDE, BESIDE].map(|d| (coefficient.value(d), coefficient.slope(d)));
    let steep = left.1.abs() + right.1.abs();
    let jumps = (right.0 - left.0).abs() > 4.0 * BESIDE * steep + 1e-9;
    let bends = (right.1 - left.1).abs() > 1e-3 * (1.0 + steep);
    if jumps || bends || !steep.is_finite() {
        return None;
    }
    // Halfway again, as c' may go as |D| there.
    let half = [-BESIDE, BESIDE].map(|d| coefficient.slope(d / 2.0));
    let between = half[0] + half[1] - (left.1 + right.1) / 2.0;
    let at = coefficient.slope(0.0);
    // Where a clamp ends at 0 both of its sides count there, as at a tie.
    let slope = if (at - between).abs() <= 1e-7 * (1.0 + steep) { at } else { (between * 1e6).round() / 1e6 };
    // Adding 0 turns -0 into 0.
    Some(slope + 0.0)
}

/// The coefficient c(D) of a loss at a single step over a range, in pieces between its jumps and kinks: what its page tells
/// of, and its figure draws.
pub fn curve(loss: &Expr, range: Range) -> Vec<Vec<(f64, f64)>> {
    let loss = &sampled(loss);
    Coefficient::new(Subject::of(loss).loss(loss)).curve(range)
}
