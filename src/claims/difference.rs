//! The slope of a function by central differences, and how well it is known.

use crate::theory::{Known, Moment};

/// The step, a power of 2, so that it is exact: the truncation, some h^6, is far below the rounding, some 1e-16 / h.
const STEP: f64 = 1.0 / 1024.0;

/// The slope at 0 of a function, which has no value where it is beyond floats; its argument may be off by `shift`.
///
/// # Formula
/// (45 d1 - 9 d2 + d3) / 60 h with d_k = f(k h) - f(-k h), whose error is of the order h^6. It is taken to be less than the
/// distance from (8 d1 - d2) / 12 h, whose error is of the order h^4.
pub(super) fn slope_of(at: impl Fn(f64) -> Option<Known>, shift: f64) -> Known {
    let at = |step: f64| at(step).unwrap_or(Known::without_value(Moment::Overflow));
    let [near, middle, far] = [1.0, 2.0, 3.0].map(|k| at(k * STEP).plus(at(-k * STEP).times(-1.0)));
    let coarse = near.times(8.0).plus(middle.times(-1.0)).times(1.0 / (12.0 * STEP));
    let fine = near.times(45.0).plus(middle.times(-9.0)).plus(far).times(1.0 / (60.0 * STEP));
    let [Moment::Finite(rough), Moment::Finite(slope)] = [coarse.value, fine.value] else { return fine };
    Known { within: fine.within + (slope - rough).abs() + slope.abs() * shift / STEP, ..fine }
}
