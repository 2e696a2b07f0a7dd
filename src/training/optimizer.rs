//! How a gradient moves the logits.

use std::fmt;

/// A rule by which logits ascend.
///
/// # Formula
/// With g the gradient of what is to grow, a the learning rate and n the number of the update, counted from 1:
///
/// - sgd: theta += a g;
/// - adam (Kingma and Ba, 2015): m <- b1 m + (1 - b1) g and v <- b2 v + (1 - b2) g^2, componentwise, from 0; then
///   theta += a (m / (1 - b1^n)) / (sqrt(v / (1 - b2^n)) + e), with b1 = 0.9, b2 = 0.999 and e = 1e-8, as PyTorch has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Optimizer {
    /// Stochastic gradient ascent.
    #[default]
    Sgd,
    /// Adam, with the bias of its means corrected.
    Adam,
}

impl fmt::Display for Optimizer {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::Sgd => "sgd",
            Self::Adam => "adam",
        })
    }
}

const B1: f64 = 0.9;
const B2: f64 = 0.999;
const E: f64 = 1e-8;

/// An ascent that goes on.
#[derive(Clone, Debug)]
pub(super) struct Ascent {
    optimizer: Optimizer,
    learning_rate: f64,
    /// m and v of each logit.
    moments: Vec<(f64, f64)>,
    /// b1^n and b2^n.
    powers: (f64, f64),
}

impl Ascent {
    pub(super) fn new(optimizer: Optimizer, learning_rate: f64, logits: usize) -> Self {
        let count = if optimizer == Optimizer::Adam { logits } else { 0 };
        Self { optimizer, learning_rate, moments: vec![(0.0, 0.0); count], powers: (1.0, 1.0) }
    }

    /// One update.
    pub(super) fn update(&mut self, logits: &mut [f64], gradient: &[f64]) {
        match self.optimizer {
            Optimizer::Sgd => logits.iter_mut().zip(gradient).for_each(|(x, g)| *x += self.learning_rate * g),
            Optimizer::Adam => self.adam(logits, gradient),
        }
    }

    fn adam(&mut self, logits: &mut [f64], gradient: &[f64]) {
        self.powers = (self.powers.0 * B1, self.powers.1 * B2);
        let (first, second) = (1.0 - self.powers.0, 1.0 - self.powers.1);
        for ((x, g), (m, v)) in logits.iter_mut().zip(gradient).zip(&mut self.moments) {
            *m = B1 * *m + (1.0 - B1) * g;
            *v = B2 * *v + (1.0 - B2) * g * g;
            *x += self.learning_rate * (*m / first) / ((*v / second).sqrt() + E);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What torch.optim.SGD and torch.optim.Adam of PyTorch 2.13 give with `lr=0.1, maximize=True` for the same gradients.
    #[test]
    fn three_updates_are_those_of_pytorch() {
        let gradients = [[1.0, -2.0, 0.0], [0.5, 3.0, 1e-9], [-4.0, 0.25, 0.0]];
        for (optimizer, expected) in [
            (Optimizer::Sgd, [0.25, -0.8749999999999999, 1.0000000000000002e-10]),
            (Optimizer::Adam, [0.6510717565147729, -1.0517066743294259, 0.008055252277045781]),
        ] {
            let mut logits = [0.5, -1.0, 0.0];
            let mut ascent = Ascent::new(optimizer, 0.1, 3);
            gradients.iter().for_each(|gradient| ascent.update(&mut logits, gradient));
            for (logit, expected) in logits.iter().zip(expected) {
                // A dozen roundings of numbers near 1.
                assert!((logit - expected).abs() < 16.0 * f64::EPSILON, "{optimizer}: {logit} for {expected}");
            }
        }
    }
}
