//! How heavy the tail of a distribution is.

use crate::estimator::expr::log1p;
use multiversion::multiversion;

/// At most so many of the largest values are the tail.
pub const LONGEST_TAIL: usize = 100_000;

/// The Pareto index k-hat of the largest of `count` positive values, from the logarithms of the largest in falling order; none where four or fewer are in the tail, or it does not vary.
///
/// # Formula
/// The tail is the M = min(n / 5, 3 sqrt(n)) largest values, rounded up, at most [`LONGEST_TAIL`] and one
/// less than are given, and of these those above
/// the next one, u. What they exceed u by is taken for a sample of a generalized Pareto distribution, whose index k is estimated
/// as a posterior mean: over a grid of m = 30 + sqrt(M) values b_j = (1 - sqrt(m / (j - 1/2))) / (3 q) + 1 / x_M, with q the
/// first quartile and x_M the largest, of k(b) = mean log(1 - b x_i), weighted by the profile likelihood
/// L(b) = M (log(-b / k(b)) - k(b) - 1). It is drawn to 1/2 as by ten observations: (M k + 5) / (M + 10).
///
/// The mean of values with k-hat above 0.7 is not to be trusted, however many there are; above 1 it does not exist.
///
/// Source: Zhang and Stephens (2009), *A New and Efficient Estimation Method for the Generalized Pareto Distribution*; Vehtari,
/// Simpson, Gelman, Yao and Gabry (2024), *Pareto Smoothed Importance Sampling*.
pub fn pareto_k(falling_logs: &[f64], count: u64) -> Option<f64> {
    let tail = tail_length(count).min(falling_logs.len().checked_sub(1)?);
    let (&largest, &below) = (falling_logs.first()?, falling_logs.get(tail)?);
    // As parts of the largest value: k does not depend on the unit. Below the smallest float nothing is a tail.
    let cutoff = (below - largest).max(f64::MIN_POSITIVE.ln());
    let threshold = cutoff.exp();
    let logs = falling_logs[..tail].iter().map(|log| log - largest).take_while(|&log| log > cutoff);
    let mut excesses: Vec<f64> = logs.map(|log| log.exp() - threshold).collect();
    excesses.reverse();
    if excesses.len() <= 4 {
        return None;
    }
    Some(generalized_pareto_index(&excesses)).filter(|k| k.is_finite())
}

/// How many of so many values are the tail.
pub fn tail_length(count: u64) -> usize {
    let n = count as f64;
    ((n / 5.0).min(3.0 * n.sqrt()).ceil() as usize).min(LONGEST_TAIL)
}

/// The sum of log(1 + factor x), by the CPU's vectors; the bits are the same on every CPU.
#[multiversion(targets("x86_64+avx2+fma"))]
fn sum_of_logs(x: &[f64], factor: f64) -> f64 {
    let (chunks, rest) = x.as_chunks::<8>();
    let mut strands = [0.0; 8];
    for chunk in chunks {
        for (strand, x) in strands.iter_mut().zip(chunk) {
            *strand += log1p(factor * x);
        }
    }
    strands.into_iter().chain(rest.iter().map(|x| log1p(factor * x))).sum()
}

fn generalized_pareto_index(rising: &[f64]) -> f64 {
    let count = rising.len();
    let n = count as f64;
    let grid = 30 + n.sqrt() as usize;
    let quartile = rising[(n / 4.0 + 0.5) as usize - 1];
    let largest = rising[count - 1];
    let place = |j: usize| (1.0 - (grid as f64 / (j as f64 - 0.5)).sqrt()) / (3.0 * quartile) + 1.0 / largest;
    let index = |b: f64| sum_of_logs(rising, -b) / n;
    let places: Vec<f64> = (1..=grid).map(place).collect();
    let likelihoods: Vec<f64> = places
        .iter()
        .map(|&b| {
            let k = index(b);
            n * ((-(b / k)).ln() - k - 1.0)
        })
        .collect();
    let weight = |likelihood: &f64| 1.0 / likelihoods.iter().map(|other| (other - likelihood).exp()).sum::<f64>();
    let weighted =
        places.iter().zip(likelihoods.iter().map(weight)).filter(|(_, weight)| *weight >= 10.0 * f64::EPSILON);
    let (sum, total) = weighted.fold((0.0, 0.0), |(sum, total), (b, weight)| (sum + b * weight, total + weight));
    (n * index(sum / total) + 5.0) / (n + 10.0)
}
