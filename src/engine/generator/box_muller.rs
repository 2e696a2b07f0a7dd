//! Words of the generator -> standard normal variates, in libtorch's way and to its bits.
//!
//! # Formula
//! Box and Muller's: from u and v, uniform in (0, 1] and [0, 1), sqrt(-2 log u) cos(2 pi v) and sqrt(-2 log u) sin(2 pi v). A
//! group of 16 words gives 8 u, 8 v, 8 variates of the first kind and 8 of the second.

use super::elementary::{log, sin_cos};
use multiversion::multiversion;
use multiversion::target::target_cfg_f;
use std::f32::consts::TAU;
use std::iter::zip;

/// Words in a group, and variates: from this many on, a draw is made of groups.
pub(in crate::engine) const GROUP: usize = 16;

const HALF: usize = GROUP / 2;

/// Variates that are computed side by side.
const BLOCK: usize = 8 * GROUP;

/// As many variates as words, whose number is a multiple of [`GROUP`].
#[multiversion(targets("x86_64+avx2+fma"))]
pub(super) fn fill(words: &[u32], normals: &mut [f32]) {
    match target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64")) {
        true => fill_inlined::<true>(words, normals),
        false => fill_inlined::<false>(words, normals),
    }
}

/// Compiled for the instructions of its caller, to the same bits.
#[inline(always)]
fn fill_inlined<const NATIVE: bool>(words: &[u32], normals: &mut [f32]) {
    let ([mut u, mut v], [mut cosines, mut sines]) = ([[0.0; BLOCK / 2]; 2], [[0.0; BLOCK / 2]; 2]);
    for (words, normals) in zip(words.chunks(BLOCK), normals.chunks_mut(BLOCK)) {
        let pairs = words.len() / 2;
        for (group, words) in words.as_chunks::<GROUP>().0.iter().enumerate() {
            for lane in 0..HALF {
                u[group * HALF + lane] = 1.0 - uniform(words[lane]);
                v[group * HALF + lane] = uniform(words[HALF + lane]);
            }
        }
        for i in 0..pairs {
            let radius = (-2.0 * log::<NATIVE>(u[i])).sqrt();
            let [sin, cos] = sin_cos::<NATIVE>(TAU * v[i]);
            cosines[i] = radius * cos;
            sines[i] = radius * sin;
        }
        for (group, normals) in normals.as_chunks_mut::<GROUP>().0.iter_mut().enumerate() {
            let range = group * HALF..(group + 1) * HALF;
            normals[..HALF].copy_from_slice(&cosines[range.clone()]);
            normals[HALF..].copy_from_slice(&sines[range]);
        }
    }
}

/// In [0, 1), with 24 bits.
#[inline(always)]
fn uniform(word: u32) -> f32 {
    // Below 2^24, so that it may have a sign.
    (word & 0x00ff_ffff) as i32 as f32 * 2.0_f32.powi(-24)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::generator::mersenne::Mersenne;
    use crate::instruction_sets::each;

    fn words(count: usize) -> Vec<u32> {
        let mut words = vec![0; count];
        Mersenne::seeded(1).fill(&mut words);
        // Both ends of the uniform numbers, in both places.
        words[0] = 0;
        words[8] = 0;
        words[1] = 0x00ff_ffff;
        words[9] = 0x00ff_ffff;
        words
    }

    /// The bits of the variates, by one instruction for a fused multiply-add or by several.
    #[inline(always)]
    fn bits<const NATIVE: bool>(words: &[u32]) -> Vec<u32> {
        let mut normals = vec![0.0; words.len()];
        fill_inlined::<NATIVE>(words, &mut normals);
        normals.into_iter().map(f32::to_bits).collect()
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        for count in [16, 112, 128, 144, 65_536] {
            let words = words(count);
            let mut normals = vec![0.0; count];
            fill(&words, &mut normals);
            let dispatched: Vec<u32> = normals.into_iter().map(f32::to_bits).collect();
            for (set, bits) in [each(bits::<false>, &words[..]), each(bits::<true>, &words[..])].concat() {
                assert!(bits == dispatched, "{count} variates with {set}");
            }
        }
    }

    #[test]
    fn are_those_of_the_formula() {
        let words = words(65_536);
        let mut normals = vec![0.0; words.len()];
        fill(&words, &mut normals);
        for (words, normals) in zip(words.as_chunks::<GROUP>().0, normals.as_chunks::<GROUP>().0) {
            for lane in 0..HALF {
                let [u, v] = [words[lane], words[lane + HALF]].map(|word| f64::from(uniform(word)));
                let (radius, angle) = ((-2.0 * (-u).ln_1p()).sqrt(), std::f64::consts::TAU * v);
                for (normal, exact) in
                    [(normals[lane], radius * angle.cos()), (normals[lane + HALF], radius * angle.sin())]
                {
                    // An angle of up to 2 pi is rounded by 2.4e-7, a radius of up to 5.8 three times by 6e-8 of it.
                    assert!((f64::from(normal) - exact).abs() <= radius * 5e-7, "{normal}, not {exact}");
                }
            }
        }
    }
}
