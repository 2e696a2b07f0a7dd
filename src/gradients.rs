//! What an engine computes: a gradient per trial, estimator and parameter.

use crate::estimator::Parameter;

/// The gradients of one estimator with respect to one parameter, a 32-bit float for each trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Name of the estimator.
    pub estimator: String,
    /// The parameter of pi_theta.
    pub parameter: Parameter,
    /// One value per trial, in the order of the trials.
    pub gradients: Vec<f32>,
}

/// Every series of a run: estimators in the order asked for, and for each of them mu, then sigma.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradients(pub Vec<Series>);

impl Gradients {
    /// Series without trials yet.
    pub fn empty<'a>(estimators: impl IntoIterator<Item = &'a str>) -> Self {
        let both = |name: &'a str| {
            Parameter::ALL.map(|parameter| Series { estimator: name.to_owned(), parameter, gradients: Vec::new() })
        };
        Self(estimators.into_iter().flat_map(both).collect())
    }

    /// Appends one trial: a gradient for each series, in their order.
    pub fn push(&mut self, trial: &[f32]) {
        assert_eq!(trial.len(), self.0.len(), "a trial has one gradient for each series");
        for (series, &gradient) in self.0.iter_mut().zip(trial) {
            series.gradients.push(gradient);
        }
    }

    /// How many gradients are infinite or not a number.
    pub fn not_finite(&self) -> usize {
        self.0.iter().flat_map(|series| &series.gradients).filter(|gradient| !gradient.is_finite()).count()
    }
}
