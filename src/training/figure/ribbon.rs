//! Median and range of the runs of one estimator, step by step.

use crate::figure::{Ribbon, RibbonPoint};
use crate::training::{Shown, Step};

/// Of a value of the steps.
///
/// The range is that of the runs that came so far. In the median those that had diverged before are above all others, so that the
/// runs that are left do not look better than all together; where half of them have, there is none.
pub(super) fn of(shown: &Shown, value: fn(&Step) -> Option<f64>) -> Ribbon {
    // Runs keep the same steps, up to the last of each.
    let longest = shown.paths.iter().max_by_key(|path| last(path));
    let points = longest.into_iter().flatten().filter_map(|step| point(shown, step.step, value));
    let broken = shown.paths.iter().zip(shown.have_diverged()).filter(|(_, diverged)| *diverged);
    let place = |path: &[Step]| path.last().and_then(|step| Some([step.step as f64, finite(step, value)?]));
    Ribbon { points: points.collect(), broken: broken.filter_map(|(path, _)| place(path)).collect() }
}

fn finite(step: &Step, value: fn(&Step) -> Option<f64>) -> Option<f64> {
    value(step).filter(|value| value.is_finite())
}

fn last(path: &[Step]) -> Option<usize> {
    path.last().map(|step| step.step)
}

fn point(shown: &Shown, at: usize, value: fn(&Step) -> Option<f64>) -> Option<RibbonPoint> {
    let of_path = |path: &Vec<Step>| {
        let index = path.binary_search_by_key(&at, |step| step.step).ok()?;
        finite(&path[index], value)
    };
    let mut values: Vec<f64> = shown.paths.iter().filter_map(of_path).collect();
    values.sort_by(f64::total_cmp);
    let (&low, &high) = (values.first()?, values.last()?);
    let runs = shown.paths.len();
    // Both middle ones, or the same one twice.
    let middle = values.get((runs - 1) / 2).zip(values.get(runs / 2)).map(|(a, b)| f64::midpoint(*a, *b));
    Some(RibbonPoint { x: at as f64, middle, range: [low, high] })
}
