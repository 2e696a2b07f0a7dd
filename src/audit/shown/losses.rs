//! What each loss would do with the tokens.

use super::grid::{Cell, Column, Grid, Section};
use crate::audit::{Audit, LossAudit};

/// What the columns mean.
const NOTES: [&str; 3] = [
    "c is the gradient coefficient of a token: a loss sends c times the token's score to the policy, and KL(policy||ref) has \
     c = D. distance: rms(c - D - constant) / rms(D) with the best constant, 0 where the loss follows KL. strength: \
     sum(c D) / sum(D^2), the part of KL's own pull.",
    "dead: tokens where c is 0 and D is not, and which part of k3 they carry. wrong way: tokens where c and D have different \
     signs. top 0.1%: which part of sum c^2 those tokens carry.",
    "noise: rms(c) / rms(D), the noise of the gradient over that of k2, where the scores of tokens are uncorrelated and as \
     large wherever c is large.",
];

/// A line a loss.
pub(crate) fn losses(audit: &Audit) -> Section {
    let title = "Losses".to_owned();
    if audit.all.losses.is_empty() || audit.all.kl.is_none() {
        let note = "Nothing is said of losses where there is no KL.".to_owned();
        return Section { title, notes: vec![note], ..Section::default() };
    }
    let grid = grid(&audit.all.losses);
    let has_dash = grid.columns.iter().any(|column| column.cells.iter().any(|cell| cell.shown() == "-"));
    let dash = "A dash is what is beyond 64-bit floats, or is divided by 0 because D is 0 everywhere.";
    let notes = NOTES.into_iter().chain(has_dash.then_some(dash)).map(str::to_owned).collect();
    Section { title, grids: vec![grid], notes, ..Section::default() }
}

fn grid(losses: &[LossAudit]) -> Grid {
    let columns = vec![
        Column::of("loss", losses, |loss| Cell::Text(loss.name.clone())),
        Column::of("value", losses, |loss| Cell::Number(loss.value)),
        Column::of("rms of c", losses, |loss| Cell::Number(loss.rms)),
        Column::of("distance", losses, |loss| Cell::Number(loss.distance)),
        Column::of("strength", losses, |loss| Cell::Number(loss.strength)),
        Column::of("dead", losses, |loss| Cell::Share(loss.dead)),
        Column::of("dead k3", losses, |loss| Cell::Share(loss.dead_share)),
        Column::of("wrong way", losses, |loss| Cell::Share(loss.wrong_way)),
        Column::of("top 0.1%", losses, |loss| Cell::Share(loss.top_share)),
        Column::of("noise", losses, |loss| Cell::Number(loss.noise)),
        Column::of("formula", losses, |loss| Cell::Text(loss.expression.clone())),
    ];
    Grid { caption: "What each loss would do with these tokens".to_owned(), columns }
}
