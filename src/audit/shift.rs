//! Whether two columns are a token apart.

use super::exact::Exact;
use super::kept::Kept;

use super::record::Role;
use super::reduce::{Totals, dot};
use super::roles::Roles;
use super::seen::Seen;
use serde::{Deserialize, Serialize};

/// A correlation with the neighbour must be that large, and larger than that without a shift by that much.
const CLEAR: f64 = 0.5;
const LARGER: f64 = 0.1;

/// Of fewer pairs a correlation may be that large by chance: the standard error of one that is 0 is 1 / sqrt(pairs).
const FEWEST: u64 = 100;

/// What tells the correlation of the policy's column with each other one, a token earlier, at the same token and a token later.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Shifts {
    tokens: u64,
    sequences: u64,
    /// Of each role.
    columns: [Column; 4],
    /// Of each role the sums of products with the policy, a token earlier, at the same token and a token later.
    products: [[Exact; 3]; 4],
}

/// Sums of a column and of its squares: of all tokens, of those that begin sequences, and of those that end them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Column {
    all: [Exact; 2],
    first: [Exact; 2],
    last: [Exact; 2],
}

impl Shifts {
    pub(super) fn add(&mut self, kept: &Kept, seen: &Seen, roles: Roles) {
        let Some(policy) = roles.policy() else { return };
        let own = kept.of(policy);
        let last = own.len() - 1;
        self.tokens += own.len() as u64;
        self.sequences += 1;
        for role in roles.iter() {
            let other = kept.of(role);
            self.columns[role as usize].add(other, &seen.of_roles[role as usize]);
            if role != policy {
                let [earlier, same, later] = &mut self.products[role as usize];
                earlier.add(dot(&own[1..], &other[..last]));
                same.add(dot(own, other));
                later.add(dot(&own[..last], &other[1..]));
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.tokens += other.tokens;
        self.sequences += other.sequences;
        self.columns.iter_mut().zip(&other.columns).for_each(|(own, other)| own.merge(other));
        let products = self.products.iter_mut().flatten().zip(other.products.iter().flatten());
        products.for_each(|(own, other)| own.merge(other));
    }

    /// The columns that fit the policy's better when they are moved, with by how many tokens what they say of a token stands
    /// later (or, below 0, earlier), and the correlations there and without.
    pub(super) fn found(&self, roles: Roles) -> Vec<(Role, i32, f64, f64)> {
        if self.tokens < self.sequences + FEWEST {
            return Vec::new();
        }
        let of = |role: Role| {
            let [earlier, here, later] = self.correlations(roles.policy()?, role);
            let moved = [(-1, earlier), (1, later)].into_iter().filter_map(|(by, there)| Some((by, there?)));
            let (by, there) = moved.max_by(|(_, a), (_, b)| a.total_cmp(b))?;
            let here = here?;
            (there > CLEAR && there > here + LARGER).then_some((role, by, there, here))
        };
        roles.iter().filter_map(of).collect()
    }

    fn correlations(&self, policy: Role, role: Role) -> [Option<f64>; 3] {
        let [own, other] = [policy, role].map(|role| &self.columns[role as usize]);
        let products = self.products[role as usize].each_ref().map(Exact::value);
        let pairs = (self.tokens - self.sequences) as f64;
        let moved = |own: [f64; 2], other: [f64; 2], products| {
            correlation(pairs, [own[0], other[0]], [own[1], other[1]], products)
        };
        let ([all, other_all], n) = ([own.sums(), other.sums()], self.tokens as f64);
        [
            moved(own.without(&own.first), other.without(&other.last), products[0]),
            correlation(n, [all[0], other_all[0]], [all[1], other_all[1]], products[1]),
            moved(own.without(&own.last), other.without(&other.first), products[2]),
        ]
    }
}

impl Column {
    fn add(&mut self, numbers: &[f64], totals: &Totals) {
        add(&mut self.all, [totals.sum, totals.squares]);
        let [first, last] = [numbers[0], numbers[numbers.len() - 1]];
        add(&mut self.first, [first, first * first]);
        add(&mut self.last, [last, last * last]);
    }

    fn merge(&mut self, other: &Self) {
        let parts = [(&mut self.all, &other.all), (&mut self.first, &other.first), (&mut self.last, &other.last)];
        parts.into_iter().flat_map(|(own, other)| own.iter_mut().zip(other)).for_each(|(own, other)| own.merge(other));
    }

    /// The sums of numbers and of squares.
    fn sums(&self) -> [f64; 2] {
        self.all.each_ref().map(Exact::value)
    }

    /// The same without a token of each sequence.
    fn without(&self, ends: &[Exact; 2]) -> [f64; 2] {
        let [sums, ends] = [self.sums(), ends.each_ref().map(Exact::value)];
        [sums[0] - ends[0], sums[1] - ends[1]]
    }
}

fn add(sums: &mut [Exact; 2], numbers: [f64; 2]) {
    sums.iter_mut().zip(numbers).for_each(|(sum, number)| sum.add(number));
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
