//! What the seeds of a point say of each estimator: the median, and the range.

use crate::pair::Made;
use crate::theory::softmax::{self, Source};
use serde::{Serialize, Serializer};

/// One estimator at one point.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The point, with its first seed.
    pub point: Made,
    /// How many seeds there are.
    pub seeds: usize,
    /// Name of the estimator.
    pub estimator: String,
    /// <g, G> / <G, G>.
    pub strength: Spread,
    /// The cosine of g and G.
    pub cosine: Spread,
    /// |g - G| / |G|.
    pub relative_bias: Spread,
    /// |g - L| / |L|.
    pub relative_bias_local: Spread,
    /// The root of the trace of the covariance matrix of one sample's gradient, over |G|.
    pub relative_stdev_one_sample: Spread,
    /// Samples whose mean has a standard error of a tenth of strength |G|.
    pub samples_for_10_percent: Spread,
    /// Where strength, cosine and bias come from.
    pub mean_is: Source,
    /// Where the noise comes from.
    pub noise_is: Source,
}

/// The median over seeds, the lowest and the highest, of those seeds that have the number; none where no seed has it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// The median.
    pub median: Option<f64>,
    /// The lowest and the highest.
    pub range: Option<[f64; 2]>,
}

impl Spread {
    fn of(numbers: impl Iterator<Item = Option<f64>>) -> Self {
        let mut numbers: Vec<f64> = numbers.flatten().collect();
        numbers.sort_by(f64::total_cmp);
        let (Some(&low), Some(&high)) = (numbers.first(), numbers.last()) else { return Self::default() };
        let median = f64::midpoint(numbers[(numbers.len() - 1) / 2], numbers[numbers.len() / 2]);
        Self { median: Some(median), range: Some([low, high]) }
    }
}

/// The rows of a point, from those of each of its seeds.
pub fn rows(point: Made, of_seeds: &[Vec<softmax::Row>]) -> Vec<Row> {
    let estimators = 0..of_seeds.first().map_or(0, Vec::len);
    let row = |index: usize| {
        let of =
            |number: fn(&softmax::Row) -> Option<f64>| Spread::of(of_seeds.iter().map(|rows| number(&rows[index])));
        let first = &of_seeds[0][index];
        Row {
            point,
            seeds: of_seeds.len(),
            estimator: first.estimator.clone(),
            strength: of(|row| row.strength),
            cosine: of(|row| row.cosine),
            relative_bias: of(|row| row.relative_bias),
            relative_bias_local: of(|row| row.relative_bias_local),
            relative_stdev_one_sample: of(|row| row.relative_stdev_one_sample),
            samples_for_10_percent: of(|row| row.samples_for_10_percent),
            mean_is: first.mean_is,
            noise_is: first.noise_is,
        }
    };
    estimators.map(row).collect()
}

impl Serialize for Row {
    /// Each number as three columns: its name, and the same with `_low` and `_high` behind it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        macro_rules! columns {
            ($($number:ident $low:ident $high:ident),*) => {{
                #[derive(Serialize)]
                struct Columns<'a> {
                    vocabulary: usize,
                    max_length: usize,
                    kl: f64,
                    old_kl: f64,
                    seed: i64,
                    seeds: usize,
                    estimator: &'a str,
                    $(
                        #[serde(serialize_with = "crate::maybe_number::serialize")]
                        $number: Option<f64>,
                        #[serde(serialize_with = "crate::maybe_number::serialize")]
                        $low: Option<f64>,
                        #[serde(serialize_with = "crate::maybe_number::serialize")]
                        $high: Option<f64>,
                    )*
                    mean_is: Source,
                    noise_is: Source,
                }
                let Made { vocabulary, kl, old_kl, max_length, seed } = self.point;
                Columns {
                    vocabulary,
                    // A categorical draws one token, and pi_theta draws at no distance from itself.
                    max_length: max_length.unwrap_or(1),
                    kl,
                    old_kl: old_kl.unwrap_or(0.0),
                    seed,
                    seeds: self.seeds,
                    estimator: &self.estimator,
                    $(
                        $number: self.$number.median,
                        $low: self.$number.range.map(|range| range[0]),
                        $high: self.$number.range.map(|range| range[1]),
                    )*
                    mean_is: self.mean_is,
                    noise_is: self.noise_is,
                }
                .serialize(serializer)
            }};
        }
        columns!(
            strength strength_low strength_high,
            cosine cosine_low cosine_high,
            relative_bias relative_bias_low relative_bias_high,
            relative_bias_local relative_bias_local_low relative_bias_local_high,
            relative_stdev_one_sample relative_stdev_one_sample_low relative_stdev_one_sample_high,
            samples_for_10_percent samples_for_10_percent_low samples_for_10_percent_high
        )
    }
}
