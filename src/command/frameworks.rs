//! `klgrad frameworks`: the field's catalogue.

use super::Usage;
use super::terminal::{print, print_text, width};
use crate::cli::{Format, Frameworks};
use anyhow::Result;
use klgrad::catalogue::{Listed, Placement, entries, framework, listed};
use klgrad::spelling::nearest;
use klgrad::{export, report};
use std::process::ExitCode;

pub fn frameworks(args: Frameworks) -> Result<ExitCode> {
    let listed = chosen(&args)?;
    match args.format {
        Format::Text if args.framework.is_some() => print_text(&report::frameworks_in_full(&listed, width()))?,
        Format::Text => print_text(&(report::frameworks(&listed, width()) + &count(&listed)))?,
        Format::Csv => print(&export::csv(&listed.iter().map(Listed::line).collect::<Vec<_>>())?)?,
        Format::Json => {
            let objects: Vec<_> = listed.iter().map(Listed::object).collect();
            print(&(serde_json::to_string_pretty(&objects)? + "\n"))?;
        }
        Format::Markdown => print(&report::frameworks_markdown(&listed))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn chosen(args: &Frameworks) -> Result<Vec<Listed>, Usage> {
    let of_framework = match &args.framework {
        Some(name) => framework(name).map_err(|unknown| Usage(unknown.to_string()))?,
        None => entries().iter().collect(),
    };
    let placement = args.placement.map(Placement::from);
    let kept = of_framework.into_iter().filter(|entry| {
        (!args.default || entry.is_default()) && placement.is_none_or(|placement| entry.placement == placement)
    });
    let mut listed = listed(kept);
    if let Some(divergence) = &args.follows {
        let all: Vec<String> = listed.iter().map(|listed| listed.follows.to_string()).collect();
        let wanted = divergence.trim();
        listed.retain(|listed| {
            let follows = listed.follows.to_string();
            let without_subject = follows.trim_end_matches(" [ref = old]");
            [follows.as_str(), without_subject].iter().any(|follows| follows.eq_ignore_ascii_case(wanted))
        });
        if listed.is_empty() {
            return Err(none_follows(divergence, all));
        }
    }
    match listed.is_empty() {
        true => Err(Usage("no term of the catalogue is all of that; fewer filters would be right".to_owned())),
        false => Ok(listed),
    }
}

fn none_follows(divergence: &str, mut all: Vec<String>) -> Usage {
    all.sort();
    all.dedup();
    let rest = match &nearest(divergence, all.clone())[..] {
        [] => format!("what they follow is one of: {}", all.join(", ")),
        near => format!("did you mean {}?", near.join(" or ")),
    };
    Usage(format!("--follows: no term here follows '{divergence}'; {rest}"))
}

fn count(listed: &[Listed]) -> String {
    let defaults = listed.iter().filter(|listed| listed.entry.is_default());
    let others = defaults.clone().filter(|listed| listed.follows.to_string() != "KL(theta||ref)").count();
    format!(
        "{} terms; {} of them are the default of their option, and {others} of these follow something other than \
         KL(theta||ref)\n",
        listed.len(),
        defaults.count()
    )
}
