//! Which file or folder it is that lies at a path.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;

/// What tells a file or a folder from all others, wherever it is moved; nothing on systems that have no such number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Identity(Option<(u64, u64)>);

impl Identity {
    /// # Errors
    /// The system cannot tell.
    pub fn of(file: &File) -> io::Result<Self> {
        file.metadata().map(|metadata| Self::from(&metadata))
    }

    /// Of what lies there; none where nothing does.
    ///
    /// # Errors
    /// The system cannot tell.
    pub fn at(path: &Path) -> io::Result<Option<Self>> {
        match fs::metadata(path) {
            Ok(metadata) => Ok(Some(Self::from(&metadata))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl From<&Metadata> for Identity {
    #[cfg(unix)]
    fn from(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self(Some((metadata.dev(), metadata.ino())))
    }

    #[cfg(not(unix))]
    fn from(_: &Metadata) -> Self {
        Self(None)
    }
}
