//! The check of trials on softmax policies against exact theory.

use super::FALSE_ALARM;
use crate::check::Check;
use crate::engine::softmax::Measured;
use crate::statistics::{Estimate, student_quantile};
use crate::theory::softmax::{Row, Source};

/// Tests strength, squared bias, squared local bias and variance of each estimator, measured in so many trials, each where
/// theory is exact. A run that is right fails with a probability of about [`FALSE_ALARM`].
///
/// The distance of a number from its expectation, in standard errors, is held against Student's t, which takes means over
/// trials for normal; with a few trials of a few samples, or ratios of a heavy tail, they are that only nearly.
pub fn check_tokens(rows: &[Row], measured: &[Measured], trials: usize) -> Check {
    let tests: Vec<(&str, Vec<Test>)> =
        rows.iter().zip(measured).map(|(row, measured)| (row.estimator.as_str(), tests(row, measured))).collect();
    let count = tests.iter().map(|(_, tests)| tests.len()).sum::<usize>();
    let mut check = Check { compared: count, ..Check::default() };
    for (row, (name, tests)) in rows.iter().zip(&tests) {
        let limit = student_quantile(FALSE_ALARM / 2.0 / count.max(1) as f64, (trials - 1) as f64);
        check.misses.extend(tests.iter().filter_map(|test| test.miss(limit)).map(|miss| format!("{name}: {miss}")));
        if row.noise_is != Source::Exact {
            check.remarks.push(format!("{name}: left out, what theory knows of it is sampled"));
        }
    }
    check
}

/// A number, and what theory expects of it.
struct Test {
    name: &'static str,
    expected: f64,
    measured: Estimate,
}

fn tests(row: &Row, measured: &Measured) -> Vec<Test> {
    let square = |number: Option<f64>| number.map(|number| number * number);
    let all = [
        ("strength", row.strength, measured.strength, row.mean_is),
        ("squared bias", square(row.relative_bias), measured.squared_bias, row.mean_is),
        ("squared local bias", square(row.relative_bias_local), measured.squared_bias_local, row.mean_is),
        ("variance", square(row.relative_stdev_one_sample), measured.variance, row.noise_is),
    ];
    let exact = all.into_iter().filter(|(.., source)| *source == Source::Exact);
    exact.filter_map(|(name, expected, measured, _)| Some(Test { name, expected: expected?, measured })).collect()
}

impl Test {
    /// How it misses, if it does.
    fn miss(&self, limit: f64) -> Option<String> {
        let Self { name, expected, measured: Estimate { value, error } } = self;
        // Squares of gradients cancel by that much of themselves: of thousands of roundings.
        const ROUNDING: f64 = 1e-11;
        let allowed = limit * error + ROUNDING * (1.0 + expected.abs());
        let is_within = (value - expected).abs() <= allowed;
        (!is_within).then(|| {
            format!(
                "the {name} is {value}, {:.1} standard errors from the {expected} that theory expects; within {limit:.1} would \
                 be right",
                (value - expected).abs() / error
            )
        })
    }
}
