//! The gradient coefficients, as they are added up.

use std::iter::zip;

/// The coefficients, as sums of terms that may cancel: 1 - exp(-D) near 0, of which `expm1` passes on -1 and -expm1(-D).
///
/// Each sum keeps what its roundings lost (Knuth's two-sum), so that it cancels without loss.
#[derive(Clone, Debug, Default)]
pub(super) struct Coefficients {
    pub(super) sums: Vec<f64>,
    lost: Vec<f64>,
    /// How many terms the sums have; before the first, and before the second, sums and losses have no meaning.
    terms: usize,
}

impl Coefficients {
    pub(super) fn start(&mut self, count: usize) {
        self.sums.resize(count, 0.0);
        self.lost.resize(count, 0.0);
        self.terms = 0;
    }

    #[inline(always)]
    pub(super) fn add(&mut self, slope: f64, terms: impl Iterator<Item = f64>) {
        // Loops, which are compiled into the caller, for its vectors; what is handed to a `for_each` need not be.
        let sums = zip(&mut self.sums, &mut self.lost);
        match self.terms {
            0 => {
                for (sum, term) in zip(&mut self.sums, terms) {
                    *sum = slope * term;
                }
            }
            1 => {
                for ((sum, lost), term) in zip(sums, terms) {
                    (*sum, *lost) = two_sum(*sum, slope * term);
                }
            }
            _ => {
                for ((sum, lost), term) in zip(sums, terms) {
                    let (total, lost_now) = two_sum(*sum, slope * term);
                    (*sum, *lost) = (total, *lost + lost_now);
                }
            }
        }
        self.terms += 1;
    }

    #[inline(always)]
    pub(super) fn finish(&mut self) {
        match self.terms {
            0 => self.sums.fill(0.0),
            1 => {}
            _ => {
                for (sum, lost) in zip(&mut self.sums, &self.lost) {
                    // What an overflow lost is not a number.
                    *sum += if sum.is_finite() { *lost } else { 0.0 };
                }
            }
        }
    }
}

/// The rounded sum, and what rounding lost.
#[inline(always)]
fn two_sum(sum: f64, term: f64) -> (f64, f64) {
    let total = sum + term;
    let part = total - sum;
    (total, (sum - (total - part)) + (term - part))
}
