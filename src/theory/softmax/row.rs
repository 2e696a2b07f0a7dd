//! What `klgrad theory` says of each estimator on softmax policies.

use super::aggregate::Aggregate;
use super::measures::Measures;
use super::moments::{self, Moments};
use super::tables::Tables;
use super::target::Target;
use super::visits::Visits;
use crate::estimator::Estimator;
use crate::estimator::expr::Expr;
use crate::explain::{Follows, follows};
use crate::policy::{Problem, Softmax};
use serde::Serialize;
use std::num::NonZeroUsize;

/// So many sequences at most are enumerated.
pub const MOST_SEQUENCES: u64 = 2_000_000;

/// Where a number comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A sum over everything that can be drawn.
    Exact,
    /// Samples, with a standard error.
    Sampled,
    /// Nothing yet: it takes samples.
    Unknown,
}

/// The theory of one estimator.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Name of the estimator.
    pub estimator: String,
    /// <g, G> / <G, G>, with g the expected gradient with respect to all logits, and G that of KL(theta||ref) of the whole
    /// sequence.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub strength: Option<f64>,
    /// The cosine of g and G; none where g is 0.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub cosine: Option<f64>,
    /// |g - G| / |G|.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub relative_bias: Option<f64>,
    /// |g - L| / |L|, with L the local gradient.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub relative_bias_local: Option<f64>,
    /// The root of the trace of the covariance matrix of one sample's gradient, over |G|.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub relative_stdev_one_sample: Option<f64>,
    /// Samples whose mean has a standard error of a tenth of strength |G|; none where the strength is not positive.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub samples_for_10_percent: Option<f64>,
    /// Which divergence it is the gradient of at a single token, whatever the settings.
    pub follows: Follows,
    /// Where strength, cosine and bias come from.
    pub mean_is: Source,
    /// Where the noise comes from.
    pub noise_is: Source,
    /// The standard error of the strength, where it is sampled.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub strength_error: Option<f64>,
    /// That of the cosine.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub cosine_error: Option<f64>,
    /// That of the relative bias.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub relative_bias_error: Option<f64>,
    /// That of the relative local bias.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub relative_bias_local_error: Option<f64>,
    /// That of the relative standard deviation.
    #[serde(serialize_with = "crate::maybe_number::serialize")]
    pub relative_stdev_error: Option<f64>,
}

/// What is known of estimators on a problem without a sample.
#[derive(Clone, Debug)]
pub struct Theory {
    /// What they are held against.
    pub target: Target,
    /// The mean length of a sequence under the policy that draws.
    pub drawn_length: f64,
    /// The loss of a sequence of each estimator.
    pub losses: Vec<Expr>,
    /// By what each of them is multiplied.
    pub factor: f64,
    /// The moments of each estimator's gradient; none where samples have to tell.
    pub moments: Vec<Option<Moments>>,
}

/// Exact theory: by enumeration where at most [`MOST_SEQUENCES`] can be drawn, and otherwise, of estimators whose
/// coefficients depend on one token each, the means by recursion over positions. `advance` is called after each of the
/// [`parts`].
///
/// # Panics
/// Where an estimator has a baseline over a batch.
pub fn theory(
    estimators: &[Estimator],
    problem: &Problem<Softmax>,
    aggregate: Aggregate,
    threads: NonZeroUsize,
    advance: &dyn Fn(),
) -> Theory {
    assert!(estimators.iter().all(|estimator| estimator.baseline().is_none()), "a batch has a baseline, a sample none");
    let tables = Tables::of(problem);
    let visits = Visits::by(&problem.behaviour, &tables.behaviour);
    let losses: Vec<Expr> = estimators.iter().map(|estimator| aggregate.loss(estimator.expression())).collect();
    let factor = aggregate.factor(visits.mean_length());
    let moments: Vec<Option<Moments>> = match is_enumerable(problem) {
        true => moments::enumerated(&losses, problem, &tables, threads, advance).into_iter().map(Some).collect(),
        false => {
            let is_additive = |loss: &&Expr| !loss.sees_sequences();
            let additive: Vec<Expr> = losses.iter().filter(is_additive).cloned().collect();
            let mut means = moments::additive(&additive, &visits, &tables).into_iter();
            losses.iter().map(|loss| is_additive(&loss).then(|| means.next()).flatten()).collect()
        }
    };
    Theory {
        target: Target::with(problem, &tables),
        drawn_length: visits.mean_length(),
        moments: moments.into_iter().map(|moments| moments.map(|m| m.times(factor))).collect(),
        losses,
        factor,
    }
}

/// Whether all that can be drawn is enumerated.
pub fn is_enumerable(problem: &Problem<Softmax>) -> bool {
    problem.sequences().is_some_and(|sequences| sequences <= MOST_SEQUENCES)
}

/// In how many parts so many estimators are enumerated; 0 where they are not.
pub fn parts(estimators: usize, problem: &Problem<Softmax>) -> usize {
    if is_enumerable(problem) { moments::parts(estimators, problem.policy.logits().len()) } else { 0 }
}

impl Theory {
    /// The rows of these estimators, of which this is the theory.
    pub fn rows(&self, estimators: &[Estimator], problem: &Problem<Softmax>) -> Vec<Row> {
        let rows = estimators.iter().zip(&self.moments);
        let row = |(estimator, moments): (&Estimator, &Option<Moments>)| {
            let measures = moments.as_ref().map(|moments| Measures::of(moments, &self.target)).unwrap_or_default();
            let source = |is_known: bool| if is_known { Source::Exact } else { Source::Unknown };
            let noise = moments.as_ref().and_then(|moments| moments.square);
            Row::new(estimator, &measures, follows(estimator.expression(), problem.is_on_policy()))
                .from([source(moments.is_some()), source(noise.is_some())])
        };
        rows.map(row).collect()
    }
}

impl Row {
    fn new(estimator: &Estimator, measures: &Measures, follows: Follows) -> Self {
        Self {
            estimator: estimator.name().to_owned(),
            strength: measures.strength,
            cosine: measures.cosine,
            relative_bias: measures.relative_bias,
            relative_bias_local: measures.relative_bias_local,
            relative_stdev_one_sample: measures.relative_stdev_one_sample,
            samples_for_10_percent: measures.samples_for_10_percent(),
            follows,
            mean_is: Source::Exact,
            noise_is: Source::Exact,
            strength_error: None,
            cosine_error: None,
            relative_bias_error: None,
            relative_bias_local_error: None,
            relative_stdev_error: None,
        }
    }

    fn from(self, [mean_is, noise_is]: [Source; 2]) -> Self {
        Self { mean_is, noise_is, ..self }
    }
}
