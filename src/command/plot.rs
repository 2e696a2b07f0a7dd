//! `klgrad plot`: draw the figure of an earlier run again.

use super::Usage;
use super::terminal::warn;
use crate::cli::Plot;
use anyhow::{Context, Result};
use klgrad::export::{self, Output};
use klgrad::figure::{self, Format};
use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

pub fn plot(args: Plot) -> Result<ExitCode> {
    let output = args.output.unwrap_or_else(|| args.folder.join("figure.png"));
    let format = format_of(&output)?;
    let (mut gradients, rows) = export::read_complete(&args.folder)?;
    let panels = figure::panels(&mut gradients, &rows)?;
    let bytes = figure::draw(&panels, format).context("cannot draw the figure")?;
    export::write(&[Output::of_bytes(output, bytes)])?;
    figure::left_out(&panels).iter().for_each(|warning| warn(warning));
    Ok(ExitCode::SUCCESS)
}

fn format_of(file: &Path) -> Result<Format> {
    match file.extension().and_then(OsStr::to_str) {
        Some("png") => Ok(Format::Png),
        Some("svg") => Ok(Format::Svg),
        _ => Err(Usage(format!("--output is {}, but its name must end in .png or .svg", file.display())).into()),
    }
}
