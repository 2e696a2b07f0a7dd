//! The arguments of `klgrad theory`.

use super::{DistributionArgs, EngineArg, EstimatorArgs, Format, TokenArgs};
use clap::{Args, ValueEnum};
use klgrad::number;
use klgrad::theory::softmax::Aggregate;
use std::path::PathBuf;

#[derive(Args)]
pub struct Theory {
    #[command(flatten)]
    pub distributions: DistributionArgs,
    #[command(flatten)]
    pub estimators: EstimatorArgs,
    /// Samples in a trial; 50000, 50_000 and 5e4 are the same [default: 50000, of softmax policies 1000]
    ///
    /// Of normals the standard deviation of their mean is shown; of softmax policies it is the size of the trials of
    /// --num-trials, and of those that theory itself takes where more sequences can be drawn than are enumerated.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = number::count)]
    pub sample_size: Option<usize>,
    /// How the rows are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    #[command(flatten)]
    pub tokens: TokenArgs,
    /// How the tokens of a sequence make one loss
    #[arg(long, value_enum, default_value_t = AggregateArg::TokenSum, requires = "softmax")]
    pub aggregate: AggregateArg,
    /// Measure beside theory, in so many trials, 3 or more
    #[arg(long, value_name = "N", visible_alias = "trials", requires = "softmax")]
    #[arg(allow_negative_numbers = true, value_parser = number::count)]
    pub num_trials: Option<usize>,
    /// How the trials of --num-trials are differentiated
    #[arg(long, value_enum, default_value_t = EngineArg::Score, requires = "num_trials")]
    pub engine: EngineArg,
    /// Test what the trials of --num-trials give against theory; exit code 1 for a miss
    ///
    /// It tests strength, squared biases and variance of each estimator. A run that is right fails about once in a million
    /// times.
    #[arg(long, requires = "num_trials")]
    pub check: bool,
    /// Also write the policies to this file, .json, .npz or .safetensors, as --pair reads it
    #[arg(long, value_name = "FILE", requires = "softmax")]
    pub output: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum AggregateArg {
    /// The sum over the tokens of a sequence
    TokenSum,
    /// That over the expected length, as the mean over all tokens of a large batch
    TokenMean,
    /// The mean over each sequence's own tokens
    SequenceMean,
}

impl From<AggregateArg> for Aggregate {
    fn from(aggregate: AggregateArg) -> Self {
        match aggregate {
            AggregateArg::TokenSum => Self::TokenSum,
            AggregateArg::TokenMean => Self::TokenMean,
            AggregateArg::SequenceMean => Self::SequenceMean,
        }
    }
}
