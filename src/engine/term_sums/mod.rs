//! The sums over samples that every estimator's gradient is made of, taken in one pass.
//!
//! In the sample's standardised form u = (x - mu) / sigma, the score is s = (u, u^2 - 1) / sigma with respect to mu and
//! sigma. What is summed has the *unit score* sigma s in the place of s.

mod exp;
mod kernel;

use crate::estimator::Parameter;
use crate::experiment::Settings;
use crate::theory::Term;

/// The powers (a, b) of the terms D^a r^b whose sums are taken.
pub const TERMS: [(u32, u32); 5] = [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1)];

/// The largest power p of D in the sums of weight D^p, for baselines.
pub const LARGEST_WEIGHTED_POWER: u32 = 2;

/// pi_theta = N(mu, sigma^2) and pi_ref = N(m, tau^2), in the 32-bit floats that libtorch has.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    mu: f32,
    sigma: f32,
    m: f32,
    tau: f32,
    log_stdev_ratio: f32,
}

impl Pair {
    /// The distributions of these settings.
    pub fn new(settings: &Settings) -> Self {
        let [mu, sigma, m, tau] =
            [settings.mu_theta, settings.sigma_theta, settings.mu_ref, settings.sigma_ref].map(|value| value as f32);
        let log_stdev_ratio = (f64::from(tau) / f64::from(sigma)).ln() as f32;
        Self { mu, sigma, m, tau, log_stdev_ratio }
    }

    /// The sample that libtorch makes of a standard normal variate, rounded twice as there.
    #[inline(always)]
    fn sample(&self, normal: f32) -> f32 {
        normal * self.sigma + self.mu
    }

    /// u = (x - mu) / sigma, which is the variate but for the rounding of x.
    #[inline(always)]
    fn standardised(&self, normal: f32) -> f32 {
        (self.sample(normal) - self.mu) / self.sigma
    }

    /// D = log pi_theta(x) - log pi_ref(x) = (v^2 - u^2) / 2 + log(tau / sigma), with v = (x - m) / tau. The squares'
    /// difference as a product, which loses less where they are nearly equal.
    #[inline(always)]
    fn log_ratio(&self, normal: f32) -> f32 {
        let u = self.standardised(normal);
        let v = (self.sample(normal) - self.m) / self.tau;
        0.5 * (v - u) * (v + u) + self.log_stdev_ratio
    }
}

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
    samples: u64,
    terms: [[f64; 2]; TERMS.len()],
    weighted: [[f64; 3]; 3],
}

impl TermSums {
    /// The sums over the samples that these standard normal variates make. What is not wanted is 0.
    pub fn of(normals: &[f32], pair: &Pair, wanted: Wanted) -> Self {
        match (wanted.ratio, wanted.baselines) {
            (false, false) => kernel::sum::<false, false>(pair, normals),
            (false, true) => kernel::sum::<false, true>(pair, normals),
            (true, false) => kernel::sum::<true, false>(pair, normals),
            (true, true) => kernel::sum::<true, true>(pair, normals),
        }
    }

    /// How many samples there are.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// The sum of D^a r^b times the unit score; none for powers that are not among [`TERMS`].
    pub fn term(&self, power_of_d: u32, power_of_r: u32, parameter: Parameter) -> Option<f64> {
        let term = TERMS.iter().position(|powers| *powers == (power_of_d, power_of_r))?;
        Some(self.terms[term][parameter as usize])
    }

    /// The sum of weight D^p, p at most [`LARGEST_WEIGHTED_POWER`].
    pub fn weighted(&self, weight: SampleWeight, power_of_d: usize) -> f64 {
        let weight = match weight {
            SampleWeight::SquaredScore(parameter) => parameter as usize,
            SampleWeight::One => 2,
        };
        self.weighted[weight][power_of_d]
    }

    /// The mean of c s sigma, c a gradient coefficient; none where it has a term that is not among [`TERMS`].
    pub fn mean(&self, coefficient: &[Term], parameter: Parameter) -> Option<f64> {
        let sum = |term: &Term| Some(term.weight * self.term(term.power_of_d, term.power_of_r, parameter)?);
        let sum: f64 = coefficient.iter().map(sum).sum::<Option<f64>>()?;
        Some(sum / self.samples as f64)
    }

    /// Adds the sums over further samples.
    pub fn add(&mut self, further: &Self) {
        self.samples += further.samples;
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

    const ALL: Wanted = Wanted { ratio: true, baselines: true };

    fn pairs() -> [Pair; 3] {
        [[0.0, 1.0, 1.0, 1.1], [-0.3, 0.7, 0.4, 0.9], [2.0, 3.0, 4.5, 1.8]].map(
            |[mu_theta, sigma_theta, mu_ref, sigma_ref]| {
                Pair::new(&Settings { mu_theta, sigma_theta, mu_ref, sigma_ref, ..Settings::default() })
            },
        )
    }

    #[test]
    fn samples_are_libtorchs_to_the_bit() {
        let normals: Vec<f32> = (0..10_000).map(|index| 3.0 * (index as f32).sin()).collect();
        for pair in pairs() {
            let [mu, sigma] = [pair.mu, pair.sigma].map(tch::Tensor::from);
            let samples: Vec<f32> = normals.iter().map(|&normal| pair.sample(normal)).collect();
            assert_eq!(tch::Tensor::from_slice(&normals) * sigma + mu, tch::Tensor::from_slice(&samples));
        }
    }

    /// Every sum, in one order.
    fn all(sums: &TermSums) -> impl Iterator<Item = f64> {
        sums.terms.into_iter().flatten().chain(sums.weighted.into_iter().flatten())
    }

    /// u and D of the sample that a variate makes, in 64 bits.
    fn exact(pair: &Pair, normal: f32) -> (f64, f64) {
        let [x, mu, sigma, m, tau] = [pair.sample(normal), pair.mu, pair.sigma, pair.m, pair.tau].map(f64::from);
        let (u, v) = ((x - mu) / sigma, (x - m) / tau);
        (u, (v * v - u * u) / 2.0 + (tau / sigma).ln())
    }

    /// The sums over one sample in 64 bits, in the order of `all`.
    fn exact_sums((u, d): (f64, f64)) -> Vec<f64> {
        let score = [u, u * u - 1.0];
        let term = |(a, b): (u32, u32)| score.map(|s| d.powi(a as i32) * (-d * f64::from(b)).exp() * s);
        let weighted = [score[0].powi(2), score[1].powi(2), 1.0].map(|weight| [0, 1, 2].map(|p| weight * d.powi(p)));
        TERMS.into_iter().flat_map(term).chain(weighted.into_iter().flatten()).collect()
    }

    #[test]
    fn every_sum_is_that_of_its_formula() {
        for pair in pairs() {
            for normal in (-500..500).map(|hundredth| (hundredth as f32 + 0.5) / 100.0) {
                let (u, d) = exact(&pair, normal);
                let epsilon = f64::from(f32::EPSILON);
                // D is rounded a few times at the size of u^2 and of D itself, all else a few times at its own size.
                let rounding = 2.0 * epsilon * (1.0 + u * u + d.abs());
                let [expected, low, high] = [d, d - rounding, d + rounding].map(|d| exact_sums((u, d)));
                for (index, actual) in all(&TermSums::of(&[normal], &pair, ALL)).enumerate() {
                    let (e, low, high) = (expected[index], low[index], high[index]);
                    let tolerance = (low - e).abs().max((high - e).abs()) + 4.0 * epsilon * score_rounding(e, u);
                    assert!((actual - e).abs() <= tolerance, "{pair:?}, z = {normal}, {index}: {actual}, not {e}");
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
        for pair in pairs() {
            let normal = 1.3;
            let one = TermSums::of(&[normal], &pair, ALL);
            let many = TermSums::of(&vec![normal; count], &pair, ALL);
            for (many, one) in all(&many).zip(all(&one)) {
                // The sixteen additions in 32 bits.
                let tolerance = 16.0 * f64::from(f32::EPSILON / 2.0) * one.abs();
                assert!((many / count as f64 - one).abs() <= tolerance, "{many} of {count} times {one}");
            }
        }
    }

    #[test]
    fn sums_add_up() {
        let normals: Vec<f32> = (0..1000).map(|index| 3.0 * (index as f32).sin()).collect();
        let pair = pairs()[0];
        // At the end of a run, so that both ways take the same sums of 32 bits.
        let (first, second) = normals.split_at(512);
        let mut sums = TermSums::of(first, &pair, ALL);
        sums.add(&TermSums::of(second, &pair, ALL));
        let at_once = TermSums::of(&normals, &pair, ALL);
        assert_eq!(sums.samples(), 1000);
        for (a, b) in all(&sums).zip(all(&at_once)) {
            // Four additions in 64 bits, of numbers that may be larger than their sum.
            assert!((a - b).abs() <= 1e-12 * b.abs().max(1000.0), "{a}, not {b}");
        }
    }

    #[test]
    fn what_is_not_wanted_is_left_out_and_the_rest_the_same() {
        let normals: Vec<f32> = (0..1000).map(|index| 3.0 * (index as f32).sin()).collect();
        let full = TermSums::of(&normals, &pairs()[0], ALL);
        let bare = TermSums::of(&normals, &pairs()[0], Wanted::default());
        assert_eq!(bare.terms[..3], full.terms[..3]);
        assert_eq!((&bare.terms[3..], bare.weighted), (&[[0.0; 2]; 2][..], [[0.0; 3]; 3]));
    }

    #[test]
    fn accessors_name_the_sums() {
        let sums = TermSums::of(&[0.5], &pairs()[0], ALL);
        let (u, d) = exact(&pairs()[0], 0.5);
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a}, not {b}");
        near(sums.term(2, 0, Parameter::Sigma).unwrap(), d * d * (u * u - 1.0));
        near(sums.term(1, 1, Parameter::Mu).unwrap(), d * (-d).exp() * u);
        assert_eq!(sums.term(0, 2, Parameter::Mu), None);
        near(sums.weighted(SampleWeight::SquaredScore(Parameter::Sigma), 1), (u * u - 1.0).powi(2) * d);
        near(sums.weighted(SampleWeight::One, 2), d * d);
    }
}
