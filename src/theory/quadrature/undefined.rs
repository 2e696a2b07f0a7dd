//! Samples for which a coefficient is not a number.

use super::super::panels::edges;
use super::super::support::Support;
use crate::estimator::expr::Expr;
use crate::policy::Problem;
use std::fmt;

/// The samples for which the gradient coefficient of a loss is not a number, as where a logarithm of what is negative is taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Undefined {
    /// From one sample to another, in order; infinite at the ends of the support.
    pub intervals: Vec<[f64; 2]>,
    /// The probability of a sample between these.
    pub probability: f64,
}

/// Where a loss's coefficient is not a number; none where it is one for all samples that are ever drawn.
///
/// ```
/// use klgrad::estimator::expr::Expr;
/// use klgrad::policy::Problem;
/// use klgrad::theory::quadrature::undefined;
///
/// // With equal widths and the means 0 and 1, D is 1/2 - x.
/// # use klgrad::policy::Normal;
/// # let normal = |mu| Normal::new(mu, 1.0).unwrap();
/// let problem = Problem::on_policy(normal(0.0), normal(1.0));
/// let found = undefined(&problem, &Expr::log_ratio().log().reward()).expect("D is negative for some");
/// assert_eq!(found.to_string(), "above 0.5 (30.9% of them)");
/// assert!(undefined(&problem, &Expr::log_ratio()).is_none());
/// ```
pub fn undefined(problem: &Problem, loss: &Expr) -> Option<Undefined> {
    let logs = problem.logs();
    let support = Support::new(&edges(&[loss.shape()], 1, &logs), &logs);
    let weighted = support.coefficients(std::slice::from_ref(loss)).remove(0);
    let seen =
        weighted.seen(&support).map(|(point, value)| (support.z[point], support.log_weight[point], value.is_nan()));
    let (z, missing): (Vec<f64>, Vec<bool>) = seen.clone().map(|(z, _, is_missing)| (z, is_missing)).unzip();
    let probability = seen.filter(|(.., is_missing)| *is_missing).map(|(_, log_weight, _)| log_weight.exp()).sum();
    let sample = |z: f64| problem.policy.mu() + problem.policy.sigma() * z;
    let intervals = runs(&missing).map(|run| ends(run, &z).map(sample)).collect();
    missing.contains(&true).then_some(Undefined { intervals, probability })
}

/// First and last place of each row of what holds.
fn runs(holds: &[bool]) -> impl Iterator<Item = [usize; 2]> {
    let mut end = 0;
    holds.chunk_by(|a, b| a == b).filter_map(move |run| {
        end += run.len();
        run[0].then_some([end - run.len(), end - 1])
    })
}

/// Half-way to the points beside, which lie as near to a kink as floats allow.
fn ends([first, last]: [usize; 2], z: &[f64]) -> [f64; 2] {
    let between = |a: usize, b: usize| (z[a] + z[b]) / 2.0;
    let low = if first == 0 { f64::NEG_INFINITY } else { between(first - 1, first) };
    [low, if last + 1 == z.len() { f64::INFINITY } else { between(last, last + 1) }]
}

impl fmt::Display for Undefined {
    /// `below -1.2 and between 1 and 3 (12.3% of them)`, of samples.
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let number = |x: f64| {
            let rounded: f64 = format!("{x:.5e}").parse().expect("a number in digits is one");
            rounded.to_string()
        };
        let text = |&[low, high]: &[f64; 2]| match (low.is_finite(), high.is_finite()) {
            (false, false) => "everywhere".to_owned(),
            (false, true) => format!("below {}", number(high)),
            (true, false) => format!("above {}", number(low)),
            (true, true) => format!("between {} and {}", number(low), number(high)),
        };
        let percent = format!("{:.2e}", 100.0 * self.probability).parse::<f64>().expect("a number in digits is one");
        let texts: Vec<String> = self.intervals.iter().map(text).collect();
        write!(formatter, "{} ({}% of them)", texts.join(" and "), percent)
    }
}
