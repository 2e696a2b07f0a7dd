//! The arguments of `klgrad audit`.

use super::losses::LossArgs;
use super::parse_threads;
use clap::{Args, ValueEnum};
use klgrad::audit::read::{Choice, Framework};
use std::num::NonZeroUsize;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  klgrad audit train_data_step*.jsonl --output report
  klgrad audit train_data/ --framework slime --estimators k1,k2,k3,k3_clamped
  klgrad audit dump.safetensors --ref ref_log_prob --old old_log_probs --mask response_mask
  klgrad audit --merge shard-1/audit.json shard-2/audit.json

Exit codes:
  0    The files were read; what could not be used of them is said
  1    No token could be used, or with --strict not all of them, or a file could not be written
  2    The call is wrong; nothing was written
  130  It was interrupted";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Audit {
    /// Files with log-probabilities, or folders of such: .jsonl (a sequence a line), .json, .safetensors, .npz, .pt, .csv, also as .jsonl.gz or .zst, and - for JSONL on standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The files are audit.json of earlier audits, of shares of a run: add them up to one audit of all
    #[arg(long, conflicts_with_all = ["framework", "policy", "old", "rollout", "reference", "mask", "step", "sequence", "estimators", "estimator", "strict", "threads"])]
    pub merge: bool,
    #[command(flatten)]
    pub columns: ColumnArgs,
    #[command(flatten)]
    pub losses: LossArgs,
    /// Fail at the first log-probability, sequence or file that cannot be used, instead of leaving it out
    #[arg(long)]
    pub strict: bool,
    /// Folder for report.html, audit.json, steps.csv, tokens.csv and the figures; created where it is missing
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// How the audit is printed
    #[arg(long, value_enum, default_value_t = AuditFormat::Text)]
    pub format: AuditFormat,
    /// Threads that read, 1 to 1024 [default: one for each core]; results do not depend on it
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_threads)]
    pub threads: Option<NonZeroUsize>,
    /// Print no audit and no progress, only warnings and errors
    #[arg(long)]
    pub quiet: bool,
}

/// Which columns are which.
#[derive(Args)]
#[command(
    next_help_heading = "Columns, where their names do not tell; KEY may be none for a column that is not to be read"
)]
pub struct ColumnArgs {
    /// Who wrote the files, such as verl, trl, slime, nemo-rl or prime-rl: its names count before those of others
    #[arg(long, value_name = "NAME")]
    framework: Option<Framework>,
    /// Log-probabilities under the policy that is trained, in its own forward pass
    #[arg(long, value_name = "KEY")]
    policy: Option<String>,
    /// Log-probabilities under the trainer's policy before the update
    #[arg(long, value_name = "KEY")]
    old: Option<String>,
    /// Log-probabilities that the inference engine gave when it drew the tokens
    #[arg(long, value_name = "KEY")]
    rollout: Option<String>,
    /// Log-probabilities under the reference
    #[arg(long = "ref", id = "reference", value_name = "KEY")]
    reference: Option<String>,
    /// Which tokens count; may be repeated, and the masks are multiplied
    #[arg(long, value_name = "KEY")]
    mask: Vec<String>,
    /// The step of training [default: a column that is known for it, else the number in the file's name]
    #[arg(long, value_name = "KEY")]
    step: Option<String>,
    /// What a sequence is called; in CSV, rows with the same are one sequence
    #[arg(long, value_name = "KEY")]
    sequence: Option<String>,
}

impl From<ColumnArgs> for Choice {
    fn from(args: ColumnArgs) -> Self {
        Self {
            framework: args.framework,
            keys: [args.policy, args.old, args.rollout, args.reference],
            masks: args.mask,
            step: args.step,
            sequence: args.sequence,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AuditFormat {
    /// Tables
    Text,
    /// What audit.json holds, full precision; null is what cannot be had
    Json,
}
