//! Standard output and standard error.

use anyhow::{Context, Result};
use console::Term;
use klgrad::report::fold;
use std::io::{self, Write};

/// The columns of standard output, where that is a terminal.
pub fn width() -> Option<usize> {
    columns(&Term::stdout())
}

fn columns(terminal: &Term) -> Option<usize> {
    terminal.size_checked().map(|(_, columns)| columns.into())
}

/// Prints text to standard output, on a terminal with lines that break between words.
pub fn print_text(text: &str) -> Result<()> {
    print(&fold(text, width()))
}

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
    tell(&format!("klgrad: warning: {warning}"));
}

/// Shows on standard error why a command failed.
pub fn fail(error: &anyhow::Error) {
    tell(&format!("klgrad: error: {error:#}"));
}

fn tell(sentence: &str) {
    // Where standard error is closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "{}", fold(sentence, columns(&Term::stderr())));
}
