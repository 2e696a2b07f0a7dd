//! The beta at which an end spends a given KL.

use super::answers::Answers;
use super::kind::reached;
use crate::explain::Penalty;
use std::fmt;

/// No beta spends a KL.
#[derive(Clone, Debug, PartialEq)]
pub struct NoBeta {
    /// The KL that was asked for.
    pub kl: f64,
    /// What is spent next to it, with a smaller and with a larger beta; none where there is no end.
    pub nearest: [Option<f64>; 2],
}

/// Betas of up to 2^200 times the spread of the rewards, or a part of it. Where c falls the path to the end is followed, which rounding
/// hides where a penalty outweighs the rewards by far.
const STEPS: i32 = 200;
const FEW_STEPS: i32 = 16;

/// How near the KL has to be, as a part of it: where KL has no jump, betas that are neighbours as floats spend nearly the same.
const EXACT: f64 = 1e-9;

impl Answers {
    /// The beta at which the end of a loss, given by its coefficient, has this KL(theta||ref).
    ///
    /// The end spends the less, the larger beta is: see [`crate::training::ends`].
    ///
    /// # Errors
    /// No beta does, as the KL is more than the best answer alone has, or the KL jumps over it as beta changes.
    ///
    /// # Panics
    /// Where the KL is not positive.
    pub fn beta_for_kl(&self, penalty: &Penalty, kl: f64) -> Result<f64, NoBeta> {
        assert!(kl > 0.0, "the KL is {kl}");
        let spent = |beta: f64| self.ends(penalty, beta).end.map(|end| end.kl);
        // Where there is no end, beta is too small for one.
        let is_too_small = |beta: f64| spent(beta).is_none_or(|spent| spent > kl);
        let falls = !reached(penalty, self).is_empty();
        let [small, large] = self.bracket(if falls { FEW_STEPS } else { STEPS }, is_too_small);
        // Where there is no end on either side, it is not between them.
        let [small, large] = match falls && [small, large].map(spent) == [None, None] {
            true => [small, large],
            false => narrowed([small, large], is_too_small),
        };
        let nearest = [small, large].map(spent);
        let exact = |spent: Option<f64>| spent.is_some_and(|spent| (spent - kl).abs() <= EXACT * kl);
        match nearest {
            [_, spent] if exact(spent) => Ok(large),
            [spent, _] if exact(spent) => Ok(small),
            _ => Err(NoBeta { kl, nearest }),
        }
    }

    /// A beta that is too small and one that is not, a factor of 2 apart, as far as there are such within so many of these steps.
    fn bracket(&self, most: i32, is_too_small: impl Fn(f64) -> bool) -> [f64; 2] {
        let scale = self.spread();
        let at = |step: i32| scale * f64::from(step).exp2();
        // By steps that double, and then by halving.
        let grows = is_too_small(scale);
        let is_beyond = |step: i32| is_too_small(at(if grows { step } else { -step })) != grows;
        let far = std::iter::successors(Some(1), |step| Some(2 * step)).take_while(|step| *step < most);
        let mut steps = [0, far.clone().find(|step| is_beyond(*step)).unwrap_or(most)];
        while steps[1] - steps[0] > 1 {
            let middle = (steps[0] + steps[1]) / 2;
            steps[usize::from(is_beyond(middle))] = middle;
        }
        if grows { steps.map(at) } else { [at(-steps[1]), at(-steps[0])] }
    }
}

/// By halving, to neighbouring floats.
fn narrowed([mut small, mut large]: [f64; 2], is_too_small: impl Fn(f64) -> bool) -> [f64; 2] {
    loop {
        let middle = small + (large - small) / 2.0;
        if middle <= small || middle >= large {
            return [small, large];
        }
        *(if is_too_small(middle) { &mut small } else { &mut large }) = middle;
    }
}

impl fmt::Display for NoBeta {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let asked = if self.kl < 1e-3 { format!("{:e}", self.kl) } else { self.kl.to_string() };
        write!(formatter, "no beta spends a KL of {asked} nat: ")?;
        let [smaller, larger] = self.nearest;
        match (smaller.filter(|spent| *spent > self.kl), larger.or(smaller)) {
            (Some(smaller), Some(larger)) if larger < self.kl => {
                write!(
                    formatter,
                    "it jumps from {} to {} nat as beta falls; one of these would be right",
                    nats(larger),
                    nats(smaller)
                )
            }
            (_, Some(0.0)) => formatter.write_str("the end is the reference, as all rewards are the same"),
            (_, Some(most)) if most < self.kl => {
                write!(formatter, "the end spends at most {} nat; less would be right", nats(most))
            }
            (Some(least), _) => write!(formatter, "the end spends {} nat or more; more would be right", nats(least)),
            _ => formatter.write_str("there is no end near the reference"),
        }
    }
}

/// What rounding leaves of 0 is 0.
fn nats(kl: f64) -> String {
    match kl {
        ..1e-14 => "0".to_owned(),
        ..1e-3 => format!("{kl:.3e}"),
        _ => format!("{kl:.6}"),
    }
}

impl std::error::Error for NoBeta {}
