//! The arguments of `klgrad sweep`.

use super::theory::AggregateArg;
use super::{DistributionArgs, EstimatorArgs, parse_seed};
use crate::command::{Usage, check_trials, option};
use clap::Args;
use klgrad::estimator::Estimator;
use klgrad::experiment::{Distributions, Run, Setting};
use klgrad::number;
use klgrad::pair::Made;
use klgrad::sweep::Range;
use klgrad::sweep::tokens::TokenSweep;
use klgrad::theory::softmax::Aggregate;
use std::path::PathBuf;

#[derive(Args)]
pub struct Sweep {
    /// What varies from START to END in so many POINTS, once or twice: mu-theta, sigma-theta, mu-ref, sigma-ref, mu-old or sigma-old of normals; kl, old-kl, vocabulary or max-length of softmax policies
    ///
    /// The points have the same distance, as in mu-ref=0:3:61, or, with `log:` before START, the same ratio, as in
    /// sigma-ref=log:0.1:10:61; START and END then have the same sign. Both are points themselves, to the last digit.
    #[arg(long = "over", value_name = "SETTING=[log:]START:END:POINTS", required = true, value_parser = str::parse::<Range>)]
    pub over: Vec<Range>,
    #[command(flatten)]
    pub distributions: DistributionArgs,
    #[command(flatten)]
    pub estimators: EstimatorArgs,
    /// Run an experiment of so many trials at each point; of softmax policies, take so many where theory is not exact [default there: 100]
    #[arg(long, value_name = "N", visible_alias = "trials", allow_negative_numbers = true, value_parser = number::count)]
    pub num_trials: Option<usize>,
    /// Samples in a trial of these [default: 50000, of softmax policies 1000]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = number::count)]
    pub sample_size: Option<usize>,
    /// Seed of the random generator at the first point, to which each further point of normals adds one; of softmax policies, the first seed of each point [default: 42]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = parse_seed)]
    pub seed: Option<i64>,
    /// Folder for sweep.csv, sweep.png, sweep.svg and, with --num-trials, monte_carlo.csv; created where it is missing
    #[arg(long, value_name = "DIR", default_value = "output")]
    pub output: PathBuf,
    /// Print nothing but errors
    #[arg(long)]
    pub quiet: bool,
    #[command(flatten)]
    pub made: MadeArgs,
}

/// Softmax policies, where one of their settings varies.
#[derive(Args, Clone)]
#[command(next_help_heading = "Softmax policies, as in klgrad theory")]
pub struct MadeArgs {
    /// How many tokens there are
    #[arg(long, value_name = "V", allow_negative_numbers = true, value_parser = number::count)]
    vocabulary: Option<usize>,
    /// KL(theta||ref) in nats per token
    #[arg(long, value_name = "X", allow_hyphen_values = true, value_parser = number::finite)]
    kl: Option<f64>,
    /// KL(old||theta) in nats per token [default: pi_theta draws the samples]
    #[arg(long, value_name = "Y", allow_hyphen_values = true, value_parser = number::finite)]
    old_kl: Option<f64>,
    /// A sequence is cut after so many tokens [default: one token is drawn]
    #[arg(long, value_name = "T", allow_negative_numbers = true, value_parser = number::count)]
    max_length: Option<usize>,
    /// Made policies at each point, of which the median and the range are shown [default: 1]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = number::count)]
    seeds: Option<usize>,
    /// How the tokens of a sequence make one loss [default: token-sum]
    #[arg(long, value_enum)]
    aggregate: Option<AggregateArg>,
}

impl MadeArgs {
    /// The options that are given.
    fn given(&self) -> Vec<&'static str> {
        let Self { vocabulary, kl, old_kl, max_length, seeds, aggregate } = self;
        let all = [
            ("--vocabulary", vocabulary.is_some()),
            ("--kl", kl.is_some()),
            ("--old-kl", old_kl.is_some()),
            ("--max-length", max_length.is_some()),
            ("--seeds", seeds.is_some()),
            ("--aggregate", aggregate.is_some()),
        ];
        all.into_iter().filter(|(_, is_given)| *is_given).map(|(name, _)| name).collect()
    }

    /// The policies, but for what varies.
    fn base(&self, ranges: &[Range], seed: i64) -> Result<Made, Usage> {
        let varies = |setting| ranges.iter().any(|range| range.setting == setting);
        let settings = [
            (Setting::Vocabulary, self.vocabulary.is_some()),
            (Setting::Kl, self.kl.is_some()),
            (Setting::OldKl, self.old_kl.is_some()),
            (Setting::MaxLength, self.max_length.is_some()),
        ];
        if let Some((setting, _)) = settings.into_iter().find(|&(setting, is_given)| is_given && varies(setting)) {
            let option = option(setting);
            return Err(Usage(format!("{option} is given, but --over varies it; one of the two would be right")));
        }
        let missing = [Setting::Vocabulary, Setting::Kl].map(|setting| (setting, varies(setting)));
        for (setting, varies) in missing {
            let is_given = if setting == Setting::Kl { self.kl.is_some() } else { self.vocabulary.is_some() };
            if !varies && !is_given {
                let option = option(setting);
                let example = if setting == Setting::Kl { "0.01" } else { "1000" };
                return Err(Usage(format!(
                    "{option} is missing, which a sweep over softmax policies needs; {option} {example}, say, would be right"
                )));
            }
        }
        // What varies is set at each point.
        let (vocabulary, kl) = (self.vocabulary.unwrap_or(2), self.kl.unwrap_or(1.0));
        Ok(Made { vocabulary, kl, old_kl: self.old_kl, max_length: self.max_length, seed })
    }
}

impl Sweep {
    /// Whether it is over softmax policies.
    pub fn is_of_tokens(&self) -> Result<bool, Usage> {
        let of_tokens = self.over.iter().filter(|range| range.is_of_tokens()).count();
        match (of_tokens, self.made.given().first()) {
            (0, Some(option)) => Err(Usage(format!(
                "{option} is of softmax policies, but --over varies a setting of normals; kl, old-kl, vocabulary or \
                 max-length would be right there"
            ))),
            (0, None) => Ok(false),
            (count, _) if count < self.over.len() => {
                let reason =
                    "--over varies a setting of normals and one of softmax policies; two of one kind would be right";
                Err(Usage(reason.to_owned()))
            }
            _ => Ok(true),
        }
    }

    pub fn tokens(self) -> Result<TokenSweep, Usage> {
        if self.distributions.distributions() != Distributions::default() {
            let reason = "means and standard deviations are of normals, but --over varies a setting of softmax policies; \
                          none of them would be right there";
            return Err(Usage(reason.to_owned()));
        }
        self.num_trials.map_or(Ok(()), check_trials)?;
        let base = self.made.base(&self.over, self.seed.unwrap_or(Run::default().seed))?;
        let in_sequences =
            base.max_length.is_some() || self.over.iter().any(|range| range.setting == Setting::MaxLength);
        let estimators = self.estimators.or(Estimator::of_tokens(in_sequences))?;
        let aggregate = self.made.aggregate.map(Aggregate::from).unwrap_or_default();
        Ok(TokenSweep::new(base, self.over, self.made.seeds.unwrap_or(1), estimators, aggregate)?)
    }

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
        let num_trials = self.num_trials.unwrap_or(Run::default().num_trials);
        if num_trials < 2 {
            return Err(Usage(format!("--num-trials is {num_trials}, but a standard error takes at least 2")));
        }
        if self.num_trials.is_none() && (self.sample_size.is_some() || self.seed.is_some()) {
            let reason = "--sample-size and --seed are of samples, and theory draws none; --num-trials would be right";
            return Err(Usage(reason.to_owned()));
        }
        let Run { sample_size, seed, .. } = Run::default();
        let (sample_size, seed) = (self.sample_size.unwrap_or(sample_size), self.seed.unwrap_or(seed));
        let run = Run { sample_size, num_trials, seed };
        Ok(klgrad::sweep::Sweep::new(base, run, self.estimators.or_all(sample_size)?, self.over)?)
    }
}
