//! The folder of a command that keeps its state in one file while it goes on.

use super::RUN;
use super::folder::Conflict;
use super::lock::{LOCK, Lock};
use super::output::{Output, open_file, prepare_folder, remove, write};
use super::partial::{GoingOn, announce};
use anyhow::{Context, Result};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A kind of work that takes a while, and goes on where it was interrupted.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    /// A noun, such as `training`.
    pub name: &'static str,
    /// What of it is finished one after the other, such as `runs`.
    pub parts: &'static str,
    /// The file that holds these until all are finished.
    pub state: &'static str,
    /// The files that come of it, `run.json` among them.
    pub files: &'static [&'static str],
}

impl Work {
    /// Whether a folder holds all files of the work that goes on here; `differences` tells what is different of the one that the
    /// text of its `run.json` describes.
    ///
    /// # Errors
    /// It holds those of another, or `run.json` cannot be understood.
    pub fn is_complete(&self, folder: &Path, differences: impl Fn(&str) -> Result<Vec<String>>) -> Result<bool> {
        let path = folder.join(RUN);
        let (false, Ok(there)) = (folder.join(self.state).exists(), fs::read_to_string(&path)) else {
            return Ok(false);
        };
        self.check_same(&path, &differences(&there).with_context(|| path.display().to_string())?)?;
        Ok(self.files.iter().all(|file| folder.join(file).is_file()))
    }

    fn check_same(&self, path: &Path, differences: &[String]) -> Result<(), Conflict> {
        if differences.is_empty() {
            return Ok(());
        }
        Err(Conflict::new(format!(
            "--resume: {} is of a {} with other settings: {}; the same settings, another --output, or no --resume would be right",
            path.display(),
            self.name,
            differences.join("; ")
        )))
    }
}

/// A folder that this process alone writes to, and the state in it.
#[derive(Debug)]
pub struct Kept {
    path: PathBuf,
    work: &'static Work,
    _lock: Lock,
}

impl Kept {
    /// Takes the folder.
    ///
    /// # Errors
    /// The folder cannot be written to, or another process writes to it.
    pub fn open(folder: &Path, work: &'static Work) -> Result<Self> {
        prepare_folder(folder, &[work.files, &[work.state, LOCK]].concat())?;
        let lock = Lock::take(folder)?;
        Ok(Self { path: folder.join(work.state), work, _lock: lock })
    }

    /// The file of the state.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The state that an interrupted process has left, if there is one.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self) -> Result<Option<Vec<u8>>> {
        if !self.path.exists() {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        let read = open_file(&self.path)?.read_to_end(&mut bytes);
        read.with_context(|| format!("cannot read {}", self.path.display()))?;
        Ok(Some(bytes))
    }

    /// Whether to go on with the state that was left, which holds a finished part: of a work that is different in these settings.
    ///
    /// # Errors
    /// Nobody has asked for it, so that it would be lost, or it is of another work.
    pub fn check(&self, resume: bool, differences: &[String]) -> Result<(), Conflict> {
        if !resume {
            return Err(Conflict::new(format!(
                "{} holds a {} that was interrupted: --resume goes on with it; to begin anew, delete it",
                self.path.display(),
                self.work.name
            )));
        }
        self.work.check_same(&self.path, differences)
    }

    /// That the state is not what this program writes.
    pub fn damaged(&self) -> String {
        format!("{} is damaged; to begin anew, delete it", self.path.display())
    }

    /// Puts a state in the place of the one before; whatever ends the process, one of the two is there, and whole.
    ///
    /// # Errors
    /// Names the file; the state before stays.
    pub fn save(&self, state: Vec<u8>) -> Result<()> {
        write(&[Output::of_bytes(&self.path, state)])?;
        announce(Some(GoingOn { what: self.work.parts, path: Box::leak(self.path.clone().into_boxed_path()) }));
        Ok(())
    }

    /// Writes what comes of the work, all or none, and removes the state.
    ///
    /// # Errors
    /// Names the file that cannot be written; the state stays.
    pub fn complete(self, outputs: &[Output]) -> Result<()> {
        write(outputs)?;
        announce(None);
        remove(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORK: Work = Work { name: "work", parts: "parts", state: "state", files: &["a", RUN] };

    #[test]
    fn a_folder_is_complete_with_all_files_of_the_same_work() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str| fs::write(folder.path().join(name), "same").unwrap();
        let same = |there: &str| Ok(if there == "same" { vec![] } else { vec!["x is 1 there, 2 here".to_owned()] });
        let other = |_: &str| Ok(vec!["x is 1 there, 2 here".to_owned()]);
        let is_complete = || WORK.is_complete(folder.path(), same).unwrap();
        assert!(!is_complete());
        write(RUN);
        assert!(!is_complete());
        write("a");
        assert!(is_complete());
        let refusal = WORK.is_complete(folder.path(), other).unwrap_err().to_string();
        assert!(refusal.contains("is of a work with other settings: x is 1 there, 2 here; the same"), "{refusal}");
        write("state");
        assert!(!is_complete() && !WORK.is_complete(folder.path(), other).unwrap());
    }

    #[test]
    fn a_state_is_gone_on_with_where_it_is_asked_for_and_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::open(folder.path(), &WORK).unwrap();
        let refusal = |resume, differences: &[&str]| {
            let differences: Vec<String> = differences.iter().map(|&text| text.to_owned()).collect();
            kept.check(resume, &differences).map_err(|refusal| refusal.to_string())
        };
        assert_eq!(refusal(true, &[]), Ok(()));
        assert!(refusal(false, &[]).unwrap_err().contains("state holds a work that was interrupted: --resume goes on"));
        assert!(refusal(true, &["x", "y"]).unwrap_err().contains("other settings: x; y; the same"));
    }

    #[test]
    fn a_state_is_there_until_the_files_are() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Kept::open(folder.path(), &WORK).unwrap();
        let kept = open();
        assert_eq!(kept.read().unwrap(), None);
        kept.save(vec![1]).unwrap();
        kept.save(vec![2]).unwrap();
        drop(kept);
        let kept = open();
        assert_eq!(kept.read().unwrap(), Some(vec![2]));
        let second = Kept::open(folder.path(), &WORK).unwrap_err().to_string();
        assert!(second.contains("another klgrad is writing"), "{second}");
        let unwritable = kept.path().join("b");
        kept.complete(&[Output::of_bytes(unwritable, vec![])]).unwrap_err();
        let kept = open();
        assert_eq!(kept.read().unwrap(), Some(vec![2]), "what was not written is not lost");
        kept.complete(&[Output::of_bytes(folder.path().join("a"), vec![3])]).unwrap();
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["a"]);
    }
}
