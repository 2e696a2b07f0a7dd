//! The arguments of an experiment.

use super::{DistributionArgs, EstimatorArgs, parse_seed};
use crate::command::Usage;
use clap::Args;
use klgrad::estimator::Estimator;
use klgrad::experiment::{Experiment, Run};
use klgrad::number;

/// The article's settings are the defaults.
#[derive(Args)]
pub struct SettingsArgs {
    #[command(flatten)]
    distributions: DistributionArgs,
    /// Samples in a trial, each one draw from pi_theta (or --mu-old and --sigma-old); 50000, 50_000 and 5e4 are the same
    #[arg(long, value_name = "N", default_value_t = Run::default().sample_size)]
    #[arg(allow_negative_numbers = true, value_parser = number::count)]
    sample_size: usize,
    /// Trials, each of which has one gradient for each estimator and parameter
    #[arg(long, value_name = "N", default_value_t = Run::default().num_trials)]
    #[arg(allow_negative_numbers = true, value_parser = number::count)]
    num_trials: usize,
    /// Seed of the random generator, which is libtorch's, -2147483648 to 4294967295; it counts modulo 2^32, so that -1 is 4294967295
    #[arg(long, value_name = "N", default_value_t = Run::default().seed)]
    #[arg(allow_hyphen_values = true, value_parser = parse_seed)]
    seed: i64,
    #[command(flatten)]
    estimators: EstimatorArgs,
}

impl SettingsArgs {
    pub fn experiment(self) -> Result<Experiment, Usage> {
        let Self { distributions, sample_size, num_trials, seed, estimators } = self;
        let run = Run { sample_size, num_trials, seed };
        Ok(Experiment::new(distributions.problem()?, run, estimators.or(Estimator::articles())?)?)
    }
}
