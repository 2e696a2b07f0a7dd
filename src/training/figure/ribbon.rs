//! Median and range of the runs of one estimator, step by step.

use crate::figure::{Ribbon, RibbonPoint};
use crate::training::{RunPath, Shown, Step};

/// Of a value of the steps.
///
/// The range is that of the runs that came so far. In the median those that had diverged before are above all others, so that the
/// runs that are left do not look better than all together; where half of them have, there is none.
pub(super) fn of(shown: &Shown, value: fn(&Step) -> Option<f64>) -> Ribbon {
    // Runs keep the same steps, up to the last of each.
    let longest = shown.paths.iter().max_by_key(|path| path.last().map(|step| step.step));
    let steps = longest.into_iter().flat_map(|path| &path.steps);
    let points = steps.filter_map(|step| point(shown, step.step, value));
    let broken = shown.paths.iter().filter(|path| path.diverged);
    let place = |path: &RunPath| path.last().and_then(|step| Some([step.step as f64, finite(step, value)?]));
    Ribbon { points: points.collect(), broken: broken.filter_map(place).collect() }
}

fn finite(step: &Step, value: fn(&Step) -> Option<f64>) -> Option<f64> {
    value(step).filter(|value| value.is_finite())
}

fn point(shown: &Shown, at: usize, value: fn(&Step) -> Option<f64>) -> Option<RibbonPoint> {
    let of_path = |path: &RunPath| {
        let index = path.steps.binary_search_by_key(&at, |step| step.step).ok()?;
        finite(&path.steps[index], value)
    };
    let mut values: Vec<f64> = shown.paths.iter().filter_map(of_path).collect();
    values.sort_by(f64::total_cmp);
    let (&low, &high) = (values.first()?, values.last()?);
    let runs = shown.paths.len();
    // Both middle ones, or the same one twice.
    let middle = values.get((runs - 1) / 2).zip(values.get(runs / 2)).map(|(a, b)| f64::midpoint(*a, *b));
    Some(RibbonPoint { x: at as f64, middle, range: [low, high] })
}
