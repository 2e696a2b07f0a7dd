//! The files of a complete run, read back.

use super::described::{is_described, read_described, series};
use super::folder::PARTIAL_RUN;
use super::run::Description;
use super::{GRADIENTS, RUN, SUMMARY, digest, read_gradients, read_summary, write_rows};
use crate::gradients::Gradients;
use crate::summary::Row;
use anyhow::{Result, bail, ensure};
use std::path::Path;

/// The gradients and the summary of the run in a folder. Where there is a `run.json`, both have to be the files that it
/// describes, or hold the same numbers.
///
/// # Errors
/// Names the file that is missing, damaged or of another run.
pub fn read_complete(folder: &Path) -> Result<(Gradients, Vec<Row>)> {
    let summary = folder.join(SUMMARY);
    let there = Description::find(&folder.join(RUN))?;
    let unfinished = Description::find(&folder.join(PARTIAL_RUN))?;
    ensure!(
        unfinished.is_none_or(|unfinished| unfinished.digests.is_none() && there.is_some()),
        "the run in {} is not complete; `klgrad reproduce --resume` with its settings goes on with it",
        folder.display()
    );
    // A run of an earlier version has no digests.
    let Some(there) = there.filter(|there| there.digests.is_some()) else {
        let (gradients, rows) = (read_gradients(&folder.join(GRADIENTS))?, read_summary(&summary)?);
        let has_row =
            |name: &&(String, _)| rows.iter().any(|row| (&row.estimator, &row.parameter) == (&name.0, &name.1));
        if let Some((estimator, parameter)) = gradients.names().iter().find(|name| !has_row(name)) {
            bail!("{} has no row for {estimator}, {parameter}, which {GRADIENTS} has", summary.display());
        }
        return Ok((gradients, rows));
    };
    let gradients = read_described(folder, &there, &series(&there))?;
    let rows = read_summary(&summary)?;
    ensure!(
        is_described(folder, &there, SUMMARY) || holds_the_same(&rows, &there),
        "{} is not the file that {RUN} beside it describes: it was changed, or is of another run; `klgrad reproduce \
         --resume` with the settings of the run writes it again",
        summary.display()
    );
    Ok((gradients, rows))
}

/// Whether the rows, in the order in which a run writes them, make the file that is described.
fn holds_the_same(rows: &[Row], there: &Description) -> bool {
    let of = |(estimator, parameter): &(String, _)| {
        rows.iter().find(|row| (&row.estimator, &row.parameter) == (estimator, parameter))
    };
    let Some(ordered) = series(there).iter().map(of).collect::<Option<Vec<_>>>() else { return false };
    let expected = there.digests.as_ref().and_then(|digests| digests.get(SUMMARY));
    digest::of_content(|writer| write_rows(&ordered, writer)).is_ok_and(|digest| Some(&digest) == expected)
}
