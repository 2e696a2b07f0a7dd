//! Log-probabilities that are none.

use super::problem::Kind;

/// A trainer's rounding may make a log-probability this large; beyond, it is none.
const ROUNDING: f64 = 1e-4;

/// No token that was drawn is so improbable; engines write -9999 or -1e9 for -inf.
const NEVER: f64 = -999.0;

/// A token that a policy is not nearly sure of has a log-probability below that.
const UNSURE: f64 = -0.01;

/// Whether the log-probabilities of a token, one a policy, are such, as fast as can be told.
#[inline]
pub(super) fn is_clean(log_probs: impl Iterator<Item = f64> + Clone) -> bool {
    let (mut is_sound, mut least, mut largest) = (true, 0.0_f64, f64::NEG_INFINITY);
    for log_prob in log_probs {
        is_sound &= log_prob <= ROUNDING && log_prob > NEVER;
        least = least.min(log_prob);
        largest = largest.max(log_prob);
    }
    // Where all are below 0, none is exactly 0.
    is_sound && (largest < 0.0 || least >= UNSURE)
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
            let clean = is_clean(log_probs.iter().copied());
            assert!(clean == expected.is_none() || clean < expected.is_none(), "{log_probs:?}");
        }
        assert!(is_clean([-1.0, -2.0].into_iter()) && is_clean([0.0, -0.005].into_iter()));
    }
}
