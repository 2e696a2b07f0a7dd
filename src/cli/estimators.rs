//! The arguments that choose estimators.

use crate::command::Usage;
use clap::Args;
use klgrad::catalogue::{Entry, Query};
use klgrad::estimator::{Estimator, Row};
use klgrad::spelling::nearest;

#[derive(Args, Clone)]
pub struct EstimatorArgs {
    /// Estimators, with commas between them [default: k1,k2,k3,reverse_k1,reverse_k2 in reproduce; k1,k2,k3,abs,chi2,rho_k1,rho_k2,k1_to_go,k1_whole,k3_to_go,kl_full,kl_full_to_go in measure; k1,k2,k3,abs,chi2,k1_in_reward,k3_in_reward,k2_leave_one_out,k2_lambda,kl_full in train, of sequences k1,k2,k3,k1_in_reward,k1_to_go,k1_whole,k3_to_go,k2_sequence,kl_full,kl_full_to_go; elsewhere all that have a name and that the policies and a trial of so many samples can have]
    ///
    /// With D = log pi_theta - log pi_ref and r = exp(-D): k1 is D, k2 is D^2/2, k3 is r - 1 + D, reverse_k1 is -r D,
    /// reverse_k2 is r, abs is |D|, chi2 is 1/r - 1 - D. Each of these is a loss, whose value is differentiated. The first five
    /// are reward penalties with _in_reward behind the name (k1_in_reward): the value is held constant and multiplies the
    /// gradient of log pi_theta.
    ///
    /// rho_k1, rho_k2, rho_k3 are multiplied by rho, the ratio to the policy that drew the samples; sg_rho_k2, sg_rho_k3 by
    /// rho without its gradient; self_k2, self_k3 by a ratio whose value is 1 and which has a gradient. straight_through
    /// has the value of k3 and the gradient of k2. k1_clamped, k2_clamped, k3_clamped are clamped to -10 and 10.
    ///
    /// k2 may have a baseline lambda subtracted from D. k2_lambda takes the lambda of the least variance, for each parameter,
    /// from the trial's own samples, and k2_mean_baseline their mean; both are biased by the order of 1/sample-size.
    /// k2_leave_one_out takes the mean of the other samples, and is not biased. k2_lambda_shared takes one lambda for both
    /// parameters from the trial before. k2_lambda_printed and k2_lambda_shared_printed take the lambdas that the article prints.
    ///
    /// Over the tokens of a sequence: k1_to_go and k3_to_go are penalties in the reward with the return from each token on,
    /// k1_whole with that of the whole sequence; k2_sequence is k2 of the whole sequence's D; rho_sequence_k1_to_go is multiplied
    /// by the ratio of the whole sequence, rho_mean_k3 by its geometric mean. kl_full is the exact KL of the next token, over the
    /// whole vocabulary, and kl_full_to_go adds to it those of the later tokens. Baselines are of
    /// normals, and of the batches of train.
    ///
    /// Names of --estimator may stand here, too, and in train the options of frameworks, such as trl:kl_estimator=k3.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    estimators: Vec<String>,
    /// An estimator of your own, which is added to the others; may be repeated
    ///
    /// NAME = EXPRESSION, such as 'mine = clamp(k3, -10, 10)': the loss of a sample in terms of D = log pi_theta - log
    /// pi_ref, r = exp(-D), w = exp(D), logp, ref, old (the policy that drew the sample), rho = exp(logp - old), and the
    /// names of estimators, those of an earlier --estimator too. It may use + - * / ^, exp expm1 log log1p sqrt abs sign min
    /// max, clamp(x, lo, hi), where(a < b, x, y), sg(x) or detach(x), which stops the gradient, and reward(K), a reward penalty,
    /// which is sg(K) * logp. Over the tokens of a sequence there are sum(x), mean(x), after(x), the sum over this and the later
    /// tokens, length, and full(x), the sum over the whole vocabulary of pi_theta times x; of normals a sample is a sequence of one,
    /// and full is not known. Its bias is relative to the gradient of KL(theta||ref).
    #[arg(long, value_name = "NAME = EXPRESSION")]
    estimator: Vec<String>,
}

impl EstimatorArgs {
    /// Those that are named, or else the default ones; and behind them those that are defined and not named.
    pub fn or(self, default: Vec<Estimator>) -> Result<Vec<Estimator>, Usage> {
        let defined = defined(&self.estimator)?;
        let mut chosen = match &self.estimators[..] {
            [] => default,
            names => names.iter().map(|name| named(name.trim(), &defined)).collect::<Result<_, Usage>>()?,
        };
        let others: Vec<Estimator> = defined.into_iter().filter(|one| find(&chosen, one.name()).is_none()).collect();
        chosen.extend(others);
        Ok(chosen)
    }

    /// The same, where an option of a framework, such as trl:kl_estimator=k3, may stand among the names.
    pub fn or_of_frameworks(mut self, default: Vec<Estimator>) -> Result<Vec<Estimator>, Usage> {
        let (options, names): (Vec<String>, Vec<String>) =
            std::mem::take(&mut self.estimators).into_iter().partition(|name| name.contains(':'));
        let of_option = |option: &String| {
            let query: Query = option.parse().map_err(Usage)?;
            let entries = query.find().map_err(|unknown| Usage(unknown.to_string()))?;
            Ok::<_, Usage>(entries.into_iter().map(Entry::estimator))
        };
        let of_options: Vec<_> = options.iter().map(of_option).collect::<Result<_, _>>()?;
        let of_options = of_options.into_iter().flatten();
        let default = if options.is_empty() { default } else { Vec::new() };
        Ok(Self { estimators: names, ..self }.or(default)?.into_iter().chain(of_options).collect())
    }

    /// The same, where all are the default that a trial of so many samples can have.
    pub fn or_all(self, sample_size: usize) -> Result<Vec<Estimator>, Usage> {
        let all = Estimator::all().into_iter().filter(|estimator| estimator.fewest_samples() <= sample_size);
        self.or(all.collect())
    }
}

/// Each may use those before it.
pub(super) fn defined(definitions: &[String]) -> Result<Vec<Estimator>, Usage> {
    let mut defined = Vec::new();
    for definition in definitions {
        let estimator = Estimator::defined(definition, &defined)
            .map_err(|error| Usage(format!("--estimator '{definition}': {error}")))?;
        if find(&defined, estimator.name()).is_some() {
            return Err(Usage(format!("--estimator defines {} twice; another name would be right", estimator.name())));
        }
        defined.push(estimator);
    }
    Ok(defined)
}

pub(super) fn named(name: &str, defined: &[Estimator]) -> Result<Estimator, Usage> {
    find(defined, name).or_else(|| Estimator::named(name)).ok_or_else(|| unknown(name, defined))
}

fn find(estimators: &[Estimator], name: &str) -> Option<Estimator> {
    estimators.iter().find(|estimator| estimator.name() == name).cloned()
}

fn unknown(name: &str, defined: &[Estimator]) -> Usage {
    let of_tables = Row::all().map(|row| row.name);
    let known: Vec<String> = defined.iter().map(Estimator::name).chain(of_tables).map(str::to_owned).collect();
    let list = known.join(", ");
    Usage(match &nearest(name, known)[..] {
        _ if name.is_empty() => {
            format!(
                "--estimators lacks a name; one or more, such as k2,k3, would be right, and the known ones are {list}"
            )
        }
        [] => format!("--estimators names '{name}', which is unknown; the known ones are {list}"),
        near => format!(
            "--estimators names '{name}', which is unknown; did you mean {}? The known ones are {list}",
            near.join(" or ")
        ),
    })
}
