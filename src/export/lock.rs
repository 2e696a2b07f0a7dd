//! One run at a time in a folder.

use super::disk::change;
use super::identity::Identity;
use super::output::cannot_write;
use anyhow::{Context, Result, bail};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The name of an empty file that whoever runs in the folder has locked. It outlives a kill, but the lock does not.
pub(super) const LOCK: &str = "klgrad.lock";

/// Keeps other processes from running in a folder until it is dropped, and removes its file then.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    file: File,
}

impl Lock {
    /// # Errors
    /// Another process runs there, or the file cannot be made.
    pub fn take(folder: &Path) -> Result<Self> {
        let path = folder.join(LOCK);
        loop {
            let mut options = File::options();
            options.write(true).create(true).truncate(false);
            let file = change(|| options.open(&path)).with_context(|| cannot_write(&path))?;
            match file.try_lock() {
                // A file system without locks has to do without.
                Ok(()) | Err(TryLockError::Error(_)) => {}
                Err(TryLockError::WouldBlock) => bail!(
                    "another klgrad is writing to the folder {}; wait for it, or name another folder",
                    folder.display()
                ),
            }
            // Whoever held the lock before may have removed the file after it was opened here.
            if is_still_there(&file, &path).with_context(|| cannot_write(&path))? {
                return Ok(Self { path, file });
            }
        }
    }
}

impl Lock {
    /// Whether its file is where it was, so that nobody else has taken the folder for free.
    pub fn holds(&self) -> bool {
        is_still_there(&self.file, &self.path).unwrap_or(false)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // In the place of a folder that was moved away, there may be another one with a lock of its own.
        if self.holds() {
            // Where it stays it does no harm.
            let _ = change(|| fs::remove_file(&self.path));
        }
    }
}

fn is_still_there(file: &File, path: &Path) -> io::Result<bool> {
    Ok(Identity::at(path)? == Some(Identity::of(file)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_lock_at_a_time_and_none_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let lock = Lock::take(folder.path()).unwrap();
        let refusal = Lock::take(folder.path()).unwrap_err();
        assert!(refusal.to_string().contains("another klgrad is writing"), "{refusal}");
        drop(lock);
        assert!(!folder.path().join(LOCK).exists());
        // As a killed process leaves it.
        fs::write(folder.path().join(LOCK), "").unwrap();
        drop(Lock::take(folder.path()).unwrap());
        assert!(!folder.path().join(LOCK).exists());
    }
}
