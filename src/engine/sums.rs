//! The sums over a block of samples that gradients are made of.
//!
//! A loss is summed in one of two ways. Where its gradient coefficient is a weighted sum of a few terms, it needs no
//! more than the terms' sums, which one pass of 32-bit floats takes for all such losses at once; that is so for the article's
//! estimators, their rewards and baselines, and most others on-policy. Any other loss is evaluated on a tape in 64 bits.
//!
//! The hand-made pass stands beside the general one because it is ten times as fast where many losses share its terms. On one
//! thread of a 2.5 GHz Xeon with AVX2, drawing a sample takes about 3 ns (10 by libtorch), and summing it
//!
//! | losses                                                   | by terms | on the tape |
//! |----------------------------------------------------------|----------|-------------|
//! | `k1` and `k2`                                            | 1.3 ns   | 9 ns        |
//! | the article's five                                       | 6 ns     | 36 ns       |
//! | the table's first fifteen, with baselines                | 8 ns     | 71 ns       |
//! | `clamp(k3, -10, 10)`                                     |          | 13 ns       |
//! | `rho * k3`, off-policy                                   |          | 23 ns       |
//! | a dozen operations, three of them exponentials           |          | 38 ns       |
//!
//! so that draw and sums of the article's five together take less time than libtorch's draw alone, as they would not on the
//! tape; `cargo bench --bench sums` measures it.

use super::tape_sums::TapeSums;
use super::term_sums::{Combination, SampleWeight, Samples, TermSums, Wanted};
use crate::estimator::Parameter;
use crate::estimator::expr::Expr;
use crate::policy::Problem;

/// What is summed for a list of losses.
#[derive(Debug)]
pub struct Sums {
    sigma: f64,
    samples: Samples,
    /// How each loss is summed.
    ways: Vec<Way>,
    /// None where every loss has the other way, and no sums for baselines are wanted.
    wanted: Option<Wanted>,
    /// None where every loss has the other way.
    tape: Option<TapeSums>,
}

/// How a loss is summed.
#[derive(Clone, Copy, Debug)]
enum Way {
    Terms(Combination),
    /// Its place among those that the tape evaluates.
    Tape(usize),
}

/// The sums over a set of samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BlockSums {
    samples: usize,
    terms: TermSums,
    tape: Vec<[f64; 2]>,
}

/// Whether the sums of this loss are taken in 32-bit floats.
pub fn are_in_32_bits(problem: &Problem, loss: &Expr) -> bool {
    Combination::of(loss, problem.is_on_policy()).is_some()
}

impl Sums {
    /// Of these losses, and with those that baselines need, over samples of a problem whose numbers are 32-bit floats.
    pub fn new<'a>(problem: &Problem, losses: impl IntoIterator<Item = &'a Expr>, baselines: bool) -> Self {
        let mut on_tape = Vec::new();
        let mut way = |loss: &Expr| match Combination::of(loss, problem.is_on_policy()) {
            Some(combination) => Way::Terms(combination),
            None => {
                on_tape.push(loss.clone());
                Way::Tape(on_tape.len() - 1)
            }
        };
        let ways: Vec<Way> = losses.into_iter().map(&mut way).collect();
        let ratio = ways.iter().any(|way| matches!(way, Way::Terms(combination) if combination.needs_ratio()));
        let any = baselines || ways.iter().any(|way| matches!(way, Way::Terms(_)));
        Self {
            sigma: problem.policy.sigma(),
            samples: Samples::new(problem),
            ways,
            wanted: any.then_some(Wanted { ratio, baselines }),
            tape: (!on_tape.is_empty()).then(|| TapeSums::new(problem, &on_tape)),
        }
    }

    /// Over the samples that these standard normal variates make; the same bits on any thread and any CPU.
    pub fn over(&self, normals: &[f32]) -> BlockSums {
        BlockSums {
            samples: normals.len(),
            terms: self.wanted.map_or_else(TermSums::default, |wanted| TermSums::over(normals, &self.samples, wanted)),
            tape: self.tape.as_ref().map_or_else(Vec::new, |tape| tape.over(normals)),
        }
    }

    /// The mean of c s, s the score and c the gradient coefficient of the loss in this place.
    pub fn gradient(&self, loss: usize, sums: &BlockSums) -> [f64; 2] {
        match self.ways[loss] {
            Way::Terms(combination) => self.mean(&combination, sums),
            Way::Tape(place) => sums.tape[place].map(|sum| sum / sums.samples as f64 / self.sigma),
        }
    }

    /// The mean of s, where the sums for baselines are wanted.
    pub fn score(&self, sums: &BlockSums) -> [f64; 2] {
        self.mean(&Combination::ONE, sums)
    }

    fn mean(&self, coefficient: &Combination, sums: &BlockSums) -> [f64; 2] {
        Parameter::ALL.map(|parameter| sums.terms.sum(coefficient, parameter) / sums.samples as f64 / self.sigma)
    }
}

impl BlockSums {
    /// How many samples there are.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// The sum of weight D^p, p at most 2, where the sums for baselines are wanted.
    pub fn weighted(&self, weight: SampleWeight, power_of_d: u32) -> f64 {
        self.terms.weighted(weight, power_of_d)
    }

    /// Adds the sums over further samples.
    pub fn add(&mut self, further: &Self) {
        self.samples += further.samples;
        self.terms.add(&further.terms);
        self.tape.resize(further.tape.len(), [0.0; 2]);
        for (sum, further) in self.tape.as_flattened_mut().iter_mut().zip(further.tape.as_flattened()) {
            *sum += further;
        }
    }
}

#[cfg(test)]
mod tests;
