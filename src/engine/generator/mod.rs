//! The random numbers of the fast route: libtorch's, without libtorch.
//!
//! A draw of 16 variates or more has the bits that libtorch gives on a CPU with AVX2, and has them on every CPU and system.
//! Elsewhere libtorch computes logarithm, sine and cosine in other ways, and its variates differ by up to 3e-6. A shorter draw is
//! made of 64-bit functions, whose last bits show in one of some hundred million variates.
//!
//! Only the words have to be drawn in order. What is made of them is left to whoever has time: [`Drawn::normals`].

mod box_muller;
mod elementary;
mod fused;
mod mersenne;
mod pairs;

pub(super) use box_muller::GROUP;
use mersenne::Mersenne;
use pairs::Pairs;

/// A generator of standard normal variates that has libtorch's seeds.
///
/// ```
/// use klgrad::engine::Generator;
///
/// // As torch.manual_seed(42) and torch.randn(50_000) give them.
/// let mut normals = [0.0; 50_000];
/// Generator::seeded(42).fill_standard_normal(&mut normals);
/// assert_eq!(normals[0], 1.926_915_3);
/// ```
#[derive(Clone, Debug)]
pub struct Generator {
    words: Mersenne,
    pairs: Pairs,
}

/// One or several draws, of which the words are drawn, and the variates perhaps still to be made.
#[derive(Debug, Default)]
pub(super) struct Drawn {
    words: Vec<u32>,
    normals: Vec<f32>,
    /// Variates in each draw.
    size: usize,
}

impl Generator {
    /// Seeds count modulo 2^32.
    pub fn seeded(seed: i64) -> Self {
        Self { words: Mersenne::seeded(seed as u32), pairs: Pairs::default() }
    }

    /// One draw: those that libtorch's `normal_` gives for a tensor of this length.
    pub fn fill_standard_normal(&mut self, normals: &mut [f32]) {
        let mut drawn = Drawn::default();
        self.draw(1, normals.len(), &mut drawn);
        normals.copy_from_slice(drawn.normals());
    }

    /// Draws `count` times `size` variates.
    pub(super) fn draw(&mut self, count: usize, size: usize, to: &mut Drawn) {
        to.size = size;
        to.normals.resize(count * size, 0.0);
        if size < GROUP {
            to.normals.fill_with(|| self.pairs.next(&mut self.words));
        } else {
            to.words.resize(count * words_of(size), 0);
            self.words.fill(&mut to.words);
        }
    }

    /// Goes on as if `count` draws of `size` variates had been made; to skip takes less than 1 ns a variate.
    ///
    /// ```
    /// use klgrad::engine::Generator;
    ///
    /// let [mut drawn, mut skipped] = [Generator::seeded(42), Generator::seeded(42)];
    /// let [mut second, mut same] = [[0.0; 1000]; 2];
    /// drawn.fill_standard_normal(&mut [0.0; 1000]);
    /// drawn.fill_standard_normal(&mut second);
    /// skipped.skip(1, 1000);
    /// skipped.fill_standard_normal(&mut same);
    /// assert_eq!(second, same);
    /// ```
    pub fn skip(&mut self, count: usize, size: usize) {
        match size {
            ..GROUP => self.pairs.skip(count as u64 * size as u64, &mut self.words),
            _ => self.words.skip(count as u64 * words_of(size) as u64),
        }
    }
}

/// Where a draw is no multiple of a group, libtorch draws its last group anew at the end.
fn words_of(size: usize) -> usize {
    if size.is_multiple_of(GROUP) { size } else { size + GROUP }
}

impl Drawn {
    /// The variates, draw after draw.
    pub(super) fn normals(&mut self) -> &[f32] {
        let Self { words, normals, size } = self;
        if *size >= GROUP {
            let draws = words.chunks_exact(words_of(*size)).zip(normals.chunks_exact_mut(*size));
            draws.for_each(|(words, normals)| fill(words, normals));
        }
        normals
    }
}

/// One draw.
fn fill(words: &[u32], normals: &mut [f32]) {
    let (size, groups) = (normals.len(), normals.len() - normals.len() % GROUP);
    box_muller::fill(&words[..groups], &mut normals[..groups]);
    if groups < size {
        box_muller::fill(&words[size..], &mut normals[size - GROUP..]);
    }
}

#[cfg(test)]
mod tests;
