//! The arguments.

mod sweep;

pub use sweep::Sweep;

use clap::{Args, Parser, Subcommand, ValueEnum};
use klgrad::engine::Engine;
use klgrad::estimator::{Definition, ESTIMATORS};
use klgrad::experiment::{Experiment, InvalidSetting, SEEDS, Settings};
use klgrad::libtorch;
use klgrad::number;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// What gradient a KL estimator really follows, how biased and how noisy.
///
/// The experiment of Xiaobo Yang's article "Gradient Estimation of KL Divergence in LLM RL" (2025) on libtorch.
#[derive(Parser)]
#[command(version = version())]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// klgrad's and libtorch's.
fn version() -> String {
    format!("{} (libtorch {})", env!("CARGO_PKG_VERSION"), libtorch::version())
}

#[derive(Subcommand)]
pub enum Command {
    /// Run the experiment: print its report, write every gradient and draw the figure
    ///
    /// Draws samples from pi_theta, differentiates the mean of each estimator with respect to pi_theta's mean and
    /// standard deviation, and compares with the true gradient, over many trials. The article's settings, which are
    /// the defaults, take seconds; time grows with sample-size x num-trials x estimators.
    Reproduce(Reproduce),
    /// Print each estimator's exact expected gradient and noise, without drawing a sample
    ///
    /// Which gradient an estimator follows is found by comparing its expected gradient with those of the two
    /// divergences: zero, forward (KL(pi_theta||pi_ref)), reverse (KL(pi_ref||pi_theta)), forward-reverse or other.
    /// Where a lambda is subtracted from k2, it is the exact one, not an estimate of it. Takes no time.
    Theory(Theory),
    /// Print the article's equations with both sides as numbers, and which of them hold
    ///
    /// Where one does not hold as printed, the equation that does stands below it, and whether the article's own
    /// experiment (at the article's settings) agrees with the printed or with the corrected one. Takes no time.
    Claims(Claims),
    /// Evaluate theory over a grid of one or two settings: sweep.csv and a figure
    ///
    /// How biased and how noisy is each estimator at the KL of a run? One setting that varies gives lines over
    /// KL(pi_theta||pi_ref), two give heat maps. Takes milliseconds a point; with --num-trials each point also runs an
    /// experiment, whose means stand on the lines with error bars of two standard errors (one setting) and in
    /// monte_carlo.csv.
    Sweep(Sweep),
    /// Draw the figure of an earlier run again, from its CSV files
    Plot(Plot),
}

#[derive(Args)]
pub struct Reproduce {
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Folder for gradients.csv, summary.csv, run.json, figure.png and figure.svg; created where it is missing
    #[arg(long, value_name = "DIR", default_value = "output")]
    pub output: PathBuf,
    /// Route to the gradients
    #[arg(long, value_enum, default_value_t = EngineArg::Autograd)]
    pub engine: EngineArg,
    /// Threads that compute gradients beside the one that draws, 1 to 1024 [default: one for each core]; results do not depend on it
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_threads)]
    pub threads: Option<NonZeroUsize>,
    /// Go on with a run that was interrupted, from the trials that are in the output folder
    ///
    /// It ends with the same bytes as a run that was not. Where there is nothing to go on with it starts from the
    /// beginning, and where the run is complete it writes only the files that are missing or were changed. To reach its place, the random generator draws what it
    /// drew before, without computing gradients: about 3 nanoseconds a sample.
    #[arg(long)]
    pub resume: bool,
    /// Draw no figure; figure.png and figure.svg of an earlier run are removed
    #[arg(long)]
    pub no_figure: bool,
    /// Print no report and no progress, only warnings, errors and the outcome of --check
    #[arg(long)]
    pub quiet: bool,
    /// Compare with the numbers that the article prints, or, for other settings, with theory; exit code 1 for a miss
    ///
    /// With the article's settings and estimators of its own, or some of them: with the published numbers, to the printed
    /// digit. Else every mean is tested against its exact expectation, so that a run that is right fails at most once in
    /// a million times; an estimator with infinite variance is named and left out.
    #[arg(long)]
    pub check: bool,
    /// With --check at the article's settings: also accept a number within X of the published one [default: 0]
    ///
    /// For machines whose vector instructions round otherwise, so that a number may come out on the other side of its
    /// last printed digit: 1e-4 is one unit of the last digit of the relative numbers. Each number that misses is named,
    /// with the distance by which it misses.
    #[arg(long, value_name = "X", requires = "check", allow_hyphen_values = true, value_parser = parse_tolerance)]
    pub tolerance: Option<f64>,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum EngineArg {
    /// libtorch differentiates each estimator, as the article does
    Autograd,
    /// Gradient coefficient times score, averaged in one pass: equal up to rounding, and many times faster
    Score,
}

impl From<EngineArg> for Engine {
    fn from(engine: EngineArg) -> Self {
        match engine {
            EngineArg::Autograd => Self::Autograd,
            EngineArg::Score => Self::Score,
        }
    }
}

/// The article's settings are the defaults.
#[derive(Args, Clone)]
pub struct DistributionArgs {
    /// Mean of the policy pi_theta
    #[arg(long, value_name = "X", default_value_t = Settings::default().mu_theta)]
    #[arg(allow_hyphen_values = true, value_parser = number::finite)]
    mu_theta: f64,
    /// Standard deviation of the policy pi_theta, positive
    #[arg(long, value_name = "X", default_value_t = Settings::default().sigma_theta)]
    #[arg(allow_hyphen_values = true, value_parser = number::finite)]
    sigma_theta: f64,
    /// Mean of the reference pi_ref
    #[arg(long, value_name = "X", default_value_t = Settings::default().mu_ref)]
    #[arg(allow_hyphen_values = true, value_parser = number::finite)]
    mu_ref: f64,
    /// Standard deviation of the reference pi_ref, positive
    #[arg(long, value_name = "X", default_value_t = Settings::default().sigma_ref)]
    #[arg(allow_hyphen_values = true, value_parser = number::finite)]
    sigma_ref: f64,
}

/// The article's settings are the defaults.
#[derive(Args)]
pub struct SettingsArgs {
    #[command(flatten)]
    distributions: DistributionArgs,
    /// Samples in a trial; 50000, 50_000 and 5e4 are the same
    #[arg(long, value_name = "N", default_value_t = Settings::default().sample_size)]
    #[arg(allow_negative_numbers = true, value_parser = number::count)]
    sample_size: usize,
    /// Trials
    #[arg(long, value_name = "N", default_value_t = Settings::default().num_trials)]
    #[arg(allow_negative_numbers = true, value_parser = number::count)]
    num_trials: usize,
    /// Seed of libtorch's random generator, -2147483648 to 4294967295; it counts modulo 2^32, so that -1 is 4294967295
    #[arg(long, value_name = "N", default_value_t = Settings::default().seed)]
    #[arg(allow_hyphen_values = true, value_parser = parse_seed)]
    seed: i64,
    /// Estimators, with commas between them [default: k1,k2,k3,reverse_k1,reverse_k2]
    ///
    /// With r = pi_ref/pi_theta: k1 is -log r, k2 (log r)^2/2, k3 r - 1 - log r, reverse_k1 r log r, reverse_k2 r, each
    /// as a loss. With _in_reward behind the name, its value weighs the score instead. k2 with lambda subtracted from
    /// -log r, from the trial's own draw: k2_lambda (the least variance, for each parameter) and k2_mean_baseline (the
    /// mean); from the previous draw: k2_lambda_shared (one for both). k2_lambda_printed and k2_lambda_shared_printed are
    /// as the article prints them.
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_values_t = Settings::default().estimators,
        hide_default_value = true
    )]
    estimators: Vec<String>,
}

impl TryFrom<SettingsArgs> for Experiment {
    type Error = InvalidSetting;

    fn try_from(args: SettingsArgs) -> Result<Self, InvalidSetting> {
        let SettingsArgs { distributions, sample_size, num_trials, seed, estimators } = args;
        let estimators = trimmed(&estimators);
        Self::new(Settings { sample_size, num_trials, seed, estimators, ..distributions.settings() })
    }
}

fn trimmed(names: &[String]) -> Vec<String> {
    names.iter().map(|name| name.trim().to_owned()).collect()
}

/// These estimators, or every one where none are named.
fn all_or(names: &[String]) -> Vec<String> {
    match names {
        [] => ESTIMATORS.iter().map(|estimator| estimator.name.to_owned()).collect(),
        names => trimmed(names),
    }
}

impl DistributionArgs {
    /// These distributions, and all else as it is by default.
    fn settings(self) -> Settings {
        let Self { mu_theta, sigma_theta, mu_ref, sigma_ref } = self;
        Settings { mu_theta, sigma_theta, mu_ref, sigma_ref, ..Settings::default() }
    }
}

impl TryFrom<DistributionArgs> for Experiment {
    type Error = InvalidSetting;

    fn try_from(args: DistributionArgs) -> Result<Self, InvalidSetting> {
        Self::new(args.settings())
    }
}

impl TryFrom<Theory> for Experiment {
    type Error = InvalidSetting;

    fn try_from(args: Theory) -> Result<Self, InvalidSetting> {
        let estimators = all_or(&args.estimators);
        Self::new(Settings { sample_size: args.sample_size, estimators, ..args.distributions.settings() })
    }
}

#[derive(Args)]
pub struct Theory {
    #[command(flatten)]
    pub distributions: DistributionArgs,
    /// Estimators, with commas between them, as `klgrad reproduce` has them [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub estimators: Vec<String>,
    /// An estimator of your own, behind the others; may be repeated
    ///
    /// NAME = EXPRESSION, such as 'mine = clamp(k3, -10, 10)': the loss of a sample in terms of D = log pi_theta - log
    /// pi_ref, r = exp(-D), w = exp(D), logp, ref, and the estimators' names; + - * / ^, exp expm1 log log1p sqrt abs sign
    /// min max, clamp(x, lo, hi), where(a < b, x, y), sg(x), which stops the gradient, and reward(K), which is sg(K) *
    /// logp. It is held against the gradient of KL(pi_theta||pi_ref).
    #[arg(long, value_name = "NAME = EXPRESSION", value_parser = str::parse::<Definition>)]
    pub estimator: Vec<Definition>,
    /// Samples in the mean whose standard deviation is shown; 50000, 50_000 and 5e4 are the same
    #[arg(long, value_name = "N", default_value_t = Settings::default().sample_size)]
    #[arg(allow_negative_numbers = true, value_parser = number::count)]
    pub sample_size: usize,
    /// How the rows are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

#[derive(Args)]
pub struct Claims {
    #[command(flatten)]
    pub distributions: DistributionArgs,
    /// How the rows are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Format {
    /// A table
    Text,
    /// Full precision, with a header; inf is infinite, NaN has no value or is beyond 64-bit floats
    Csv,
    /// An array of objects, full precision; null is what has no value, is infinite or beyond 64-bit floats
    Json,
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

fn parse_threads(text: &str) -> Result<NonZeroUsize, String> {
    number::whole(text, 1..=1024).map(|threads| NonZeroUsize::new(threads).expect("it is 1 or more"))
}

fn parse_tolerance(text: &str) -> Result<f64, String> {
    let tolerance = text.parse().ok().filter(|tolerance: &f64| tolerance.is_finite() && *tolerance >= 0.0);
    tolerance.ok_or_else(|| "a number that is not negative, such as 1e-4, would be right".to_owned())
}

fn parse_seed(text: &str) -> Result<i64, String> {
    number::whole(text, SEEDS).map_err(|right| right + "; libtorch counts seeds modulo 2^32")
}
