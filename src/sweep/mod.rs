//! Theory over a grid of one or two settings: how much an estimator's bias and noise matter, and where.

mod figure;
mod monte_carlo;
mod point;
mod range;
mod rows;
pub mod tokens;

pub use crate::point::Point;
pub use figure::draw;
pub use monte_carlo::{Measurement, measure};
pub use point::At;
pub use range::Range;
pub use rows::{Row, rows};

use crate::estimator::Estimator;
use crate::experiment::{Distributions, Experiment, InvalidSetting, Run, Setting};
use crate::policy::Problem;
use range::written;

/// So many points times estimators at most, each of which has two rows: some 400 MB.
pub const MOST_POINTS: usize = 1_000_000;

/// A grid, every point of which has passed the checks of an experiment.
#[derive(Clone, Debug)]
pub struct Sweep {
    base: Distributions,
    run: Run,
    estimators: Vec<Estimator>,
    ranges: Vec<Range>,
}

impl Sweep {
    /// A grid over one or two settings; the others are those of `base`. `run` is that of the experiment at the first point.
    ///
    /// # Errors
    /// Names the setting that is out of its range, and what would be right.
    pub fn new(
        base: Distributions,
        run: Run,
        estimators: Vec<Estimator>,
        ranges: Vec<Range>,
    ) -> Result<Self, InvalidSetting> {
        check_ranges(&ranges, estimators.len())?;
        base.problem()?;
        let sweep = Self { base, run, estimators, ranges };
        for range in &sweep.ranges {
            // What lies between two valid values is valid.
            for value in range.values().next().into_iter().chain(range.values().last()) {
                let there = sweep.base.with(range.setting, value);
                let named = |InvalidSetting { setting, reason }| format!("{range}: {} {reason}", written(setting));
                there.problem().map_err(|error| over(named(error)))?;
            }
        }
        let first = sweep.problems().next().expect("a range has a value");
        sweep.checked(0, first)?;
        let last = sweep.len() - 1;
        // What lies between two valid seeds is valid.
        sweep.checked(last, first).map_err(|InvalidSetting { setting, reason }| {
            InvalidSetting::new(setting, format!("{reason}, at the last point, where {last} are added"))
        })?;
        Ok(sweep)
    }

    /// The settings that are varied.
    pub fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    /// The estimators at each point.
    pub fn estimators(&self) -> &[Estimator] {
        &self.estimators
    }

    /// How many points the grid has.
    pub fn len(&self) -> usize {
        self.ranges.iter().map(|range| range.values().len()).product()
    }

    /// Never: a grid has at least one point.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The problem at each point; the first range varies fastest.
    pub fn problems(&self) -> impl Iterator<Item = Problem> {
        let fast = self.ranges[0];
        let slow: Vec<Distributions> = match self.ranges.get(1) {
            Some(range) => range.values().map(|value| self.base.with(range.setting, value)).collect(),
            None => vec![self.base],
        };
        let at = move |base: Distributions| fast.values().map(move |value| base.with(fast.setting, value));
        slow.into_iter().flat_map(at).map(|point| point.problem().expect("both ends of every range are valid"))
    }

    /// The experiment at the point with this index. Each point has a seed of its own, one more than that of the point before,
    /// so that an unlucky draw is not the same everywhere.
    pub fn experiment(&self, index: usize, problem: Problem) -> Experiment {
        self.checked(index, problem).expect("both ends of every range are valid")
    }

    fn checked(&self, index: usize, problem: Problem) -> Result<Experiment, InvalidSetting> {
        Experiment::new(problem, Run { seed: self.run.seed + index as i64, ..self.run }, self.estimators.clone())
    }
}

fn over(reason: String) -> InvalidSetting {
    InvalidSetting::new(Setting::Over, reason)
}

fn check_ranges(ranges: &[Range], estimators: usize) -> Result<(), InvalidSetting> {
    match ranges {
        [] => return Err(over("varies nothing; one setting or two, such as mu-ref=0:3:61, would be right".into())),
        [a, b] if a.setting == b.setting => {
            return Err(over(format!("varies {} twice; another setting would be right", written(a.setting))));
        }
        [_] | [_, _] => {}
        _ => return Err(over(format!("varies {} settings; one or two would be right", ranges.len()))),
    }
    let points = ranges.iter().map(|range| range.values().len()).try_fold(estimators, usize::checked_mul);
    match points {
        Some(points) if points <= MOST_POINTS => Ok(()),
        _ => Err(over(format!(
            "has too many points; at most {MOST_POINTS}, each counted once an estimator, would be right"
        ))),
    }
}
