//! A sum of known divergences, found by least squares and written as a formula.

use super::divergence::Known;
use nalgebra::{DMatrix, DVector};
use std::fmt;

/// What a function of D may differ by from a combination that it is, as a part of its largest value.
const EXACT: f64 = 1e-9;

/// More divergences than these are not looked for in a combination: nearly any smooth function is one of ten.
const MOST: usize = 4;

/// Known divergences with factors, in the order of [`Known`]; none of them stands for nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Combination(pub Vec<(f64, Known)>);

/// The known divergence that is most like a function of D which is no combination, and how unlike it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Nearest {
    /// With the factor that leaves the least.
    pub divergence: Combination,
    /// The root mean square of what is left, as a part of the function's own, both less their means.
    pub left: f64,
}

/// Functions of D, seen at points, and what does not count in a combination of them.
pub(super) struct Fit<'a> {
    /// The divergences that may stand in it.
    pub(super) candidates: &'a [Known],
    /// What is seen of each.
    pub(super) of: fn(Known, f64) -> f64,
    /// What counts as nothing.
    pub(super) free: &'a [fn(f64) -> f64],
    /// The points.
    pub(super) at: &'a [f64],
}

impl Fit<'_> {
    /// The combination that has the fewest members of all that the function is; none where it is none.
    pub(super) fn exact(&self, target: &[f64]) -> Option<Combination> {
        let size = target.iter().fold(0.0, |size: f64, value| size.max(value.abs()));
        let all: Vec<usize> = (0..self.candidates.len()).collect();
        let is_exact = |left: &DVector<f64>| left.amax() <= EXACT * size;
        // Most of what is none is not even one of all.
        self.least_squares(target, &all).filter(|(_, left)| is_exact(left))?;
        (0..=MOST).flat_map(|members| subsets(all.len(), members)).find_map(|members| {
            let (factors, _) = self.least_squares(target, &members).filter(|(_, left)| is_exact(left))?;
            Some(Combination(
                members
                    .iter()
                    .zip(&factors)
                    .map(|(&member, &factor)| (tidy(factor), self.candidates[member]))
                    .collect(),
            ))
        })
    }

    /// The single divergence that leaves the least of the function.
    pub(super) fn nearest(&self, target: &[f64]) -> Option<Nearest> {
        let (_, whole) = self.least_squares(target, &[])?;
        let of_one = |member: usize| {
            let (factors, left) = self.least_squares(target, &[member])?;
            let divergence = Combination(vec![(factors[0], self.candidates[member])]);
            Some(Nearest { divergence, left: left.norm() / whole.norm() })
        };
        (0..self.candidates.len()).filter_map(of_one).min_by(|a, b| a.left.total_cmp(&b.left))
    }

    /// The factors of these members, and what they leave of the target; none where something is not finite.
    fn least_squares(&self, target: &[f64], members: &[usize]) -> Option<(Vec<f64>, DVector<f64>)> {
        let known = members.iter().map(|&member| {
            let of = |&d: &f64| (self.of)(self.candidates[member], d);
            DVector::from_iterator(self.at.len(), self.at.iter().map(of))
        });
        let free = self.free.iter().map(|free| DVector::from_iterator(self.at.len(), self.at.iter().map(|&d| free(d))));
        let columns: Vec<DVector<f64>> = known.chain(free).collect();
        let scales: Vec<f64> = columns.iter().map(DVector::amax).collect();
        let columns: Vec<DVector<f64>> =
            columns.into_iter().zip(&scales).map(|(column, scale)| column / *scale).collect();
        let matrix = DMatrix::from_columns(&columns);
        let target = DVector::from_column_slice(target);
        let (q, r) = matrix.clone().qr().unpack();
        let factors = r.solve_upper_triangular(&(q.transpose() * &target))?;
        let left = target - matrix * &factors;
        let factors: Vec<f64> =
            factors.iter().zip(scales).map(|(factor, scale)| factor / scale).take(members.len()).collect();
        (left.iter().all(|left| left.is_finite()) && factors.iter().all(|factor| factor.is_finite()))
            .then_some((factors, left))
    }
}

/// The ways to choose `members` of `count`, in order.
fn subsets(count: usize, members: usize) -> Vec<Vec<usize>> {
    if members == 0 {
        return vec![Vec::new()];
    }
    let shorter = subsets(count, members - 1).into_iter();
    shorter
        .flat_map(|chosen| {
            let next = chosen.last().map_or(0, |last| last + 1);
            (next..count).map(move |member| chosen.iter().copied().chain([member]).collect())
        })
        .collect()
}

/// The short number that is meant, where it is within the exactness of a fit.
pub(super) fn tidy(factor: f64) -> f64 {
    let meant = (factor * 12e6).round() / 12e6;
    if (meant - factor).abs() <= EXACT * factor.abs() { meant } else { factor }
}

impl fmt::Display for Combination {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        if self.0.is_empty() {
            return formatter.write_str("nothing");
        }
        for (place, (factor, known)) in self.0.iter().enumerate() {
            formatter.write_str(match (place, *factor < 0.0) {
                (0, false) => "",
                (0, true) => "-",
                (_, false) => " + ",
                (_, true) => " - ",
            })?;
            write!(formatter, "{}{known}", prefix(factor.abs()))?;
        }
        Ok(())
    }
}

/// The factor, unless it is 1, and a space: whole numbers, halves, thirds and quarters as such, others to six digits.
fn prefix(factor: f64) -> String {
    let near = |x: f64| (x - x.round()).abs() <= EXACT * x.abs() && x.round() >= 1.0 && x.round() < 1e6;
    let (numerator, denominator) = match (1..=4).find(|&denominator| near(factor * f64::from(denominator))) {
        Some(denominator) => ((factor * f64::from(denominator)).round(), denominator),
        None => return six_digits(factor) + " ",
    };
    match (numerator, denominator) {
        (1.0, 1) => String::new(),
        (numerator, 1) => format!("{numerator} "),
        (numerator, denominator) => format!("{numerator}/{denominator} "),
    }
}

/// To six significant digits, without zeros at the end.
pub fn six_digits(number: f64) -> String {
    if !number.is_finite() || number == 0.0 {
        return number.to_string();
    }
    let scientific = format!("{number:.5e}");
    let rounded: f64 = scientific.parse().expect("a formatted float is a float");
    if (1e-4..1e9).contains(&rounded.abs()) { rounded.to_string() } else { format!("{rounded:e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_combination_reads_as_a_formula() {
        use Known::*;
        for (terms, text) in [
            (vec![], "nothing"),
            (vec![(1.0, KlThetaRef), (-1.0, KlRefTheta)], "KL(theta||ref) - KL(ref||theta)"),
            (vec![(-1.0, KlRefTheta)], "-KL(ref||theta)"),
            (vec![(2.0, TotalVariation)], "2 TV"),
            (vec![(0.5, Chi2ThetaRef)], "1/2 chi2(theta||ref)"),
            (vec![(-1.5, HalfSquare), (0.1, Absolute)], "-3/2 E[D^2]/2 + 0.1 E|D|"),
            (vec![(1.0 / 3.0, JensenShannon), (0.123_456_789, Hellinger)], "1/3 JS + 0.123457 Hellinger^2"),
        ] {
            assert_eq!(Combination(terms).to_string(), text);
        }
    }

    #[test]
    fn subsets_come_in_order() {
        assert_eq!(subsets(3, 2), [[0, 1], [0, 2], [1, 2]]);
        assert_eq!(subsets(10, 4).len(), 210);
    }

    #[test]
    fn numbers_have_six_digits() {
        let numbers = [-2.610_857_1, 10.999_983_3, 0.1, 20.0, 1e-7, 1.234_567_89e12, f64::INFINITY];
        assert_eq!(numbers.map(six_digits), ["-2.61086", "11", "0.1", "20", "1e-7", "1.23457e12", "inf"]);
    }
}
