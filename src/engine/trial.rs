//! What the blocks of a trial tell of one estimator, added up to the trial's gradient.

use super::term_sums::SampleWeight;
use crate::estimator::{Baseline, Draw, Estimator, Parameter, Weight, WeightedMean};
use crate::experiment::Experiment;

/// What one block of samples tells of an estimator's gradient; components with respect to mu, then sigma.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockGradient {
    /// The mean of (c - lambda) s over the block, with the block's lambda.
    pub gradient: [f64; 2],
    /// What a baseline needs beside it.
    pub control: Option<Control>,
}

/// The control variate lambda s over one block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Control {
    /// The lambda that the block's gradient has been computed with.
    pub lambda: [f64; 2],
    /// The mean of s.
    pub score: [f64; 2],
    /// sum w D^p and sum w.
    pub sums: [Sums; 2],
}

/// The two sums whose ratio is a lambda.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums {
    /// sum w D^p.
    pub weighted: f64,
    /// sum w.
    pub weight: f64,
}

impl Sums {
    /// Their ratio; 0 for a draw without weight, whose scores are all 0.
    pub fn lambda(&self) -> f64 {
        if self.weight == 0.0 { 0.0 } else { self.weighted / self.weight }
    }

    fn add(&mut self, other: &Self) {
        self.weighted += other.weighted;
        self.weight += other.weight;
    }
}

impl WeightedMean {
    /// Its sums for both components, from those with each weight of a sample.
    pub(super) fn sums(&self, of_weight: impl Fn(SampleWeight) -> Sums) -> [Sums; 2] {
        let components = Parameter::ALL.map(SampleWeight::SquaredScore);
        match self.weight {
            Weight::Component => components.map(of_weight),
            Weight::One => [of_weight(SampleWeight::One); 2],
            Weight::Norm => {
                let mut both = of_weight(components[0]);
                both.add(&of_weight(components[1]));
                [both; 2]
            }
        }
    }
}

/// One estimator over the trials, each of which begins with [`Trials::add`] and ends with [`Trials::finish`].
///
/// A gradient is linear in lambda, so blocks with different lambdas are brought to that of the trial by the mean of s.
#[derive(Debug)]
pub(super) struct Trials {
    baseline: Option<Baseline>,
    /// Samples in a trial.
    sample_size: usize,
    previous: [Sums; 2],
    gradient: [f64; 2],
    /// Mean of s, and of lambda s with the blocks' lambdas.
    score: [f64; 2],
    subtracted: [f64; 2],
    sums: [Sums; 2],
}

impl Trials {
    /// For each estimator of the experiment.
    pub fn of(experiment: &Experiment) -> Vec<Self> {
        let of = |estimator: &Estimator| Self::new(estimator.baseline(), experiment.run().sample_size);
        experiment.estimators().iter().map(of).collect()
    }

    pub fn new(baseline: Option<Baseline>, sample_size: usize) -> Self {
        let (zero, no_sums) = ([0.0; 2], [Sums::default(); 2]);
        Self { baseline, sample_size, previous: no_sums, gradient: zero, score: zero, subtracted: zero, sums: no_sums }
    }

    /// Adds a block that has a share of the trial's samples. Exact for a share of 1.
    pub fn add(&mut self, block: &BlockGradient, share: f64) {
        for i in 0..2 {
            self.gradient[i] += share * block.gradient[i];
            if let Some(control) = &block.control {
                self.score[i] += share * control.score[i];
                self.subtracted[i] += share * control.lambda[i] * control.score[i];
                self.sums[i].add(&control.sums[i]);
            }
        }
    }

    /// The gradient of the trial whose blocks have been added.
    pub fn finish(&mut self) -> [f32; 2] {
        let lambda = match self.baseline.map(|baseline| baseline.mean().draw) {
            None => [0.0; 2],
            Some(Draw::Own) => self.sums.map(|sums| sums.lambda()),
            Some(Draw::Previous) => self.previous.map(|sums| sums.lambda()),
        };
        // D less the mean of the other n - 1 samples is n / (n - 1) times D less the mean of all.
        let scale = match self.baseline {
            Some(Baseline::LeaveOneOut) => self.sample_size as f64 / (self.sample_size as f64 - 1.0),
            _ => 1.0,
        };
        let corrected = |i: usize| self.gradient[i] + (self.subtracted[i] - lambda[i] * self.score[i]);
        let gradient = [0, 1].map(|i| (scale * corrected(i)) as f32);
        *self = Self { previous: self.sums, ..Self::new(self.baseline, self.sample_size) };
        gradient
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: WeightedMean = WeightedMean { weight: Weight::One, power_of_d: 1, draw: Draw::Own };

    /// Over samples (D, s) of one component, with the block's lambda.
    fn block(samples: &[(f64, f64)], lambda: f64) -> BlockGradient {
        let count = samples.len() as f64;
        let mean = |of: &dyn Fn(&(f64, f64)) -> f64| samples.iter().map(of).sum::<f64>() / count;
        let sums = Sums { weighted: count * mean(&|x| x.0), weight: count };
        let control = Control { lambda: [lambda; 2], score: [mean(&|x| x.1); 2], sums: [sums; 2] };
        BlockGradient { gradient: [mean(&|x| (x.0 - lambda) * x.1); 2], control: Some(control) }
    }

    const SAMPLES: [(f64, f64); 4] = [(1.0, 0.5), (2.0, -0.25), (4.0, 1.5), (-1.0, 2.0)];

    #[test]
    fn blocks_with_lambdas_of_their_own_make_one_trial() {
        let mut trials = Trials::new(Some(Baseline::Weighted(OWN)), 4);
        trials.add(&block(&SAMPLES[..3], 7.0 / 3.0), 0.75);
        trials.add(&block(&SAMPLES[3..], -1.0), 0.25);
        let at_once = block(&SAMPLES, 1.5).gradient[0];
        assert!((f64::from(trials.finish()[0]) - at_once).abs() < 1e-7);
    }

    #[test]
    fn the_previous_draw_gives_lambda_and_the_first_has_none() {
        let mut trials = Trials::new(Some(Baseline::Weighted(WeightedMean { draw: Draw::Previous, ..OWN })), 4);
        for lambda in [0.0, 1.5] {
            trials.add(&block(&SAMPLES, 0.0), 1.0);
            let expected = block(&SAMPLES, lambda).gradient[0];
            assert!((f64::from(trials.finish()[0]) - expected).abs() < 1e-7, "lambda {lambda}");
        }
    }

    #[test]
    fn leaving_one_out_subtracts_the_mean_of_the_others() {
        let mut trials = Trials::new(Some(Baseline::LeaveOneOut), 4);
        trials.add(&block(&SAMPLES, 0.0), 1.0);
        let total: f64 = SAMPLES.iter().map(|(d, _)| d).sum();
        let expected = SAMPLES.iter().map(|(d, s)| (d - (total - d) / 3.0) * s).sum::<f64>() / 4.0;
        assert!((f64::from(trials.finish()[0]) - expected).abs() < 1e-7);
    }
}
