/// A bounded random number of about mean 0 and variance 1, as values with their probabilities; what these leave of 1 is that
/// of 0.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    weights: Vec<f64>,
    values: Vec<f64>,
    /// The largest magnitude of a value; it may be infinite.
    pub(super) bound: f64,
}

impl Sample {
    pub(super) fn new(nodes: impl Iterator<Item = (f64, f64)>) -> Self {
        let (weights, values): (Vec<f64>, Vec<f64>) = nodes.unzip();
        let bound = values.iter().fold(0.0, |bound: f64, value| bound.max(value.abs()));
        Self { weights, values, bound }
    }

    /// Probabilities and values.
    #[cfg(test)]
    pub(super) fn nodes(&self) -> impl Iterator<Item = (f64, f64)> {
        self.weights.iter().copied().zip(self.values.iter().copied())
    }

    /// log E\[exp(t y)\]; infinite, or not a number, where it is beyond floats.
    pub(super) fn log_mgf(&self, t: f64) -> f64 {
        let nodes = self.weights.iter().zip(&self.values);
        nodes.map(|(weight, y)| weight * ((t * y).exp() - 1.0)).sum::<f64>().ln_1p()
    }

    /// The same, and its derivative.
    pub(super) fn log_mgf_and_slope(&self, t: f64) -> [f64; 2] {
        let nodes = self.weights.iter().zip(&self.values);
        let [beyond, slope] = nodes.fold([0.0; 2], |[beyond, slope], (weight, y)| {
            let tilted = (t * y).exp();
            [beyond + weight * (tilted - 1.0), slope + weight * y * tilted]
        });
        [beyond.ln_1p(), slope / (1.0 + beyond)]
    }

    /// log E\[exp(i t y)\]: real part and phase.
    pub(super) fn log_characteristic(&self, t: f64) -> [f64; 2] {
        let nodes = self.weights.iter().zip(&self.values);
        let [short, sine] = nodes.fold([0.0; 2], |[short, sine], (weight, y)| {
            let (half_sine, half_cosine) = (t * y / 2.0).sin_cos();
            [short + weight * 2.0 * half_sine * half_sine, sine + weight * 2.0 * half_sine * half_cosine]
        });
        // The real part of the expectation is 1 - short.
        [(short * (short - 2.0) + sine * sine).ln_1p() / 2.0, sine.atan2(1.0 - short)]
    }
}
