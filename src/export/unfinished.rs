//! A run that goes on, and how it is completed.

use super::disk::change;
use super::folder::PARTIAL_RUN;
use super::identity::Identity;
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
    /// Of the folder at the start.
    pub(super) identity: Option<Identity>,
    pub(super) run: Run,
    /// Files that an earlier run may have left, and this one does not have.
    pub(super) absent: Vec<String>,
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

    /// Writes the other files of the run, and gives the gradients their name. Returns a sentence where the files are not
    /// in the folder as it was, for somebody has removed it, moved it away or put another one in its place.
    ///
    /// # Errors
    /// Names the file that cannot be written; what there is of the run stays.
    pub fn complete(mut self, others: &[Output]) -> Result<Option<String>> {
        let _writing = hold_writing();
        let moved = self.find_place()?;
        let resume = format!("the trials stay in {}, and --resume goes on from there", self.gradients_path().display());
        self.write_all(others).context(resume)?;
        Ok(moved)
    }

    fn write_all(self, others: &[Output]) -> Result<()> {
        if let Some(partial) = &self.partial {
            partial.finish()?;
        }
        let written = others.iter().map(|other| Beside::write_in(&self.folder, other)).collect::<Result<Vec<_>>>()?;
        let (whole, digests): (Vec<_>, Vec<_>) = written.into_iter().unzip();
        let mut digests: Digests = others.iter().map(Output::name).zip(digests).collect();
        digests.insert(GRADIENTS.to_owned(), digest::of_file(&self.gradients_path())?);
        self.move_into_places(whole, &digests)
    }

    /// Where the gradients are.
    fn gradients_path(&self) -> PathBuf {
        self.folder.join(if self.partial.is_some() { PARTIAL_GRADIENTS } else { GRADIENTS })
    }

    /// Makes sure that there is a folder with the trials in it, and that nobody else uses it.
    fn find_place(&mut self) -> Result<Option<String>> {
        let asked = self.folder.clone();
        let there = Identity::at(&asked).with_context(|| format!("cannot read the folder {}", asked.display()))?;
        let is_in_place = match &self.partial {
            Some(partial) => partial.is_in_place(),
            None => self.gradients_path().exists(),
        };
        match there {
            Some(_) if there == self.identity && is_in_place => return Ok(None),
            // The folder is this run's still, and only its file has gone.
            Some(_) if there == self.identity && self.lock.holds() => {}
            None => self.take_folder(&asked)?,
            Some(_) => {
                let free = (1..).map(|number| with_number(&asked, number)).find(|folder| !folder.exists());
                self.take_folder(&free.expect("some number is free"))?;
            }
        }
        // Before the new one, which is the one that goes on.
        self.partial = None;
        self.partial = Some(Partial::create(&self.folder.join(PARTIAL_GRADIENTS), &mut self.gradients)?);
        let asked = asked.display();
        Ok(Some(match there {
            None => format!("{asked} had gone while the run went on, and was made again"),
            Some(_) if there == self.identity => {
                format!("files had gone from {asked} while the run went on, and were written again")
            }
            Some(_) => format!(
                "{asked} is not the folder that it was when the run began: the run is in {}",
                self.folder.display()
            ),
        }))
    }

    fn take_folder(&mut self, folder: &Path) -> Result<()> {
        make_folder(folder, &[])?;
        self.lock = Lock::take(folder)?;
        self.folder = folder.to_owned();
        Ok(())
    }

    fn move_into_places(self, whole: Vec<Beside>, digests: &Digests) -> Result<()> {
        let Self { folder, run, absent, partial, lock, .. } = self;
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

/// The folder's name with a number behind it.
fn with_number(folder: &Path, number: usize) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    folder.with_file_name(name)
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    change(|| fs::rename(from, to)).with_context(|| format!("cannot replace {}", to.display()))
}
