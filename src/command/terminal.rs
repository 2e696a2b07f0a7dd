//! Standard output and standard error.

use anyhow::{Context, Result};
use std::io::{self, Write};

/// Prints to standard output. A reader that has gone away (`| head -1`) misses the rest, which is no error.
pub fn print(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to standard output"),
    }
}

/// Shows a warning on standard error.
pub fn warn(warning: &str) {
    // Where standard error is closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "klgrad: warning: {warning}");
}
