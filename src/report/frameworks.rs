//! The field's catalogue as a table, and entry by entry.

use super::explain::{fact, level, with_stretch};
use super::table::{Column, Table};
use crate::catalogue::{Entry, Listed};
use crate::explain::in_words;

/// A line for each entry, fitted to `width`, where there is one: see [`crate::report`].
pub fn frameworks(listed: &[Listed], width: Option<usize>) -> String {
    Table::headed(columns(listed)).fitted(width) + "\n"
}

/// All that is known of each entry, one below the other.
pub fn frameworks_in_full(listed: &[Listed], width: Option<usize>) -> String {
    listed.iter().map(|listed| in_full(listed, width)).collect::<Vec<_>>().join("\n")
}

/// A line for each entry with all that is known of it, in Markdown.
pub fn frameworks_markdown(listed: &[Listed]) -> String {
    let cells = |cell: &dyn Fn(&Listed) -> String| listed.iter().map(cell).collect::<Vec<_>>();
    let rest = vec![
        Column::texts("dead", cells(&|listed| in_words(&listed.dead))),
        Column::texts("loss", cells(&|listed| format!("`{}`", listed.entry.loss))),
        Column::texts("aggregate", cells(&|listed| listed.entry.aggregate.clone())),
        Column::texts("source", cells(&|listed| source(listed.entry))),
        Column::texts("remark", cells(&|listed| listed.entry.remark.clone())),
    ];
    Table::headed(columns(listed)).with(rest).markdown()
}

fn columns(listed: &[Listed]) -> Vec<Column> {
    let cells = |cell: &dyn Fn(&Listed) -> String| listed.iter().map(cell).collect::<Vec<_>>();
    let yes = |is: bool| if is { "yes" } else { "" }.to_owned();
    vec![
        Column::texts("framework", cells(&|listed| listed.entry.framework.clone())),
        Column::texts("option", cells(&|listed| listed.entry.option.clone())),
        Column::texts("value", cells(&|listed| listed.entry.value.clone())),
        Column::texts("default", cells(&|listed| yes(listed.entry.is_default()))),
        Column::texts("on", cells(&|listed| yes(listed.entry.is_enabled_by_default()))),
        Column::texts("placement", cells(&|listed| listed.entry.placement.to_string())),
        Column::texts("follows", cells(&|listed| with_stretch(&listed.follows, listed.stretch))),
        Column::texts("level", cells(&|listed| listed.level.to_string())),
    ]
}

fn in_full(listed: &Listed, width: Option<usize>) -> String {
    let entry = listed.entry;
    let follows = with_stretch(&listed.follows, listed.stretch);
    let dead = if listed.dead.is_empty() { "nowhere".to_owned() } else { in_words(&listed.dead) };
    let facts = [
        ("follows", follows),
        ("level", level(listed.level).to_owned()),
        ("dead", dead),
        ("placement", format!("{}, {}", entry.placement, standing(entry))),
        ("loss", entry.loss.clone()),
        ("aggregate", aggregate(entry)),
        ("source", source(entry)),
        ("remark", entry.remark.clone()),
    ];
    let facts: String = facts.into_iter().map(|(label, text)| fact(label, &text, width)).collect();
    entry.name() + "\n\n" + &facts
}

fn aggregate(entry: &Entry) -> String {
    match entry.aggregate.as_str() {
        "depends" => "depends on another setting: see the remark".to_owned(),
        aggregate => aggregate.to_owned(),
    }
}

fn standing(entry: &Entry) -> &'static str {
    match (entry.is_default(), entry.is_enabled_by_default()) {
        (true, true) => "the default, and on without any setting",
        (true, false) => "the default, once a KL term is on",
        (false, true) => "on without any setting, though another value is the default",
        (false, false) => "not the default",
    }
}

fn source(entry: &Entry) -> String {
    format!("{} ({}, {})", entry.source, entry.commit, entry.date)
}
