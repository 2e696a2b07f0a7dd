//! The numbers of a row against what is expected of them.

use super::expectation::Expectation;
use crate::summary::Row;

/// What is said of a row.
pub(super) struct Verdict {
    pub compared: usize,
    /// How many of these have limits that are far apart.
    pub loose: usize,
    /// A sentence for each number that misses.
    pub misses: Vec<String>,
    /// What is left out, or tested loosely.
    pub remark: Option<String>,
}

impl Verdict {
    /// Each number has this probability to miss although it is right.
    pub fn of(row: &Row, expectation: &Expectation, probability: f64) -> Self {
        let mean = Mean::of(expectation, probability);
        let spread = Spread::of(&mean, probability);
        let loose: Vec<String> =
            mean.looseness().into_iter().chain(spread.as_ref().ok().and_then(Spread::looseness)).collect();
        let loosely =
            (!loose.is_empty()).then(|| format!("tested loosely, for even {} would pass", loose.join(" and ")));
        let left_out = spread.as_ref().err().map(|why| format!("standard deviation left out, {why}"));
        let remarks: Vec<String> = loosely.into_iter().chain(left_out).collect();
        Self {
            compared: 1 + usize::from(spread.is_ok()),
            loose: loose.len(),
            misses: mean.miss(row).into_iter().chain(spread.ok().and_then(|spread| spread.miss(row))).collect(),
            remark: (!remarks.is_empty()).then(|| remarks.join("; ")),
        }
    }
}

/// Where a mean over the trials may lie.
struct Mean<'a> {
    expectation: &'a Expectation,
    standard_error: f64,
    /// How far below and above its expectation it lies, without rounding.
    below: f64,
    above: f64,
    rounding: f64,
}

impl<'a> Mean<'a> {
    fn of(expectation: &'a Expectation, probability: f64) -> Self {
        let standard_error = expectation.stdev / expectation.trials.sqrt();
        let limits = expectation.law.mean_limits(probability);
        let [below, above] = [limits.below, limits.above].map(|limit| limit * standard_error);
        Self { expectation, standard_error, below, above, rounding: expectation.rounding.of_mean() }
    }

    fn miss(&self, row: &Row) -> Option<String> {
        let distance = row.mean_gradient - self.expectation.mean;
        let (lowest, highest) = (-self.below - self.rounding, self.above + self.rounding);
        // Not a number misses, too.
        (!(lowest..=highest).contains(&distance)).then(|| {
            if !distance.is_finite() {
                return format!("mean gradient is {}, for some are beyond floats", row.mean_gradient);
            }
            format!(
                "mean gradient is {:e}, expected {:e}: {:.1} standard errors away, where {:.1} below and {:.1} above \
                 are the limits",
                row.mean_gradient,
                self.expectation.mean,
                distance.abs() / self.standard_error,
                -lowest / self.standard_error,
                highest / self.standard_error
            )
        })
    }

    /// A wrong mean that would pass although it is off by the size of the right one, or, where that is 0 but for the rounding of
    /// 64-bit floats, by a sample's standard deviation.
    fn looseness(&self) -> Option<String> {
        let &Self {
            expectation: &Expectation { mean, within, stdev, sample_size, .. }, below, above, rounding, ..
        } = self;
        if mean.abs() <= within {
            let sample = stdev * sample_size.sqrt();
            let is_loose = stdev > 0.0 && below.max(above) + rounding > sample;
            return is_loose.then(|| "a mean as large as a sample's standard deviation".to_owned());
        }
        let (towards_0, away) = if mean > 0.0 { (below, above) } else { (above, below) };
        let [towards_0, away] = [towards_0, away].map(|reach| (reach + rounding) / mean.abs());
        match towards_0 {
            2.0.. => Some("a mean of the opposite sign".to_owned()),
            1.0.. => Some("a mean of 0".to_owned()),
            _ => (away > 1.0).then(|| format!("{} times the mean", rounded(1.0 + away))),
        }
    }
}

/// A factor to two digits.
fn rounded(factor: f64) -> String {
    match factor {
        ..10.0 => format!("{factor:.1}"),
        ..10_000.0 => format!("{factor:.0}"),
        _ => format!("{factor:.0e}"),
    }
}

/// Where the root mean square of the trials' distances from their expectation may lie: that is the standard deviation, and the
/// distance of the mean.
struct Spread<'a> {
    mean: &'a Mean<'a>,
    probability: f64,
    /// Beside the expected standard deviation.
    greatest: f64,
}

impl<'a> Spread<'a> {
    /// Else why it is left out.
    fn of(mean: &'a Mean<'a>, probability: f64) -> Result<Self, &'static str> {
        if mean.expectation.trials < 2.0 {
            return Err("for a single trial has none");
        }
        let greatest = mean.expectation.law.greatest_spread(probability)?;
        Ok(Self { mean, probability, greatest })
    }

    fn miss(&self, row: &Row) -> Option<String> {
        let Mean { expectation: Expectation { mean, stdev, .. }, below, above, rounding, .. } = self.mean;
        // Rounding that is common to all trials moves their mean only, which without it is no farther off than it may be; a mean
        // that is has missed by itself.
        let distance = (row.mean_gradient - mean).abs();
        let [nearest, farthest] = [distance - rounding, distance + rounding]
            .map(|distance| row.stdev.hypot(distance.max(0.0).min(below.max(*above))));
        let highest = self.highest();
        // The lower limit takes long, and is never above the expectation; not a number misses.
        let passes = nearest <= highest && (farthest >= *stdev || farthest >= self.lowest());
        (!passes).then(|| {
            format!(
                "standard deviation is {:e}, expected {stdev:e}, where {:.3e} and {highest:.3e} are the limits",
                row.stdev,
                self.lowest()
            )
        })
    }

    fn lowest(&self) -> f64 {
        let Expectation { stdev, law, .. } = self.mean.expectation;
        let least = law.least_spread(self.probability).expect("there is the greatest");
        (least * stdev - self.rounding()).max(0.0)
    }

    fn highest(&self) -> f64 {
        self.greatest * self.mean.expectation.stdev + self.rounding()
    }

    fn rounding(&self) -> f64 {
        self.mean.expectation.rounding.of_stdev(self.mean.expectation.sample_size)
    }

    fn looseness(&self) -> Option<String> {
        let stdev = self.mean.expectation.stdev;
        let factor = self.highest() / stdev;
        (stdev > 0.0 && factor > 2.0).then(|| format!("{} times the standard deviation", rounded(factor)))
    }
}
