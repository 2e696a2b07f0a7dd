//! The sums of all sequences of a step.

use super::exact::Exact;
use super::kept::Kept;
use super::moments::{Counts, Moments};
use super::precision::Precision;
use super::record::Role;
use super::reduce::{Totals, comparison, counts_beyond, dot, sum, sum_of_abs, totals, weighted_sums};
use super::roles::Roles;
use super::seen::Seen;
use super::shift::correlation;
use serde::{Deserialize, Serialize};

/// The logarithms of the largest floats of 64, 32 and 16 bits: beyond them r = exp(-D) is infinite.
pub(super) const LARGEST_LOGS: [f64; 3] = [709.782_712_893_384, 88.722_839_052_068_35, 11.089_866_488_461_016];

/// Sums that add up: over tokens of a sequence first, then over sequences without rounding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Group {
    pub(super) counts: Counts,
    pub(super) masked_out: u64,
    /// k1, k2, k3.
    pub(super) kl: [Moments; 3],
    /// rho times each, where the sampler is not the policy.
    pub(super) weighted: [Moments; 3],
    pub(super) max_abs: f64,
    /// How many tokens have a k3 beyond floats of 64, 32 and 16 bits.
    #[serde(default)]
    pub(super) beyond: [u64; 3],
    pub(super) sampler: SamplerSums,
    /// Of D.
    pub(super) line: LineSums,
    /// Of log w.
    pub(super) sampler_line: LineSums,
    /// For each role.
    pub(super) precision: [Precision; 4],
    pub(super) losses: Vec<LossSums>,
}

impl Group {
    pub(super) fn new(losses: usize) -> Self {
        Self {
            counts: Counts::default(),
            masked_out: 0,
            kl: Default::default(),
            weighted: Default::default(),
            max_abs: 0.0,
            beyond: [0; 3],
            sampler: SamplerSums::default(),
            line: LineSums::default(),
            sampler_line: LineSums::default(),
            precision: Default::default(),
            losses: vec![LossSums::default(); losses],
        }
    }

    /// A sequence of which at least one token counts.
    pub(super) fn add(&mut self, kept: &Kept, seen: &Seen, roles: Roles) {
        let tokens = kept.len();
        self.counts.add(tokens);
        self.kl.iter_mut().zip(seen.sums).for_each(|(moments, sum)| moments.add(sum, tokens, 0));
        self.max_abs = self.max_abs.max(seen.log_ratios.largest_abs());
        if -seen.log_ratios.least > LARGEST_LOGS[2] {
            let of = |log: f64| seen.log_ratio.iter().filter(|&&log_ratio| -log_ratio > log).count() as u64;
            self.beyond.iter_mut().zip(LARGEST_LOGS).for_each(|(beyond, log)| *beyond += of(log));
        }
        let log_prob = (kept.of(seen.policy()), &seen.of_roles[seen.policy() as usize]);
        if roles.mismatch().is_some() {
            let weighted = weighted_sums(seen.rho(), &seen.log_ratio, &seen.k3);
            self.weighted.iter_mut().zip(weighted).for_each(|(moments, sum)| moments.add(sum, tokens, 0));
            self.sampler.add(seen);
            self.sampler_line.add(log_prob, (seen.log_weight(), &seen.of_log_weight));
        }
        self.line.add(log_prob, (&seen.log_ratio, &seen.of_log_ratio));
        roles.iter().for_each(|role: Role| self.precision[role as usize].add(kept.of(role)));
        for (loss, sums) in self.losses.iter_mut().enumerate() {
            let (value, coefficients) = &seen.losses[loss];
            sums.add(*value, coefficients, seen.of_kl(loss), &seen.k3);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.counts.merge(&other.counts);
        self.masked_out += other.masked_out;
        self.kl.iter_mut().zip(&other.kl).for_each(|(own, other)| own.merge(other));
        self.weighted.iter_mut().zip(&other.weighted).for_each(|(own, other)| own.merge(other));
        self.max_abs = self.max_abs.max(other.max_abs);
        self.beyond.iter_mut().zip(other.beyond).for_each(|(own, other)| *own += other);
        self.sampler.merge(&other.sampler);
        self.line.merge(&other.line);
        self.sampler_line.merge(&other.sampler_line);
        self.precision.iter_mut().zip(&other.precision).for_each(|(own, other)| own.merge(other));
        self.losses.iter_mut().zip(&other.losses).for_each(|(own, other)| own.merge(other));
    }
}

/// Sums of w = exp(old - rollout).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct SamplerSums {
    pub(super) abs: Exact,
    pub(super) max_abs: f64,
    pub(super) logs: Exact,
    /// w - 1 - log w.
    pub(super) k3: Exact,
    pub(super) weights: Exact,
    pub(super) squares: Exact,
    /// The effective part of each sequence's tokens.
    pub(super) effective: Exact,
    pub(super) beyond_narrow: u64,
    pub(super) beyond_wide: u64,
}

impl SamplerSums {
    fn add(&mut self, seen: &Seen) {
        let weights = &seen.weight;
        let Totals { sum: total, squares } = totals(weights);
        self.k3.add(sum(&seen.weight_k3));
        self.weights.add(total);
        self.squares.add(squares);
        self.effective.add(total * total / (weights.len() as f64 * squares));
        self.abs.add(sum_of_abs(seen.log_weight()));
        self.logs.add(seen.of_log_weight.sum);
        self.max_abs = self.max_abs.max(seen.log_weights.largest_abs());
        let [narrow, wide] = counts_beyond(weights, [[0.8, 1.2], [0.5, 2.0]]);
        self.beyond_narrow += narrow;
        self.beyond_wide += wide;
    }

    fn merge(&mut self, other: &Self) {
        self.abs.merge(&other.abs);
        self.max_abs = self.max_abs.max(other.max_abs);
        self.logs.merge(&other.logs);
        self.k3.merge(&other.k3);
        self.weights.merge(&other.weights);
        self.squares.merge(&other.squares);
        self.effective.merge(&other.effective);
        self.beyond_narrow += other.beyond_narrow;
        self.beyond_wide += other.beyond_wide;
    }
}

/// Sums for the line of a log-ratio over log policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct LineSums {
    /// Of log policy and of the log-ratio.
    sums: [Exact; 2],
    squares: [Exact; 2],
    products: Exact,
}

impl LineSums {
    /// Adds two columns, each with what it comes to.
    fn add(&mut self, log_probs: (&[f64], &Totals), log_ratios: (&[f64], &Totals)) {
        for (place, totals) in [log_probs.1, log_ratios.1].into_iter().enumerate() {
            self.sums[place].add(totals.sum);
            self.squares[place].add(totals.squares);
        }
        self.products.add(dot(log_probs.0, log_ratios.0));
    }

    fn merge(&mut self, other: &Self) {
        self.sums.iter_mut().zip(&other.sums).for_each(|(own, other)| own.merge(other));
        self.squares.iter_mut().zip(&other.squares).for_each(|(own, other)| own.merge(other));
        self.products.merge(&other.products);
    }

    /// The sum of squares of the log-ratios.
    pub(super) fn squares_of_ratios(&self) -> f64 {
        self.squares[1].value()
    }

    /// The slope of the line of least squares, and which part of the variance of the log-ratio it explains; none where one of
    /// the two does not vary.
    pub(super) fn slope(&self, tokens: u64) -> Option<(f64, f64)> {
        let (sums, squares) = (self.sums.each_ref().map(Exact::value), self.squares.each_ref().map(Exact::value));
        let correlation = correlation(tokens as f64, sums, squares, self.products.value())?;
        let variance = |place: usize| squares[place] / tokens as f64 - (sums[place] / tokens as f64).powi(2);
        Some((correlation * (variance(1) / variance(0)).sqrt(), correlation * correlation))
    }
}

/// Sums of a loss, with its gradient coefficient c and that of KL itself, which is called d.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct LossSums {
    pub(super) values: Exact,
    /// c^2, and d^2.
    pub(super) squares: Exact,
    pub(super) squares_of_kl: Exact,
    /// c d.
    pub(super) products: Exact,
    /// c - d, and its square.
    pub(super) differences: Exact,
    pub(super) squared_differences: Exact,
    /// Tokens with c = 0 and d other than 0, and their k3.
    pub(super) dead: u64,
    pub(super) dead_k3: Exact,
    /// Those of them whose k3 is beyond floats.
    #[serde(default)]
    pub(super) dead_beyond: u64,
    /// Tokens with c d < 0.
    pub(super) wrong_way: u64,
}

impl LossSums {
    fn add(&mut self, value: f64, coefficients: &[f64], (of_kl, squares_of_kl): (&[f64], f64), k3: &[f64]) {
        let compared = comparison(coefficients, of_kl);
        self.values.add(value);
        self.squares.add(compared.squares);
        self.squares_of_kl.add(squares_of_kl);
        self.products.add(compared.products);
        self.differences.add(compared.differences);
        self.squared_differences.add(compared.squared_differences);
        self.wrong_way += compared.opposed;
        if compared.zeros > 0 {
            let columns = coefficients.iter().zip(of_kl).zip(k3);
            let of_dead = || columns.clone().filter(|((c, d), _)| **c == 0.0 && **d != 0.0).map(|(_, k3)| k3);
            self.dead += of_dead().count() as u64;
            self.dead_k3.add(of_dead().sum());
            self.dead_beyond += of_dead().filter(|k3| k3.is_infinite()).count() as u64;
        }
    }

    fn merge(&mut self, other: &Self) {
        self.values.merge(&other.values);
        self.squares.merge(&other.squares);
        self.squares_of_kl.merge(&other.squares_of_kl);
        self.products.merge(&other.products);
        self.differences.merge(&other.differences);
        self.squared_differences.merge(&other.squared_differences);
        self.dead += other.dead;
        self.dead_k3.merge(&other.dead_k3);
        self.dead_beyond += other.dead_beyond;
        self.wrong_way += other.wrong_way;
    }
}
