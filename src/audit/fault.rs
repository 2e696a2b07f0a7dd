//! Log-probabilities that are none.

use super::problem::Kind;
use multiversion::multiversion;
use std::ops::Range;

/// A trainer's rounding may make a log-probability this large; beyond, it is none.
const ROUNDING: f64 = 1e-4;

/// No token that was drawn is so improbable; engines write -9999 or -1e9 for -inf.
const NEVER: f64 = -999.0;

/// A token that a policy is not nearly sure of has a log-probability below that.
const UNSURE: f64 = -0.01;

/// So many tokens are looked at together.
pub(super) const BLOCK: usize = 64;

/// Whether a range of tokens is seen at once to have no fault: where all are below 0, none is exactly 0 or positive.
#[multiversion(targets("x86_64+avx2+fma"))]
pub(super) fn are_sound(columns: &[&[f64]], range: Range<usize>) -> bool {
    // Not a number is neither.
    let is_sound = |log_probs: &[f64]| log_probs.iter().fold(true, |all, &x| all & (x < 0.0) & (x > NEVER));
    columns.iter().all(|column| is_sound(&column[range.clone()]))
}

/// Whether any of a block of tokens may have a fault, as fast as can be told.
#[multiversion(targets("x86_64+avx2+fma"))]
pub(super) fn is_care_needed(columns: &[&[f64]], block: Range<usize>) -> bool {
    let (mut least, mut largest, mut is_sound) = ([0.0; BLOCK], [f64::NEG_INFINITY; BLOCK], true);
    for column in columns {
        for ((&log_prob, least), largest) in column[block.clone()].iter().zip(&mut least).zip(&mut largest) {
            // Not a number is neither.
            is_sound &= (log_prob <= ROUNDING) & (log_prob > NEVER);
            *least = if log_prob < *least { log_prob } else { *least };
            *largest = if log_prob > *largest { log_prob } else { *largest };
        }
    }
    // Where all are below 0, none is exactly 0.
    let may_be_missing =
        least.iter().zip(&largest).fold(false, |any, (&least, &largest)| any | (largest >= 0.0) & (least < UNSURE));
    !is_sound | may_be_missing
}

/// What is wrong with one of the log-probabilities of a token: the place of the policy, and the kind.
///
/// Sure tokens have exactly 0 in 32 bits, so that a 0 is a missing value only where another policy is not sure.
pub(super) fn fault(log_probs: &[f64]) -> Option<(usize, Kind)> {
    let of_one = |log_prob: f64| match log_prob {
        _ if log_prob.is_nan() => Some(Kind::NotANumber),
        1.0 => Some(Kind::Sentinel),
        _ if log_prob > ROUNDING => Some(Kind::Positive),
        _ if log_prob <= NEVER => Some(Kind::Infinite),
        _ => None,
    };
    let first = log_probs.iter().enumerate().find_map(|(place, &log_prob)| Some((place, of_one(log_prob)?)));
    let is_unsure = log_probs.iter().any(|&log_prob| log_prob < UNSURE);
    let zero = || log_probs.iter().position(|&log_prob| log_prob == 0.0).filter(|_| is_unsure);
    first.or_else(|| Some((zero()?, Kind::Zero)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_fault_is_told_from_a_log_probability() {
        for (log_probs, expected) in [
            (&[-1.0, -2.0][..], None),
            (&[0.0, 0.0], None),
            (&[0.0, -0.009], None),
            (&[5e-5, -0.5], None),
            (&[0.0, -0.02], Some((0, Kind::Zero))),
            (&[-0.02, -0.0], Some((1, Kind::Zero))),
            // A zero-filled engine, as in NeMo-RL's issue 4218.
            (&[-10.8, -10.8, 0.0], Some((2, Kind::Zero))),
            (&[-1.0, f64::NAN], Some((1, Kind::NotANumber))),
            (&[1.0, -1.0], Some((0, Kind::Sentinel))),
            (&[-1.0, 0.5], Some((1, Kind::Positive))),
            (&[-1.0, f64::INFINITY], Some((1, Kind::Positive))),
            (&[-9999.0, -1.0], Some((0, Kind::Infinite))),
            (&[-1e9, -1.0], Some((0, Kind::Infinite))),
            (&[-1.0, f64::NEG_INFINITY], Some((1, Kind::Infinite))),
        ] {
            assert_eq!(fault(log_probs), expected, "{log_probs:?}");
            let columns: Vec<&[f64]> = log_probs.chunks(1).collect();
            assert!(expected.is_none() || is_care_needed(&columns, 0..1), "{log_probs:?}");
            assert!(expected.is_none() || !are_sound(&columns, 0..1), "{log_probs:?}");
        }
        assert!(are_sound(&[&[-1.0, -5e-3], &[-2.0, -998.0]], 0..2), "nothing is wrong");
        assert!(!is_care_needed(&[&[-1.0, 0.0, -3.0], &[-2.0, -0.005, -4.0]], 0..3), "nothing is wrong");
        assert!(is_care_needed(&[&[-1.0, 0.0, -3.0], &[-2.0, -0.5, -4.0]], 1..3), "one is missing");
    }
}
