//! KL(policy||ref), by three estimators.

use super::grid::{Cell, Column, Grid, Section};
use super::number::{share, short};
use crate::audit::{Audit, Estimate, Kl};

/// Above it a mean is not to be trusted.
const THRESHOLD: f64 = 0.7;

/// The estimates, and what is to be known of D.
pub(crate) fn kl(audit: &Audit) -> Section {
    let title = "KL(policy||ref), in nats".to_owned();
    let Some(kl) = &audit.all.kl else {
        return Section { title, notes: vec![no_kl(audit)], ..Section::default() };
    };
    let about = "D = log policy - log ref of a token; k1 = D, k2 = D^2 / 2, k3 = exp(-D) - 1 + D.".to_owned();
    Section { title, about: vec![about], grids: vec![grid(kl)], facts: facts(audit, kl), notes: notes(kl) }
}

fn no_kl(audit: &Audit) -> String {
    match audit.columns.contains_key("ref") {
        true => "There is no KL: no token is left that counts and has both a policy and a reference.".to_owned(),
        false => {
            "There is no KL: no column was taken for the reference. --ref KEY names it; ref_logp, ref_log_prob and the \
                  like are found without."
                .to_owned()
        }
    }
}

fn grid(kl: &Kl) -> Grid {
    let rows = [("k1", kl.k1), ("k2", kl.k2), ("k3", kl.k3)];
    let mut columns = vec![Column::of("estimator", &rows, |(name, _)| Cell::Text((*name).to_owned()))];
    columns.extend(estimates("", &rows.map(|(_, estimate)| estimate)));
    if let Some(weighted) = &kl.weighted {
        columns.extend(estimates("weighted ", &[weighted.k1, weighted.k2, weighted.k3]));
    }
    Grid { caption: "KL(policy||ref) by estimator, in nats".to_owned(), columns }
}

fn estimates(before: &str, rows: &[Estimate]) -> [Column; 3] {
    [
        Column::of(format!("{before}mean"), rows, |estimate| Cell::Number(estimate.mean)),
        Column::of(format!("{before}standard error"), rows, |estimate| Cell::Number(estimate.standard_error)),
        Column::of(format!("{before}per sequence"), rows, |estimate| Cell::Number(estimate.per_sequence)),
    ]
}

fn facts(audit: &Audit, kl: &Kl) -> Vec<(String, String)> {
    let no_top = || if kl.k3.mean.is_none() { "- (k3 is beyond 64-bit floats)".to_owned() } else { beyond_steps() };
    let top = kl.top_share.map_or_else(no_top, |part| format!("its tokens carry {} of k3", share(part)));
    let mut facts = vec![
        ("largest |D|", short(kl.max_abs)),
        ("rounding floor", floor(kl)),
        ("quantiles of D", quantiles(kl)),
        ("top 0.1%", top),
        ("Pareto k of r", pareto(audit.all.tail.r, "k3")),
    ];
    if kl.weighted.is_some() {
        facts.push(("Pareto k of rho", pareto(audit.all.tail.rho, "what is weighted")));
    }
    facts.into_iter().map(|(label, text)| (label.to_owned(), text)).collect()
}

fn floor(kl: &Kl) -> String {
    let floor = short(kl.rounding_floor);
    match kl.k3.mean {
        Some(mean) if kl.rounding_floor > 0.0 => {
            let times = short(mean / kl.rounding_floor);
            format!("{floor}: k2 and k3 were that if D were nothing but rounding; k3 is {times} times as much")
        }
        _ => format!("{floor}: k2 and k3 were that if D were nothing but the rounding of what is stored"),
    }
}

fn quantiles(kl: &Kl) -> String {
    if kl.quantiles.is_empty() {
        return beyond_steps();
    }
    let of = kl.quantiles.iter().map(|quantile| format!("{}: {}", percent(quantile.at), short(quantile.log_ratio)));
    of.collect::<Vec<_>>().join(", ")
}

fn percent(at: f64) -> String {
    // 0.999 times 100 has digits that nobody wrote.
    format!("{}%", (at * 1e6).round() / 1e4)
}

fn beyond_steps() -> String {
    "- (they are left out where there are too many steps)".to_owned()
}

/// What a Pareto index says of a mean.
fn pareto(index: Option<f64>, of: &str) -> String {
    match index {
        None => "- (the tail has too few values)".to_owned(),
        Some(index) if index > THRESHOLD => {
            format!("{}: above {THRESHOLD}, so the mean of {of} is not to be trusted", short(index))
        }
        Some(index) => {
            format!("{}: not above {THRESHOLD}, beyond which the mean of {of} is not to be trusted", short(index))
        }
    }
}

fn notes(kl: &Kl) -> Vec<String> {
    let all = [kl.k1, kl.k2, kl.k3];
    let mut notes = vec![
        "mean: over tokens, with its standard error over sequences. per sequence: the mean of the sums over sequences."
            .to_owned(),
    ];
    if kl.weighted.is_some() {
        notes.push(
            "weighted: each token by rho = policy / sampler, as if the policy had drawn it; without, the estimates are those \
             of tokens that another policy drew."
                .to_owned(),
        );
    }
    if all.iter().any(|estimate| estimate.standard_error.is_none()) {
        notes.push("A standard error takes two sequences or more; a dash is one that cannot be had.".to_owned());
    }
    if all.iter().any(|estimate| estimate.mean.is_none()) {
        notes.push("A mean that is a dash is beyond 64-bit floats.".to_owned());
    }
    notes
}
