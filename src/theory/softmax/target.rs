//! What an estimator is held against: the gradient of KL(theta||ref) of the whole sequence, and the local one.

use super::tables::{Tables, dot};
use super::visits::positions;
use crate::policy::{Problem, Softmax};

/// The divergence, its gradient G with respect to all logits, and the local gradient L.
///
/// # Formula
/// With m_t(s) the probability that token t is drawn from row s under pi_theta, KL(s) = sum_k pi(k|s) D(s, k), and V_t(s) the
/// divergence of what follows from position t on,
///
/// V_t(s) = KL(s) + sum_k pi(k|s) V_(t+1)(k + 1), and V_T = 0,
///
/// G(s, k) = sum_t m_t(s) pi(k|s) (D(s, k) + V_(t+1)(k + 1) - V_t(s)),
///
/// L(s, k) = sum_t m_t(s) pi(k|s) (D(s, k) - KL(s)).
///
/// L is the sum over tokens of the gradient of KL(theta||ref) of the next token, its prefix held constant: what a loss that
/// sees one token at a time can follow at best. For one token it is G.
#[derive(Clone, Debug)]
pub struct Target {
    /// KL(theta||ref) of a whole sequence.
    pub kl: f64,
    /// The mean length of a sequence under pi_theta.
    pub mean_length: f64,
    /// G, with respect to each logit, row by row.
    pub gradient: Vec<f64>,
    /// L.
    pub local: Vec<f64>,
}

impl Target {
    /// Of a problem.
    pub fn of(problem: &Problem<Softmax>) -> Self {
        Self::with(problem, &Tables::of(problem))
    }

    pub(crate) fn with(problem: &Problem<Softmax>, tables: &Tables) -> Self {
        let policy = &problem.policy;
        let positions: Vec<Vec<f64>> = positions(policy, &tables.policy).collect();
        let visits: Vec<f64> = (0..policy.rows()).map(|row| positions.iter().map(|at| at[row]).sum()).collect();
        let rows = tables.policy.chunks(tables.vocabulary).zip(tables.log_ratio.chunks(tables.vocabulary));
        let of_rows: Vec<f64> = rows.map(|(p, d)| dot(p, d)).collect();
        let mut local = Vec::with_capacity(tables.entries());
        for (entry, (p, d)) in tables.policy.iter().zip(&tables.log_ratio).enumerate() {
            let row = entry / tables.vocabulary;
            local.push(visits[row] * p * (d - of_rows[row]));
        }
        let gradient = match policy.is_sequence() {
            true => local.iter().zip(later(&positions, &of_rows, tables)).map(|(l, later)| l + later).collect(),
            false => local.clone(),
        };
        Self { kl: dot(&visits, &of_rows), mean_length: visits.iter().sum(), gradient, local }
    }

    /// |G|.
    pub fn norm(&self) -> f64 {
        dot(&self.gradient, &self.gradient).sqrt()
    }

    /// |L|.
    pub fn local_norm(&self) -> f64 {
        dot(&self.local, &self.local).sqrt()
    }

    /// The cosine of G and L.
    pub fn cosine(&self) -> f64 {
        (dot(&self.gradient, &self.local) / self.norm() / self.local_norm()).clamp(-1.0, 1.0)
    }
}

/// What the gradient has of later tokens: sum_t m_t(s) pi(k|s) (V_(t+1)(k + 1) - its mean over k).
fn later(positions: &[Vec<f64>], of_rows: &[f64], tables: &Tables) -> Vec<f64> {
    let vocabulary = tables.vocabulary;
    let mut later = vec![0.0; tables.entries()];
    let mut after = vec![0.0; vocabulary];
    for at in positions.iter().rev() {
        let mut value = of_rows.to_vec();
        for (row, policy) in tables.policy.chunks(vocabulary).enumerate() {
            // Nothing comes after the end, the last token.
            let mean = dot(&policy[..vocabulary - 1], &after[1..]);
            value[row] += mean;
            if at[row] > 0.0 {
                let to = &mut later[row * vocabulary..][..vocabulary];
                for token in 0..vocabulary {
                    let next = if token + 1 < vocabulary { after[token + 1] } else { 0.0 };
                    to[token] += at[row] * policy[token] * (next - mean);
                }
            }
        }
        after = value;
    }
    later
}
