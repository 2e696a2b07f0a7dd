//! The arguments of `klgrad sweep`.

use super::{DistributionArgs, EstimatorArgs, parse_seed};
use crate::command::{Usage, option};
use clap::Args;
use klgrad::experiment::{Distributions, Run};
use klgrad::number;
use klgrad::sweep::Range;
use std::path::PathBuf;

#[derive(Args)]
pub struct Sweep {
    /// What varies: mu-theta, sigma-theta, mu-ref, sigma-ref, mu-old or sigma-old from START to END in so many POINTS; once or twice
    ///
    /// The points have the same distance, as in mu-ref=0:3:61, or, with `log:` before START, the same ratio, as in
    /// sigma-ref=log:0.1:10:61; START and END then have the same sign. Both are points themselves, to the last digit.
    #[arg(long = "over", value_name = "SETTING=[log:]START:END:POINTS", required = true, value_parser = str::parse::<Range>)]
    pub over: Vec<Range>,
    #[command(flatten)]
    pub distributions: DistributionArgs,
    #[command(flatten)]
    pub estimators: EstimatorArgs,
    /// Run an experiment of so many trials at each point
    #[arg(long, value_name = "N", visible_alias = "trials", allow_negative_numbers = true, value_parser = number::count)]
    pub num_trials: Option<usize>,
    /// Samples in a trial of these
    #[arg(long, value_name = "N", default_value_t = Run::default().sample_size, requires = "num_trials")]
    #[arg(allow_negative_numbers = true, value_parser = number::count)]
    pub sample_size: usize,
    /// Seed of libtorch's random generator at the first point, as `klgrad reproduce` has it; each further point has one more
    #[arg(long, value_name = "N", default_value_t = Run::default().seed)]
    #[arg(allow_hyphen_values = true, value_parser = parse_seed, requires = "num_trials")]
    pub seed: i64,
    /// Folder for sweep.csv, sweep.png, sweep.svg and, with --num-trials, monte_carlo.csv; created where it is missing
    #[arg(long, value_name = "DIR", default_value = "output")]
    pub output: PathBuf,
    /// Print nothing but errors
    #[arg(long)]
    pub quiet: bool,
}

impl Sweep {
    pub fn grid(self) -> Result<klgrad::sweep::Sweep, Usage> {
        let base = self.distributions.distributions();
        for range in &self.over {
            let (setting, fixed) = (range.setting, base.get(range.setting));
            if fixed != Distributions::default().get(setting) {
                let (option, fixed) = (option(setting), fixed.unwrap_or(f64::NAN));
                return Err(Usage(format!(
                    "{option} is {fixed:?}, but --over varies it; one of the two would be right"
                )));
            }
        }
        if cfg!(not(feature = "libtorch")) && self.num_trials.is_some() {
            let reason = "--num-trials asks for samples, which this klgrad, built without libtorch, cannot draw";
            return Err(Usage(reason.to_owned()));
        }
        let num_trials = self.num_trials.unwrap_or(Run::default().num_trials);
        if num_trials < 2 {
            return Err(Usage(format!("--num-trials is {num_trials}, but a standard error takes at least 2")));
        }
        let run = Run { sample_size: self.sample_size, num_trials, seed: self.seed };
        Ok(klgrad::sweep::Sweep::new(base, run, self.estimators.or_all(self.sample_size)?, self.over)?)
    }
}
