//! What rounding adds to gradients.

use super::panels::edges;
use super::support::{Support, score};
use crate::estimator::Parameter;
use crate::estimator::expr::{Exponent, Expr, Shape, Steps, Tape};
use crate::policy::{Logs, Problem};

/// How an engine computes; in each the sample itself is a 32-bit float.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// `D`, the coefficient and the score in 64 bits.
    Double,
    /// In 32 bits, with what is small near equality computed as such: the lift, of which D is made, and `expm1`.
    Relative,
    /// In 32 bits as the article writes it: D as the difference of two log-densities, 1 - r as that of two numbers about 1.
    Article,
}

/// 2^-24, by how much the nearest 32-bit float is off.
const E: f64 = 1.0 / (1 << 24) as f64;

/// The roundings of each kind, one after the other.
const TIMES: f64 = 4.0;

/// Bounds of what rounding adds to a gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rounding {
    /// The root mean square of what it may do to c s of one sample. The mean of any number of samples is off by no more than
    /// that, and by less where samples are not all moved the same way.
    pub of_samples: f64,
    /// What it may do to the sum over a trial, and to the gradient that is kept of it.
    pub of_sums: f64,
}

impl Rounding {
    /// Of the mean over any number of trials.
    pub fn of_mean(&self) -> f64 {
        self.of_samples + self.of_sums
    }

    /// Of the standard deviation of trials of so many samples. What a sample is off by is a function of the sample: what is
    /// common to all moves no standard deviation, and the rest is as independent as the samples are.
    pub fn of_stdev(&self, sample_size: f64) -> f64 {
        self.of_samples / sample_size.sqrt() + self.of_sums
    }
}

/// What rounding may add to the mean of c s, by an engine that computes so.
///
/// # Formula
/// Of samples, it is the root of E\[(sum of the errors)^2\], E over the policy that draws, with e = 2^-24, u and v the standard scores under
/// pi_theta and pi_ref, and all times sigma or free of it:
///
/// - the sample x = fl(mu_old + sigma_old z) moves u by du = e (|x| + |sigma_old z|) / sigma, which changes c s by |c(u +- du)
///   s(u +- du) - c(u) s(u)|, in every arithmetic. With `Double` that is all;
/// - else D is wrong by dD, which changes c by |c(D +- dD) - c(D)|, c is by itself wrong by dc, and s by ds = e (1 + u^2):
///   |c(D +- dD) - c(D)| |s| + dc |s| + |c| ds. Four times each, for several roundings;
/// - `Relative`: dD = e (|y| (|y| / 2 + |u|) + |log(sigma / tau)|) with the lift y = v - u, and dc = e |c|, or e (|c| + 1 + |D|)
///   where |D| > 1 and c has an exponential, whose small values are then differences;
/// - `Article`: dD = e (u^2 + v^2 + |log sigma| + |log tau| + 2), and dc = e (|c| + 1 + the exponentials of which c is made), or
///   e |c| where it is made of none.
///
/// Of sums, it is four times e times the root mean square of |c| (1 + u^2): partial sums are no larger, up to their noise, and
/// those that are rounded near the end of the summation count.
pub fn rounding(problem: &Problem, loss: &Expr, parameter: Parameter, arithmetic: Arithmetic) -> Rounding {
    let (logs, shape) = (problem.logs(), loss.shape());
    let support = Support::new(&edges(std::slice::from_ref(&shape), 2, &logs), &logs);
    let mut at = Evaluation { tape: Tape::new(std::slice::from_ref(loss)), logs };
    let z = &support.z;
    let weighted =
        |c: Vec<f64>, z: &[f64]| -> Vec<f64> { c.iter().zip(z).map(|(c, &z)| c * score(parameter, z)).collect() };
    let here = at.coefficients(z, &vec![0.0; z.len()]);
    let product = weighted(here.clone(), z);
    let moved = [-1.0, 1.0].map(|side| {
        let moved: Vec<f64> = z.iter().map(|&z| z + side * of_sample(problem, z)).collect();
        weighted(at.coefficients(&moved, &vec![0.0; z.len()]), &moved)
    });
    let mut errors: Vec<f64> = (0..z.len()).map(|i| distance(product[i], [moved[0][i], moved[1][i]])).collect();
    if arithmetic != Arithmetic::Double {
        let of_log_ratio: Vec<f64> = z.iter().map(|&z| of_log_ratio(problem, &logs, z, arithmetic)).collect();
        let [low, high] =
            [-1.0, 1.0].map(|side| at.coefficients(z, &of_log_ratio.iter().map(|d| side * d).collect::<Vec<_>>()));
        for (i, (error, &z)) in errors.iter_mut().zip(z).enumerate() {
            let c = here[i];
            let of_coefficient = of_coefficient(&shape, c, logs.at(z), arithmetic);
            let s = score(parameter, z).abs();
            *error += (distance(c, [low[i], high[i]]) + of_coefficient) * s + c.abs() * of_score(z);
        }
    }
    let sums: Vec<f64> = here.iter().zip(z).map(|(c, &z)| of_score(z) * c.abs()).collect();
    let root_mean_square = |errors: &[f64]| {
        let squares = errors.iter().zip(&support.log_weight).map(|(error, log)| (error * (log / 2.0).exp()).powi(2));
        // Where the coefficient is beyond floats, its weight is next to nothing, or it has no variance.
        squares.filter(|square| square.is_finite()).sum::<f64>().sqrt() / problem.policy.sigma()
    };
    Rounding { of_samples: root_mean_square(&errors), of_sums: root_mean_square(&sums) }
}

/// A loss's coefficient where D is off.
struct Evaluation {
    tape: Tape,
    logs: Logs,
}

impl Evaluation {
    fn coefficients(&mut self, z: &[f64], off: &[f64]) -> Vec<f64> {
        let at: Vec<[f64; 3]> = z.iter().map(|&z| self.logs.at(z)).collect();
        let [log_prob, mut log_ratio, log_rho] =
            [0, 1, 2].map(|log| at.iter().map(|logs| logs[log]).collect::<Vec<_>>());
        log_ratio.iter_mut().zip(off).for_each(|(log_ratio, off)| *log_ratio += off);
        self.tape.evaluate(Steps::samples(&log_prob, &log_ratio, &log_rho)).coefficients(0).to_vec()
    }
}

/// ds.
fn of_score(z: f64) -> f64 {
    TIMES * E * (1.0 + z * z)
}

/// du.
fn of_sample(problem: &Problem, z: f64) -> f64 {
    let Problem { policy, behaviour, .. } = problem;
    let sample = policy.mu() + policy.sigma() * z;
    E * (sample.abs() + (sample - behaviour.mu()).abs()) / policy.sigma()
}

/// dD.
fn of_log_ratio(problem: &Problem, logs: &Logs, z: f64, arithmetic: Arithmetic) -> f64 {
    let Problem { policy, reference, .. } = problem;
    let log_widths = logs.log_widths();
    let lift = logs.lift(z);
    TIMES
        * E
        * match arithmetic {
            Arithmetic::Double => 0.0,
            Arithmetic::Relative => lift.abs() * (lift.abs() / 2.0 + z.abs()) + log_widths.abs(),
            Arithmetic::Article => {
                let [u, v] = [z, z + lift];
                u * u + v * v + policy.sigma().ln().abs() + reference.sigma().ln().abs() + 2.0
            }
        }
}

/// dc.
fn of_coefficient(shape: &Shape, c: f64, logs: [f64; 3], arithmetic: Arithmetic) -> f64 {
    let exponentials = || shape.exponents.iter().filter(|exponent| **exponent != [0.0; 3]);
    let size = |exponent: &Exponent| exponent.iter().zip(logs).map(|(factor, log)| factor * log).sum::<f64>().exp();
    let cancelled = match arithmetic {
        _ if exponentials().next().is_none() => 0.0,
        Arithmetic::Article => 1.0 + exponentials().map(size).sum::<f64>(),
        Arithmetic::Relative if logs[1].abs() > 1.0 => 1.0 + logs[1].abs(),
        Arithmetic::Relative | Arithmetic::Double => 0.0,
    };
    TIMES * E * (c.abs() + cancelled)
}

fn distance(from: f64, to: [f64; 2]) -> f64 {
    to.iter().map(|to| (to - from).abs()).fold(0.0, f64::max)
}
