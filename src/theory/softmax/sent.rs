//! What one expression sends to the policy from a block of steps.

use crate::estimator::expr::Evaluated;

/// The derivatives of the loss of each step's sequence.
pub(crate) struct Sent<'a> {
    /// With respect to log pi_theta of the step: the gradient coefficients.
    pub(crate) coefficients: Vec<f64>,
    /// With respect to each sum over the vocabulary, where it is not 0.
    pub(crate) full: Vec<Option<&'a [f64]>>,
}

impl<'a> Sent<'a> {
    /// By the expression at this place, of so many sums over the vocabulary.
    pub(crate) fn by(evaluated: &'a mut Evaluated, expression: usize, fulls: usize) -> Self {
        let coefficients = evaluated.coefficients(expression).to_vec();
        Self { coefficients, full: (0..fulls).map(|full| evaluated.full_coefficients(full)).collect() }
    }
}
