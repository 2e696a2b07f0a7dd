//! The arguments of `klgrad reproduce`.

use super::settings::SettingsArgs;
use super::{EngineArg, parse_threads};
use clap::Args;
use std::num::NonZeroUsize;
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0    The run is complete, and with --check every number agrees
  1    The run failed, or with --check a number misses; the files of a complete run are written all the same
  2    The call is wrong, or --output holds another run that would be lost; nothing was written
  130  It was interrupted; the finished trials are kept, and --resume goes on with them";

#[derive(Args)]
#[command(after_long_help = EXIT_CODES)]
pub struct Reproduce {
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Folder for gradients.csv, summary.csv, run.json, figure.png and figure.svg; created where it is missing
    #[arg(long, value_name = "DIR", default_value = "output")]
    pub output: PathBuf,
    /// How the gradients are computed [default: autograd; score where klgrad was built without libtorch]
    #[arg(long, value_enum)]
    pub engine: Option<EngineArg>,
    /// Threads that compute gradients beside the one that draws, 1 to 1024 [default: one for each core]; results do not depend on it
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = parse_threads)]
    pub threads: Option<NonZeroUsize>,
    /// Go on with a run that was interrupted, from the trials that are in the output folder
    ///
    /// It ends with the same bytes as a run that was not interrupted. Where there is nothing to go on with it starts from the
    /// beginning, and where the run is complete it writes only the files that are missing or were changed. It passes over the
    /// samples of the finished trials, which takes less than a nanosecond a sample, and about 3 with autograd.
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
    /// At the article's settings it compares the article's estimators with its published numbers, digit for digit. At other
    /// settings, or with other estimators, it tests two numbers of each estimator against what theory expects: the mean of its
    /// gradients and their standard deviation over the trials. A run that is right fails at most once in a million times. What
    /// cannot be tested is left out and named with the reason, such as an infinite variance; what is tested only loosely is
    /// named, too.
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

fn parse_tolerance(text: &str) -> Result<f64, String> {
    let tolerance = text.parse().ok().filter(|tolerance: &f64| tolerance.is_finite() && *tolerance >= 0.0);
    tolerance.ok_or_else(|| "a number that is not negative, such as 1e-4, would be right".to_owned())
}
