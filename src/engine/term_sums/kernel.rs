//! The inner loop: one pass over the samples, for all sums.
//!
//! Sums are taken in 16 lanes of 32-bit floats over a short run, and the runs are added up in 64 bits: the rounding
//! error is that of 16 additions, however many samples there are. There is no fused multiply-add, and the lanes are the
//! same whatever vectors the CPU has, so that the bits are the same on every CPU.

use super::exp::Exponentials;
use super::{Samples, TERMS, TermSums, WITHOUT_RATIO};
use multiversion::multiversion;
use std::iter::zip;

const LANES: usize = 16;

/// How many samples are added up in 32 bits.
const RUN: usize = 16 * LANES;

/// The sums over samples whose standard normal variates are given. Those that need the ratio r, and those for baselines,
/// are left at 0 where they are not asked for.
#[multiversion(targets("x86_64+avx2+fma"))]
pub fn sum<const RATIO: bool, const BASELINES: bool>(samples: &Samples, normals: &[f32]) -> TermSums {
    sum_inlined::<RATIO, BASELINES>(samples, normals)
}

/// Compiled into each of its callers for the instructions that they may use.
#[inline(always)]
fn sum_inlined<const RATIO: bool, const BASELINES: bool>(samples: &Samples, normals: &[f32]) -> TermSums {
    let mut sums = TermSums::default();
    let ([mut u, mut d], mut exponentials) = ([[0.0; RUN]; 2], Exponentials::<RUN>::new());
    for run in normals.chunks(RUN) {
        let [u, d] = [&mut u, &mut d].map(|numbers| &mut numbers[..run.len()]);
        samples.standardise(run, u);
        samples.log_ratios(run, u, d);
        // Before the sums, because a loop of its own leaves the CPU room for several at a time.
        if RATIO {
            exponentials.fill(d);
        }
        let Exponentials { r, beyond_one, beyond_linear } = &exponentials;
        let columns = [&*u, &*d, &r[..run.len()], &beyond_one[..run.len()], &beyond_linear[..run.len()]];
        let (groups, rests) =
            (columns.map(|column| column.as_chunks::<LANES>().0), columns.map(|column| column.as_chunks::<LANES>().1));
        let mut lanes = Lanes::default();
        for group in 0..run.len() / LANES {
            lanes.add_group::<RATIO, BASELINES>(groups.map(|column| &column[group][..]));
        }
        lanes.add_group::<RATIO, BASELINES>(rests);
        lanes.add_to::<RATIO, BASELINES>(&mut sums);
    }
    sums
}

/// The sums of a run, lane by lane; aligned, so that no vector lies across two cache lines.
#[derive(Default)]
#[repr(align(64))]
struct Lanes {
    terms: [[[f32; LANES]; 2]; TERMS],
    weighted: [[[f32; LANES]; 3]; 3],
}

impl Lanes {
    /// Adds samples, at most one a lane.
    #[inline(always)]
    fn add_group<const RATIO: bool, const BASELINES: bool>(
        &mut self,
        [u, d, r, beyond_one, beyond_linear]: [&[f32]; 5],
    ) {
        let columns = zip(zip(u, d), zip(r, zip(beyond_one, beyond_linear)));
        for (lane, ((&u, &d), (&r, (&beyond_one, &beyond_linear)))) in columns.enumerate() {
            let score = [u, u * u - 1.0];
            add_products(&mut self.terms, lane, [1.0, d, d * d], score);
            if RATIO {
                let ratios = [beyond_one, beyond_linear, r, d * r];
                add_products(&mut self.terms[WITHOUT_RATIO..], lane, ratios, score);
            }
            if BASELINES {
                let weights = [score[0] * score[0], score[1] * score[1], 1.0];
                add_products(&mut self.weighted, lane, weights, [1.0, d, d * d]);
            }
        }
    }

    #[inline(always)]
    fn add_to<const RATIO: bool, const BASELINES: bool>(&self, sums: &mut TermSums) {
        let terms = if RATIO { TERMS } else { WITHOUT_RATIO };
        for (sum, lanes) in zip(&mut sums.terms, &self.terms).take(terms) {
            add_lanes(sum, lanes);
        }
        if BASELINES {
            for (sum, lanes) in sums.weighted.iter_mut().zip(&self.weighted) {
                add_lanes(sum, lanes);
            }
        }
    }
}

/// Adds each product of a and b to its sum.
#[inline(always)]
fn add_products<const M: usize, const N: usize>(sums: &mut [[[f32; LANES]; N]], lane: usize, a: [f32; M], b: [f32; N]) {
    for (sums, a) in sums.iter_mut().zip(a) {
        for (sum, b) in sums.iter_mut().zip(b) {
            sum[lane] += a * b;
        }
    }
}

#[inline(always)]
fn add_lanes(sums: &mut [f64], lanes: &[[f32; LANES]]) {
    for (sum, lanes) in sums.iter_mut().zip(lanes) {
        *sum += lanes.iter().copied().map(f64::from).sum::<f64>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instruction_sets::each;
    use crate::policy::{Normal, Problem};

    fn samples() -> Samples {
        Samples::new(&Problem { policy: Normal::new(0.3, 0.7).unwrap(), ..Problem::default() })
    }

    #[inline(always)]
    fn all_sums(normals: &[f32]) -> TermSums {
        sum_inlined::<true, true>(&samples(), normals)
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        for count in [0, 1, 7, 16, 17, 255, 256, 257, 10_000] {
            let normals: Vec<f32> = (0..count).map(|index| 3.0 * (index as f32).sin()).collect();
            let dispatched = sum::<true, true>(&samples(), &normals);
            for (set, sums) in each(all_sums, &normals[..]) {
                assert_eq!(sums, dispatched, "{count} samples with {set}");
            }
        }
    }

    #[test]
    fn what_is_beyond_floats_shows_in_the_sums() {
        // Far out, pi_ref is the larger: D is below -100, and r overflows.
        for (far_out, expected) in [(40.0, f64::is_infinite as fn(f64) -> bool), (f32::NAN, f64::is_nan)] {
            let mut normals = [0.5; 100];
            normals[50] = far_out;
            let terms = sum::<true, false>(&samples(), &normals).terms;
            assert!(terms[WITHOUT_RATIO..].as_flattened().iter().all(|&sum| expected(sum)), "{far_out}: {terms:?}");
        }
    }
}
