//! The sums over samples that the gradients of most estimators are made of, taken in one pass of 32-bit floats.
//!
//! In the sample's standardised form u = (x - mu) / sigma, the score is s = (u, u^2 - 1) / sigma with respect to mu and
//! sigma. What is summed has the *unit score* sigma s in the place of s.
//!
//! No term cancels where policy and reference are nearly equal, and D is near 0: r - 1 and r - 1 + D are computed as such,
//! and D itself as in [`crate::policy`].

mod combination;
mod exp;
mod kernel;
mod samples;

pub use combination::Combination;
pub use samples::Samples;

use crate::estimator::Parameter;

/// How many terms have their sums: 1, D and D^2, and with the ratio r - 1, r - 1 + D, r and D r.
const TERMS: usize = 7;

/// How many of them need no ratio.
const WITHOUT_RATIO: usize = 3;

/// What weighs a power of D in the sums for baselines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleWeight {
    /// The square of the unit score with respect to the parameter.
    SquaredScore(Parameter),
    /// 1.
    One,
}

/// Which sums are taken beside those of s, D s and D^2 s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Those with the ratio r.
    pub ratio: bool,
    /// Those for baselines.
    pub baselines: bool,
}

/// The sums over a set of samples.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TermSums {
    terms: [[f64; 2]; TERMS],
    weighted: [[f64; 3]; 3],
}

impl TermSums {
    /// The sums over the samples that these standard normal variates make. What is not wanted is 0.
    pub fn over(normals: &[f32], samples: &Samples, wanted: Wanted) -> Self {
        match (wanted.ratio, wanted.baselines) {
            (false, false) => kernel::sum::<false, false>(samples, normals),
            (false, true) => kernel::sum::<false, true>(samples, normals),
            (true, false) => kernel::sum::<true, false>(samples, normals),
            (true, true) => kernel::sum::<true, true>(samples, normals),
        }
    }

    /// The sum of c times the unit score.
    pub fn sum(&self, coefficient: &Combination, parameter: Parameter) -> f64 {
        let terms = coefficient.0.iter().zip(&self.terms);
        // Not 0 times a sum that may have overflown.
        terms.filter(|(weight, _)| **weight != 0.0).map(|(weight, sum)| weight * sum[parameter as usize]).sum()
    }

    /// The sum of weight D^p, p at most 2.
    pub fn weighted(&self, weight: SampleWeight, power_of_d: u32) -> f64 {
        let weight = match weight {
            SampleWeight::SquaredScore(parameter) => parameter as usize,
            SampleWeight::One => 2,
        };
        self.weighted[weight][power_of_d as usize]
    }

    /// Adds the sums over further samples.
    pub fn add(&mut self, further: &Self) {
        add_all(self.terms.as_flattened_mut(), further.terms.as_flattened());
        add_all(self.weighted.as_flattened_mut(), further.weighted.as_flattened());
    }
}

fn add_all(sums: &mut [f64], further: &[f64]) {
    for (sum, further) in sums.iter_mut().zip(further) {
        *sum += further;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Normal, Problem};

    const ALL: Wanted = Wanted { ratio: true, baselines: true };

    /// The article's, others, a wide and a narrow reference, and nearly equal ones; the last is off-policy.
    fn problems() -> [Problem; 7] {
        let normal = |mu: f32, sigma: f32| Normal::new(mu.into(), sigma.into()).expect("it is one");
        let off_policy = Problem { behaviour: normal(0.5, 1.5), ..Problem::default() }.as_held().expect("in range");
        let of = |[mu, sigma, m, tau]: [f32; 4]| Problem::on_policy(normal(mu, sigma), normal(m, tau));
        let on_policy = [
            [0.0, 1.0, 1.0, 1.1],
            [-0.3, 0.7, 0.4, 0.9],
            [0.5, 1.0, 0.4, 30.0],
            [0.5, 1.0, 0.4, 0.03],
            [0.0, 1.0, 1e-3, 1.001],
            [2.0, 3.0, 2.000_001, 3.0],
        ];
        let [a, b, c, d, e, f] = on_policy.map(of);
        [a, b, c, d, e, f, off_policy]
    }

    fn normals(count: usize) -> Vec<f32> {
        (0..count).map(|index| 3.0 * (index as f32).sin()).collect()
    }

    /// Every sum, in one order.
    fn all(sums: &TermSums) -> impl Iterator<Item = f64> {
        sums.terms.into_iter().flatten().chain(sums.weighted.into_iter().flatten())
    }

    /// u and D of the sample that a variate makes in 64 bits, and the size at which D is rounded in 32.
    fn exact(problem: &Problem, normal: f32) -> [f64; 3] {
        let Problem { policy, reference, .. } = problem;
        let x = f64::from(Samples::new(problem).sample(normal));
        let [u, y] = [policy, reference].map(|q| (x - q.mu()) / q.sigma());
        let [widths, gap] = [policy.sigma() / reference.sigma(), (policy.mu() - reference.mu()) / reference.sigma()];
        let largest =
            if (0.5..=2.0).contains(&widths) { ((widths - 1.0) * u).abs() + gap.abs() } else { y.abs() + u.abs() };
        [u, (y - u) * (y + u) / 2.0 - widths.ln(), largest * (largest / 2.0 + u.abs()) + widths.ln().abs()]
    }

    /// The sums over one sample in 64 bits, in the order of `all`.
    fn exact_sums(u: f64, d: f64) -> Vec<f64> {
        let (score, r) = ([u, u * u - 1.0], (-d).exp());
        let beyond_linear = if d.abs() < 1e-4 { d * d / 2.0 * (1.0 - d / 3.0) } else { (-d).exp_m1() + d };
        let terms = [1.0, d, d * d, (-d).exp_m1(), beyond_linear, r, d * r].map(|c| score.map(|s| c * s));
        let weighted = [score[0].powi(2), score[1].powi(2), 1.0].map(|weight| [0, 1, 2].map(|p| weight * d.powi(p)));
        terms.into_iter().flatten().chain(weighted.into_iter().flatten()).collect()
    }

    #[test]
    fn every_sum_is_that_of_its_formula() {
        for problem in problems() {
            let samples = Samples::new(&problem);
            for normal in (-500..500).map(|hundredth| (hundredth as f32 + 0.5) / 100.0) {
                let [u, d, size] = exact(&problem, normal);
                let epsilon = f64::from(f32::EPSILON);
                // D is rounded a few times at the size of its terms, all else a few times at its own size.
                let rounding = 2.0 * epsilon * size;
                let [expected, low, high] = [d, d - rounding, d + rounding].map(|d| exact_sums(u, d));
                for (index, actual) in all(&TermSums::over(&[normal], &samples, ALL)).enumerate() {
                    let (e, low, high) = (expected[index], low[index], high[index]);
                    if e.abs() > f64::from(f32::MAX) {
                        continue;
                    }
                    let rounded = 8.0 * epsilon * score_rounding(e, u) + f64::from(f32::MIN_POSITIVE);
                    let tolerance = (low - e).abs().max((high - e).abs()) + rounded;
                    assert!((actual - e).abs() <= tolerance, "{problem:?}, z = {normal}, {index}: {actual}, not {e}");
                }
            }
        }
    }

    /// The size at which a value with the factor u^2 - 1, or its square, is rounded: that of u^2 + 1, which counts near 1.
    fn score_rounding(value: f64, u: f64) -> f64 {
        value.abs() * (1.0 + (u * u + 1.0) / (u * u - 1.0).abs())
    }

    #[test]
    fn many_samples_lose_no_accuracy() {
        let count = 1 << 22;
        for problem in &problems()[..3] {
            let samples = Samples::new(problem);
            let one = TermSums::over(&[1.3], &samples, ALL);
            let many = TermSums::over(&vec![1.3; count], &samples, ALL);
            for (many, one) in all(&many).zip(all(&one)) {
                // The sixteen additions in 32 bits.
                let tolerance = 16.0 * f64::from(f32::EPSILON / 2.0) * one.abs();
                assert!((many / count as f64 - one).abs() <= tolerance, "{many} of {count} times {one}");
            }
        }
    }

    #[test]
    fn sums_add_up() {
        let (normals, samples) = (normals(1000), Samples::new(&Problem::default()));
        // At the end of a run, so that both ways take the same sums of 32 bits.
        let (first, second) = normals.split_at(512);
        let mut sums = TermSums::over(first, &samples, ALL);
        sums.add(&TermSums::over(second, &samples, ALL));
        for (a, b) in all(&sums).zip(all(&TermSums::over(&normals, &samples, ALL))) {
            // Four additions in 64 bits, of numbers that may be larger than their sum.
            assert!((a - b).abs() <= 1e-12 * b.abs().max(1000.0), "{a}, not {b}");
        }
    }

    #[test]
    fn what_is_not_wanted_is_left_out_and_the_rest_the_same() {
        let (normals, samples) = (normals(1000), Samples::new(&Problem::default()));
        let full = TermSums::over(&normals, &samples, ALL);
        let bare = TermSums::over(&normals, &samples, Wanted::default());
        assert_eq!(bare.terms[..WITHOUT_RATIO], full.terms[..WITHOUT_RATIO]);
        assert!(bare.terms[WITHOUT_RATIO..].as_flattened().iter().all(|sum| *sum == 0.0));
        assert_eq!(bare.weighted, [[0.0; 3]; 3]);
    }

    #[test]
    fn accessors_name_the_sums() {
        let sums = TermSums::over(&[0.5], &Samples::new(&Problem::default()), ALL);
        let [u, d, _] = exact(&Problem::default(), 0.5);
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a}, not {b}");
        near(sums.sum(&Combination::ONE, Parameter::Sigma), u * u - 1.0);
        near(sums.weighted(SampleWeight::SquaredScore(Parameter::Sigma), 1), (u * u - 1.0).powi(2) * d);
        near(sums.weighted(SampleWeight::One, 2), d * d);
    }
}
