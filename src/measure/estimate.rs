//! From inner products to what is said of an estimator.

use super::Row;
use super::losses::Losses;
use super::products::{At, Product, products, told_apart};
use super::sums::Sums;
use crate::statistics::{Estimate, jackknife};
use serde::Serialize;

/// So many standard deviations above 0, a bias is taken to differ from it. A loss without one gets there once in 250 to
/// 400 times, where its noise points in tens to hundreds of directions.
const RESOLVED: f64 = 3.0;

/// What estimators are held against.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Targets {
    /// KL(theta||ref) of a sequence, the mean over sequences of its sum over tokens, each over the whole vocabulary.
    pub kl: Estimate,
    /// The same over the mean length; not a number where another policy drew the sequences.
    pub kl_per_token: Estimate,
    /// The mean number of tokens of a response.
    pub mean_length: f64,
    /// |G|, the norm of the gradient of KL(theta||ref) of whole sequences; not a number where it is not told from 0.
    pub norm: Estimate,
    /// |L|, that of the local gradient.
    pub local_norm: Estimate,
    /// The cosine of the two.
    pub cosine: Estimate,
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// What the estimators are held against.
    pub targets: Targets,
    /// A row for each estimator, in their order.
    pub rows: Vec<Row>,
}

/// The products that one loss is judged by.
#[derive(Clone, Copy)]
struct Products {
    own: At,
    with_sequence: At,
    with_local: At,
    sequence: At,
    local: At,
}

impl Products {
    fn strength(self) -> f64 {
        self.with_sequence.mean() / positive(self.sequence.mean())
    }

    fn cosine(self) -> f64 {
        self.with_sequence.mean() / (positive(self.own.mean()) * positive(self.sequence.mean())).sqrt()
    }

    fn squared_bias(self) -> f64 {
        squared_distance(self.own, self.with_sequence, self.sequence)
    }

    fn squared_bias_local(self) -> f64 {
        squared_distance(self.own, self.with_local, self.local)
    }

    fn relative_stdev(self) -> f64 {
        let covariance = self.own.covariance();
        // Rounding may leave less than 0 of what does not vary.
        let covariance = if covariance < 0.0 { 0.0 } else { covariance };
        (covariance / positive(self.sequence.mean())).sqrt()
    }
}

/// |E\[a\] - E\[b\]|^2 / |E\[b\]|^2, without the noise of the samples.
fn squared_distance(own: At, with_other: At, other: At) -> f64 {
    (own.mean() - 2.0 * with_other.mean() + other.mean()) / positive(other.mean())
}

/// The square of a norm; not a number where noise has made it negative, so that there is nothing to compare with.
fn positive(square: f64) -> f64 {
    if square > 0.0 { square } else { f64::NAN }
}

/// What the sums say of the estimators.
pub(super) fn measured(losses: &Losses, sums: &Sums) -> Measured {
    let products = products(sums, losses.targets());
    let judged = |loss: usize| Judged { loss, products: &products, losses, sums };
    Measured {
        targets: judged(losses.local).targets(),
        rows: losses.names.iter().enumerate().map(|(loss, name)| judged(loss).row(name)).collect(),
    }
}

/// A loss and what it is judged by.
struct Judged<'a> {
    loss: usize,
    products: &'a [[Product; 3]],
    losses: &'a Losses,
    sums: &'a Sums,
}

impl Judged<'_> {
    fn at(&self, at: impl Fn(&Product) -> At) -> Products {
        let [own, with_sequence, with_local] = &self.products[self.loss];
        Products {
            own: at(own),
            with_sequence: at(with_sequence),
            with_local: at(with_local),
            sequence: at(&self.products[self.losses.sequence][0]),
            local: at(&self.products[self.losses.local][0]),
        }
    }

    /// With the error that leaving out one group at a time gives.
    fn estimate(&self, of: impl Fn(Products) -> f64 + Copy) -> Estimate {
        let groups = 0..self.sums.groups.len();
        let without = groups.map(|group| of(self.at(|product| product.without(group))));
        jackknife(of(self.at(Product::all)), without)
    }

    fn row(&self, name: &str) -> Row {
        let strength = self.estimate(Products::strength);
        let cosine = self.estimate(Products::cosine);
        let [bias, local] = [Products::squared_bias, Products::squared_bias_local].map(|of| self.estimate(of));
        // Of a loss held against itself there is nothing to tell.
        let differs = |target: usize| told_apart(&self.sums.groups, self.loss, target) > RESOLVED;
        let stdev = known(self.at(Product::all).relative_stdev());
        let groups = &self.sums.groups;
        let (tokens, sequences) = self.counts();
        Row {
            estimator: name.to_owned(),
            strength: known(strength.value),
            strength_error: known(strength.error),
            cosine: known(cosine.value),
            cosine_error: known(cosine.error),
            relative_bias: known(bias.signed_root().value),
            relative_bias_error: known(bias.signed_root().error),
            resolved: differs(self.losses.sequence),
            relative_bias_local: known(local.signed_root().value),
            relative_bias_local_error: known(local.signed_root().error),
            resolved_local: differs(self.losses.local),
            relative_stdev_one_sample: stdev,
            sequences_for_10_percent: samples_for_10_percent(known(strength.value), stdev),
            dead_share: groups.iter().map(|group| group.of_losses[self.loss].dead).sum::<f64>() / tokens,
            value: groups.iter().map(|group| group.of_losses[self.loss].value).sum::<f64>() / sequences,
        }
    }

    /// Tokens and sequences.
    fn counts(&self) -> (f64, f64) {
        let groups = &self.sums.groups;
        let sum = |of: fn(&super::sums::Group) -> usize| groups.iter().map(of).sum::<usize>() as f64;
        (sum(|group| group.tokens), sum(|group| group.sequences))
    }

    /// Of the local target, whose loss is KL itself.
    fn targets(&self) -> Targets {
        let (tokens, sequences) = self.counts();
        let groups = &self.sums.groups;
        let values: Vec<f64> = groups.iter().map(|group| group.of_losses[self.loss].value).collect();
        let total: f64 = values.iter().sum();
        let without = groups.iter().zip(&values);
        let per_sequence = without.clone().map(|(group, value)| (total - value) / (sequences - group.sequences as f64));
        let per_token = without.map(|(group, value)| (total - value) / (tokens - group.tokens as f64));
        let of_squares = |of: fn(Products) -> At| self.estimate(|products| of(products).mean()).root();
        Targets {
            kl: jackknife(total / sequences, per_sequence),
            // Where another policy drew, the weights are of KL and not of the length.
            kl_per_token: match self.losses.is_on_policy {
                true => jackknife(total / tokens, per_token),
                false => Estimate { value: f64::NAN, error: f64::NAN },
            },
            mean_length: tokens / sequences,
            norm: of_squares(|products| products.sequence),
            local_norm: of_squares(|products| products.local),
            cosine: self.estimate(Products::cosine),
        }
    }
}

fn known(number: f64) -> Option<f64> {
    Some(number).filter(|number| number.is_finite())
}

/// As [`Measures::samples_for_10_percent`](crate::theory::softmax::Measures::samples_for_10_percent) has it.
fn samples_for_10_percent(strength: Option<f64>, stdev: Option<f64>) -> Option<f64> {
    let strength = strength.filter(|strength| *strength > 0.0)?;
    Some((stdev? / (0.1 * strength)).powi(2).ceil().max(1.0))
}
