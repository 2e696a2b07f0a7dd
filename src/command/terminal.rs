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
    // Tests print the same wherever they run.
    if cfg!(test) { None } else { terminal.size_checked().map(|(_, columns)| columns.into()) }
}

/// Prints text to standard output, on a terminal with lines that break between words.
pub fn print_text(text: &str) -> Result<()> {
    print(&fold(text, width()))
}

/// Prints to standard output. A reader that has gone away (`| head -1`) misses the rest, which is no error.
pub fn print(text: &str) -> Result<()> {
    print_from(|to| Ok(to.write_all(text.as_bytes())?))
}

/// The same with what `content` writes, which may be more than has room in memory.
pub fn print_from(content: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let is_unread = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    match write(content) {
        Err(error) if error.downcast_ref().is_some_and(is_unread) => Ok(()),
        result => result.context("cannot write to standard output"),
    }
}

/// Shows a warning on standard error.
pub fn warn(warning: &str) {
    tell(&format!("klgrad: warning: {warning}"));
}

/// Shows on standard error what a command does.
pub fn note(sentence: &str) {
    tell(&format!("klgrad: {sentence}"));
}

/// Shows on standard error why a command failed.
pub fn fail(error: &anyhow::Error) {
    tell(&format!("klgrad: error: {error:#}"));
}

fn tell(sentence: &str) {
    // Where standard error is closed there is nobody to tell.
    let _ = write_error(&(fold(sentence, columns(&Term::stderr())) + "\n"));
}

#[cfg(not(test))]
fn write(content: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    content(&mut stdout)?;
    Ok(stdout.flush()?)
}

#[cfg(not(test))]
fn write_error(text: &str) -> io::Result<()> {
    io::stderr().write_all(text.as_bytes())
}

#[cfg(test)]
pub use in_tests::take;
#[cfg(test)]
use in_tests::{write, write_error};

/// A test runs commands within its own process, beside others, and takes what they have printed on its thread.
#[cfg(test)]
mod in_tests {
    use anyhow::Result;
    use std::cell::RefCell;
    use std::io::{self, Write};

    thread_local! {
        static STREAMS: RefCell<[String; 2]> = RefCell::default();
    }

    pub fn write(content: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
        let mut bytes = Vec::new();
        content(&mut bytes)?;
        STREAMS.with_borrow_mut(|[stdout, _]| stdout.push_str(&String::from_utf8_lossy(&bytes)));
        Ok(())
    }

    pub fn write_error(text: &str) -> io::Result<()> {
        STREAMS.with_borrow_mut(|[_, stderr]| stderr.push_str(text));
        Ok(())
    }

    /// What is on standard output and on standard error since the last time.
    pub fn take() -> [String; 2] {
        STREAMS.take()
    }
}
