//! Files that are written beside their places, and moved there when all of them are whole.

use super::digest::Digesting;
use super::disk::{Written, change, sync};
use anyhow::{Context, Result, bail, ensure};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How the names of files begin that are not in their places yet.
const TEMPORARY: &str = ".klgrad-";

/// Held while files are being written; see [`finish_writing`].
static WRITING: Mutex<()> = Mutex::new(());

/// Waits until no file is half-written, and lets none be begun: for whoever is about to end the process.
pub fn finish_writing() {
    // For good: the process ends.
    std::mem::forget(hold_writing());
}

/// Keeps the process from being ended by a signal until this is dropped.
pub(super) fn hold_writing() -> MutexGuard<'static, ()> {
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// The name of the file.
    pub(super) fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// Creates the folder where it is missing, and makes sure that these files can be written in it.
///
/// # Errors
/// Names the folder, or the file, and what is in the way.
pub fn prepare_folder(folder: &Path, files: &[&str]) -> Result<()> {
    let _writing = hold_writing();
    make_folder(folder, files)
}

/// The same, for whoever holds the writing.
pub(super) fn make_folder(folder: &Path, files: &[&str]) -> Result<()> {
    change(|| fs::create_dir_all(folder))
        .with_context(|| format!("cannot create the output folder {}; name another", folder.display()))?;
    files.iter().try_for_each(|file| refuse_other_than_file(&folder.join(file)))?;
    sweep(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    Beside::create(&folder.join("probe")).map(drop)
}

/// Writes the files, each beside its place, and moves them there when all are whole. Those that were there before stay
/// as they were where one cannot be written.
///
/// # Errors
/// Names the file that cannot be written.
pub fn write(outputs: &[Output]) -> Result<()> {
    let _writing = hold_writing();
    let whole = outputs.iter().map(Beside::write).collect::<Result<Vec<_>>>()?;
    outputs.iter().try_for_each(|output| refuse_other_than_file(&output.path))?;
    whole.into_iter().try_for_each(Beside::move_into_place)
}

/// Removes a file, if it is there.
///
/// # Errors
/// Names the file that cannot be removed.
pub fn remove(path: &Path) -> Result<()> {
    match change(|| fs::remove_file(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Removes what killed processes have left in the folder. What a process is still writing stays: it is locked.
pub(super) fn sweep(folder: &Path) -> io::Result<()> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        let is_ours = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(TEMPORARY));
        if is_ours && path.is_file() && File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
            // Where it stays it does no harm.
            let _ = change(|| fs::remove_file(&path));
        }
    }
    Ok(())
}

/// Opens a file for reading. A pipe is refused, which would have the program wait for whoever writes to it.
///
/// # Errors
/// Names the file.
pub(crate) fn open_file(path: &Path) -> Result<File> {
    let metadata = fs::metadata(path).with_context(|| cannot_read(path))?;
    ensure!(metadata.is_file(), "{} is {}, where a file is to be read", path.display(), kind(&metadata));
    File::open(path).with_context(|| cannot_read(path))
}

/// The text of a file.
///
/// # Errors
/// Names the file.
pub(super) fn read_text(path: &Path) -> Result<String> {
    io::read_to_string(open_file(path)?).with_context(|| cannot_read(path))
}

pub(super) fn cannot_read(path: &Path) -> String {
    format!("cannot read {}", path.display())
}

/// Refuses a place that holds something else than a file: a folder, a pipe, a device.
pub(super) fn refuse_other_than_file(path: &Path) -> Result<()> {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => {
            bail!("{} is {}, where a file is to be written; move it away", path.display(), kind(&metadata))
        }
        _ => Ok(()),
    }
}

fn kind(metadata: &fs::Metadata) -> &'static str {
    if metadata.is_dir() { "a folder" } else { "a pipe or a device" }
}

/// A file beside the place that it is for. Dropped before it is moved there, it is removed.
pub(super) struct Beside {
    path: PathBuf,
    place: PathBuf,
    file: File,
    moved: bool,
}

impl Beside {
    /// An empty file with a temporary name in the folder of `place`, and with the permissions of any new file.
    fn create(place: &Path) -> Result<Self> {
        let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(TEMPORARY);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        // Without the temporary name, which the error would tell.
        let bare = |error: io::Error| io::Error::from(error.kind());
        let (file, path) = change(|| Ok(builder.tempfile_in(folder).map_err(bare)?.keep()?))
            .with_context(|| format!("cannot write to the folder {}; name another", folder.display()))?;
        // So that nobody takes it for the remains of a killed process. A file system without locks has to do without.
        let _ = file.try_lock();
        Ok(Self { path, place: place.to_owned(), file, moved: false })
    }

    /// With the whole content of the output.
    pub fn write(output: &Output) -> Result<Self> {
        let beside = Self::create(&output.path)?;
        beside.fill(Written(&beside.file), &output.content).with_context(|| cannot_write(&output.path))?;
        Ok(beside)
    }

    /// With the whole content of the output, for a file of its name in this folder; and the SHA-256 of that.
    pub fn write_in(folder: &Path, output: &Output) -> Result<(Self, String)> {
        let place = folder.join(output.name());
        let beside = Self::create(&place)?;
        let digesting = Digesting::new(Written(&beside.file));
        let digesting = beside.fill(digesting, &output.content).with_context(|| cannot_write(&place))?;
        let digest = digesting.get_ref().digest();
        drop(digesting);
        Ok((beside, digest))
    }

    /// Hands the content on to the file, all of it.
    fn fill<W: Write>(&self, to: W, content: &Content) -> Result<BufWriter<W>> {
        let mut writer = BufWriter::new(to);
        content(&mut writer)?;
        writer.flush()?;
        sync(&self.file)?;
        Ok(writer)
    }

    /// Moves it there.
    pub fn move_into_place(mut self) -> Result<()> {
        change(|| fs::rename(&self.path, &self.place))
            .with_context(|| format!("cannot replace {}", self.place.display()))?;
        self.moved = true;
        Ok(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if !self.moved {
            // Whoever drops it has another error to tell.
            let _ = change(|| fs::remove_file(&self.path));
        }
    }
}

pub(super) fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}
