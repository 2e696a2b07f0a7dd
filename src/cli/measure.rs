//! The arguments of `klgrad measure`.

use super::{EstimatorArgs, Format, parse_seed, parse_threads};
use clap::{Args, ValueEnum};
use klgrad::number;
use std::num::NonZeroUsize;
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0    The measurement is complete, and its files are written
  1    It failed
  2    The call is wrong, or --output holds an interrupted measurement that would be lost, or with --resume one of other settings; nothing was written
  130  It was interrupted; the groups of sequences that are measured are kept, and --resume goes on with them";

#[derive(Args)]
#[command(after_long_help = EXIT_CODES)]
pub struct Measure {
    /// Folder of the policy, which is differentiated, as Hugging Face's libraries save it: config.json, model.safetensors or its shards, tokenizer.json
    #[arg(long, value_name = "DIR")]
    pub policy: PathBuf,
    /// Folder of the reference, a model of the same vocabulary and with the same tokenizer
    #[arg(long, value_name = "DIR")]
    pub reference: PathBuf,
    /// File of prompts, one a line, each text as it stands; sequences go on from them in turn
    #[arg(long, value_name = "FILE", required_unless_present = "samples")]
    pub prompts: Option<PathBuf>,
    /// Sequences in all, 32 or more; time grows with them, and errors fall with their square root
    #[arg(long, value_name = "N", default_value_t = 768, allow_negative_numbers = true, value_parser = number::count)]
    pub sequences: usize,
    /// The most tokens that are drawn behind a prompt; a sequence ends before where the policy draws an eos_token_id of generation_config.json or else config.json, which counts
    #[arg(long, value_name = "T", default_value_t = 64, allow_negative_numbers = true, value_parser = number::count)]
    pub max_new_tokens: usize,
    /// Go on behind an end, so that every sequence has --max-new-tokens
    #[arg(long)]
    pub ignore_eos: bool,
    /// File of sequences that were drawn elsewhere, instead of prompts: off-policy, so that old and rho of an expression are real
    ///
    /// A sequence a line in JSON: prompt_token_ids, token_ids, and rollout_logp (or old_logp, or logp), the log-probability of each
    /// of token_ids under the policy that drew it. The sequences.jsonl of another measurement is such a file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["prompts", "sequences", "max_new_tokens", "ignore_eos", "seed"])]
    pub samples: Option<PathBuf>,
    #[command(flatten)]
    pub estimators: EstimatorArgs,
    /// Where the models compute: cpu, cuda or cuda:N, the latter two where this libtorch has CUDA
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub device: String,
    /// In which floats the models compute, whatever their files hold; log-probabilities and coefficients are always f64
    #[arg(long, value_enum, default_value_t = Precision::F32)]
    pub precision: Precision,
    /// Seed of the sequences that are drawn
    #[arg(long, value_name = "N", default_value_t = 42, allow_hyphen_values = true, value_parser = parse_seed)]
    pub seed: i64,
    /// Sequences that are worked on at the same time, 1 to 1024 [default: one for each core, fewer where memory is short, and one on a GPU]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_threads)]
    pub threads: Option<NonZeroUsize>,
    /// Folder for measure.csv, sequences.jsonl, run.json, measure.png and measure.svg; created where it is missing
    #[arg(long, value_name = "DIR", default_value = "measured")]
    pub output: PathBuf,
    /// Go on with a measurement that was interrupted, from the groups of sequences that are in the output folder
    ///
    /// It ends with the same bytes as one that was not interrupted, with as many threads of libtorch for a sequence: one, unless memory
    /// is short. Where there is nothing to go on with it starts from the
    /// beginning, and where the measurement is complete it prints its table.
    #[arg(long)]
    pub resume: bool,
    /// How the table is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Print no table and no progress, only warnings and errors
    #[arg(long)]
    pub quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Precision {
    /// 32 bits
    F32,
    /// 64 bits
    F64,
}

impl Precision {
    /// As the option has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}
