//! Whether the sampler is still the policy.

use super::grid::Section;
use super::number::{share, short};
use crate::audit::{Audit, Sampler};

/// What is known of w.
pub(crate) fn sampler(audit: &Audit) -> Section {
    let title = "Sampler and policy".to_owned();
    let Some(sampler) = &audit.all.sampler else {
        let note = "There is but one column of a policy, so nothing is known of who drew the tokens: --rollout KEY, --old KEY \
                    and --policy KEY name others.";
        return Section { title, notes: vec![note.to_owned()], ..Section::default() };
    };
    Section {
        title,
        about: vec![format!("{} of a token that {} drew.", weight(audit), drawn(audit))],
        facts: facts(sampler),
        ..Section::default()
    }
}

/// What w is.
pub(crate) fn weight(audit: &Audit) -> String {
    let [upper, lower] = compared(audit);
    format!("w = exp({upper} - {lower})")
}

fn drawn(audit: &Audit) -> &'static str {
    compared(audit)[1]
}

/// The old policy against the rollout; where one of them is missing, the current policy in place of the first.
fn compared(audit: &Audit) -> [&'static str; 2] {
    let has = |role: &str| audit.columns.contains_key(role);
    match (has("rollout"), has("old")) {
        (true, true) => ["old", "rollout"],
        (true, false) => ["policy", "rollout"],
        (false, _) => ["policy", "old"],
    }
}

fn facts(sampler: &Sampler) -> Vec<(String, String)> {
    let number = |value: Option<f64>| value.map_or("- (beyond 64-bit floats)".to_owned(), short);
    let part = |value: Option<f64>| value.map_or("- (beyond 64-bit floats)".to_owned(), share);
    let facts = [
        ("mean |log w|", number(sampler.mean_abs)),
        ("largest |log w|", short(sampler.max_abs)),
        ("k1", format!("{}, the mean of -log w", number(sampler.k1))),
        ("k3", format!("{}, the mean of w - 1 - log w (mismatch KL)", number(sampler.k3))),
        ("effective sample", format!("{} of the tokens, (sum w)^2 / (n sum w^2) over all of them", part(sampler.ess))),
        ("  per sequence", format!("{} on average over sequences, each by itself", part(sampler.ess_sequence_mean))),
        ("beyond 0.8 to 1.2", format!("w is there for {} of the tokens", share(sampler.beyond_narrow))),
        ("beyond 0.5 to 2", format!("w is there for {} of the tokens", share(sampler.beyond_wide))),
    ];
    facts.map(|(label, text)| (label.to_owned(), text)).into()
}
