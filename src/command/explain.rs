//! `klgrad explain`: which divergence a loss descends.

use super::Usage;
use super::terminal::{print, print_text, width};
use crate::cli::{Explain, Format};
use anyhow::{Context, Result};
use klgrad::catalogue::{Entry, Line, Page, Query, draw, framework, frameworks_with, pages};
use klgrad::estimator::expr::{self, Expr};
use klgrad::estimator::{Estimator, Row, Table};
use klgrad::explain::is_explained;
use klgrad::export::{self, Output};
use klgrad::spelling::nearest;
use klgrad::{figure, report};
use std::path::Path;
use std::process::ExitCode;

const ROWS: &str = "explain.csv";
const FIGURE_PNG: &str = "explain.png";
const FIGURE_SVG: &str = "explain.svg";

/// A name, if it has one, the loss as it is written, and as data.
type Loss = (Option<String>, String, Expr);

pub fn explain(args: Explain) -> Result<ExitCode> {
    let losses = args.what.as_deref().map_or_else(|| Ok(all()), losses)?;
    if let Some((.., text, _)) = losses.iter().find(|(.., loss)| !is_explained(loss)) {
        let right = "klgrad explain needs it as a term of the loss itself, such as full(D) + k3";
        return Err(Usage(format!("in {text}, full stands within another function; {right}")).into());
    }
    if let Some(folder) = &args.output {
        export::prepare_folder(folder, &[ROWS, FIGURE_PNG, FIGURE_SVG])?;
    }
    let pages = pages(losses);
    match args.format {
        Format::Text if args.what.is_none() => print_text(&report::follows(&pages, width()))?,
        Format::Text => print_text(&report::explain(&pages, width()))?,
        Format::Csv => print(&csv(&pages)?)?,
        Format::Json => print(&(serde_json::to_string_pretty(&pages)? + "\n"))?,
        Format::Markdown => print(&report::explain_markdown(&pages))?,
    }
    if let Some(folder) = &args.output {
        write(folder, &pages)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn csv(pages: &[Page]) -> Result<String> {
    export::csv(&pages.iter().map(Line::from).collect::<Vec<_>>())
}

fn write(folder: &Path, pages: &[Page]) -> Result<()> {
    let figure = |format| draw(pages, format).context("cannot draw the figure");
    export::write(&[
        Output::of_bytes(folder.join(ROWS), csv(pages)?.into_bytes()),
        Output::of_bytes(folder.join(FIGURE_PNG), figure(figure::Format::Png)?),
        Output::of_bytes(folder.join(FIGURE_SVG), figure(figure::Format::Svg)?),
    ])
}

/// Every estimator that has a name.
fn all() -> Vec<Loss> {
    Row::all().map(of_row).collect()
}

fn of_row(row: &Row) -> Loss {
    (Some(row.name.to_owned()), row.expression.to_owned(), row.estimator().expression().clone())
}

/// What a text names: an option of a framework, an estimator, or a loss of the user's own.
fn losses(text: &str) -> Result<Vec<Loss>, Usage> {
    if text.contains(':') {
        let query: Query = text.parse().map_err(Usage)?;
        let found = query.find().map_err(|unknown| Usage(unknown.to_string()))?;
        return Ok(found.into_iter().map(of_entry).collect());
    }
    if let Some(right) = of_frameworks(text) {
        return Err(Usage(right));
    }
    if let Some(row) = Row::named(text.trim()) {
        return Ok(vec![of_row(row)]);
    }
    if let Some((name, expression)) = text.split_once('=')
        && let Ok(estimator) = Estimator::defined(text, &[])
    {
        let named = (Some(name.trim().to_owned()), expression.trim().to_owned(), estimator.expression().clone());
        return Ok(vec![named]);
    }
    let loss = Expr::parse_loss(text, &Table).map_err(|error| refused(text, &error))?;
    Ok(vec![(None, text.trim().to_owned(), loss)])
}

/// What would be right where a text names a framework or an option, and not whose that is.
fn of_frameworks(text: &str) -> Option<String> {
    let name = text.trim();
    if framework(name).is_ok() {
        let right = format!("{name}:OPTION=VALUE, or klgrad frameworks {name}, would be right");
        return Some(format!("'{name}' is a framework; {right}"));
    }
    let (option, value) = text.split_once('=').unwrap_or((text, ""));
    let frameworks = frameworks_with(option.trim());
    let queries = frameworks.iter().map(|framework| format!("{framework}:{}", text.trim())).collect::<Vec<_>>();
    let is_option = !frameworks.is_empty() && Estimator::named(option.trim()).is_none() && !value.contains(['(', '*']);
    is_option.then(|| format!("'{}' is an option; did you mean {}?", option.trim(), queries.join(" or ")))
}

/// What is wrong with a loss; a single word may have been meant for an estimator's name.
fn refused(text: &str, error: &expr::Error) -> Usage {
    let is_word = text.trim().chars().all(|c| c.is_alphanumeric() || c == '_');
    let near = nearest(text.trim(), Row::all().map(|row| row.name.to_owned()));
    match near.is_empty() || !is_word {
        true => Usage(error.to_string()),
        false => Usage(format!("'{}' is no estimator; did you mean {}?", text.trim(), near.join(" or "))),
    }
}

fn of_entry(entry: &'static Entry) -> Loss {
    (Some(entry.name()), entry.loss.clone(), entry.expression())
}
