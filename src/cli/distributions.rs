//! The arguments for the distributions.

use crate::command::Usage;
use clap::Args;
use klgrad::experiment::Distributions;
use klgrad::number;
use klgrad::policy::Problem;

/// The policy and the reference. The article's settings are the defaults.
#[derive(Args, Clone)]
pub struct PairArgs {
    /// Mean of the policy pi_theta
    #[arg(long, value_name = "X", default_value_t = Distributions::default().mu_theta)]
    #[arg(allow_hyphen_values = true, value_parser = number::finite)]
    mu_theta: f64,
    /// Standard deviation of the policy pi_theta, positive
    #[arg(long, value_name = "X", default_value_t = Distributions::default().sigma_theta)]
    #[arg(allow_hyphen_values = true, value_parser = number::finite)]
    sigma_theta: f64,
    /// Mean of the reference pi_ref
    #[arg(long, value_name = "X", default_value_t = Distributions::default().mu_ref)]
    #[arg(allow_hyphen_values = true, value_parser = number::finite)]
    mu_ref: f64,
    /// Standard deviation of the reference pi_ref, positive
    #[arg(long, value_name = "X", default_value_t = Distributions::default().sigma_ref)]
    #[arg(allow_hyphen_values = true, value_parser = number::finite)]
    sigma_ref: f64,
}

/// The same, and the policy that draws the samples.
#[derive(Args, Clone)]
pub struct DistributionArgs {
    #[command(flatten)]
    pair: PairArgs,
    /// Mean of the policy that draws the samples, in expressions `old` [default: that of pi_theta]
    #[arg(long, value_name = "X", allow_hyphen_values = true, value_parser = number::finite)]
    mu_old: Option<f64>,
    /// Standard deviation of the policy that draws the samples, positive [default: that of pi_theta]
    #[arg(long, value_name = "X", allow_hyphen_values = true, value_parser = number::finite)]
    sigma_old: Option<f64>,
}

impl PairArgs {
    fn distributions(&self) -> Distributions {
        let &Self { mu_theta, sigma_theta, mu_ref, sigma_ref } = self;
        Distributions { mu_theta, sigma_theta, mu_ref, sigma_ref, mu_old: None, sigma_old: None }
    }

    pub fn problem(&self) -> Result<Problem, Usage> {
        Ok(self.distributions().problem()?)
    }
}

impl DistributionArgs {
    pub fn distributions(&self) -> Distributions {
        Distributions { mu_old: self.mu_old, sigma_old: self.sigma_old, ..self.pair.distributions() }
    }

    pub fn problem(&self) -> Result<Problem, Usage> {
        Ok(self.distributions().problem()?)
    }
}
