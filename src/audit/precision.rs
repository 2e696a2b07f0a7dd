//! To how many bits a column was rounded when it was stored.

use super::exact::Exact;
use super::reduce::sum_of_squared_binades;
use half::f16;
use multiversion::multiversion;
use serde::{Deserialize, Serialize};

/// A form in which log-probabilities are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Form {
    Bf16,
    F16,
    F32,
    F64,
}

impl Form {
    const NARROW: [Self; 3] = [Self::Bf16, Self::F16, Self::F32];

    /// The bits of its significand, the first one that is always 1 among them.
    fn bits(self) -> i32 {
        match self {
            Self::Bf16 => 8,
            Self::F16 => 11,
            Self::F32 => 24,
            Self::F64 => 53,
        }
    }

    /// Whether it has all of these exactly.
    fn has_all(self, numbers: &[f64]) -> bool {
        match self {
            Self::Bf16 => numbers.iter().all(|&number| is_single(number) && (number as f32).to_bits() & 0xFFFF == 0),
            Self::F16 => numbers.iter().all(|&number| f16::from_f64(number).to_f64() == number),
            Self::F32 => are_single(numbers),
            Self::F64 => true,
        }
    }
}

#[inline(always)]
fn is_single(number: f64) -> bool {
    f64::from(number as f32) == number
}

#[multiversion(targets("x86_64+avx2+fma"))]
fn are_single(numbers: &[f64]) -> bool {
    numbers.iter().fold(true, |all, &number| all & is_single(number))
}

/// Which forms all numbers of a column have exactly, and how coarse these forms are there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Precision {
    /// Of [`Form::NARROW`].
    fits: [bool; 3],
    /// The sum of 4^e over numbers from 2^e to 2^(e + 1).
    squares: Exact,
}

impl Default for Precision {
    fn default() -> Self {
        Self { fits: [true; 3], squares: Exact::default() }
    }
}

impl Precision {
    pub(super) fn add(&mut self, numbers: &[f64]) {
        for (fits, form) in self.fits.iter_mut().zip(Form::NARROW) {
            *fits = *fits && form.has_all(numbers);
        }
        self.squares.add(sum_of_squared_binades(numbers));
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.fits.iter_mut().zip(other.fits).for_each(|(fits, other)| *fits &= other);
        self.squares.merge(&other.squares);
    }

    /// The narrowest form that all numbers have exactly.
    pub(super) fn form(&self) -> Form {
        let fitting = Form::NARROW.into_iter().zip(self.fits).find(|(_, fits)| *fits);
        fitting.map_or(Form::F64, |(form, _)| form)
    }

    /// What that form is called, where it has 16 bits and there are numbers other than 0.
    pub(super) fn narrow(&self) -> Option<&'static str> {
        let name = match self.form() {
            Form::Bf16 => "bf16",
            Form::F16 => "f16",
            Form::F32 | Form::F64 => return None,
        };
        (self.squares.value() > 0.0).then_some(name)
    }

    /// The sum over the numbers of the variance that rounding to that form has.
    ///
    /// # Formula
    /// A number from 2^e to 2^(e + 1) in a form of b bits is at most half of u = 2^(e - b + 1) from what was rounded to it: the
    /// variance is u^2 / 12 where every distance is as likely.
    pub(super) fn variance(&self) -> f64 {
        self.squares.value() * 4f64.powi(1 - self.form().bits()) / 12.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: &[f64]) -> Precision {
        let mut precision = Precision::default();
        precision.add(numbers);
        precision
    }

    #[test]
    fn a_column_is_as_narrow_as_all_of_its_numbers() {
        // The reference of RLLoggingBoard's sample, and the policy.
        assert_eq!(of(&[-4.84375, -1.0546875, -0.0032806396484375, 0.0]).form(), Form::Bf16);
        assert_eq!(of(&[-4.84375, -1.0546875 - 1.0 / 512.0]).form(), Form::F16);
        assert_eq!(of(&[f64::from(-1.1_f32), -0.5]).form(), Form::F32);
        assert_eq!(of(&[-1.1]).form(), Form::F64);
        let mut mixed = of(&[-0.5]);
        mixed.merge(&of(&[f64::from(-1.1_f32)]));
        assert_eq!(mixed.form(), Form::F32);
    }

    #[test]
    fn rounding_has_the_variance_of_its_form() {
        // Numbers spread evenly from -2 to -1 move by 2^-7 / sqrt(12) in root mean square.
        let exact: Vec<f64> = (0..10_000).map(|i| -1.0 - (f64::from(i) + 0.37) / 10_000.0).collect();
        let rounded: Vec<f64> = exact.iter().map(|&x| half::bf16::from_f64(x).to_f64()).collect();
        let moved: f64 = exact.iter().zip(&rounded).map(|(a, b)| (a - b).powi(2)).sum();
        // Of 128 cells each has some 78 places, whose mean square is that of all but for a part of 1 / 78^2; one in 256 rounds to
        // -2, where the next cell is twice as wide.
        assert!((of(&rounded).variance() / moved - 1.0).abs() < 0.02);
    }
}
