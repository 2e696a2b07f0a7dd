//! The Mersenne Twister MT19937: M. Matsumoto and T. Nishimura, ACM Transactions on Modeling and Computer Simulation 8 (1998) 3.
//!
//! # Formula
//! x\[i + 624\] = x\[i + 397\] ^ A(the upper bit of x\[i\], the lower 31 bits of x\[i + 1\]), where A shifts its word to the right
//! and, if the bit that falls out is 1, flips those of a constant. A word that is drawn is x\[i\], tempered.

use multiversion::multiversion;
use std::iter::zip;

/// Words that are made at a time.
const LENGTH: usize = 624;

/// How far the word lies ahead that a new one is made of.
const AHEAD: usize = 397;

/// The generator's state.
#[derive(Clone, Debug)]
pub(super) struct Mersenne {
    words: [u32; LENGTH],
    /// How many of them have been drawn.
    drawn: usize,
}

impl Mersenne {
    /// Seeded as by the authors' `init_genrand`.
    pub(super) fn seeded(seed: u32) -> Self {
        let mut words = [seed; LENGTH];
        for i in 1..LENGTH {
            let previous = words[i - 1];
            words[i] = (previous ^ previous >> 30).wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
        Self { words, drawn: LENGTH }
    }

    /// Draws the next words.
    pub(super) fn fill(&mut self, mut words: &mut [u32]) {
        while !words.is_empty() {
            let left = self.left();
            let (now, later) = words.split_at_mut(left.len().min(words.len()));
            temper(left, now);
            self.drawn += now.len();
            words = later;
        }
    }

    /// As many words as an array has.
    pub(super) fn draw<const N: usize>(&mut self) -> [u32; N] {
        let mut words = [0; N];
        self.fill(&mut words);
        words
    }

    /// Goes on as if so many words had been drawn.
    pub(super) fn skip(&mut self, mut count: u64) {
        while count > 0 {
            let skipped = count.min(self.left().len() as u64);
            self.drawn += skipped as usize;
            count -= skipped;
        }
    }

    /// The words that are to be drawn next, at least one.
    fn left(&mut self) -> &[u32] {
        if self.drawn == LENGTH {
            renew(&mut self.words);
            self.drawn = 0;
        }
        &self.words[self.drawn..]
    }
}

/// The next words in the place of the last.
#[multiversion(targets("x86_64+avx2+fma"))]
fn renew(words: &mut [u32; LENGTH]) {
    /// How far the word lies back of which the later ones are made.
    const BACK: usize = LENGTH - AHEAD;
    let (to, from) = words.split_at_mut(BACK + 1);
    combine(to, &from[AHEAD - BACK - 1..]);
    // In pieces that do not overlap those that they are made of, so that vectors may be wide.
    let (from, to) = words.split_at_mut(BACK);
    combine(&mut to[..=BACK], from);
    let (from, to) = words.split_at_mut(2 * BACK);
    combine(to, &from[BACK..AHEAD - 1]);
    words[LENGTH - 1] = words[AHEAD - 1] ^ mix(words[LENGTH - 1], words[0]);
}

/// Puts in the place of each word but the last what it and the next make of another.
#[inline(always)]
fn combine(words: &mut [u32], with: &[u32]) {
    assert!(words.len() == with.len() + 1);
    for (i, with) in with.iter().enumerate() {
        words[i] = with ^ mix(words[i], words[i + 1]);
    }
}

#[inline(always)]
fn mix(word: u32, next: u32) -> u32 {
    let joined = (word & 0x8000_0000) | (next & 0x7fff_ffff);
    let flipped = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
    joined >> 1 ^ flipped
}

#[multiversion(targets("x86_64+avx2+fma"))]
fn temper(from: &[u32], to: &mut [u32]) {
    for (to, &word) in zip(to, from) {
        let word = word ^ word >> 11;
        let word = word ^ (word << 7 & 0x9d2c_5680);
        let word = word ^ (word << 15 & 0xefc6_0000);
        *to = word ^ word >> 18;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ten_thousandth_word_is_that_of_the_standard() {
        // ISO C++, [rand.predef]: the 10,000th number of a default mt19937, whose seed is 5489.
        let mut generator = Mersenne::seeded(5489);
        generator.skip(9_999);
        assert_eq!(generator.draw(), [4_123_659_995]);
    }

    proptest! {
        #[test]
        fn words_are_the_same_in_any_pieces(seed: u32, pieces in prop::collection::vec((any::<bool>(), 0..2000_usize), 1..6)) {
            let mut at_once = vec![0; pieces.iter().map(|(_, count)| count).sum()];
            Mersenne::seeded(seed).fill(&mut at_once);
            let (mut generator, mut start) = (Mersenne::seeded(seed), 0);
            for (skips, count) in pieces {
                let mut piece = vec![0; count];
                match skips {
                    true => generator.skip(count as u64),
                    false => {
                        generator.fill(&mut piece);
                        prop_assert_eq!(&piece, &at_once[start..start + count]);
                    }
                }
                start += count;
            }
        }
    }
}
