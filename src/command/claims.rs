//! `klgrad claims`: the article's equations as numbers.

use super::terminal::print;
use crate::cli::{Claims, Format};
use anyhow::Result;
use klgrad::claims;
use klgrad::experiment::Experiment;
use klgrad::{export, report};
use std::process::ExitCode;

/// What the symbols of the equations stand for.
const NOTATION: &str = "D = log pi_theta(x) - log pi_ref(x), r = pi_ref(x) / pi_theta(x), s = grad log pi_theta(x), \
                        E under pi_theta, E_ref under pi_ref\n";

pub fn claims(args: Claims) -> Result<ExitCode> {
    let format = args.format;
    let experiment = Experiment::try_from(args.distributions)?;
    let claims = claims::claims(&experiment);
    print(&match format {
        Format::Text => report::distributions(&experiment) + NOTATION + "\n" + &report::claims(&claims),
        Format::Csv => export::csv(&claims)?,
        Format::Json => serde_json::to_string_pretty(&claims)? + "\n",
    })?;
    Ok(ExitCode::SUCCESS)
}
