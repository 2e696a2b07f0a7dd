//! The article's equations as a table.

use super::number;
use super::table::{Column, Table};
use super::text::fill;
use crate::claims::{Agreement, Claim};
use crate::theory::Moment;
use std::collections::HashSet;

/// What the symbols of the equations stand for.
const NOTATION: [&str; 5] = [
    "D = log pi_theta(x) - log pi_ref(x),",
    "r = pi_ref(x) / pi_theta(x),",
    "s = grad log pi_theta(x),",
    "E under pi_theta,",
    "E_ref under pi_ref",
];

/// What the symbols of the equations stand for, on one line or, where that is too wide, on several.
pub fn notation(width: Option<usize>) -> String {
    fill(NOTATION, width) + "\n"
}

/// A line of the table.
struct Line {
    statement: String,
    parameter: String,
    left: Moment,
    right: Moment,
    holds: String,
    agrees: Option<bool>,
}

/// A line for each equation and parameter, and below one that may not hold a line for the one that does. Fitted to
/// `width`, where there is one: see [`crate::report`].
pub fn claims(claims: &[Claim], width: Option<usize>) -> String {
    table(claims).fitted(width) + "\n" + &failing(claims)
}

/// The same in Markdown.
pub fn claims_markdown(claims: &[Claim]) -> String {
    table(claims).markdown()
}

fn table(claims: &[Claim]) -> Table {
    let lines: Vec<Line> = claims.iter().flat_map(|claim| [Some(printed(claim)), corrected(claim)]).flatten().collect();
    let cells = |cell: &dyn Fn(&Line) -> String| lines.iter().map(cell).collect::<Vec<_>>();
    let agrees = |line: &Line| line.agrees.map_or("", |agrees| if agrees { "agrees" } else { "disagrees" }).to_owned();
    let columns = vec![
        Column::texts("equation", cells(&|line| line.statement.clone())),
        Column::texts("parameter", cells(&|line| line.parameter.clone())),
        Column::numbers("left", cells(&|line| number(line.left))),
        Column::numbers("right", cells(&|line| number(line.right))),
        Column::texts("holds", cells(&|line| line.holds.clone())),
        Column::texts("article's own experiment", cells(&agrees)),
    ];
    Table::headed(columns)
}

fn printed(claim: &Claim) -> Line {
    Line {
        statement: claim.statement.to_owned(),
        parameter: claim.parameter.map_or(String::new(), |parameter| parameter.to_string()),
        left: claim.left,
        right: claim.right,
        holds: match claim.equal_because {
            Some(coincidence) => format!("no: {coincidence}"),
            None => said(claim.holds),
        },
        agrees: claim.experiment.map(|agreement| agreement == Agreement::Printed),
    }
}

fn corrected(claim: &Claim) -> Option<Line> {
    let (statement, right) = claim.corrected_statement.zip(claim.corrected_right)?;
    Some(Line {
        statement: format!("  corrected: {statement}"),
        right,
        holds: said(claim.corrected_holds),
        agrees: claim.experiment.map(|agreement| agreement == Agreement::Corrected),
        ..printed(claim)
    })
}

fn said(holds: Option<bool>) -> String {
    holds.map_or("unresolved", |holds| if holds { "yes" } else { "no" }).to_owned()
}

/// How many do not hold. One that fails for some parameter counts as such, whatever is said for the other.
fn failing(claims: &[Claim]) -> String {
    let names = |is_such: &dyn Fn(&Claim) -> bool| -> HashSet<&str> {
        claims.iter().filter(|claim| is_such(claim)).map(|claim| claim.claim).collect()
    };
    let all = names(&|_| true).len();
    let failing = names(&|claim| claim.holds == Some(false) && claim.equal_because.is_none());
    let equal = &names(&|claim| claim.equal_because.is_some()) - &failing;
    let unresolved = &(&names(&|claim| claim.holds.is_none()) - &failing) - &equal;
    let mut text = format!("{} of {all} equations do not hold here as printed\n", failing.len());
    if !equal.is_empty() {
        text += &format!("{} more deny what is equal here, because means or standard deviations are\n", equal.len());
    }
    match unresolved.len() {
        0 => text,
        1 => text + "1 more is unresolved: rounding drowns what would tell\n",
        count => text + &format!("{count} more are unresolved: rounding drowns what would tell\n"),
    }
}
