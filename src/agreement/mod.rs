//! The check of a run against theory: do every estimator's mean gradient and its spread lie where they have to?
//!
//! Two numbers of each row are tested, the mean over the trials and the standard deviation: the mean square distance of the
//! trials from their expected gradient, beside its expectation. Limits are those of [`crate::theory::limits`] for an equal share
//! of [`FALSE_ALARM`], at the distributions as engines hold them, plus what rounding may add: see [`crate::theory::rounding`].
//!
//! # What is left out, and named
//! - neither number has limits where the variance is infinite, and the standard deviation has none where the fourth moment is;
//! - a baseline of the previous draw makes trials that are not independent, the first of which has lambda 0;
//! - autograd's k3, as the article writes it, divides by the ratio r: it is not a number where r, or 1 / r, is beyond 32-bit
//!   floats, and no test is made where one of the run's samples may be there;
//! - what rounding drowns: where it may move a sample by more than a tenth of its standard deviation. That is the scale of the
//!   gradient itself, so that the rest is a test worth making even where a large run could see less than rounding moves;
//! - the standard deviation with a lambda of few samples of the same draw, whose fourth moment is not known.
//!
//! # What is tested loosely, and counted and named
//! A mean whose limits hold 0 or twice the mean (where that is 0, a sample's standard deviation), and a standard deviation whose limits hold twice the right one. Limits are as
//! wide as that where trials are few, where the ratio has a heavy tail, which leaves no more than Cantelli's, or with a lambda
//! of few samples of the same draw.
//!
//! # What is rigorous
//! The limits of estimators without a baseline are, up to quadrature, for any number of samples and trials. With a lambda of the
//! same draw, mean and variance of a trial are exact at any number n of its samples, and the gradient is
//!
//! G = mean of n independent (D - lambda*) s - R / n, lambda* the exact one,
//!
//! with a remainder R / n that is a product of two means with the expectation 0 over a third. Where the variance of G is not
//! within 5% of that of the first part, the limits of the mean are Bernstein's, for trials that are bounded as samples are, or
//! Cantelli's; both are rigorous. Where it is, they are those of the first part, and an allowance for the second, of the exact
//! variance, which is taken to have the tails of a product of two normal numbers. That is the one approximation.

mod expectation;
mod law;
mod softmax;
mod verdict;

pub use softmax::check_tokens;

use crate::check::Check;
use crate::engine::Engine;
use crate::estimator::Parameter;
use crate::experiment::Experiment;
use crate::summary::Row;
use expectation::expectations;
use verdict::Verdict;

/// The probability that the check of a whole run fails although all is right: at most this.
pub const FALSE_ALARM: f64 = 1e-6;

/// Tests the mean and the standard deviation of each row of a run by this engine. What has no row misses.
pub fn check(rows: &[Row], experiment: &Experiment, engine: Engine) -> Check {
    let mut check = Check::of(rows, experiment);
    for estimator in experiment.estimators() {
        let expectations = expectations(estimator, experiment, engine, share(experiment));
        let mut remarks = Vec::new();
        for (parameter, expectation) in Parameter::ALL.into_iter().zip(expectations) {
            let is_its = |row: &&Row| (row.estimator.as_str(), row.parameter) == (estimator.name(), parameter);
            let Some(row) = rows.iter().find(is_its) else { continue };
            match expectation.map(|expectation| Verdict::of(row, &expectation, share(experiment))) {
                Err(why) => remarks.push((parameter, format!("left out, {why}"))),
                Ok(Verdict { compared, loose, misses, remark }) => {
                    check.compared += compared;
                    check.loose += loose;
                    check.misses.extend(misses.iter().map(|miss| format!("{}, {parameter}: {miss}", estimator.name())));
                    remarks.extend(remark.map(|remark| (parameter, remark)));
                }
            }
        }
        check.remarks.extend(lines(estimator.name(), &remarks));
    }
    check
}

/// A line for each parameter; one where the same is said of both.
fn lines(name: &str, remarks: &[(Parameter, String)]) -> Vec<String> {
    match remarks {
        [(a, remark), (b, other)] if remark == other => vec![format!("{name}, {a} and {b}: {remark}")],
        _ => remarks.iter().map(|(parameter, remark)| format!("{name}, {parameter}: {remark}")).collect(),
    }
}

/// Makes sure that there is an estimator that [`check`] would not leave out.
///
/// # Errors
/// Why the first is left out.
pub fn can_check(experiment: &Experiment, engine: Engine) -> Result<(), String> {
    let of_estimator = |estimator| expectations(estimator, experiment, engine, share(experiment));
    let mut expectations = experiment.estimators().iter().flat_map(of_estimator);
    let first = expectations.next().expect("an experiment has an estimator").map(drop);
    if first.is_ok() || expectations.any(|expectation| expectation.is_ok()) { Ok(()) } else { first }
}

/// Of the false alarm, for each of what may fail: two numbers a row, and that autograd's k3 is not a number.
fn share(experiment: &Experiment) -> f64 {
    let rows = experiment.estimators().len() * Parameter::ALL.len();
    FALSE_ALARM / (2 * rows + 1) as f64
}
