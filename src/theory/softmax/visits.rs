//! How often a policy comes to each of its rows, and what follows from that alone.

use crate::policy::{Problem, Softmax};

/// How many tokens a sequence draws from each row, on average.
#[derive(Clone, Debug, PartialEq)]
pub struct Visits(Vec<f64>);

impl Visits {
    /// Under a policy that draws its own tokens.
    ///
    /// # Formula
    /// With m_t(row) the probability that token t is drawn from a row, m_0 is 1 at the start and
    /// m_(t+1)(k + 1) = sum over rows of m_t(row) pi(k | row) for every token k but the end; the visits are sum_t m_t.
    pub fn of(policy: &Softmax) -> Self {
        Self::by(policy, &probabilities(policy))
    }

    pub(super) fn by(policy: &Softmax, probabilities: &[f64]) -> Self {
        let mut visits = vec![0.0; policy.rows()];
        for at in positions(policy, probabilities) {
            visits.iter_mut().zip(&at).for_each(|(visits, at)| *visits += at);
        }
        Self(visits)
    }

    /// The tokens drawn from each row.
    pub fn rows(&self) -> &[f64] {
        &self.0
    }

    /// The tokens of a sequence.
    pub fn mean_length(&self) -> f64 {
        self.0.iter().sum()
    }
}

/// The probability of each row at each position, until no sequence goes on.
pub(crate) fn positions<'a>(policy: &'a Softmax, probabilities: &'a [f64]) -> impl Iterator<Item = Vec<f64>> + use<'a> {
    let mut start = vec![0.0; policy.rows()];
    start[0] = 1.0;
    let next = move |at: &Vec<f64>| {
        let mut next = vec![0.0; at.len()];
        let rows = at.iter().zip(probabilities.chunks(policy.vocabulary()));
        for (at, row) in rows.filter(|(at, _)| **at > 0.0) {
            next[1..].iter_mut().zip(row).for_each(|(next, probability)| *next += at * probability);
        }
        next.iter().any(|at| *at > 0.0).then_some(next)
    };
    std::iter::successors(Some(start), next).take(policy.max_length())
}

pub(crate) fn probabilities(policy: &Softmax) -> Vec<f64> {
    policy.log_probs().into_iter().map(f64::exp).collect()
}

/// KL(pi||q) of a whole sequence, and its mean length under pi.
///
/// # Formula
/// sum over rows of the visits of pi times sum_k pi(k | row) D, with D = log pi(k | row) - log q(k | row).
///
/// ```
/// use klgrad::policy::Softmax;
/// use klgrad::theory::softmax::kl;
///
/// let [fair, loaded] = [0.0, 2.0].map(|logit| Softmax::categorical(vec![logit, 0.0]).unwrap());
/// let heads = 1.0 / (1.0 + (-2.0_f64).exp());
/// let expected = heads * (2.0 * heads).ln() + (1.0 - heads) * (2.0 * (1.0 - heads)).ln();
/// assert!((kl(&loaded, &fair).0 - expected).abs() < 1e-15);
/// ```
pub fn kl(policy: &Softmax, other: &Softmax) -> (f64, f64) {
    let probabilities = probabilities(policy);
    let visits = Visits::by(policy, &probabilities);
    let log_ratios = policy.log_ratios(other);
    let vocabulary = policy.vocabulary();
    let rows = visits.0.iter().zip(probabilities.chunks(vocabulary).zip(log_ratios.chunks(vocabulary)));
    let of_row = |(p, d): (&[f64], &[f64])| p.iter().zip(d).map(|(p, d)| p * d).sum::<f64>();
    (rows.map(|(visits, row)| visits * of_row(row)).sum(), visits.mean_length())
}

impl Problem<Softmax> {
    /// How many different sequences can be drawn; none where they are more than 64 bits count.
    ///
    /// # Formula
    /// With n tokens beside the end, n^t sequences end after t + 1 tokens, and n^T are cut after T.
    pub fn sequences(&self) -> Option<u64> {
        let vocabulary = self.policy.vocabulary() as u64;
        if !self.policy.is_sequence() {
            return Some(vocabulary);
        }
        let (tokens, mut ended, mut going_on) = (vocabulary - 1, 0_u64, 1_u64);
        for _ in 0..self.policy.max_length() {
            ended = ended.checked_add(going_on)?;
            going_on = going_on.checked_mul(tokens)?;
            if tokens == 1 && ended > u64::from(u32::MAX) {
                return None;
            }
        }
        ended.checked_add(going_on)
    }
}
