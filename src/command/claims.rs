//! `klgrad claims`: the article's equations as numbers.

use super::terminal::{print, print_text, width};
use crate::cli::{Claims, Format};
use anyhow::Result;
use klgrad::claims;
use klgrad::{export, report};
use std::process::ExitCode;

/// The form of a claim in JSON.
const SCHEMA: &str = "klgrad.claims.1";

pub fn claims(args: Claims) -> Result<ExitCode> {
    let format = args.format;
    let problem = args.distributions.problem()?;
    let claims = claims::claims(&problem);
    match format {
        Format::Text => {
            let head = report::distributions(&problem) + &report::notation(width());
            print_text(&(head + "\n" + &report::claims(&claims, width())))?;
        }
        Format::Csv => print(&export::csv(&claims)?)?,
        Format::Json => print(&export::json(SCHEMA, &claims)?)?,
        Format::Markdown => print(&report::claims_markdown(&claims))?,
    }
    Ok(ExitCode::SUCCESS)
}
