//! The arguments.

mod audit;
mod distributions;
mod engine;
mod estimators;
mod losses;
#[cfg(feature = "libtorch")]
mod measure;
mod reproduce;
mod settings;
mod sweep;
mod theory;
mod tokens;
mod train;

pub use audit::{Audit, AuditFormat};
pub use distributions::{DistributionArgs, PairArgs};
pub use engine::EngineArg;
pub use estimators::EstimatorArgs;
#[cfg(feature = "libtorch")]
pub use measure::{Measure, Precision};
pub use reproduce::Reproduce;
pub use sweep::Sweep;
pub use theory::Theory;
pub use tokens::TokenArgs;
pub use train::{RewardArg, StartArg, Train};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use klgrad::experiment::SEEDS;
use klgrad::libtorch::Libtorch;
use klgrad::number;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Which gradient a KL penalty really sends to the policy, how biased and how noisy it is.
///
/// The experiment of Xiaobo Yang's article "Gradient Estimation of KL Divergence in LLM RL" (2025), on the samples that libtorch draws.
#[derive(Parser)]
#[command(version = version(), after_long_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    The command did what it was asked for
  1    It failed, or what --check compares does not agree
  2    The call is wrong; nothing was written
  130  It was interrupted, by Ctrl-C or a signal to end";

/// klgrad's and libtorch's.
fn version() -> String {
    let libtorch = Libtorch::here().map_or("without libtorch".to_owned(), |here| format!("libtorch {}", here.version));
    format!("{} ({libtorch})", env!("CARGO_PKG_VERSION"))
}

#[derive(Subcommand)]
pub enum Command {
    /// Run the experiment: print its report, write every gradient and draw the figure
    ///
    /// A trial draws --sample-size samples from pi_theta and differentiates the mean of each estimator over them with respect
    /// to pi_theta's mean and standard deviation. The gradients of --num-trials trials are compared with the true gradient. The
    /// article's settings, which are the defaults, take seconds; time grows with sample-size x num-trials x estimators.
    Reproduce(Reproduce),
    /// Say which divergence a loss descends, how hard it pulls, and where it is dead or pushes the wrong way
    ///
    /// It reads that off the gradient coefficient c(D), the factor by which a sample multiplies the score s = grad log pi_theta,
    /// at a single step, with D = log pi_theta - log pi_ref and samples of pi_theta: E[c(D) s] is the gradient of the divergence E_ref[f(w)] with f'(w) = c(log w), w = e^D.
    /// Without an argument it lists the estimators that have a name with what each follows. It answers at once; no sample is drawn.
    Explain(Explain),
    /// Say what the log-probabilities in the files of a run tell about its KL
    ///
    /// It reads for each token log policy, log ref and what the sampler said, as frameworks dump them, and says whether KL is real
    /// or rounding, which tokens make it, how far the sampler is from the policy, and what each loss would do with these tokens: how
    /// far its gradient coefficient c is from that of KL itself, where it is dead, goes the wrong way, or hangs on a few tokens. The mask is applied before anything else. What
    /// cannot be used is left out and said. Standard errors are over sequences, because tokens of one are not independent. Files
    /// may be of any size: memory stays below 300 MB.
    ///
    /// The policy is the current one where a column has it, else the old, else the rollout; the sampler, which is old in an
    /// expression, is the rollout where a column has it, else the old. D = log policy - log ref; k1 is D, k2 is D^2/2, k3 is
    /// exp(-D) - 1 + D. distance is rms(c - D - constant) / rms(D) with the best constant, strength sum(c D) / sum(D^2), noise
    /// rms(c) / rms(D); of a loss over sequences, D of this and the later tokens stands for D. noise is that of the gradient
    /// where the scores of tokens are uncorrelated, and no larger where c is large.
    Audit(Audit),
    /// List the KL terms that the frameworks of reinforcement learning ship, with what each follows
    ///
    /// Each was read in the framework's source, at the commit that is named; what it follows is computed from it.
    Frameworks(Frameworks),
    /// Print each estimator's exact expected gradient and noise, without drawing a sample
    ///
    /// The policies are normals, or with --vocabulary or --pair softmaxes over tokens, of which a page of its own is shown.
    ///
    /// Of normals: a sample is one draw x; a trial is the mean of an estimator over --sample-size samples, differentiated. What an
    /// estimator follows is read off its gradient coefficient, as `klgrad explain` does; of the settings it depends only on
    /// whether pi_theta itself draws the samples. Where a lambda is subtracted from k2, the expected gradient is that of a
    /// trial, which estimates lambda from its samples and is biased by that where they are few. What is lost in the
    /// rounding of 64-bit floats, or is not known to exist, is unresolved; where a loss is not a number for a part of the
    /// samples, its moments are undefined. It answers at once; no sample is drawn.
    ///
    /// Of softmax policies: gradients are with respect to all logits, g that of an estimator, G that of KL(theta||ref) of the
    /// whole sequence, and L the local one, that of KL of the next token at each position, its prefix held constant. strength is
    /// <g, G> / <G, G>, relative bias |g - G| / |G|, local bias |g - L| / |L|, relative stdev the root of the trace of the
    /// covariance of one sample's gradient over |G|, and samples for 10% those whose mean has a standard error of a tenth of
    /// strength |G|. All of it is exact where at most 2,000,000 sequences can be drawn. Beyond, means that are additive over
    /// tokens still are, and the rest is sampled, with standard errors.
    Theory(Theory),
    /// Measure how biased and how noisy each estimator's gradient is on a real language model
    ///
    /// The policy draws --sequences sequences behind the prompts, at temperature 1. Both models score each; for each estimator one
    /// backward pass gives the gradient of its loss, a sum over the tokens of the response, with respect to all parameters of the
    /// policy. With g the mean of these over all sequences that can be drawn, G the gradient of KL(theta||ref) of whole sequences, and L the
    /// local one, each prefix held constant: strength is <g, G> / <G, G>, relative bias |g - G| / |G|, local bias |g - L| / |L|,
    /// relative stdev the root of the trace of the covariance of one sequence's gradient over |G|, sequences for 10% those whose
    /// mean has a standard error of a tenth of strength |G|, dead the share of tokens that get no gradient, and value the mean loss
    /// of a sequence. The noise of the sequences is taken out of all of them, and standard errors (a jackknife over 16 groups) say what is left.
    /// It takes a forward pass of each model and a backward pass for each estimator and for G and L, sequence by sequence: 768
    /// sequences of 60 tokens and 12 estimators take a minute or two at 260,000 parameters, and some hours at 500 million without a GPU.
    #[cfg(feature = "libtorch")]
    Measure(Measure),
    /// Measure each estimator's gradient on a real language model: not in this klgrad, which was built without libtorch
    #[cfg(not(feature = "libtorch"))]
    #[command(long_about = crate::command::needs_libtorch("klgrad measure").0)]
    Measure(Anything),
    /// Print the article's equations with both sides as numbers, and which of them hold
    ///
    /// Below an equation that does not hold as printed stands the one that does. At the article's settings the last column says
    /// whether the article's own experiment agrees with each. An inequality does not hold where its sides are exactly equal,
    /// and its row then gives the reason (equal means, standard deviations or distributions). An equation is unresolved where
    /// the rounding of its sides, some of which are finite differences, is larger than what would tell; its cell `holds` is
    /// then empty in CSV and null in JSON. It answers at once; no sample is drawn.
    ///
    /// The last equations say which of k1, k2 and k3, in the loss or in the reward, send the same gradient, sample by sample, on
    /// small softmax policies that are always the same: over one token, over sequences token by token, and over whole
    /// sequences. Left is the distance between the two gradients with respect to all logits, as a part of the larger one, at
    /// the sample where that is largest.
    Claims(Claims),
    /// Evaluate theory over a grid of one or two settings: sweep.csv and a figure
    ///
    /// It answers how biased and how noisy each estimator is at the KL of a run. One setting that varies gives lines over
    /// KL(theta||ref), two give heat maps. A point takes milliseconds. With --num-trials each point also runs an experiment:
    /// its means are written to monte_carlo.csv, and with one setting they stand on the lines with error bars of two standard
    /// errors. A lambda that is subtracted from k2 is the exact one; with --num-trials it is estimated from --sample-size
    /// samples, as the experiment does (from the trial before, in every trial but the first).
    ///
    /// Over kl, old-kl, vocabulary or max-length the policies are softmaxes that are made at each point, with --seeds several, and
    /// the lines, with --vocabulary and --kl where these do not vary, are medians with the range of the seeds as bars.
    Sweep(Sweep),
    /// Train softmax policies with each loss as the penalty: where each ends, exactly, and how it gets there
    ///
    /// A policy is trained to maximise E[R] - beta KL(theta||ref), with R the reward of a sequence, by a loss that stands for the KL:
    /// E[R] - beta loss. Where the training ends follows from the gradient coefficient c(D) of the loss: one token stands still
    /// where R - beta c(D) is the same for all answers. These ends are computed first, by formula for one token, by exact ascent
    /// from the reference for sequences. Then each estimator is trained with each seed; every policy on the way is judged
    /// exactly, not by its samples. gap is by how much the objective E[R] - beta KL(theta||ref) is below the largest there is.
    ///
    /// It writes ends.csv, a row an estimator; train.csv, a row a step, seed and estimator; run.json; and a figure: the gap over
    /// steps, reward against KL with each end marked, and KL over steps. 20 runs of 10 estimators, of 1,000 steps with 256
    /// samples each, take seconds on 50 tokens, and a minute on 1,000.
    Train(Train),
    /// Draw the figure of an earlier run again, from its CSV files
    Plot(Plot),
    /// Print a script with which a shell completes the commands and options of klgrad
    ///
    /// Where it belongs, for the user who calls it:
    ///
    /// bash: klgrad completions bash > ~/.local/share/bash-completion/completions/klgrad
    ///
    /// zsh: klgrad completions zsh > DIR/_klgrad, with a DIR that is in $fpath
    ///
    /// fish: klgrad completions fish > ~/.config/fish/completions/klgrad.fish
    ///
    /// In PowerShell and elvish, add it to the shell's profile or rc.elv.
    Completions(Completions),
}

#[derive(Args)]
pub struct Claims {
    #[command(flatten)]
    pub distributions: PairArgs,
    /// How the rows are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

#[derive(Args)]
pub struct Explain {
    /// An estimator's name, a loss such as 'clamp(k3, -10, 10)', or an option of a framework such as trl:kl_estimator=k3
    ///
    /// The language of losses is that of --estimator in theory. Of a framework's option its last part will do, or one of
    /// several that are joined, and any alias of its value; without a value all its values are explained.
    #[arg(value_name = "NAME | EXPRESSION | FRAMEWORK:OPTION=VALUE", allow_hyphen_values = true)]
    pub what: Option<String>,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Also write explain.csv there, and the coefficient beside those of the two KL as explain.png and explain.svg
    #[arg(long, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

#[derive(Args)]
pub struct Frameworks {
    /// A framework, such as verl; all of them without
    #[arg(value_name = "NAME")]
    pub framework: Option<String>,
    /// Only terms that follow this, such as 'KL(theta||ref)' or nothing
    #[arg(long, value_name = "DIVERGENCE")]
    pub follows: Option<String>,
    /// Only terms that are the code's default for their option
    #[arg(long)]
    pub default: bool,
    /// Only terms that act there
    #[arg(long, value_enum)]
    pub placement: Option<Placement>,
    /// How the terms are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Placement {
    /// It is differentiated
    Loss,
    /// It enters the advantage
    Reward,
    /// Its reference is a teacher
    Distillation,
}

impl From<Placement> for klgrad::catalogue::Placement {
    fn from(placement: Placement) -> Self {
        match placement {
            Placement::Loss => Self::Loss,
            Placement::Reward => Self::Reward,
            Placement::Distillation => Self::Distillation,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Format {
    /// A table
    Text,
    /// Full precision, with a header; inf is an infinite number, and NaN one that has no value, is beyond 64-bit floats or unresolved
    Csv,
    /// An array of objects, each with the name of its form as schema, full precision; null is a number that is infinite, has no value, is beyond 64-bit floats or unresolved
    Json,
    /// A table in Markdown, for an issue or a paper
    Markdown,
}

/// Whatever a command is called with.
#[cfg(not(feature = "libtorch"))]
#[derive(Args)]
pub struct Anything {
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<std::ffi::OsString>,
}

#[derive(Args)]
pub struct Plot {
    /// Folder with the gradients.csv and summary.csv of a run, and with its run.json, which tells whether they belong
    /// together
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// The figure's file, .png or .svg [default: figure.png in DIR]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Args)]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

fn parse_seed(text: &str) -> Result<i64, String> {
    number::whole(text, SEEDS).map_err(|right| right + "; libtorch counts seeds modulo 2^32")
}

fn parse_threads(text: &str) -> Result<NonZeroUsize, String> {
    number::whole(text, 1..=1024).map(|threads| NonZeroUsize::new(threads).expect("it is 1 or more"))
}
