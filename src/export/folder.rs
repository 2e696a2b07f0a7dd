//! A run in its folder: where it starts, its trials on disk while it goes on, and its files at the end.
//!
//! While a run goes on, the folder holds beside the files of an earlier run
//!
//! - `run.partial.json`, which says of what run the trials are,
//! - `gradients.partial.csv`, the finished trials, and
//! - `klgrad.lock`, which keeps other processes away.
//!
//! When all trials are finished, `run.partial.json` is given the digests of all files to come; these are moved to their
//! places, and last of all it becomes `run.json`. So whatever ends the process, it can be told what there is:
//!
//! | `run.partial.json` | `gradients.partial.csv` | the folder holds                                         |
//! |--------------------|-------------------------|----------------------------------------------------------|
//! | without digests    | with a finished trial   | trials to go on with                                     |
//! | without digests    | without one, or missing | nothing of that run: it begins anew                      |
//! | with digests       | there, or moved         | all trials; the other files are written and moved again  |
//! | missing            | missing                 | the run that `run.json` describes, if there is one       |

use super::described::{is_described, read_described, series};
use super::identity::Identity;
use super::lock::{LOCK, Lock};
use super::output::{Beside, Output, hold_writing, prepare_folder, remove, sweep};
use super::partial::{PARTIAL_GRADIENTS, Partial, has_trials};
use super::run::{Description, Run};
use super::unfinished::Unfinished;
use super::{GRADIENTS, RUN};
use crate::gradients::{Gradients, Name};
use anyhow::{Context, Result, ensure};
use std::fmt;
use std::path::Path;

/// What run a folder holds trials of.
pub const PARTIAL_RUN: &str = "run.partial.json";

/// A folder that holds something else than the call asks for: a sentence that says what would be right.
#[derive(Debug)]
pub struct Conflict(String);

impl Conflict {
    /// With this sentence.
    pub fn new(sentence: String) -> Self {
        Self(sentence)
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Conflict {}

/// Where a run starts.
pub enum Start {
    /// Nowhere: all its files are there. These are its gradients.
    Complete(Gradients),
    /// With the trials that are finished, or with none.
    Unfinished(Box<Unfinished>),
}

/// What a folder holds of a run.
enum Found {
    /// Less than a trial.
    Nothing,
    /// Finished trials.
    Trials(Description),
    /// All trials, of a run whose files may not be in their places yet.
    AllTrials(Description),
    /// A run that was complete once.
    Complete,
}

/// Decides by what the folder holds where a run starts: one that goes on with what is there, or one that begins anew.
/// `gradients` is empty, `files` are what the run writes beside `gradients.csv` and `run.json`, and `absent` what an
/// earlier run may have left, and this one does not have.
///
/// # Errors
/// The folder cannot be written to, another process runs there, or it holds something else: a [`Conflict`] where the call
/// would be wrong, else what is damaged.
pub fn open(
    folder: &Path,
    run: &Run,
    mut gradients: Gradients,
    files: &[&str],
    absent: &[&str],
    resume: bool,
) -> Result<Start> {
    if resume && let Some(gradients) = already_complete(folder, run, gradients.names(), files) {
        tidy(folder);
        return Ok(Start::Complete(gradients));
    }
    let own = [GRADIENTS, RUN, PARTIAL_GRADIENTS, PARTIAL_RUN, LOCK];
    prepare_folder(folder, &[files, absent, &own].concat())?;
    let lock = Lock::take(folder)?;
    let trials = folder.join(PARTIAL_GRADIENTS);
    let found = find(folder)?;
    let partial = match found {
        Found::Trials(_) | Found::AllTrials(_) if !resume => return Err(in_the_way(folder, &found).into()),
        Found::Trials(there) => {
            refuse_differences(run, &there, &folder.join(PARTIAL_RUN), "an interrupted run")?;
            let partial = Partial::resume(&trials, &mut gradients)?;
            refuse_too_many(&gradients, run, &trials)?;
            Some(partial)
        }
        Found::AllTrials(there) => {
            let description = folder.join(PARTIAL_RUN);
            refuse_differences(run, &there, &description, "an interrupted run")?;
            if trials.exists() {
                let partial = Partial::resume(&trials, &mut gradients)?;
                refuse_too_many(&gradients, run, &trials)?;
                Some(partial)
            } else {
                gradients = read_described(folder, &there, gradients.names())?;
                None
            }
        }
        Found::Complete if resume => {
            let description = folder.join(RUN);
            let there = Description::read(&description)?;
            refuse_differences(run, &there, &description, "a complete run")?;
            if there.digests.is_none() {
                return Err(without_digests(&description).into());
            }
            gradients = read_described(folder, &there, gradients.names())?;
            None
        }
        Found::Complete | Found::Nothing => Some(begin(folder, run, &mut gradients)?),
    };
    let absent = absent.iter().map(|&file| file.to_owned()).collect();
    let identity = Identity::at(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    let (folder, run) = (folder.to_owned(), run.clone());
    Ok(Start::Unfinished(Box::new(Unfinished { folder, identity, run, absent, gradients, partial, lock })))
}

/// The gradients of the run, where all its files are there. Nothing is written, so the folder may be one for reading.
fn already_complete(folder: &Path, run: &Run, names: &[Name], files: &[&str]) -> Option<Gradients> {
    let there = Description::find(&folder.join(RUN)).ok()??;
    let is_the_run = !folder.join(PARTIAL_RUN).exists() && run.differences(&there).is_empty();
    let has_files = is_the_run && files.iter().all(|file| is_described(folder, &there, file));
    if has_files { read_described(folder, &there, names).ok() } else { None }
}

/// Removes what killed processes have left, where the folder may be written to.
fn tidy(folder: &Path) {
    if folder.join(LOCK).is_file() {
        drop(Lock::take(folder));
    }
    // What stays does no harm.
    let _ = sweep(folder);
}

fn without_digests(description: &Path) -> Conflict {
    Conflict(format!(
        "--resume: {} has no digests, as those of an earlier version, so nothing tells whether its files are whole; \
         without --resume the run begins anew",
        description.display()
    ))
}

fn find(folder: &Path) -> Result<Found> {
    let (trials, description) = (folder.join(PARTIAL_GRADIENTS), folder.join(PARTIAL_RUN));
    let there = match Description::find(&description) {
        // With no trial, nothing is lost.
        Err(_) if !trials.exists() || !has_trials(&trials, None)? => None,
        there => there
            .with_context(|| format!("to begin anew, delete {} and {}", trials.display(), description.display()))?,
    };
    if let Some(there) = there.as_ref().filter(|there| there.digests.is_some()) {
        return Ok(Found::AllTrials(there.clone()));
    }
    if trials.exists() && has_trials(&trials, there.as_ref().map(series))? {
        let missing = || {
            let (trials, description) = (trials.display(), description.display());
            Conflict(format!(
                "{trials} holds trials, but {description}, which says of what run, is missing; to begin anew, delete {trials}"
            ))
        };
        return Ok(Found::Trials(there.ok_or_else(missing)?));
    }
    let complete = [GRADIENTS, RUN].iter().all(|file| folder.join(file).exists());
    Ok(if complete { Found::Complete } else { Found::Nothing })
}

fn in_the_way(folder: &Path, found: &Found) -> Conflict {
    let (trials, description) = (folder.join(PARTIAL_GRADIENTS), folder.join(PARTIAL_RUN));
    let (trials, description, there) = (trials.display(), description.display(), trials.exists());
    Conflict(match found {
        Found::AllTrials(_) => {
            let folder = folder.display();
            let all = if there { format!("{trials} and {description}") } else { description.to_string() };
            format!(
                "the run in {folder} was interrupted when its trials were finished: --resume writes its files; to begin \
                 anew, delete {all}"
            )
        }
        _ => format!(
            "{trials} holds the trials of a run that was interrupted: --resume goes on with it; to begin anew, delete it"
        ),
    })
}

fn refuse_differences(run: &Run, there: &Description, description: &Path, what: &str) -> Result<(), Conflict> {
    match run.differences(there).join("; ") {
        differences if differences.is_empty() => Ok(()),
        differences => Err(Conflict(format!(
            "--resume: {} is of {what} with other settings: {differences}; the same settings{}, another --output, \
             or no --resume would be right",
            description.display(),
            if there.needs_libtorch() { " in a klgrad that has libtorch" } else { "" }
        ))),
    }
}

fn refuse_too_many(gradients: &Gradients, run: &Run, path: &Path) -> Result<()> {
    let (trials, asked) = (gradients.num_trials(), run.num_trials());
    ensure!(trials <= asked, "{} has {trials} trials, of a run of {asked}; delete it to begin anew", path.display());
    Ok(())
}

/// Begins a run without trials. What there is of another one goes first, so that the two are never taken for one.
fn begin(folder: &Path, run: &Run, gradients: &mut Gradients) -> Result<Partial> {
    let _writing = hold_writing();
    gradients.open_file().with_context(|| format!("cannot write to the folder {}", folder.display()))?;
    let trials = folder.join(PARTIAL_GRADIENTS);
    remove(&trials)?;
    Beside::write(&Output::new(folder.join(PARTIAL_RUN), |writer| run.write(None, writer)))?.move_into_place()?;
    Partial::create(&trials, gradients)
}
