//! The folder of a command that keeps its state in one file while it goes on.

use super::lock::{LOCK, Lock};
use super::output::{Output, open_file, prepare_folder, remove, write};
use super::partial::{GoingOn, announce};
use anyhow::{Context, Result};
use std::io::Read;
use std::path::{Path, PathBuf};

/// A folder that this process alone writes to, and the state in it.
#[derive(Debug)]
pub struct Kept {
    path: PathBuf,
    what: &'static str,
    _lock: Lock,
}

impl Kept {
    /// Takes the folder, which will hold these files, and the state under that name until then; `what` says what of the work is in
    /// the state, for a process that is interrupted.
    ///
    /// # Errors
    /// The folder cannot be written to, or another process writes to it.
    pub fn open(folder: &Path, files: &[&str], state: &str, what: &'static str) -> Result<Self> {
        prepare_folder(folder, &[files, &[state, LOCK]].concat())?;
        let lock = Lock::take(folder)?;
        Ok(Self { path: folder.join(state), what, _lock: lock })
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

    /// Puts a state in the place of the one before; whatever ends the process, one of the two is there, and whole.
    ///
    /// # Errors
    /// Names the file; the state before stays.
    pub fn save(&self, state: Vec<u8>) -> Result<()> {
        write(&[Output::of_bytes(&self.path, state)])?;
        announce(Some(GoingOn { what: self.what, path: Box::leak(self.path.clone().into_boxed_path()) }));
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
    use std::fs;

    #[test]
    fn a_state_is_there_until_the_files_are() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Kept::open(folder.path(), &["a"], "state", "parts").unwrap();
        let kept = open();
        assert_eq!(kept.read().unwrap(), None);
        kept.save(vec![1]).unwrap();
        kept.save(vec![2]).unwrap();
        drop(kept);
        let kept = open();
        assert_eq!(kept.read().unwrap(), Some(vec![2]));
        let second = Kept::open(folder.path(), &["a"], "state", "parts").unwrap_err().to_string();
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
