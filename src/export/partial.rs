//! The file of a run that goes on: its finished trials, and a name that says that it is not complete.

use super::disk::{Written, change, sync};
use super::gradients::{HEADER, NO_ROOM, Trials, write_trial};
use super::identity::Identity;
use super::output::{cannot_write, open_file};
use crate::gradients::{Gradients, Name};
use anyhow::{Context, Result, bail, ensure};
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The finished trials of a run that is not complete.
pub const PARTIAL_GRADIENTS: &str = "gradients.partial.csv";

/// How long a finished trial may wait in memory for being written.
const FLUSH_EVERY: Duration = Duration::from_millis(500);

/// What would be left of a run if this process ended now.
#[derive(Clone, Copy, Debug)]
pub struct GoingOn {
    /// What of it is finished, such as `trials`.
    pub what: &'static str,
    /// The file that holds it.
    pub path: &'static Path,
}

static GOING_ON: Mutex<Option<GoingOn>> = Mutex::new(None);

/// What the run that goes on in this process has finished, if there is one: for whoever is about to end it. Takes no memory,
/// which may be what there is none of.
pub fn going_on() -> Option<GoingOn> {
    *lock(&GOING_ON)
}

pub(super) fn announce(going_on: Option<GoingOn>) {
    *lock(&GOING_ON) = going_on;
}

type Writer = csv::Writer<BufWriter<Written<File>>>;

/// The file, open for further trials.
pub(super) struct Partial {
    /// Dropped before the writer, so that its thread is not the last to have that.
    _flusher: Flusher,
    path: PathBuf,
    names: Vec<Name>,
    next_trial: usize,
    writer: Arc<Mutex<Writer>>,
}

impl Partial {
    /// A file that holds these trials, in the place of what was there.
    ///
    /// # Errors
    /// Names the file that cannot be written.
    pub fn create(path: &Path, gradients: &mut Gradients) -> Result<Self> {
        let file = change(|| File::create(path)).with_context(|| cannot_write(path))?;
        let mut partial = Self::new(path, gradients.names(), file, 0);
        partial.lock().write_record(HEADER).with_context(|| cannot_write(path))?;
        gradients.for_each_trial(|_, trial| partial.push(trial))?;
        partial.flush()?;
        Ok(partial)
    }

    /// Goes on with the file, whose trials it adds to `gradients`. What was cut short within a trial is cut off.
    ///
    /// # Errors
    /// Names the file, and the line that holds what no run writes.
    pub fn resume(path: &Path, gradients: &mut Gradients) -> Result<Self> {
        let mut trials = Trials::open(path, gradients.names().to_vec())?;
        while let Some(trial) = trials.next()? {
            gradients.push(trial).context(NO_ROOM)?;
        }
        if let Some(why) = trials.out_of_place {
            bail!(why);
        }
        let mut file = File::options().write(true).open(path).with_context(|| cannot_write(path))?;
        change(|| file.set_len(trials.end)).with_context(|| cannot_write(path))?;
        file.seek(SeekFrom::End(0)).with_context(|| cannot_write(path))?;
        Ok(Self::new(path, gradients.names(), file, trials.count))
    }

    fn new(path: &Path, names: &[Name], file: File, next_trial: usize) -> Self {
        let writer = BufWriter::with_capacity(1 << 16, Written(file));
        let writer = Arc::new(Mutex::new(csv::WriterBuilder::new().has_headers(false).from_writer(writer)));
        let _flusher = Flusher(Some(flush_regularly(Arc::clone(&writer), FLUSH_EVERY)));
        announce(Some(GoingOn { what: "trials", path: Box::leak(path.to_owned().into_boxed_path()) }));
        Self { path: path.to_owned(), names: names.to_vec(), next_trial, writer, _flusher }
    }

    fn lock(&self) -> MutexGuard<'_, Writer> {
        lock(&self.writer)
    }

    fn flush(&self) -> Result<()> {
        self.lock().flush().with_context(|| stays(&self.path))
    }

    /// Appends one trial: a gradient for each series, in their order.
    ///
    /// # Errors
    /// Names the file that cannot be written; what it holds stays.
    pub fn push(&mut self, gradients: &[f32]) -> Result<()> {
        write_trial(&mut lock(&self.writer), &self.names, self.next_trial, gradients)
            .with_context(|| stays(&self.path))?;
        self.next_trial += 1;
        Ok(())
    }

    /// Whether it is still the file at its path.
    pub fn is_in_place(&self) -> bool {
        let own = Identity::of(&self.lock().get_ref().get_ref().0);
        own.is_ok_and(|own| Identity::at(&self.path).is_ok_and(|there| there == Some(own)))
    }

    /// Makes sure that all of it is on disk.
    ///
    /// # Errors
    /// Names the file; what it holds stays.
    pub fn finish(&self) -> Result<()> {
        self.flush()?;
        sync(&self.lock().get_ref().get_ref().0).with_context(|| stays(&self.path))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Whoever has to know of a failure has flushed before.
        let _ = self.flush();
        announce(None);
    }
}

/// Whether the file holds a finished trial of a run with these series; any row counts where they are not known.
///
/// # Errors
/// It is no file that a run has begun.
pub(super) fn has_trials(path: &Path, names: Option<Vec<Name>>) -> Result<bool> {
    let header = HEADER.join(",") + "\n";
    let mut start = Vec::new();
    let read = open_file(path)?.take(header.len() as u64 + 1).read_to_end(&mut start);
    read.with_context(|| stays(path))?;
    let is_ours = header.as_bytes().starts_with(&start) || start.starts_with(header.as_bytes());
    let first = header.trim_end();
    ensure!(is_ours, "{} does not begin with {first}, so no run has written it; move it away", path.display());
    match names {
        _ if start.len() <= header.len() => Ok(false),
        None => Ok(true),
        Some(names) => {
            let mut trials = Trials::open(path, names)?;
            // What no run writes is for whoever goes on with the file to name.
            Ok(trials.next().map_or(true, |trial| trial.is_some()) || trials.out_of_place.is_some())
        }
    }
}

fn stays(path: &Path) -> String {
    format!("cannot write {}; the trials in it stay, and --resume goes on from there", path.display())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves the rows that it has written.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What holds rows back until it is flushed.
trait Flush: Send + 'static {
    fn flush(&mut self) -> io::Result<()>;
}

impl Flush for Writer {
    fn flush(&mut self) -> io::Result<()> {
        csv::Writer::flush(self)
    }
}

/// A thread that flushes. It ends before this is gone, and nothing is written after that.
struct Flusher(Option<(Sender<()>, JoinHandle<()>)>);

impl Drop for Flusher {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.0.take() {
            drop(stop);
            // It writes nothing any more, even if it has panicked.
            let _ = thread.join();
        }
    }
}

/// Flushes until the sender that it returns is dropped. An error is found again by whoever writes or flushes next.
fn flush_regularly(writer: Arc<Mutex<impl Flush>>, every: Duration) -> (Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = channel();
    let thread = thread::spawn(move || {
        while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
            let _ = lock(&writer).flush();
        }
    });
    (stop, thread)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    /// Tells of every flush, and waits until somebody listens.
    struct Told(SyncSender<()>);

    impl Flush for Told {
        fn flush(&mut self) -> io::Result<()> {
            self.0.send(()).map_err(io::Error::other)
        }
    }

    #[test]
    fn what_is_written_is_flushed_again_and_again_until_the_end() {
        let (tell, told): (_, Receiver<()>) = sync_channel(0);
        let (stop, _thread) = flush_regularly(Arc::new(Mutex::new(Told(tell))), Duration::ZERO);
        for _ in 0..3 {
            told.recv().unwrap();
        }
        drop(stop);
        // Those under way, and then no more: the thread has ended.
        assert!(told.iter().count() <= 2);
    }
}
