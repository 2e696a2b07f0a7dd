//! The arguments of `klgrad train`.

use super::theory::AggregateArg;
use super::{EngineArg, EstimatorArgs, parse_seed, parse_threads};
use crate::command::Usage;
use clap::{Args, ValueEnum};
use klgrad::experiment::Run;
use klgrad::number;
use klgrad::training::{MadeReward, Optimizer, Settings};
use std::num::NonZeroUsize;
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0    The training is complete, and its files are written; runs that diverge are counted, and no failure
  1    It failed
  2    The call is wrong, or --output holds an interrupted training that would be lost, or with --resume one of other settings; nothing was written
  130  It was interrupted; the finished runs are kept, and --resume goes on with them";

#[derive(Args)]
#[command(after_long_help = EXIT_CODES)]
pub struct Train {
    /// What a token earns: dense, sparse or length, made by the seed, or a file with the rewards, .json, .npz or .safetensors
    ///
    /// dense is a standard normal number for each token; of sequences, for each token behind each. sparse is 1 for one in twenty
    /// of these, and 0 for the others. length, of sequences, is 1 over the most tokens for each token but the end. A file holds
    /// one number for each logit, in the same shape, as a list of numbers or of rows, or as the array reward. The rewards of a
    /// sequence's tokens are added up.
    #[arg(long, value_name = "dense|sparse|length|FILE", default_value = "dense", value_parser = reward)]
    pub reward: RewardArg,
    /// What a nat of KL(theta||ref) costs; 0 is no penalty at all
    #[arg(long, value_name = "X", default_value_t = 0.1, allow_hyphen_values = true, value_parser = number::finite)]
    pub beta: f64,
    /// Also tell where each loss ends at the beta at which it spends this KL(theta||ref), in nats: what reward each buys for it
    #[arg(long, value_name = "X", allow_hyphen_values = true, value_parser = number::finite)]
    pub kl_budget: Option<f64>,
    #[command(flatten)]
    pub estimators: EstimatorArgs,
    /// Threads, each with a run of its own, 1 to 1024 [default: one for each core]; results do not depend on it
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_threads)]
    pub threads: Option<NonZeroUsize>,
    /// Folder for train.csv, ends.csv, run.json, train.png and train.svg; created where it is missing
    #[arg(long, value_name = "DIR", default_value = "trained")]
    pub output: PathBuf,
    /// Go on with a training that was interrupted, from the runs that are in the output folder
    ///
    /// It ends with the same bytes as one that was not interrupted. Where there is nothing to go on with it starts from the
    /// beginning.
    #[arg(long)]
    pub resume: bool,
    /// Print no table and no progress, only warnings and errors
    #[arg(long)]
    pub quiet: bool,
    #[command(flatten)]
    pub policies: PolicyArgs,
    #[command(flatten)]
    pub settings: RunArgs,
}

/// Softmax policies over tokens, as in klgrad theory.
#[derive(Args)]
#[command(next_help_heading = "Policies")]
pub struct PolicyArgs {
    #[command(flatten)]
    pub origin: OriginArgs,
    /// A sequence is cut after so many tokens [default: of made policies one token is drawn; of --pair what the file says]
    #[arg(long, value_name = "T", allow_negative_numbers = true, value_parser = super::tokens::length)]
    pub max_length: Option<usize>,
    /// Where the training starts: at the reference, or at pi_theta
    #[arg(long, value_enum, default_value_t = StartArg::Reference)]
    pub start: StartArg,
    /// KL(theta||ref) of made policies, in nats per token, with --start theta
    #[arg(long, value_name = "X", requires = "vocabulary", allow_hyphen_values = true, value_parser = number::finite)]
    pub kl: Option<f64>,
    /// Seed of made policies and rewards, and of the first run; the next runs have the next seeds
    #[arg(long, value_name = "N", default_value_t = Run::default().seed, allow_hyphen_values = true, value_parser = parse_seed)]
    pub seed: i64,
}

/// A file, or made policies.
#[derive(Args)]
#[group(required = true, multiple = false)]
#[command(next_help_heading = "Policies")]
pub struct OriginArgs {
    /// File with the logits of the policies, as `klgrad theory --pair` reads it: ref, and theta
    #[arg(long, value_name = "FILE")]
    pub pair: Option<PathBuf>,
    /// Make policies over so many tokens: a reference as natural text has it (Zipf), and with --kl a pi_theta
    #[arg(long, value_name = "V")]
    #[arg(allow_negative_numbers = true, value_parser = number::count)]
    pub vocabulary: Option<usize>,
}

/// How a run goes.
#[derive(Args)]
#[command(next_help_heading = "Runs")]
pub struct RunArgs {
    /// Updates of the policy in a run
    #[arg(long, value_name = "N", default_value_t = Settings::default().steps, allow_negative_numbers = true, value_parser = number::count)]
    steps: usize,
    /// Sequences that are drawn together, of at most 10,000,000 tokens in all
    #[arg(long, value_name = "N", default_value_t = Settings::default().batch, allow_negative_numbers = true, value_parser = number::count)]
    batch: usize,
    /// Sequences of which each has the mean of the others as its baseline, of the reward and of a penalty in the reward; it divides the batch, and 1 is without
    #[arg(long, value_name = "N", default_value_t = Settings::default().group, allow_negative_numbers = true, value_parser = number::count)]
    group: usize,
    /// Updates for each batch; from the second on the samples are of an older policy, old of an expression, and rho is not 1
    #[arg(long, value_name = "K", default_value_t = Settings::default().updates_per_batch, allow_negative_numbers = true, value_parser = number::count)]
    updates_per_batch: usize,
    /// The rule of an update
    #[arg(long, value_enum, default_value_t = OptimizerArg::Adam)]
    optimizer: OptimizerArg,
    /// Its learning rate, with respect to the logits [default: 0.05 of adam, 1 of sgd]
    #[arg(long, value_name = "X", allow_hyphen_values = true, value_parser = number::finite)]
    learning_rate: Option<f64>,
    /// How the tokens of a sequence make one loss
    #[arg(long, value_enum, default_value_t = AggregateArg::TokenSum)]
    aggregate: AggregateArg,
    /// Runs of each estimator, one a seed, with the same random numbers for all estimators
    #[arg(long, value_name = "N", default_value_t = 20, allow_negative_numbers = true, value_parser = seeds)]
    pub seeds: usize,
    /// Take the expected gradient and draw nothing: one run of each estimator
    #[arg(long, conflicts_with_all = ["batch", "seeds"])]
    pub exact: bool,
    /// How the loss of a batch is differentiated
    #[arg(long, value_enum, default_value_t = EngineArg::Score, conflicts_with = "exact")]
    engine: EngineArg,
}

impl RunArgs {
    pub fn settings(&self) -> Result<Settings, Usage> {
        let settings = Settings {
            steps: self.steps,
            batch: self.batch,
            group: self.group,
            updates_per_batch: self.updates_per_batch,
            optimizer: self.optimizer.into(),
            learning_rate: self.learning_rate.unwrap_or_else(|| self.optimizer.learning_rate()),
            aggregate: self.aggregate.into(),
            exact: self.exact,
            engine: self.engine.engine()?,
        };
        settings.check().map_err(|error| Usage::of_option(&error))?;
        Ok(settings)
    }
}

/// More would not fit into the numbers of seeds.
const MOST_SEEDS: usize = 100_000;

fn seeds(text: &str) -> Result<usize, String> {
    number::whole(text, 1..=MOST_SEEDS)
}

/// Made rewards, or a file.
#[derive(Clone)]
pub enum RewardArg {
    Made(MadeReward),
    File(PathBuf),
}

fn reward(text: &str) -> Result<RewardArg, String> {
    let made = [MadeReward::Dense, MadeReward::Sparse, MadeReward::Length];
    if let Some(known) = made.into_iter().find(|made| made.to_string() == text) {
        return Ok(RewardArg::Made(known));
    }
    let path = PathBuf::from(text);
    match path.extension() {
        Some(_) => Ok(RewardArg::File(path)),
        None => Err("dense, sparse or length, or a file .json, .npz or .safetensors, would be right".to_owned()),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StartArg {
    /// At pi_ref
    Reference,
    /// At pi_theta
    Theta,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum OptimizerArg {
    /// Stochastic gradient ascent
    Sgd,
    /// Adam, as PyTorch has it by default
    Adam,
}

impl OptimizerArg {
    /// One with which runs of some hundred steps come near to their ends, with rewards near 1.
    fn learning_rate(self) -> f64 {
        match self {
            Self::Sgd => 1.0,
            Self::Adam => 0.05,
        }
    }
}

impl From<OptimizerArg> for Optimizer {
    fn from(optimizer: OptimizerArg) -> Self {
        match optimizer {
            OptimizerArg::Sgd => Self::Sgd,
            OptimizerArg::Adam => Self::Adam,
        }
    }
}
