use super::super::support::score;
use crate::estimator::{Parameter, WeightedMean};
use crate::policy::Problem;

/// The largest magnitude that a trial's gradient, with lambda from its own draw, may have where every sample is within `reach`
/// standard deviations of the mean of the policy that draws.
///
/// # Formula
/// Lambda lies between the least and the greatest D^p, so that it is the greatest |D - lambda| times the greatest |s|.
pub fn own_draw_bound(problem: &Problem, baseline: &WeightedMean, parameter: Parameter, reach: f64) -> f64 {
    let Problem { policy, behaviour, .. } = problem;
    let ends =
        [-1.0, 1.0].map(|side| (behaviour.mu() + side * reach * behaviour.sigma() - policy.mu()) / policy.sigma());
    let logs = problem.logs();
    let [_, [_, linear, square], _] = logs.polynomials();
    let [low, high] = range(|z| logs.at(z)[1], ends, -linear / (2.0 * square));
    let [least, greatest] = range(|d| d.powi(baseline.power_of_d as i32), [low, high], 0.0);
    let of_score = range(|z| score(parameter, z), ends, 0.0).map(f64::abs);
    (high - least).max(greatest - low) * of_score[0].max(of_score[1]) / policy.sigma()
}

/// The least and the greatest value of a function that turns at one place at most.
fn range(function: impl Fn(f64) -> f64, ends: [f64; 2], turn: f64) -> [f64; 2] {
    let inside = Some(turn).filter(|turn| ends[0] < *turn && *turn < ends[1]);
    let values = ends.into_iter().chain(inside).map(function);
    values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], value| [low.min(value), high.max(value)])
}
