//! Every change that the program makes to files, one call a change, so that the tests can let any of them fail, or be
//! the last before a kill.

use std::borrow::Borrow;
use std::fs::File;
use std::io::{self, Write};

/// Makes the change.
pub(super) fn change<T>(make: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    #[cfg(test)]
    super::faults::strike()?;
    make()
}

/// Makes sure that what has been written outlasts a loss of power. The tests, which cut none, do not wait for the disk.
pub(super) fn sync(file: &File) -> io::Result<()> {
    change(|| if cfg!(test) { Ok(()) } else { file.sync_all() })
}

/// A file that is being written; each write is a change.
pub(super) struct Written<F>(pub F);

impl<F: Borrow<File>> Write for Written<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        change(|| self.0.borrow().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow().flush()
    }
}
