//! Standard normal variates one by one, as libtorch makes them for a draw of less than a group.

use super::mersenne::Mersenne;
use std::f64::consts::TAU;

/// Variates come in pairs; what a draw leaves of one is for the next draw.
#[derive(Clone, Debug, Default)]
pub(super) struct Pairs {
    second: Option<f64>,
}

impl Pairs {
    /// Words in a pair.
    const WORDS: u64 = 4;

    /// # Formula
    /// Box and Muller's, from u and v, uniform in [0, 1): sqrt(-2 log(1 - v)) cos(2 pi u), and with the sine as the second.
    pub(super) fn next(&mut self, words: &mut Mersenne) -> f32 {
        let variate = self.second.take().unwrap_or_else(|| {
            let [u, v] = [(); 2].map(|()| uniform(words.draw()));
            let (radius, angle) = ((-2.0 * libm::log1p(-v)).sqrt(), TAU * u);
            self.second = Some(radius * libm::sin(angle));
            radius * libm::cos(angle)
        });
        variate as f32
    }

    /// Goes on as if so many variates had been drawn.
    pub(super) fn skip(&mut self, count: u64, words: &mut Mersenne) {
        let left = u64::from(count > 0 && self.second.take().is_some());
        let count = count - left;
        words.skip(count / 2 * Self::WORDS);
        if !count.is_multiple_of(2) {
            self.next(words);
        }
    }
}

/// In [0, 1), with 53 bits.
fn uniform([high, low]: [u32; 2]) -> f64 {
    let bits = u64::from(high) << 32 | u64::from(low);
    (bits & ((1 << 53) - 1)) as f64 * 2.0_f64.powi(-53)
}
