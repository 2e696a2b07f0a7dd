//! Whether the files of a folder are those that its `run.json` describes.

use super::gradients::{read_gradients, write_gradients};
use super::run::Description;
use super::{GRADIENTS, RUN, digest};
use crate::estimator::Parameter;
use crate::gradients::{Gradients, Name};
use anyhow::{Result, bail};
use std::env;
use std::path::Path;

/// The series of the run.
pub(super) fn series(there: &Description) -> Vec<Name> {
    let both = |name: &str| Parameter::ALL.map(|parameter| (name.to_owned(), parameter));
    there.estimators().into_iter().flat_map(both).collect()
}

/// The gradients of the folder, which have to be those of the run that is described: byte by byte, or as another program
/// has written the same numbers.
///
/// # Errors
/// They are not.
pub(super) fn read_described(folder: &Path, there: &Description, names: &[Name]) -> Result<Gradients> {
    let path = folder.join(GRADIENTS);
    let gradients = read_gradients(&path)?;
    let expected = there.digests.as_ref().and_then(|digests| digests.get(GRADIENTS));
    let as_written = expected == Some(&digest::of_file(&path)?);
    let ordered = if gradients.names() == names { Some(gradients) } else { in_order(gradients, names)? };
    if let Some(mut gradients) = ordered
        && (as_written || expected == Some(&digest::of_content(|writer| write_gradients(&mut gradients, writer))?))
    {
        return Ok(gradients);
    }
    bail!(
        "{} is not the file that {RUN} beside it describes: it was changed, or is of another run; `klgrad reproduce` \
         without --resume runs it again",
        path.display()
    )
}

/// The same gradients with their series in this order; none where they have others.
fn in_order(mut gradients: Gradients, names: &[Name]) -> Result<Option<Gradients>> {
    let places = names.iter().map(|name| gradients.names().iter().position(|other| other == name));
    let Some(places) = places.collect::<Option<Vec<_>>>() else { return Ok(None) };
    if gradients.names().len() != names.len() {
        return Ok(None);
    }
    let mut ordered = Gradients::of_series(names.to_vec(), &env::temp_dir());
    gradients.for_each_trial(|_, trial| ordered.push(&places.iter().map(|&place| trial[place]).collect::<Vec<_>>()))?;
    Ok(Some(ordered))
}

/// Whether the folder has the file as it is described, byte by byte.
pub(super) fn is_described(folder: &Path, there: &Description, file: &str) -> bool {
    let expected = there.digests.as_ref().and_then(|digests| digests.get(file));
    expected.is_some_and(|expected| digest::of_file(&folder.join(file)).is_ok_and(|digest| digest == *expected))
}
