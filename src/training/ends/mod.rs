//! Where a training ends, for one token of a categorical.
//!
//! # Example
//!
//! ```
//! use klgrad::estimator::Estimator;
//! use klgrad::explain::Penalty;
//! use klgrad::policy::Softmax;
//! use klgrad::training::ends::{Answers, Kind};
//!
//! // The best answer has a probability of one in a million in the reference.
//! let reference = Softmax::categorical(vec![0.0, (1e-6_f64 / (1.0 - 1e-6)).ln()])?;
//! let answers = Answers::new(&reference, &[0.0, 1.0])?;
//! let ends = |name: &str| {
//!     let loss = Estimator::named(name).expect("it is in the table");
//!     answers.ends(&Penalty::of(loss.expression()).expect("it is a function of D"), 0.1)
//! };
//! let [k2, k3] = ["k2", "k3"].map(ends);
//! assert_eq!((k2.kind, k3.kind), (Kind::Unique, Kind::Unique));
//! let best = |ends: klgrad::training::ends::Ends| ends.end.expect("there is one").policy[1];
//! let [k2, k3] = [k2, k3].map(best);
//! assert!((k2 - 0.0216).abs() < 1e-4 && (k3 - 0.9000).abs() < 1e-4);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What an end is
//!
//! Answers x are drawn from pi, a distribution over V answers with pi_ref(x) > 0 and a reward R(x). Ascent on
//! E\[R\] - beta loss sends E\[(R - beta c(D)) s\] to the parameters, with D = log pi(x) - log pi_ref(x), the score s and the
//! gradient coefficient c: see [`crate::explain`]. With respect to the logits that is pi(x) (g(x) - sum_y pi(y) g(y)), where
//! g = R - beta c(D). So the policy stands still where g is one number lambda for all x, or
//!
//! pi(x) = pi_ref(x) e^D(x) with c(D(x)) = (R(x) - lambda) / beta, and sum_x pi(x) = 1.
//!
//! It ascends, too: E\[c(D) s\] is the gradient of the f-divergence with f'(w) = c(log w), w = pi / pi_ref, so that
//! J(pi) = sum_x pi(x) R(x) - beta sum_x pi_ref(x) f(w(x)) never falls. An *end* is a policy that attracts, a local maximum of J
//! on the simplex; on its boundary answers have probability 0, which logits approach and never reach, and each of them has
//! g(x) <= lambda in the limit.
//!
//! # How many there are
//!
//! - *c falls nowhere* for D up to log 1 / pi_ref(x), more than which no answer can have. Then f is convex and J concave: all
//!   maxima are one convex set, and there is one, as the simplex is compact. Where c rises strictly over all D, f is strictly
//!   convex and the end is **unique**. Where c has no lower bound, pi(x) = 0 would need g(x) = infinity <= lambda, so the
//!   end is inside. Where it has, c > c0, the answers with R(x) - beta c0 <= lambda get probability 0: those far enough below the
//!   best. Where c jumps upwards, a D stays at the jump for a range of rewards; where c is constant, J is linear: the best
//!   answer takes what the others leave, and only a tie of rewards leaves a choice, so that the ends are **several**, a whole
//!   face. A constant c is no penalty at all: the best answer gets everything.
//! - *c falls somewhere.* The second derivative of J along a change h with sum h = 0 is -beta sum_x h(x)^2 c'(D(x)) / pi(x):
//!   where c rises at all answers the policy attracts, where it falls at two it repels. (At one, it attracts if
//!   sum_x pi(x) / c'(D(x)) is negative.) Which end a training comes to is then a matter of its path, and the one that is given
//!   is that of small steps of gradient ascent, d theta / dt = pi (g - mean of g), from the reference; Adam, or another start,
//!   may lead to another. The path need not have an end: then the kind is **none**, and the training runs away. So it does
//!   where c grows as e^-D: J has no upper bound as an answer is given up, pi(x) c(D(x)) does not vanish, and the answers that
//!   are left are driven apart, too. (An answer that no sample has is not driven further.) Other ends are looked for in three
//!   places: where every answer comes straight from D = 0, with D at the first place where c rises through
//!   (R - lambda) / beta on its way, or at probability 0 where there is none; at a single answer with all the probability,
//!   which attracts where R(y) - beta c0 < lambda for all others, always so where c goes to infinity as D goes to minus
//!   infinity; and at the end with one answer less, where that one stays away. With one of these the ends are **several**;
//!   where none is found the end is **unique near the reference**.
//!
//! # The known ones
//!
//! - k2, c = D: pi_ref e^(R/beta) / Z. It is the optimum of E\[R\] - beta KL(theta||ref), since f' = log w makes J that
//!   objective (with a constant), and the whole table that follows KL(theta||ref) shares it.
//! - k3, c = 1 - e^-D: pi_ref / (1 - (R - lambda)/beta). A tail of 1/gap, heavier on bad answers than e^(-gap/beta); the best
//!   answer is lighter where the reference likes it, and far heavier where it is rare, as c is bounded above: no
//!   log-ratio, however large, costs more than beta.
//! - chi2, c = e^D - 1: pi_ref (1 + (R - lambda)/beta), a linear tilt, and 0 where that is negative, as c > -1.
//! - abs, c = sign(D): answers more than 2 beta below the best get probability 0, the best what they had, and all others keep
//!   theirs.
//! - k1, c = 1: no penalty.
//! - k3 in the reward, c = e^-D - 1 + D: it falls for D < 0, to which the reference is next. An answer that loses probability
//!   is driven on to 0, and c grows as e^-D there: the training runs away, to a single answer.
//!
//! # KL and beta
//!
//! Where c rises, dD(x)/ds = (lambda' - gap(x)) / c'(D(x)) with s = 1 / beta and the gap to the best reward, for a number lambda'
//! with sum_x pi(x) dD(x)/ds = 0. So dKL(theta||ref)/ds = sum_x pi(x) D(x) dD(x)/ds is the covariance of D and -gap under the weights
//! pi / c', and not negative, since D rises with the reward: an end spends the less KL the larger beta is.

mod answers;
mod beta;
mod end;
mod flow;
mod inverse;
mod kind;
mod solve;
#[cfg(test)]
mod tests;

pub use answers::{Answers, InvalidAnswers};
pub use beta::NoBeta;
pub use end::End;
pub use kind::{Ends, Kind};
