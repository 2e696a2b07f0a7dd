//! Mean and variance of a trial's gradient.

use super::{Moment, Moments, lambda, moments};
use crate::estimator::{Baseline, Draw, Estimator, Parameter};
use crate::policy::Problem;

/// Mean and variance of each estimator's gradient from a trial of `sample_size` samples, with respect to each parameter.
///
/// Exact at any number of samples, for a baseline that is estimated from the trial's own draw, too; for one that comes from
/// the draw before, they are those of every trial but the first, whose lambda is 0. Leave-one-out asks for two samples, and
/// has neither moment with one.
pub fn trial_moments(estimators: &[Estimator], problem: &Problem, sample_size: usize) -> Vec<[Moments; 2]> {
    of_trials(estimators, &moments(estimators, problem), problem, sample_size)
}

/// The same, where the moments of one sample are known.
pub(super) fn of_trials(
    estimators: &[Estimator],
    of_samples: &[[Moments; 2]],
    problem: &Problem,
    sample_size: usize,
) -> Vec<[Moments; 2]> {
    let of = |(estimator, of_sample): (&Estimator, &[Moments; 2])| {
        Parameter::ALL.map(|parameter| match estimator.baseline() {
            _ if of_sample[parameter as usize].mean == Moment::Unresolved => {
                of_mean(of_sample[parameter as usize], sample_size)
            }
            None => of_mean(of_sample[parameter as usize], sample_size),
            Some(Baseline::LeaveOneOut) => lambda::leave_one_out(problem, parameter, sample_size).unwrap_or(NONE),
            Some(Baseline::Weighted(mean)) => match mean.draw {
                Draw::Own => lambda::own_draw(problem, &mean, parameter, sample_size),
                Draw::Previous => lambda::other_draw(problem, &mean, parameter, sample_size),
            },
        })
    };
    estimators.iter().zip(of_samples).map(of).collect()
}

const NONE: Moments = Moments { mean: Moment::Overflow, variance: Moment::Overflow };

/// Of the mean of so many independent samples.
fn of_mean(Moments { mean, variance }: Moments, sample_size: usize) -> Moments {
    Moments { mean, variance: variance.map(|variance| variance / sample_size as f64) }
}
