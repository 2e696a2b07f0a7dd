//! The article's equations as a table.

use super::number;
use crate::claims::{Agreement, Claim};
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use std::collections::HashSet;

/// A line for each equation and parameter, and below one that does not hold a line for the one that does.
pub fn claims(claims: &[Claim]) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header([
        "equation",
        "parameter",
        "left",
        "right",
        "holds",
        "article's own experiment",
    ]);
    for claim in claims {
        let parameter = claim.parameter.map_or(String::new(), |parameter| parameter.to_string());
        let mut add = |statement: &str, right, holds: bool, experiment: Option<bool>| {
            let agrees = experiment.map_or("", |agrees| if agrees { "agrees" } else { "disagrees" });
            let holds = if holds { "yes" } else { "no" };
            table.add_row([statement, &parameter, &number(claim.left), &number(right), holds, agrees]);
        };
        add(
            claim.statement,
            claim.right,
            claim.holds,
            claim.experiment.map(|agreement| agreement == Agreement::Printed),
        );
        if let (Some(statement), Some(right)) = (claim.corrected_statement, claim.corrected_right) {
            let agrees = claim.experiment.map(|agreement| agreement == Agreement::Corrected);
            add(&format!("  corrected: {statement}"), right, claim.corrected_holds == Some(true), agrees);
        }
    }
    for column in [2, 3] {
        // The header above has these columns.
        table.column_mut(column).unwrap().set_cell_alignment(CellAlignment::Right);
    }
    let names =
        |claims: &mut dyn Iterator<Item = &Claim>| claims.map(|claim| claim.claim).collect::<HashSet<_>>().len();
    let (failing, all) = (names(&mut claims.iter().filter(|claim| !claim.holds)), names(&mut claims.iter()));
    format!("{table}\n{failing} of {all} equations do not hold here as printed\n")
}
