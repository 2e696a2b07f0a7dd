//! `klgrad claims`: the article's equations as numbers.

use super::terminal::{print, print_text, width};
use crate::cli::{Claims, Format};
use anyhow::Result;
use klgrad::claims;
use klgrad::experiment::Experiment;
use klgrad::{export, report};
use std::process::ExitCode;

pub fn claims(args: Claims) -> Result<ExitCode> {
    let format = args.format;
    let experiment = Experiment::try_from(args.distributions)?;
    let claims = claims::claims(&experiment);
    match format {
        Format::Text => {
            let head = report::distributions(&experiment) + &report::notation(width());
            print_text(&(head + "\n" + &report::claims(&claims, width())))?;
        }
        Format::Csv => print(&export::csv(&claims)?)?,
        Format::Json => print(&(serde_json::to_string_pretty(&claims)? + "\n"))?,
    }
    Ok(ExitCode::SUCCESS)
}
