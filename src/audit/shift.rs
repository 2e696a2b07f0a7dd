//! Whether two columns are a token apart.

use super::exact::Exact;
use super::kept::Kept;

use super::record::Role;
use super::reduce::{dot, sum};
use super::roles::Roles;
use serde::{Deserialize, Serialize};

/// A correlation with the neighbour must be that large, and larger than that without a shift by that much.
const CLEAR: f64 = 0.5;
const LARGER: f64 = 0.1;

/// The correlation of the policy's column with each other one, a token earlier, at the same token and a token later.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Shifts {
    /// For each role.
    columns: [[Correlation; 3]; 4],
}

/// Sums of pairs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Correlation {
    count: u64,
    first: Exact,
    second: Exact,
    first_squares: Exact,
    second_squares: Exact,
    products: Exact,
}

impl Shifts {
    pub(super) fn add(&mut self, kept: &Kept, roles: Roles) {
        let Some(policy) = roles.policy() else { return };
        let own = kept.of(policy);
        let last = own.len() - 1;
        for role in roles.iter().filter(|&role| role != policy) {
            let (other, [earlier, same, later]) = (kept.of(role), &mut self.columns[role as usize]);
            earlier.add(&own[1..], &other[..last]);
            same.add(own, other);
            later.add(&own[..last], &other[1..]);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        let pairs = self.columns.iter_mut().flatten().zip(other.columns.iter().flatten());
        pairs.for_each(|(own, other)| own.merge(other));
    }

    /// The columns that fit the policy's better when they are moved, with by how many tokens what they say of a token stands
    /// later (or, below 0, earlier), and the correlations there and without.
    pub(super) fn found(&self) -> Vec<(Role, i32, f64, f64)> {
        let of = |role: Role| {
            let [earlier, same, later] = &self.columns[role as usize];
            let here = same.value()?;
            let moved = [(-1, earlier), (1, later)].into_iter().filter_map(|(by, lag)| Some((by, lag.value()?)));
            let (by, there) = moved.max_by(|(_, a), (_, b)| a.total_cmp(b))?;
            (there > CLEAR && there > here + LARGER).then_some((role, by, there, here))
        };
        Role::ALL.into_iter().filter_map(of).collect()
    }
}

impl Correlation {
    fn add(&mut self, first: &[f64], second: &[f64]) {
        if first.is_empty() {
            return;
        }
        self.count += first.len() as u64;
        self.first.add(sum(first));
        self.second.add(sum(second));
        self.first_squares.add(dot(first, first));
        self.second_squares.add(dot(second, second));
        self.products.add(dot(first, second));
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.first.merge(&other.first);
        self.second.merge(&other.second);
        self.first_squares.merge(&other.first_squares);
        self.second_squares.merge(&other.second_squares);
        self.products.merge(&other.products);
    }

    /// Pearson's; none where one of the two does not vary.
    fn value(&self) -> Option<f64> {
        correlation(
            self.count as f64,
            [self.first.value(), self.second.value()],
            [self.first_squares.value(), self.second_squares.value()],
            self.products.value(),
        )
    }
}

/// Pearson's correlation of so many pairs, from their sums, sums of squares, and sum of products; none where one of the two does
/// not vary.
pub(super) fn correlation(count: f64, sums: [f64; 2], squares: [f64; 2], products: f64) -> Option<f64> {
    let [mean_x, mean_y] = sums.map(|sum| sum / count);
    let covariance = products / count - mean_x * mean_y;
    let [variance_x, variance_y] = [squares[0] / count - mean_x * mean_x, squares[1] / count - mean_y * mean_y];
    let value = covariance / (variance_x * variance_y).sqrt();
    Some(value).filter(|value| value.is_finite())
}
