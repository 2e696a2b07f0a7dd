//! The arguments of `klgrad sweep`.

use super::{DistributionArgs, all_or, parse_seed};
use clap::Args;
use klgrad::experiment::{InvalidSetting, Settings};
use klgrad::number;
use klgrad::sweep::Range;
use std::path::PathBuf;

#[derive(Args)]
pub struct Sweep {
    /// What varies: mu-theta, sigma-theta, mu-ref or sigma-ref from START to END in so many POINTS; once or twice
    #[arg(long = "over", value_name = "SETTING=START:END:POINTS", required = true, value_parser = str::parse::<Range>)]
    pub over: Vec<Range>,
    #[command(flatten)]
    pub distributions: DistributionArgs,
    /// Estimators, with commas between them, as `klgrad reproduce` has them [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub estimators: Vec<String>,
    /// Run an experiment of so many trials at each point
    #[arg(long, value_name = "N", visible_alias = "trials", allow_negative_numbers = true, value_parser = number::count)]
    pub num_trials: Option<usize>,
    /// Samples in a trial of these
    #[arg(long, value_name = "N", default_value_t = Settings::default().sample_size, requires = "num_trials")]
    #[arg(allow_negative_numbers = true, value_parser = number::count)]
    pub sample_size: usize,
    /// Seed of libtorch's random generator at the first point, as `klgrad reproduce` has it; each further point has one more
    #[arg(long, value_name = "N", default_value_t = Settings::default().seed)]
    #[arg(allow_hyphen_values = true, value_parser = parse_seed, requires = "num_trials")]
    pub seed: i64,
    /// Folder for sweep.csv, sweep.png, sweep.svg and, with --num-trials, monte_carlo.csv; created where it is missing
    #[arg(long, value_name = "DIR", default_value = "output")]
    pub output: PathBuf,
    /// Print nothing but errors
    #[arg(long)]
    pub quiet: bool,
}

impl TryFrom<Sweep> for klgrad::sweep::Sweep {
    type Error = InvalidSetting;

    fn try_from(args: Sweep) -> Result<Self, InvalidSetting> {
        let estimators = all_or(&args.estimators);
        let Sweep { sample_size, seed, .. } = args;
        for range in &args.over {
            let fixed = range.setting.of(&args.distributions.clone().settings());
            if fixed != range.setting.of(&Settings::default()) {
                let setting = range.setting;
                let both = format!("--{setting} is {fixed:?}, but --over varies it; one of the two would be right");
                return Err(InvalidSetting::new(both));
            }
        }
        let num_trials = args.num_trials.unwrap_or(Settings::default().num_trials);
        if num_trials < 2 {
            return Err(InvalidSetting::new(format!(
                "--num-trials is {num_trials}, but a standard error takes at least 2"
            )));
        }
        let base = Settings { sample_size, num_trials, seed, estimators, ..args.distributions.settings() };
        Self::new(base, args.over)
    }
}
