//! The files that are to be read.

use super::format::{Format, Packing, of_name, refusal};
use super::source::{Progress, io_reason};
use super::step::step_of_name;
use crate::audit::Step;
use crate::audit::place::natural;
use anyhow::{Context, Result, anyhow, bail, ensure};
use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

/// How much of standard input is read to see its columns, if it has no line end before.
const HEAD: u64 = 64 << 20;

/// The files that are to be read, in order.
#[derive(Debug)]
pub struct Files {
    entries: Vec<Entry>,
    skipped: Vec<PathBuf>,
}

/// A file.
#[derive(Debug)]
pub(super) struct Entry {
    /// As the user named it, or the folder that it is in.
    pub name: String,
    pub format: Format,
    pub step: Step,
    /// Its length when it was found; what is written to it later is not read.
    pub bytes: u64,
    /// Whether a folder was named, and not the file itself.
    pub is_of_folder: bool,
    packing: Packing,
    source: Source,
}

#[derive(Debug)]
enum Source {
    File(PathBuf),
    /// With what was read of it to see its columns.
    Stdin(Vec<u8>),
}

/// Whether two paths lead to one file.
pub fn is_same_file(a: &Path, b: &Path) -> bool {
    a == b || fs::canonicalize(a).ok() == fs::canonicalize(b).ok()
}

impl Files {
    /// Finds the files that paths name: of a folder all those in it, and in folders within, that have a name of a known kind;
    /// and `-` is JSON lines on standard input.
    ///
    /// # Errors
    /// Names what is not there, is of no known kind, or a folder that has no such file; with what would be right.
    pub fn find(paths: &[PathBuf]) -> Result<Self> {
        let mut files = Self { entries: Vec::new(), skipped: Vec::new() };
        for path in paths {
            if path.as_os_str() == "-" {
                files.put(Entry::stdin(io::stdin().lock())?);
            } else if fs::metadata(path).with_context(|| format!("{} cannot be read", path.display()))?.is_dir() {
                files.put_folder(path)?;
            } else {
                let (format, packing) = of_name(path).ok_or_else(|| anyhow!(refusal(path)))?;
                files.put(Entry::of_path(path, format, packing)?);
            }
        }
        ensure!(!files.entries.is_empty(), "no file is given; one or more, or a folder, would be right");
        Ok(files)
    }

    /// How many files there are.
    pub fn count(&self) -> usize {
        self.entries.len()
    }

    /// How many bytes they have, that of standard input not counted; [`read`](super::read) tells its progress in these.
    pub fn bytes(&self) -> u64 {
        self.entries.iter().map(|entry| entry.bytes).sum()
    }

    /// Whether all of them can be read once more, as standard input cannot.
    pub fn are_lasting(&self) -> bool {
        self.entries.iter().all(|entry| matches!(entry.source, Source::File(_)))
    }

    /// The files of folders whose names say that they are something else; they are not read.
    pub fn skipped(&self) -> &[PathBuf] {
        &self.skipped
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Puts a file at the end, unless it is there already.
    fn put(&mut self, entry: Entry) {
        let same = |other: &Entry| match (&other.source, &entry.source) {
            (Source::File(a), Source::File(b)) => is_same_file(a, b),
            _ => other.name == entry.name,
        };
        if !self.entries.iter().any(same) {
            self.entries.push(entry);
        }
    }

    fn put_folder(&mut self, folder: &Path) -> Result<()> {
        let mut paths = Vec::new();
        collect(folder, &mut paths)?;
        paths.sort_by(|a, b| natural(&a.to_string_lossy(), &b.to_string_lossy()));
        let (known, others): (Vec<PathBuf>, Vec<PathBuf>) = paths.into_iter().partition(|path| of_name(path).is_some());
        if known.is_empty() {
            match others.first() {
                Some(other) => bail!("{} has no file that can be read; {}", folder.display(), refusal(other)),
                None => bail!("{} is an empty folder; one with {} would be right", folder.display(), Format::KNOWN),
            }
        }
        for path in known {
            let Some((format, packing)) = of_name(&path) else { continue };
            self.put(Entry { is_of_folder: true, ..Entry::of_path(&path, format, packing)? });
        }
        self.skipped.extend(others);
        Ok(())
    }
}

/// All files below a folder but hidden ones. Links to folders are not followed, so that it ends.
fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    let cannot = || format!("{} cannot be read", folder.display());
    for entry in fs::read_dir(folder).with_context(cannot)? {
        let entry = entry.with_context(cannot)?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = entry.path();
        if entry.file_type().with_context(cannot)?.is_dir() {
            collect(&path, paths)?;
        } else if path.is_file() {
            paths.push(path);
        }
    }
    Ok(())
}

impl Entry {
    fn of_path(path: &Path, format: Format, packing: Packing) -> Result<Self> {
        let bytes = fs::metadata(path).with_context(|| format!("{} cannot be read", path.display()))?.len();
        let (name, step) = (path.display().to_string(), step_of_name(path));
        Ok(Self { name, format, step, bytes, is_of_folder: false, packing, source: Source::File(path.to_owned()) })
    }

    /// Standard input, of which as much is read as has the first line.
    fn stdin(mut input: impl Read) -> Result<Self> {
        let mut head = Vec::new();
        while (head.len() as u64) < HEAD && !head.contains(&b'\n') {
            let read = input.by_ref().take(1 << 16).read_to_end(&mut head).context("standard input cannot be read")?;
            if read == 0 {
                break;
            }
        }
        ensure!(!head.is_empty(), "standard input is empty; lines of JSON would be right");
        let name = "-".to_owned();
        let step = Step::Name(name.clone());
        let packing = Packing::Plain;
        Ok(Self {
            name,
            format: Format::Lines,
            step,
            bytes: 0,
            is_of_folder: false,
            packing,
            source: Source::Stdin(head),
        })
    }

    /// The file itself.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub fn file(&self) -> Result<File, String> {
        match &self.source {
            Source::Stdin(_) => Err("standard input is no file".into()),
            Source::File(path) => File::open(path).map_err(|error| io_reason(&error)),
        }
    }

    /// That it is not packed in another way than its name says.
    ///
    /// # Errors
    /// How it is packed, and what would be right.
    pub fn check_packing(&self) -> Result<(), String> {
        let mut start = Vec::new();
        if matches!(self.format, Format::Lines | Format::Json | Format::Csv)
            && let Ok(reader) = self.open(&|_| ())
        {
            // What cannot be unpacked is said when it is read.
            let _ = reader.take(4).read_to_end(&mut start);
        }
        match &start[..] {
            [0x1f, 0x8b, ..] => Err("it is packed by gzip; a name that ends in .gz would be right".into()),
            [0x28, 0xb5, 0x2f, 0xfd] => Err("it is packed by zstd; a name that ends in .zst would be right".into()),
            _ => Ok(()),
        }
    }

    /// Its bytes as they are unpacked; tells how many of them were read before.
    pub fn open<'a>(&'a self, progress: Progress<'a>) -> io::Result<Box<dyn Read + Send + 'a>> {
        match &self.source {
            Source::Stdin(head) => Ok(Box::new(Cursor::new(head).chain(io::stdin()))),
            Source::File(path) => {
                let reader = Counted { reader: File::open(path)?.take(self.bytes), progress };
                Ok(self.packing.unpack(reader))
            }
        }
    }
}

/// A reader that tells how much was read.
struct Counted<'a, R> {
    reader: R,
    progress: Progress<'a>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        (self.progress)(read as u64);
        Ok(read)
    }
}
