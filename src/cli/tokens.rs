//! The arguments for softmax policies.

use super::parse_seed;
use clap::Args;
use klgrad::experiment::Run;
use klgrad::number;
use std::path::PathBuf;

/// How many tokens a sequence may have is counted up to this.
const LONGEST: usize = 1_000_000;

/// Softmax policies over tokens, read from a file or made; without them the policies are normals.
#[derive(Args, Clone)]
#[command(next_help_heading = "Softmax policies")]
pub struct TokenArgs {
    /// File with the logits of the policies, .json, .npz or .safetensors: arrays theta, ref and, where another policy draws, old
    ///
    /// Arrays of one dimension are a categorical, one token of a vocabulary. Arrays of two are sequences of tokens: a row for
    /// the start and one for each token but the last, a column for each token, of which the last ends the sequence; max_length
    /// stands beside them, or --max-length does.
    #[arg(long, value_name = "FILE", group = "softmax", conflicts_with_all = NORMALS)]
    pub pair: Option<PathBuf>,
    /// Make policies over so many tokens: a reference as natural text has it (Zipf), and pi_theta at --kl from it
    ///
    /// Without --max-length they draw one token, of at most 1,000,000; with it sequences, of at most 2000 tokens, one of which
    /// is the end.
    #[arg(long, value_name = "V", group = "softmax", requires = "kl", conflicts_with_all = NORMALS)]
    #[arg(allow_negative_numbers = true, value_parser = number::count)]
    pub vocabulary: Option<usize>,
    /// KL(theta||ref) of made policies, in nats per token
    #[arg(long, value_name = "X", requires = "vocabulary", conflicts_with = "pair", allow_hyphen_values = true, value_parser = number::finite)]
    pub kl: Option<f64>,
    /// KL(old||theta) of made policies, in nats per token: another policy draws the samples [default: pi_theta draws them]
    #[arg(long, value_name = "Y", requires = "vocabulary", conflicts_with = "pair", allow_hyphen_values = true, value_parser = number::finite)]
    pub old_kl: Option<f64>,
    /// A sequence is cut after so many tokens; counts more than what a file says
    #[arg(long, value_name = "T", requires = "softmax", allow_negative_numbers = true, value_parser = length)]
    pub max_length: Option<usize>,
    /// Seed of made policies, and of samples
    #[arg(long, value_name = "N", default_value_t = Run::default().seed, requires = "softmax")]
    #[arg(allow_hyphen_values = true, value_parser = parse_seed)]
    pub seed: i64,
}

/// The options of normals.
const NORMALS: [&str; 6] = ["mu_theta", "sigma_theta", "mu_ref", "sigma_ref", "mu_old", "sigma_old"];

pub(super) fn length(text: &str) -> Result<usize, String> {
    number::whole(text, 1..=LONGEST)
}
