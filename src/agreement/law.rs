//! The law of a trial's gradient, as far as it is known.

use crate::estimator::expr::Expr;
use crate::estimator::{Baseline, Estimator, Parameter, WeightedMean};
use crate::experiment::{Experiment, Run};
use crate::policy::Problem;
use crate::theory::limits::{Law, Limits};
use crate::theory::{lambda, moments};

/// How trials spread about their expectation, in their exact standard deviations.
pub(super) struct TrialLaw {
    sample_size: f64,
    trials: f64,
    parts: Parts,
}

enum Parts {
    /// The mean of independent samples of a law, and a remainder, with the standard deviations of both.
    Samples { law: Law, stdev: f64, remainder: f64 },
    /// A trial whose lambda comes from too few samples for that.
    Few { problem: Problem, baseline: WeightedMean, parameter: Parameter, mean: f64, stdev: f64 },
}

/// The rest of a trial is a remainder where its variance and that of the mean of independent samples are as close as this.
const NEARLY: f64 = 0.05;

impl TrialLaw {
    /// Of an estimator whose trials are independent, with this mean and standard deviation; none where a sample has no variance.
    pub fn of(
        estimator: &Estimator,
        parameter: Parameter,
        loss: &Expr,
        [mean, stdev]: [f64; 2],
        experiment: &Experiment,
    ) -> Option<Self> {
        let (problem, &Run { sample_size, num_trials, .. }) = (experiment.held(), experiment.run());
        let law = Law::of(&problem, loss).into_iter().nth(parameter as usize)??;
        let parts = match estimator.baseline() {
            None => Parts::Samples { law, stdev: 1.0, remainder: 0.0 },
            Some(baseline) => {
                let of_sample = moments(std::slice::from_ref(estimator), &problem)[0][parameter as usize].variance;
                let independent = of_sample.finite()? / sample_size as f64;
                let is_near = (stdev * stdev / independent - 1.0).abs() <= NEARLY;
                match is_near.then(|| remainder(&problem, baseline, parameter, sample_size)).flatten() {
                    Some([scale, remainder]) => Parts::Samples {
                        law,
                        stdev: scale * independent.sqrt() / stdev,
                        remainder: scale * remainder / stdev,
                    },
                    None => Parts::Few { problem, baseline: baseline.mean(), parameter, mean, stdev },
                }
            }
        };
        Some(Self { sample_size: sample_size as f64, trials: num_trials as f64, parts })
    }

    /// How many standard errors below and above its expectation the mean over the trials lies at most, but for this
    /// probability. A remainder counts on top, as the mean of products of normal numbers: these have subgamma tails, with the
    /// variance 1 and the scale sqrt 2.
    pub fn mean_limits(&self, probability: f64) -> Limits {
        match &self.parts {
            Parts::Samples { law, stdev, remainder } => {
                let Limits { below, above } = law.mean_limits(self.sample_size * self.trials, probability / 2.0);
                let exponent = (8.0 / probability).ln();
                let rest = remainder * ((2.0 * exponent).sqrt() + (2.0 / self.trials).sqrt() * exponent);
                Limits { below: stdev * below + rest, above: stdev * above + rest }
            }
            Parts::Few { stdev: 0.0, .. } => Limits { below: 0.0, above: 0.0 },
            Parts::Few { problem, baseline, parameter, mean, stdev } => {
                let reach = (2.0 * (4.0 * self.sample_size * self.trials / probability).ln()).sqrt();
                let farthest = lambda::own_draw_bound(problem, baseline, *parameter, reach) + mean.abs();
                let limit = bernstein(farthest / stdev, self.trials, probability).min(cantelli(probability));
                Limits { below: limit, above: limit }
            }
        }
    }

    /// The greatest root mean square of the trials' distances from their expectation, but for this probability.
    ///
    /// # Errors
    /// Why it has no limit, as the end of a sentence.
    pub fn greatest_spread(&self, probability: f64) -> Result<f64, &'static str> {
        let Parts::Samples { law, stdev, remainder } = &self.parts else {
            return Err("for the fourth moment is not known with a lambda of the same samples");
        };
        let greatest = law.greatest_variance(self.sample_size, self.trials, probability / 2.0);
        let greatest = greatest.ok_or("for its fourth moment is infinite")?;
        Ok(stdev * greatest.sqrt() + remainder * self.spread_of_products(probability))
    }

    /// The least, which is at most 1; none where there is no greatest.
    pub fn least_spread(&self, probability: f64) -> Option<f64> {
        let Parts::Samples { law, stdev, remainder } = &self.parts else { return None };
        let least = law.least_variance(self.sample_size, self.trials, probability / 2.0)?;
        Some((stdev * least.sqrt() - remainder * self.spread_of_products(probability)).clamp(0.0, 1.0))
    }

    /// The root mean square of products of normal numbers with the variance 1: the variance of a square is 14 at most, and one
    /// of all products may be as far out as their exponential tails allow.
    fn spread_of_products(&self, probability: f64) -> f64 {
        let exponent = (8.0 / probability).ln();
        let farthest = 2f64.sqrt() * (exponent + self.trials.ln());
        (1.0 + (28.0 * exponent / self.trials).sqrt() + farthest * farthest / self.trials).sqrt()
    }
}

/// By what the mean of independent samples is scaled in a trial with this baseline, and the standard deviation of what is
/// subtracted from it before.
fn remainder(problem: &Problem, baseline: Baseline, parameter: Parameter, sample_size: usize) -> Option<[f64; 2]> {
    let n = sample_size as f64;
    let variance = lambda::own_draw_remainder(problem, &baseline.mean(), parameter, sample_size).finite()?;
    let scale = match baseline {
        Baseline::LeaveOneOut => n / (n - 1.0),
        Baseline::Weighted(_) => 1.0,
    };
    Some([scale, variance.sqrt()])
}

/// In standard errors, of the mean of independent numbers that are no farther from their expectation than this many standard
/// deviations, but for a quarter of the probability. That they are so is a quarter, too; it moves their expectation by less
/// than the last term.
fn bernstein(farthest: f64, trials: f64, probability: f64) -> f64 {
    let exponent = (4.0 / probability).ln();
    let half = farthest * exponent / (3.0 * trials.sqrt());
    half + (half * half + 2.0 * exponent).sqrt() + probability.sqrt()
}

/// In standard errors, on either side, with a half of the probability.
fn cantelli(probability: f64) -> f64 {
    (2.0 / probability - 1.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::theory::{loss, trial_moments};
    use std::num::NonZeroUsize;

    const RUNS: usize = 400;
    const TRIALS: usize = 20;

    /// How often, in a number of runs, mean and spread lie outside of their limits, for each estimator and parameter; none
    /// where there are no limits.
    fn misses(estimators: &[Estimator], sample_size: usize) -> Vec<[Option<usize>; 2]> {
        let run = |num_trials| Run { sample_size, num_trials, seed: 1 };
        let all = Experiment::new(Problem::default(), run(RUNS * TRIALS), estimators.to_vec()).unwrap();
        let one = Experiment::new(Problem::default(), run(TRIALS), estimators.to_vec()).unwrap();
        let mut trials: Vec<Vec<f32>> = Vec::new();
        let push = |trial: &[f32]| {
            trials.push(trial.to_vec());
            Ok::<(), ()>(())
        };
        Engine::Score.run(&all, 0, NonZeroUsize::MIN, push).unwrap();
        let moments = trial_moments(estimators, &one.held(), sample_size);
        let series = estimators.iter().zip(&moments).flat_map(|both| Parameter::ALL.map(|parameter| (both, parameter)));
        let of = |(place, ((estimator, moments), parameter)): (usize, ((&Estimator, &[_; 2]), Parameter))| {
            let crate::theory::Moments { mean, variance } = moments[parameter as usize];
            let (mean, stdev) = (mean.finite().unwrap(), variance.finite().unwrap().sqrt());
            let loss = loss(estimator, parameter, &one.held()).unwrap();
            let law = TrialLaw::of(estimator, parameter, &loss, [mean, stdev], &one).unwrap();
            let distances: Vec<f64> = trials.iter().map(|trial| (f64::from(trial[place]) - mean) / stdev).collect();
            let limits = law.mean_limits(0.05);
            let is_off = |run: &&[f64]| {
                let errors = run.iter().sum::<f64>() / (TRIALS as f64).sqrt();
                !(-limits.below..=limits.above).contains(&errors)
            };
            let of_spread = law.greatest_spread(0.05).ok().map(|greatest| {
                let range = law.least_spread(0.05).unwrap()..=greatest;
                let spread = |run: &[f64]| (run.iter().map(|y| y * y).sum::<f64>() / TRIALS as f64).sqrt();
                distances.chunks(TRIALS).filter(|run| !range.contains(&spread(run))).count()
            });
            [Some(distances.chunks(TRIALS).filter(is_off).count()), of_spread]
        };
        series.enumerate().map(of).collect()
    }

    /// The miss rate is at most 0.05; 20 are expected of it at most, and 45 or more would be by chance in one of a million tests.
    #[test]
    fn limits_with_a_lambda_of_the_same_samples_cover() {
        let names = ["k2_lambda", "k2_lambda_printed", "k2_mean_baseline", "k2_leave_one_out"];
        let estimators = names.map(|name| Estimator::named(name).unwrap());
        for (sample_size, with_spread) in [(3, 0), (20, 1), (500, 7)] {
            let misses = misses(&estimators, sample_size);
            assert!(misses.iter().flatten().flatten().all(|&count| count < 45), "{sample_size}: {misses:?}");
            assert_eq!(misses.iter().filter(|[_, spread]| spread.is_some()).count(), with_spread, "{sample_size}");
        }
    }
}
