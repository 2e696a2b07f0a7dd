//! Theory of made softmax policies over a grid of one or two settings, each point with several seeds.

mod figure;
mod rows;

pub use figure::draw;
pub use rows::{Row, rows};

use super::range::written;
use super::{Range, over};
use crate::estimator::Estimator;
use crate::experiment::{InvalidSetting, Setting, check_token_estimators};
use crate::pair::Made;
use crate::theory::softmax::Aggregate;

/// A grid of made policies.
#[derive(Clone, Debug)]
pub struct TokenSweep {
    base: Made,
    ranges: Vec<Range>,
    seeds: usize,
    estimators: Vec<Estimator>,
    aggregate: Aggregate,
}

impl TokenSweep {
    /// A grid over one or two settings, of which those of `base` do not count; at each point as many seeds, that of `base` and
    /// the next ones.
    ///
    /// # Errors
    /// Names the setting that is out of its range, and what would be right.
    pub fn new(
        base: Made,
        ranges: Vec<Range>,
        seeds: usize,
        estimators: Vec<Estimator>,
        aggregate: Aggregate,
    ) -> Result<Self, InvalidSetting> {
        super::check_ranges(&ranges, estimators.len().saturating_mul(seeds))?;
        check_token_estimators(&estimators)?;
        let sweep = Self { base, ranges, seeds, estimators, aggregate };
        for range in &sweep.ranges {
            check_whole(range)?;
            // What lies between two valid values is valid.
            for value in range.values().next().into_iter().chain(range.values().last()) {
                let named = |InvalidSetting { setting, reason }| format!("{range}: {} {reason}", written(setting));
                with(sweep.points()[0], range.setting, value).check().map_err(|error| over(named(error)))?;
            }
        }
        sweep.points()[0].check()?;
        Ok(sweep)
    }

    /// What varies.
    pub fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    /// The estimators at each point.
    pub fn estimators(&self) -> &[Estimator] {
        &self.estimators
    }

    /// How the tokens of a sequence make one loss.
    pub fn aggregate(&self) -> Aggregate {
        self.aggregate
    }

    /// Each point, with its first seed; the first range varies fastest.
    pub fn points(&self) -> Vec<Made> {
        let fast = self.ranges[0];
        let slow = match self.ranges.get(1) {
            Some(range) => range.values().map(|value| with(self.base, range.setting, value)).collect(),
            None => vec![self.base],
        };
        let along = |point: Made| fast.values().map(move |value| with(point, fast.setting, value));
        slow.into_iter().flat_map(along).collect()
    }

    /// The pairs of a point, one a seed.
    pub fn seeds(&self, point: Made) -> impl Iterator<Item = Made> + use<> {
        (0..self.seeds as i64).map(move |seed| Made { seed: point.seed.wrapping_add(seed), ..point })
    }
}

/// The same, with another value for a setting; a whole number is the nearest one.
fn with(made: Made, setting: Setting, value: f64) -> Made {
    match setting {
        Setting::Kl => Made { kl: value, ..made },
        Setting::OldKl => Made { old_kl: Some(value), ..made },
        Setting::Vocabulary => Made { vocabulary: value.round() as usize, ..made },
        Setting::MaxLength => Made { max_length: Some(value.round() as usize), ..made },
        _ => made,
    }
}

/// The values of a whole number must not be the same when they are rounded.
fn check_whole(range: &Range) -> Result<(), InvalidSetting> {
    let is_whole = matches!(range.setting, Setting::Vocabulary | Setting::MaxLength);
    let values: Vec<f64> = range.values().map(f64::round).collect();
    match values.windows(2).find(|pair| is_whole && pair[0] == pair[1]) {
        Some(pair) => Err(over(format!("{range} has the value {} twice; fewer points would be right", pair[0]))),
        None => Ok(()),
    }
}
