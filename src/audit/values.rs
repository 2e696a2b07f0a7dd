//! The values of a quantity: all of them while they are few, how many lie where afterwards.

use super::histogram::Histogram;
use super::packed;
use super::result::Quantile;
use serde::{Deserialize, Serialize};

/// So many are kept one by one, over all steps together.
pub(super) const MOST_VALUES: u64 = 1_000_000;

/// Which quantiles are told.
const QUANTILES: [f64; 9] = [0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Values {
    #[serde(with = "packed")]
    Each(Vec<f64>),
    Binned(Histogram),
}

impl Default for Values {
    fn default() -> Self {
        Self::Each(Vec::new())
    }
}

impl Values {
    /// None yet, to be kept as these are.
    pub(super) fn emptied(&self) -> Self {
        match self {
            Self::Each(_) => Self::default(),
            Self::Binned(_) => Self::Binned(Histogram::default()),
        }
    }

    pub(super) fn add(&mut self, values: &[f64]) {
        match self {
            Self::Each(each) => each.extend_from_slice(values),
            Self::Binned(bins) => {
                bins.add(values);
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        match other {
            Self::Each(each) => self.add(each),
            Self::Binned(bins) => {
                let mut own = std::mem::take(self).binned();
                own.merge(bins);
                *self = Self::Binned(own);
            }
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        match self {
            Self::Each(each) => each.len() as u64,
            Self::Binned(bins) => bins.count(),
        }
    }

    /// How many lie where, where that is kept alone.
    pub(super) fn bins(&self) -> Option<&Histogram> {
        if let Self::Binned(bins) = self { Some(bins) } else { None }
    }

    /// Keeps from now on how many lie where alone.
    pub(super) fn bin(&mut self) {
        *self = Self::Binned(std::mem::take(self).binned());
    }

    fn binned(self) -> Histogram {
        match self {
            Self::Binned(bins) => bins,
            Self::Each(each) => {
                let mut bins = Histogram::default();
                bins.add(&each);
                bins
            }
        }
    }

    /// How many lie where.
    pub(super) fn histogram(&self) -> Histogram {
        self.clone().binned()
    }

    /// In rising order, so that equal values have equal files.
    pub(super) fn tidy(&mut self) {
        if let Self::Each(each) = self {
            each.sort_by(f64::total_cmp);
        }
    }

    /// Quantiles, numpy's where each value is kept: linear interpolation at position (n - 1) p. Else that of the nearest rank,
    /// within a part 1/64 of it.
    pub(super) fn quantiles(&self, count: u64) -> Vec<Quantile> {
        let log_ratio: Box<dyn Fn(f64) -> f64> = match self {
            Self::Each(each) => {
                if each.is_empty() {
                    return Vec::new();
                }
                let mut sorted = each.clone();
                sorted.sort_by(f64::total_cmp);
                Box::new(move |position| interpolated(&sorted, position))
            }
            Self::Binned(bins) => Box::new(move |position| bins.ranked(position.round() as u64)),
        };
        QUANTILES.map(|at| Quantile { at, log_ratio: log_ratio((count - 1) as f64 * at) }).into()
    }
}

fn interpolated(sorted: &[f64], position: f64) -> f64 {
    let lower = sorted[(position as usize).min(sorted.len() - 1)];
    let upper = sorted.get(position as usize + 1).copied().unwrap_or(lower);
    lower + (upper - lower) * position.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_numpys_and_in_bins_within_a_64th() {
        let each: Vec<f64> = (0..5000).map(|i| (f64::from(i) * 0.7).sin().powi(3)).collect();
        let mut values = Values::default();
        values.add(&each);
        let exact = values.quantiles(5000);
        // numpy.quantile(np.sin(np.arange(5000) * 0.7) ** 3, [0.001, 0.95])
        assert!((exact[0].log_ratio - -0.999_978_59).abs() < 1e-8, "{exact:?}");
        values.bin();
        for (exact, binned) in exact.iter().zip(values.quantiles(5000)) {
            // One rank apart, values are up to 1e-3 apart.
            let distance = (exact.log_ratio - binned.log_ratio).abs();
            assert!(distance <= exact.log_ratio.abs() / 64.0 + 2e-3, "{exact:?}, {binned:?}");
        }
        let mut merged = Values::default();
        merged.add(&each[..100]);
        let mut rest = Values::default();
        rest.add(&each[100..]);
        rest.bin();
        merged.merge(&rest);
        assert_eq!(merged, values);
    }
}
