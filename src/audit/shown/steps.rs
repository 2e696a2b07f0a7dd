//! KL and sampler, step by step.

use super::grid::{Cell, Column, Grid, Section, evenly};
use super::number::count;
use crate::audit::{Audit, Estimate, Group, Kl, Sampler, Step};

/// At most so many lines, the first and the last among them.
pub(crate) fn steps(audit: &Audit, most: usize) -> Section {
    let all = audit.steps.len();
    if all == 0 {
        let notes = vec!["There are too many to be told apart; a problem above says what would be right.".to_owned()];
        return Section { title: "Steps".to_owned(), notes, ..Section::default() };
    }
    let shown: Vec<&Group> = evenly(all, most).into_iter().map(|index| &audit.steps[index]).collect();
    let grid = grid(&shown);
    let mut notes = Vec::new();
    if grid.columns.iter().any(|column| column.header.starts_with('±')) {
        notes.push("The sign ± stands before a standard error over the sequences of a step.".to_owned());
    }
    if shown.len() < all {
        let [shown, all] = [shown.len(), all].map(|steps| count(steps as u64));
        notes.push(format!(
            "These are {shown} of {all} steps, evenly between the first and the last; with --output, steps.csv has all."
        ));
    }
    Section { title: "Steps".to_owned(), grids: vec![grid], notes, ..Section::default() }
}

fn grid(groups: &[&Group]) -> Grid {
    let kl = |header: &str, of: fn(&Kl) -> Option<f64>| {
        Column::of(header, groups, |group| Cell::Number(group.kl.as_ref().and_then(of)))
    };
    let sampler = |header: &str, of: fn(&Sampler) -> Option<f64>, cell: fn(Option<f64>) -> Cell| {
        Column::of(header, groups, |group| cell(group.sampler.as_ref().and_then(of)))
    };
    let columns = vec![
        Column::of("step", groups, |group| Cell::Text(group.step.as_ref().map_or("-".to_owned(), Step::to_string))),
        Column::of("sequences", groups, |group| Cell::Count(group.sequences)),
        Column::of("tokens", groups, |group| Cell::Count(group.tokens)),
        kl("k1", |kl| kl.k1.mean),
        kl("± k1", |kl| error(&kl.k1)),
        kl("k2", |kl| kl.k2.mean),
        kl("± k2", |kl| error(&kl.k2)),
        kl("k3", |kl| kl.k3.mean),
        kl("± k3", |kl| error(&kl.k3)),
        kl("largest |D|", |kl| Some(kl.max_abs)),
        sampler("sampler k3", |sampler| sampler.k3, Cell::Number),
        sampler("effective sample", |sampler| sampler.ess, Cell::Share),
    ];
    // What no step has is said above, once, and needs no column.
    let columns = columns.into_iter().filter(|column| !column.is_empty() || column.cells.is_empty()).collect();
    Grid { caption: "KL(policy||ref) and the sampler by step".to_owned(), columns }
}

fn error(estimate: &Estimate) -> Option<f64> {
    estimate.standard_error
}
