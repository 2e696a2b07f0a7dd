//! The tokens with the largest |D|.

use super::grid::{Cell, Column, Grid, Section};
use super::number::count;
use crate::audit::visible::quoted;
use crate::audit::{Audit, LargestToken, Step};

/// The first of them.
pub(crate) fn tokens(audit: &Audit, most: usize) -> Section {
    let title = "Tokens with the largest |D|".to_owned();
    let shown = &audit.tokens[..audit.tokens.len().min(most)];
    if shown.is_empty() {
        let note = "There are none where there is no KL.".to_owned();
        return Section { title, notes: vec![note], ..Section::default() };
    }
    let mut notes = Vec::new();
    if shown.iter().all(|token| token.text.is_none()) {
        notes.push("The files have no texts of tokens, or none that is known as such.".to_owned());
    }
    if shown.len() < audit.tokens.len() {
        notes.push(format!("With --output, tokens.csv has the {} largest.", count(audit.tokens.len() as u64)));
    }
    Section { title, grids: vec![grid(shown)], notes, ..Section::default() }
}

fn grid(tokens: &[LargestToken]) -> Grid {
    let mut columns = vec![
        Column::of("rank", &(1..=tokens.len() as u64).collect::<Vec<_>>(), |rank| Cell::Count(*rank)),
        Column::of("D", tokens, |token| Cell::Number(Some(token.log_ratio))),
        Column::of("log policy", tokens, |token| Cell::Number(Some(token.log_prob))),
        Column::of("log ref", tokens, |token| Cell::Number(Some(token.log_ref))),
        Column::of("position", tokens, |token| Cell::Count(token.position + 1)),
    ];
    if tokens.iter().any(|token| token.text.is_some()) {
        let text = |token: &LargestToken| Cell::Text(token.text.as_deref().map_or("-".to_owned(), quoted));
        columns.push(Column::of("text", tokens, text));
    }
    if tokens.iter().any(|token| token.step.is_some()) {
        let step = |token: &LargestToken| Cell::Text(token.step.as_ref().map_or("-".to_owned(), Step::to_string));
        columns.push(Column::of("step", tokens, step));
    }
    columns.push(Column::of("where", tokens, |token| Cell::Text(token.place.to_string())));
    Grid { caption: "The tokens with the largest |D|".to_owned(), columns }
}
