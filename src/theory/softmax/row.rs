//! What `klgrad theory` says of each estimator on softmax policies.

use super::additive::additive;
use super::aggregate::Aggregate;
use super::measures::Measures;
use super::moments::{self, Moments};
use super::tables::Tables;
use super::target::Target;
use super::visits::positions;
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
    /// Whether pi_theta itself draws.
    pub is_on_policy: bool,
    /// The mean length of a sequence under the policy that draws.
    pub drawn_length: f64,
    /// The loss of a sequence of each estimator.
    pub losses: Vec<Expr>,
    /// By what each of them is multiplied.
    pub factor: f64,
    /// The moments of each estimator's gradient; none where samples have to tell.
    pub moments: Vec<Option<Moments>>,
}

/// Exact theory: by enumeration where at most [`MOST_SEQUENCES`] can be drawn, and otherwise the means alone, by recursion over
/// positions, of estimators whose coefficients depend on one token each or are linear in sums over the later ones. `advance` is called after each of the
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
    let positions: Vec<Vec<f64>> = positions(&problem.behaviour, &tables.behaviour).collect();
    let drawn_length = positions.iter().flatten().sum();
    let losses: Vec<Expr> = estimators.iter().map(|estimator| aggregate.loss(estimator.expression())).collect();
    let factor = aggregate.factor(drawn_length);
    let moments: Vec<Option<Moments>> = match is_enumerable(problem) {
        true => moments::enumerated(&losses, problem, &tables, threads, advance).into_iter().map(Some).collect(),
        false => {
            let mean = |loss: &Expr| {
                let mean = additive(loss, &positions, &tables);
                advance();
                mean
            };
            losses.iter().map(mean).collect()
        }
    };
    Theory {
        target: Target::with(problem, &tables),
        is_on_policy: problem.is_on_policy(),
        drawn_length,
        moments: moments.into_iter().map(|moments| moments.map(|m| m.times(factor))).collect(),
        losses,
        factor,
    }
}

/// Whether all that can be drawn is enumerated.
pub fn is_enumerable(problem: &Problem<Softmax>) -> bool {
    problem.sequences().is_some_and(|sequences| sequences <= MOST_SEQUENCES)
}

/// In how many parts the theory of so many estimators is computed.
pub fn parts(estimators: usize, problem: &Problem<Softmax>) -> usize {
    if is_enumerable(problem) { moments::parts(estimators, problem.policy.logits().len()) } else { estimators }
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

    /// What is not known yet, by a sample: numbers, and their standard errors.
    pub fn sampled(&mut self, numbers: &Measures, errors: &Measures) {
        if self.mean_is == Source::Unknown {
            self.mean_is = Source::Sampled;
            let Measures { strength, cosine, relative_bias, relative_bias_local, .. } = *numbers;
            (self.strength, self.cosine) = (strength, cosine);
            (self.relative_bias, self.relative_bias_local) = (relative_bias, relative_bias_local);
            self.strength_error = errors.strength;
            self.cosine_error = errors.cosine;
            self.relative_bias_error = errors.relative_bias;
            self.relative_bias_local_error = errors.relative_bias_local;
        }
        if self.noise_is == Source::Unknown {
            self.noise_is = Source::Sampled;
            self.relative_stdev_one_sample = numbers.relative_stdev_one_sample;
            self.relative_stdev_error = errors.relative_stdev_one_sample;
        }
        let Self { strength, relative_stdev_one_sample, .. } = *self;
        self.samples_for_10_percent =
            Measures { strength, relative_stdev_one_sample, ..Measures::default() }.samples_for_10_percent();
    }
}
