//! The arguments that choose losses for an audit.

use super::estimators::{defined, named};
use crate::command::Usage;
use clap::Args;
use klgrad::audit::Loss;
use klgrad::catalogue::Query;
use klgrad::estimator::Estimator;

#[derive(Args)]
pub struct LossArgs {
    /// Losses, with commas between them: names of estimators, and options of frameworks such as trl:kl_estimator=k3 [default: k1,k2,k3,k3_clamped]
    ///
    /// `klgrad explain` lists the estimators, `klgrad frameworks` the options. One that subtracts a baseline over a batch, or sums
    /// over the whole vocabulary, cannot be computed from logs. Names of --estimator may stand here, too.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    estimators: Vec<String>,
    /// A loss of your own, which is added to the others; may be repeated
    ///
    /// NAME = EXPRESSION, such as 'mine = clamp(k3, -10, 10)', in terms of D = log policy - log ref, r = exp(-D), w = exp(D), logp,
    /// ref, old (the sampler), rho = exp(logp - old), and the names of estimators. `klgrad theory --help` has the language.
    #[arg(long, value_name = "NAME = EXPRESSION")]
    estimator: Vec<String>,
}

impl LossArgs {
    /// Those that are named, or else the default ones; and behind them those that are defined and not named.
    pub fn losses(self) -> Result<Vec<Loss>, Usage> {
        let defined = defined(&self.estimator)?;
        let mut losses = match &self.estimators[..] {
            [] => Loss::defaults(),
            names => {
                let of_names = names.iter().map(|name| of_name(name.trim(), &defined));
                of_names.collect::<Result<Vec<_>, _>>()?.concat()
            }
        };
        for estimator in &defined {
            if !losses.iter().any(|loss| loss.name == estimator.name()) {
                losses.push(of_estimator(estimator)?);
            }
        }
        let twice = losses
            .iter()
            .enumerate()
            .find(|(place, loss)| losses[..*place].iter().any(|other| other.name == loss.name));
        match twice {
            Some((_, loss)) => Err(Usage(format!("--estimators names {} twice; once would be right", loss.name))),
            None => Ok(losses),
        }
    }
}

fn of_name(name: &str, defined: &[Estimator]) -> Result<Vec<Loss>, Usage> {
    if !name.contains(':') {
        return Ok(vec![of_estimator(&named(name, defined)?)?]);
    }
    let query: Query = name.parse().map_err(Usage)?;
    Loss::of_catalogue(&query).map_err(|unknown| Usage(unknown.to_string()))
}

fn of_estimator(estimator: &Estimator) -> Result<Loss, Usage> {
    Loss::of(estimator).map_err(|refusal| Usage(format!("--estimators: {refusal}")))
}
