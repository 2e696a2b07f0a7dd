//! What files hold: gradients and summary as CSV, the settings as JSON; written all or none, and read back.
//!
//! The gradients of a run go to a file of their own while it goes on: [`partial`].

mod gradients;
pub mod partial;
mod run;
mod tables;

pub use gradients::read_gradients;
pub use run::Run;
pub use tables::{csv, read_summary, write_rows};

use anyhow::{Context, Result, ensure};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tempfile::NamedTempFile;

/// `trial,estimator,parameter,gradient`, trial by trial.
pub const GRADIENTS: &str = "gradients.csv";
/// A [`crate::summary::Row`] for every estimator and parameter.
pub const SUMMARY: &str = "summary.csv";
/// The settings of the run and the versions that ran it.
pub const RUN: &str = "run.json";

/// Held while files are being written; see [`finish_writing`].
static WRITING: Mutex<()> = Mutex::new(());

/// Waits until no file is half-written, and lets none be begun: for whoever is about to end the process.
pub fn finish_writing() {
    // For good: the process ends.
    std::mem::forget(WRITING.lock());
}

/// Writes all that a file holds.
type Content<'a> = Box<dyn Fn(&mut dyn Write) -> Result<()> + 'a>;

/// A file to be written: its place, and what writes its content.
pub struct Output<'a> {
    path: PathBuf,
    content: Content<'a>,
}

impl<'a> Output<'a> {
    /// A file at `path` with the content that `content` writes.
    pub fn new(path: impl Into<PathBuf>, content: impl Fn(&mut dyn Write) -> Result<()> + 'a) -> Self {
        Self { path: path.into(), content: Box::new(content) }
    }

    /// A file at `path` with these bytes.
    pub fn of_bytes(path: impl Into<PathBuf>, bytes: Vec<u8>) -> Self {
        Self::new(path, move |writer| Ok(writer.write_all(&bytes)?))
    }
}

/// Creates the folder where it is missing, and makes sure that these files can be written in it.
///
/// # Errors
/// Names the folder, or the file, and what is in the way.
pub fn prepare_folder(folder: &Path, files: &[&str]) -> Result<()> {
    let _writing = WRITING.lock();
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot create the output folder {}; name another", folder.display()))?;
    files.iter().try_for_each(|file| refuse_folder(&folder.join(file)))?;
    beside(&folder.join(RUN)).map(drop)
}

/// Writes the files, each beside its place, and moves them there when all are whole. Those that were there before stay
/// as they were where one cannot be written.
///
/// # Errors
/// Names the file that cannot be written.
pub fn write(outputs: &[Output]) -> Result<()> {
    let _writing = WRITING.lock();
    let whole = outputs.iter().map(write_beside).collect::<Result<Vec<_>>>()?;
    outputs.iter().try_for_each(|output| refuse_folder(&output.path))?;
    for (file, output) in whole.into_iter().zip(outputs) {
        let moved = file.persist(&output.path).map_err(|error| error.error);
        moved.with_context(|| format!("cannot replace {}", output.path.display()))?;
    }
    Ok(())
}

/// Removes a file, if it is there.
///
/// # Errors
/// Names the file that cannot be removed.
pub fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

fn refuse_folder(path: &Path) -> Result<()> {
    ensure!(!path.is_dir(), "{} is a folder, where a file is to be written; move it away", path.display());
    Ok(())
}

fn write_beside(output: &Output) -> Result<NamedTempFile> {
    let file = beside(&output.path)?;
    fill(file.as_file(), &output.content).with_context(|| format!("cannot write {}", output.path.display()))?;
    Ok(file)
}

fn fill(file: &File, content: &Content) -> Result<()> {
    let mut writer = BufWriter::new(file);
    content(&mut writer)?;
    writer.flush()?;
    Ok(file.sync_all()?)
}

/// An empty file with a temporary name in the folder of `path`, and with the permissions of any new file.
fn beside(path: &Path) -> Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".klgrad-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
        .tempfile_in(folder)
        .with_context(|| format!("cannot write to the folder {}; name another", folder.display()))
}
