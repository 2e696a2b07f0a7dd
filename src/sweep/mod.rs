//! Theory over a grid of one or two settings: how much an estimator's bias and noise matter, and where.

mod figure;
mod monte_carlo;
mod range;
mod rows;

pub use figure::draw;
pub use monte_carlo::{Measurement, measure};
pub use range::{Range, Setting};
pub use rows::{Row, rows};

use crate::experiment::{Experiment, InvalidSetting, Settings};

/// So many points times estimators at most, each of which has two rows: some 400 MB.
pub const MOST_POINTS: usize = 1_000_000;

/// A grid, every point of which has passed the checks of an experiment.
#[derive(Clone, Debug)]
pub struct Sweep {
    base: Settings,
    ranges: Vec<Range>,
}

impl Sweep {
    /// A grid over one or two settings; the others, and the estimators, are those of `base`.
    ///
    /// # Errors
    /// Names the option that is out of its range, and what would be right.
    pub fn new(base: Settings, ranges: Vec<Range>) -> Result<Self, InvalidSetting> {
        Experiment::new(base.clone())?;
        let invalid = |message: String| Err(InvalidSetting::new(message));
        match ranges[..] {
            [] => return invalid("--over is missing; one setting or two, such as --over mu-ref=0:3:61".into()),
            [a, b] if a.setting == b.setting => {
                return invalid(format!("--over varies {} twice; another setting would be right", a.setting));
            }
            [_] | [_, _] => {}
            _ => return invalid(format!("--over varies {} settings; one or two would be right", ranges.len())),
        }
        let points =
            ranges.iter().map(|range| range.values().len()).try_fold(base.estimators.len(), usize::checked_mul);
        if points.is_none_or(|points| points > MOST_POINTS) {
            return invalid(format!(
                "--over has too many points; at most {MOST_POINTS}, each counted once an estimator, would be right"
            ));
        }
        for range in &ranges {
            // What lies between two valid values is valid.
            for value in range.values().next().into_iter().chain(range.values().last()) {
                Experiment::new(range.setting.with(value, &base))
                    .map_err(|error| InvalidSetting::new(format!("--over {range}: {error}")))?;
            }
        }
        let sweep = Self { base, ranges };
        let last = sweep.len() as i64 - 1;
        // What lies between two valid values is valid, here and above.
        Experiment::new(Settings { seed: sweep.base.seed + last, ..sweep.base.clone() }).map_err(|error| {
            InvalidSetting::new(format!("at the last point of --over, where {last} are added, {error}"))
        })?;
        Ok(sweep)
    }

    /// The settings that are varied.
    pub fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    /// How many points the grid has.
    pub fn len(&self) -> usize {
        self.ranges.iter().map(|range| range.values().len()).product()
    }

    /// Never: a grid has at least one point.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The settings at each point; the first range varies fastest. Each point has a seed of its own, one more than that
    /// of the point before, so that an unlucky draw is not the same everywhere.
    pub fn points(&self) -> impl Iterator<Item = Experiment> {
        let fast = self.ranges[0];
        let slow: Vec<Settings> = match self.ranges.get(1) {
            Some(range) => range.values().map(|value| range.setting.with(value, &self.base)).collect(),
            None => vec![self.base.clone()],
        };
        let at = move |settings: Settings| fast.values().map(move |value| fast.setting.with(value, &settings));
        let valid = |settings| Experiment::new(settings).expect("both ends of every range are valid");
        let seed = self.base.seed;
        let seeded = move |(index, settings)| Settings { seed: seed + index as i64, ..settings };
        slow.into_iter().flat_map(at).enumerate().map(seeded).map(valid)
    }
}
