//! SHA-256 digests of files: how it is told whether files belong together.

use super::output::{cannot_read, open_file};
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::io::{self, Write};
use std::path::Path;

/// The digest of a file, in hexadecimal digits.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn of_file(path: &Path) -> Result<String> {
    let mut digesting = Digesting::new(io::sink());
    io::copy(&mut open_file(path)?, &mut digesting).with_context(|| cannot_read(path))?;
    Ok(digesting.digest())
}

/// The digest of what is written.
///
/// # Errors
/// What `content` returns.
pub(super) fn of_content(content: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<String> {
    let mut digesting = Digesting::new(io::sink());
    content(&mut digesting)?;
    Ok(digesting.digest())
}

/// Passes on what is written, and digests it.
pub(super) struct Digesting<W> {
    inner: W,
    hasher: Sha256,
}

impl<W> Digesting<W> {
    pub fn new(inner: W) -> Self {
        Self { inner, hasher: Sha256::new() }
    }

    /// Of what has been written so far.
    pub fn digest(&self) -> String {
        self.hasher.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_sha_256() {
        // FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(of_content(|writer| Ok(writer.write_all(b"abc")?)).unwrap(), expected);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "abc").unwrap();
        assert_eq!(of_file(file.path()).unwrap(), expected);
    }
}
