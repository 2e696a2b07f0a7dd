//! The rows of `ends.csv`: where each loss ends, at the same beta and at the same KL.

use super::Objective;
use super::ascent::NoEnd;
use super::ends::{Answers, End, Ends, Kind};
use crate::estimator::{Baseline, Draw, Estimator, WeightedMean};
use crate::explain::Penalty;
use crate::in_order::in_order;
use crate::maybe_number;
use crate::policy::Softmax;
use crate::theory::softmax::Aggregate;
use anyhow::{Result, bail};
use serde::Serialize;
use std::num::NonZeroUsize;

/// Where a training with one estimator ends.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EndRow {
    /// Name of the estimator.
    pub estimator: String,
    /// What is the same for all: beta, or KL(theta||ref).
    pub at: At,
    /// The beta; none where no beta spends the KL.
    #[serde(serialize_with = "maybe_number::serialize")]
    pub beta: Option<f64>,
    /// How many ends there are.
    #[serde(skip)]
    pub kind: Kind,
    /// The same, and why: a text that begins with `unique`, `several` or `none`.
    pub ends: String,
    /// E\[R\] there, and so on; none where there is no end.
    #[serde(serialize_with = "maybe_number::serialize")]
    pub reward: Option<f64>,
    /// KL(theta||ref).
    #[serde(serialize_with = "maybe_number::serialize")]
    pub kl: Option<f64>,
    /// KL(ref||theta).
    #[serde(serialize_with = "maybe_number::serialize")]
    pub kl_ref: Option<f64>,
    /// E\[R\] - beta KL(theta||ref).
    #[serde(serialize_with = "maybe_number::serialize")]
    pub objective: Option<f64>,
    /// By how much the objective is below that of the optimum.
    #[serde(serialize_with = "maybe_number::serialize")]
    pub gap: Option<f64>,
    /// KL(theta||optimum).
    #[serde(serialize_with = "maybe_number::serialize")]
    pub kl_to_optimum: Option<f64>,
}

/// What is the same for all estimators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// beta.
    Beta,
    /// KL(theta||ref).
    Kl,
}

impl EndRow {
    /// Of a training that has no end, or none that is known.
    fn without(estimator: &Estimator, at: At, beta: Option<f64>, kind: Kind, why: &str) -> Self {
        Self {
            estimator: estimator.name().to_owned(),
            at,
            beta,
            kind,
            ends: format!("{kind}: {why}"),
            reward: None,
            kl: None,
            kl_ref: None,
            objective: None,
            gap: None,
            kl_to_optimum: None,
        }
    }

    fn of_one_token(estimator: &Estimator, at: At, beta: f64, ends: &Ends) -> Self {
        let without = Self::without(estimator, at, Some(beta), ends.kind, &ends.why);
        let own = if beta > 0.0 && has_own_lambda(estimator) { OF_MANY } else { "" };
        let Some(End { reward, kl, kl_ref, objective, gap, kl_to_optimum, .. }) = ends.end else { return without };
        let [reward, kl, kl_ref] = [reward, kl, kl_ref].map(Some);
        let [objective, gap, kl_to_optimum] = [objective, gap, kl_to_optimum].map(Some);
        Self { ends: format!("{ends}{own}"), reward, kl, kl_ref, objective, gap, kl_to_optimum, ..without }
    }

    fn of_sequences(estimator: &Estimator, at: At, objective: &Objective, end: Result<Softmax, NoEnd>) -> Self {
        let without = |kind: Kind, why: &str| Self::without(estimator, at, Some(objective.beta), kind, why);
        match end {
            Err(reason) => without(Kind::Unknown, reason.reason()),
            Ok(policy) => {
                let there = objective.optimum().judge(objective, &policy, 0);
                Self {
                    reward: Some(there.reward),
                    kl: Some(there.kl),
                    kl_ref: Some(there.kl_ref),
                    objective: Some(there.objective),
                    gap: there.gap,
                    kl_to_optimum: there.kl_to_optimum,
                    ..without(Kind::UniqueNearReference, FOUND)
                }
            }
        }
    }
}

/// Whether a lambda is estimated from the samples that it is subtracted at, which takes a part of the penalty away.
fn has_own_lambda(estimator: &Estimator) -> bool {
    matches!(estimator.baseline(), Some(Baseline::Weighted(WeightedMean { draw: Draw::Own, .. })))
}

const OF_MANY: &str = "; of endless batches: a lambda from few samples moves it";

/// What is known of an end that ascent has found.
const FOUND: &str = "exact ascent from the reference comes to it, and farther ones are not looked for";

impl Objective {
    /// Where a training with the loss ends.
    ///
    /// Of one token that is known by formula: see [`super::ends`]. Sequences ascend from the reference along the expected
    /// gradient, by a natural gradient as [`Self::optimum`] does. A baseline changes nothing about an end.
    pub fn end(&self, estimator: &Estimator, aggregate: Aggregate) -> EndRow {
        match self.answers() {
            Some(answers) => of_beta(&answers, estimator, self.beta),
            None => EndRow::of_sequences(estimator, At::Beta, self, self.ascend_by(estimator, aggregate)),
        }
    }

    /// The same, at the beta at which the end has this KL(theta||ref).
    pub fn end_at_kl(&self, estimator: &Estimator, aggregate: Aggregate, kl: f64) -> EndRow {
        match self.answers() {
            Some(answers) => of_kl(&answers, estimator, kl),
            None => {
                let found = self.beta_for_kl(kl, |objective| objective.ascend_by(estimator, aggregate));
                match found {
                    Ok((objective, policy)) => EndRow::of_sequences(estimator, At::Kl, &objective, Ok(policy)),
                    Err(reason) => EndRow::without(estimator, At::Kl, None, Kind::Unknown, &reason),
                }
            }
        }
    }

    /// Whether the optimum has this KL(theta||ref) at some beta.
    ///
    /// # Errors
    /// It has not: the message says what it can have.
    pub fn check_kl(&self, kl: f64) -> Result<()> {
        let refusal = match self.answers() {
            Some(answers) => answers.beta_for_kl(&Penalty::of_kl(), kl).err().map(|refusal| refusal.to_string()),
            None => {
                let optimum = |objective: &Self| objective.optimum().policy.ok_or(NoEnd::RunsAway);
                self.beta_for_kl(kl, optimum).err()
            }
        };
        refusal.map_or(Ok(()), |refusal| bail!("{refusal}"))
    }

    /// The best reward for each KL(theta||ref): pairs of the two, from the reference on, those of the optima of many betas. None for
    /// sequences of more than 10,000 logits, where each would take a second.
    pub fn frontier(&self) -> Vec<[f64; 2]> {
        match self.answers() {
            Some(answers) => {
                let at = |beta: f64| answers.optimum(beta);
                along(self.reward_spread(), POINTS, |beta| Some([at(beta).kl, at(beta).reward]))
            }
            None if self.reference.logits().len() > MOST_LOGITS => Vec::new(),
            None => along(self.reward_spread(), POINTS_OF_SEQUENCES, |beta| {
                let objective = self.with_beta(beta);
                let judged = objective.judge(objective.optimum().policy.as_ref()?);
                Some([judged.kl, judged.reward])
            }),
        }
    }

    fn answers(&self) -> Option<Answers> {
        (!self.reference.is_sequence()).then(|| {
            Answers::new(&self.reference, self.reward.entries()).expect("the objective has checked the rewards")
        })
    }
}

const POINTS: usize = 120;
const POINTS_OF_SEQUENCES: usize = 24;
const MOST_LOGITS: usize = 10_000;

/// At betas from 64 times to a 64th of the spread of rewards: from next to the reference to next to the best answer.
fn along(spread: f64, points: usize, at: impl Fn(f64) -> Option<[f64; 2]>) -> Vec<[f64; 2]> {
    let beta = |point: usize| spread * (6.0 - 12.0 * point as f64 / (points - 1) as f64).exp2();
    (0..points).filter_map(|point| at(beta(point))).collect()
}

fn of_beta(answers: &Answers, estimator: &Estimator, beta: f64) -> EndRow {
    let ends = match beta {
        0.0 => answers.ends(&Penalty::none(), 0.0),
        _ => Penalty::of(estimator.expression()).map_or_else(Ends::from, |penalty| answers.ends(&penalty, beta)),
    };
    EndRow::of_one_token(estimator, At::Beta, beta, &ends)
}

fn of_kl(answers: &Answers, estimator: &Estimator, kl: f64) -> EndRow {
    let without = |why: &str| EndRow::without(estimator, At::Kl, None, Kind::None, why);
    match Penalty::of(estimator.expression()) {
        Err(reason) => without(&reason.to_string()),
        Ok(penalty) => match answers.beta_for_kl(&penalty, kl) {
            Ok(beta) => EndRow::of_one_token(estimator, At::Kl, beta, &answers.ends(&penalty, beta)),
            Err(reason) => without(&reason.to_string()),
        },
    }
}

impl EndRow {
    /// KL(theta||ref) and E\[R\] of the end, where there is one.
    pub fn place(&self) -> Option<[f64; 2]> {
        Some([self.kl?, self.reward?])
    }
}

/// Where the trainings with these estimators end, at the objective's beta; and behind these, where a KL is given, at the beta at
/// which each spends it. `advance` is called after each.
pub fn ends_of(
    objective: &Objective,
    estimators: &[Estimator],
    aggregate: Aggregate,
    kl: Option<f64>,
    threads: NonZeroUsize,
    advance: impl Fn(),
) -> Vec<EndRow> {
    let end = |index: usize| match (estimators.get(index), kl) {
        (Some(estimator), _) => objective.end(estimator, aggregate),
        (None, Some(kl)) => objective.end_at_kl(&estimators[index - estimators.len()], aggregate, kl),
        (None, None) => unreachable!("without a KL there is a row for each estimator"),
    };
    let mut ends = Vec::new();
    in_order(estimators.len() * (1 + usize::from(kl.is_some())), threads, end, |end| {
        ends.push(end);
        advance();
    });
    ends
}
