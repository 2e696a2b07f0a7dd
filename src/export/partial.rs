//! A run that goes on: its finished trials are on disk, in a file that says by its name that it is not complete.
//!
//! Beside `gradients.partial.csv` lies `run.partial.json`, which says of what run. When the run is complete, all other
//! files are written first, and the gradients then get their name by one move, so that whatever ends the process, it
//! can go on from what is there.

use super::gradients::{HEADER, Row, Trials};
use super::{GRADIENTS, Output, RUN, Run, SUMMARY, remove, write};
use crate::estimator::Parameter;
use crate::gradients::Gradients;
use anyhow::{Context, Result, anyhow};
use std::borrow::Cow;
use std::fs::{self, File, TryLockError};
use std::io::{BufWriter, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The finished trials of a run that is not complete.
pub const PARTIAL_GRADIENTS: &str = "gradients.partial.csv";
/// What run that is.
pub const PARTIAL_RUN: &str = "run.partial.json";

/// How long a finished trial may wait in memory for being written.
const FLUSH_EVERY: Duration = Duration::from_millis(500);

/// The file that is being added to, if there is one.
static GOING_ON: Mutex<Option<PathBuf>> = Mutex::new(None);

/// The file of the run that goes on in this process, if there is one: for whoever is about to end it.
pub fn going_on() -> Option<PathBuf> {
    lock(&GOING_ON).clone()
}

/// What a folder holds of an earlier run.
#[derive(Debug, PartialEq)]
pub enum Found {
    /// Nothing, or less than a run.
    Nothing,
    /// Finished trials of a run that is not complete, and the file that says of which.
    Partial(PathBuf),
    /// A complete run, and the file that says which.
    Complete(PathBuf),
}

/// Looks for a run in the folder.
pub fn find(folder: &Path) -> Found {
    let complete = || [GRADIENTS, SUMMARY, RUN].iter().all(|file| folder.join(file).exists());
    match folder.join(PARTIAL_GRADIENTS).exists() {
        true => Found::Partial(folder.join(PARTIAL_RUN)),
        false if complete() => Found::Complete(folder.join(RUN)),
        false => Found::Nothing,
    }
}

/// Makes sure that no other process is adding to the partial run in the folder.
///
/// # Errors
/// Names its file.
pub fn refuse_busy(folder: &Path) -> Result<()> {
    open(folder).map(drop)
}

/// The file of a run that goes on, open for further trials.
pub struct PartialRun {
    folder: PathBuf,
    names: Vec<(String, Parameter)>,
    next_trial: usize,
    writer: Arc<Mutex<csv::Writer<BufWriter<File>>>>,
    /// Dropped, it ends the thread that flushes.
    _flusher: Sender<()>,
}

impl PartialRun {
    /// Begins a run without trials.
    ///
    /// # Errors
    /// Names the file that cannot be written.
    pub fn begin(folder: &Path, run: &Run, names: &[(String, Parameter)]) -> Result<Self> {
        // First the lock, so that two runs that begin at once do not mix.
        let file = open(folder)?;
        write(&[Output::new(folder.join(PARTIAL_RUN), |writer| run.write(writer))])?;
        file.set_len(0).with_context(|| cannot_write(folder))?;
        let partial = Self::new(folder, names, file, 0);
        partial.lock().write_record(HEADER).with_context(|| cannot_write(folder))?;
        partial.flush()?;
        Ok(partial)
    }

    /// Goes on with the run in the folder, whose trials it adds to `gradients`. What was cut short within a trial is
    /// cut off.
    ///
    /// # Errors
    /// Names the file, and the line that holds what no run writes.
    pub fn resume(folder: &Path, gradients: &mut Gradients) -> Result<Self> {
        let path = folder.join(PARTIAL_GRADIENTS);
        let mut file = open(folder)?;
        let mut trials = Trials::open(&path, gradients.names().to_vec())?;
        while let Some(trial) = trials.next()? {
            gradients.push(trial)?;
        }
        file.set_len(trials.end).with_context(|| cannot_write(folder))?;
        file.seek(SeekFrom::End(0)).with_context(|| cannot_write(folder))?;
        let partial = Self::new(folder, gradients.names(), file, trials.count);
        if trials.end == 0 {
            partial.lock().write_record(HEADER).with_context(|| cannot_write(folder))?;
        }
        Ok(partial)
    }

    fn new(folder: &Path, names: &[(String, Parameter)], file: File, next_trial: usize) -> Self {
        let writer = csv::WriterBuilder::new().has_headers(false).from_writer(BufWriter::with_capacity(1 << 16, file));
        let writer = Arc::new(Mutex::new(writer));
        let _flusher = flush_regularly(Arc::clone(&writer));
        *lock(&GOING_ON) = Some(folder.join(PARTIAL_GRADIENTS));
        Self { folder: folder.to_owned(), names: names.to_vec(), next_trial, writer, _flusher }
    }

    fn lock(&self) -> MutexGuard<'_, csv::Writer<BufWriter<File>>> {
        lock(&self.writer)
    }

    fn flush(&self) -> Result<()> {
        self.lock().flush().with_context(|| cannot_write(&self.folder))
    }

    /// Appends one trial: a gradient for each series, in their order.
    ///
    /// # Errors
    /// Names the file that cannot be written; what it holds stays.
    pub fn push(&mut self, gradients: &[f32]) -> Result<()> {
        let mut writer = lock(&self.writer);
        for ((estimator, parameter), &gradient) in self.names.iter().zip(gradients) {
            let row =
                Row { trial: self.next_trial, estimator: Cow::Borrowed(estimator), parameter: *parameter, gradient };
            writer.serialize(row).with_context(|| cannot_write(&self.folder))?;
        }
        self.next_trial += 1;
        Ok(())
    }

    /// Writes the other files of the run, and gives the gradients their name.
    ///
    /// # Errors
    /// Names the file that cannot be written; what there is of the run stays.
    pub fn complete(self, others: &[Output]) -> Result<()> {
        self.flush()?;
        self.lock().get_ref().get_ref().sync_all().with_context(|| cannot_write(&self.folder))?;
        write(others)?;
        let gradients = self.folder.join(GRADIENTS);
        fs::rename(self.folder.join(PARTIAL_GRADIENTS), &gradients)
            .with_context(|| format!("cannot replace {}", gradients.display()))?;
        *lock(&GOING_ON) = None;
        remove(&self.folder.join(PARTIAL_RUN))
    }
}

impl Drop for PartialRun {
    fn drop(&mut self) {
        // Whoever has to know of a failure has flushed before.
        let _ = self.flush();
    }
}

/// The file, kept from other processes until it is closed.
fn open(folder: &Path) -> Result<File> {
    let path = folder.join(PARTIAL_GRADIENTS);
    let mut options = File::options();
    let file = options.write(true).create(true).truncate(false).open(&path).with_context(|| cannot_write(folder))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(anyhow!("another klgrad is writing {}; wait for it, or name another folder", path.display()))
        }
        // A file system without locks.
        Err(TryLockError::Error(_)) => Ok(file),
    }
}

fn cannot_write(folder: &Path) -> String {
    format!(
        "cannot write {}; the trials in it stay, and --resume goes on from there",
        folder.join(PARTIAL_GRADIENTS).display()
    )
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves the rows that it has written.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Flushes until the sender that it returns is dropped. An error is found again by whoever writes or flushes next.
fn flush_regularly(writer: Arc<Mutex<csv::Writer<BufWriter<File>>>>) -> Sender<()> {
    let (stop, stopped) = channel();
    thread::spawn(move || {
        while stopped.recv_timeout(FLUSH_EVERY) == Err(RecvTimeoutError::Timeout) {
            let _ = lock(&writer).flush();
        }
    });
    stop
}
