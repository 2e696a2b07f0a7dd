//! A run that goes on, and how it is completed.

use super::disk::change;
use super::folder::PARTIAL_RUN;
use super::lock::Lock;
use super::output::{Beside, Output, hold_writing, make_folder, remove};
use super::partial::{PARTIAL_GRADIENTS, Partial};
use super::run::{Digests, Run};
use super::{GRADIENTS, RUN, digest};
use crate::gradients::Gradients;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// A run with the trials that are finished so far, in memory and on disk.
pub struct Unfinished {
    pub(super) folder: PathBuf,
    pub(super) run: Run,
    pub(super) gradients: Gradients,
    /// None where the gradients are in their place.
    pub(super) partial: Option<Partial>,
    pub(super) lock: Lock,
}

impl Unfinished {
    /// The finished trials.
    pub fn gradients(&mut self) -> &mut Gradients {
        &mut self.gradients
    }

    /// Adds a finished trial: a gradient for each series, in their order.
    ///
    /// # Errors
    /// Names the file that cannot be written; what it holds stays.
    pub fn push(&mut self, trial: &[f32]) -> Result<()> {
        if let Some(partial) = &mut self.partial {
            partial.push(trial)?;
        }
        self.gradients.push(trial).context("cannot write the trials to a file of their own in the output folder")
    }

    /// Writes the other files of the run, and gives the gradients their name. `absent` are files that an earlier run may
    /// have left, and that this one does not have. Says whether the folder had gone, and was made again.
    ///
    /// # Errors
    /// Names the file that cannot be written; what there is of the run stays.
    pub fn complete(mut self, others: &[Output], absent: &[&str]) -> Result<bool> {
        let _writing = hold_writing();
        let gone = !self.gradients_path().exists();
        if gone {
            self.restore()?;
        }
        if let Some(partial) = &self.partial {
            partial.finish()?;
        }
        let whole = others.iter().map(Beside::write).collect::<Result<Vec<_>>>()?;
        let mut digests: Digests =
            others.iter().map(Output::name).zip(whole.iter().map(|file| file.digest.clone())).collect();
        digests.insert(GRADIENTS.to_owned(), digest::of_file(&self.gradients_path())?);
        self.move_into_places(whole, &digests, absent)?;
        Ok(gone)
    }

    /// Where the gradients are.
    fn gradients_path(&self) -> PathBuf {
        self.folder.join(if self.partial.is_some() { PARTIAL_GRADIENTS } else { GRADIENTS })
    }

    /// Makes the folder again, with the trials that are in memory.
    fn restore(&mut self) -> Result<()> {
        make_folder(&self.folder, &[])?;
        self.lock = Lock::take(&self.folder)?;
        self.partial = Some(Partial::create(&self.folder.join(PARTIAL_GRADIENTS), &mut self.gradients)?);
        Ok(())
    }

    fn move_into_places(self, whole: Vec<Beside>, digests: &Digests, absent: &[&str]) -> Result<()> {
        let Self { folder, run, partial, lock, .. } = self;
        let description = folder.join(PARTIAL_RUN);
        Beside::write(&Output::new(&description, |writer| run.write(Some(digests), writer)))?.move_into_place()?;
        whole.into_iter().try_for_each(Beside::move_into_place)?;
        absent.iter().try_for_each(|file| remove(&folder.join(file)))?;
        if partial.is_some() {
            drop(partial);
            rename(&folder.join(PARTIAL_GRADIENTS), &folder.join(GRADIENTS))?;
        }
        rename(&description, &folder.join(RUN))?;
        drop(lock);
        Ok(())
    }
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    let resume = "the trials stay, and --resume writes the files again";
    change(|| fs::rename(from, to)).with_context(|| format!("cannot replace {}; {resume}", to.display()))
}
