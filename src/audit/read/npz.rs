//! Logs as numpy's `savez` writes them: a zip archive of arrays, whose members are unpacked in step.

use super::arrays::{Array, Cells, Table};
use super::columns::Columns;
use super::files::Entry;
use super::rows::{Bytes, Rows};
use super::source::{Broken, Part, Progress, Source, io_reason};
use super::zipped::{self, CUT, Members};
use crate::audit::Place;
use crate::stored::Number;
use crate::stored::npy::read_header;
use flate2::CrcReader;
use flate2::read::DeflateDecoder;
use npyz::{DType, NpyHeader, Order, npz};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;
use zip::CompressionMethod;

/// An array of an archive.
struct Member {
    array: Array,
    /// Behind the header of the array.
    reader: CrcReader<Box<dyn Read + Send>>,
    checksum: Option<u32>,
    /// How many bytes a number or a letter has whose highest byte comes first; none where the lowest does.
    swapped: Option<usize>,
}

impl Member {
    /// Appends what follows, the lowest bytes first.
    fn read(&mut self, missing: u64, bytes: &mut Vec<u8>) -> io::Result<usize> {
        let before = bytes.len();
        let read = (&mut self.reader).take(missing).read_to_end(bytes);
        if let Some(size) = self.swapped {
            bytes[before..].chunks_exact_mut(size).for_each(<[u8]>::reverse);
        }
        read
    }
}

/// The arrays of an archive, and whether it is cut short behind them.
fn members(entry: &Entry) -> Result<(Vec<Member>, bool), String> {
    let Members { all, is_cut } = Members::of(entry, "numpy's savez")?;
    let count = all.len();
    let mut members = Vec::new();
    for (place, file) in all.into_iter().enumerate() {
        let Some(key) = npz::array_name_from_file_name(&file.name).map(str::to_owned) else { continue };
        match member(entry, key, &file) {
            // What is cut within its header is lost.
            Err(_) if is_cut && place + 1 == count => {}
            member => members.push(member?),
        }
    }
    Ok((members, is_cut))
}

fn member(entry: &Entry, key: String, file: &zipped::Member) -> Result<Member, String> {
    let mut packed = entry.file()?;
    packed.seek(SeekFrom::Start(file.start)).map_err(|error| io_reason(&error))?;
    let packed = BufReader::with_capacity(1 << 16, packed).take(file.bytes);
    let unpacked: Box<dyn Read + Send> = match file.method {
        CompressionMethod::Stored => Box::new(packed),
        CompressionMethod::Deflated => Box::new(DeflateDecoder::new(packed)),
        method => return Err(format!("{key} is packed by {method}; what numpy's savez writes would be right")),
    };
    let mut reader = CrcReader::new(unpacked);
    let (array, swapped) = array(key, &mut reader)?;
    Ok(Member { array, reader, checksum: file.checksum, swapped })
}

/// What the header says of an array, and of what size are the numbers whose bytes are to be swapped.
fn array(key: String, reader: &mut impl Read) -> Result<(Array, Option<usize>), String> {
    let header = read_header(reader).map_err(|error| format!("{key} {error:#}"))?;
    let header = NpyHeader::from_reader(&header[..]).map_err(|error| format!("{key} is no array of numpy: {error}"))?;
    let shape = header.shape().iter().map(|length| usize::try_from(*length).unwrap_or(usize::MAX)).collect();
    let dtype = if let DType::Plain(dtype) = header.dtype() { dtype.to_string() } else { String::new() };
    let (dtype, is_swapped) = match dtype.strip_prefix('>') {
        Some(rest) => (format!("<{rest}"), true),
        None => (dtype, false),
    };
    let is_by_columns = header.order() == Order::Fortran && header.shape().len() > 1;
    let cells = if is_by_columns { Cells::Other(BY_COLUMNS) } else { cells(&dtype) };
    let swapped = is_swapped.then_some(match cells {
        Cells::Number(number) => number.size(),
        // Each letter has four bytes.
        _ => 4,
    });
    Ok((Array { key, shape, cells, start: 0, pitch: None }, swapped))
}

const BY_COLUMNS: &str = "is stored by columns; numpy.ascontiguousarray of it would be right";

fn cells(dtype: &str) -> Cells {
    if let Some(characters) = dtype.strip_prefix("<U") {
        let characters = characters.parse().ok().filter(|characters| (1..=1000).contains(characters));
        return characters.map_or(Cells::Other("holds texts that are too long"), Cells::Text);
    }
    let number = match dtype {
        "<f8" => Number::F64,
        "<f4" => Number::F32,
        "<f2" => Number::F16,
        "<i8" => Number::I64,
        "<i4" => Number::I32,
        "<i2" => Number::I16,
        "|i1" => Number::I8,
        "<u8" => Number::U64,
        "<u4" => Number::U32,
        "<u2" => Number::U16,
        "|u1" => Number::U8,
        "|b1" => Number::Bool,
        _ => return Cells::Other("holds other than real numbers; numpy.float32 would be right"),
    };
    Cells::Number(number)
}

/// The names of the arrays.
///
/// # Errors
/// What is wrong with the file.
pub(super) fn keys(entry: &Entry) -> Result<Vec<String>, String> {
    Ok(members(entry)?.0.into_iter().map(|member| member.array.key).collect())
}

/// A table whose columns are unpacked in step.
pub(super) struct InArchive<'a> {
    table: Arc<Table<'a>>,
    /// Of each column.
    members: Vec<Member>,
    /// Of each column that has one row for all, that one.
    shared: Vec<Option<Vec<u8>>>,
    row: u64,
    broken: Option<Broken>,
    /// Whether the archive is cut short.
    is_cut: bool,
    is_at_end: bool,
}

impl<'a> InArchive<'a> {
    /// # Errors
    /// What is wrong with the file.
    pub fn new(entry: &'a Entry, columns: &Columns, progress: Progress<'a>) -> Result<Self, String> {
        let (mut members, is_cut) = members(entry)?;
        if is_cut {
            let keys: Vec<&str> = members.iter().map(|member| member.array.key.as_str()).collect();
            columns.check_cut(&keys)?;
        }
        let arrays = members.iter().map(|member| member.array.clone()).collect();
        let table = Table::new(entry, arrays, columns, progress)?;
        members.retain(|member| table.arrays().any(|array| array.key == member.array.key));
        let shared = members.iter().map(|_| None).collect();
        Ok(Self { table: Arc::new(table), members, shared, row: 0, broken: None, is_cut, is_at_end: false })
    }
}

impl InArchive<'_> {
    /// Unpacks rows; fewer where the archive is broken.
    fn unpack(&mut self, wanted: Range<u64>) -> (Range<u64>, Vec<Vec<u8>>) {
        let (mut columns, mut whole) = (Vec::new(), wanted.end - wanted.start);
        let lengths: Vec<_> = self.table.bytes_of(&wanted).map(|bytes| bytes.end - bytes.start).collect();
        for ((member, shared), length) in self.members.iter_mut().zip(&mut self.shared).zip(lengths) {
            let is_shared = self.table.is_shared(&member.array.key);
            let mut bytes = if is_shared { shared.take().unwrap_or_default() } else { Vec::new() };
            let missing = length.saturating_sub(bytes.len() as u64);
            let read = member.read(missing, &mut bytes);
            if (bytes.len() as u64) < length {
                let reason = read.map_or_else(|error| io_reason(&error), |_| "the file is cut short".into());
                let row = length / (wanted.end - wanted.start);
                let there = if is_shared { 0 } else { bytes.len() as u64 / row.max(1) };
                whole = whole.min(there);
                self.broken = Some(self.table.broken(wanted.start + whole, format!("{}: {reason}", member.array.key)));
            }
            if is_shared {
                *shared = Some(bytes.clone());
            }
            columns.push(bytes);
        }
        (wanted.start..wanted.start + whole, columns)
    }

    /// That the archive is cut short, or the first member that is not what it says; all have been read to their end.
    fn check(&mut self) -> Option<Broken> {
        if self.is_cut {
            return Some(Broken::new(Place::file(self.table.entry.name.clone()), CUT.into()));
        }
        let is_wrong = |member: &mut Member| match member.reader.read(&mut [0]) {
            Ok(0) => member.checksum.is_some_and(|checksum| checksum != member.reader.crc().sum()),
            _ => true,
        };
        let wrong = self.members.iter_mut().find_map(|member| is_wrong(member).then(|| member.array.key.clone()))?;
        let place = Place::file(self.table.entry.name.clone());
        Some(Broken::new(place, format!("{wrong} is not what was written: its length or its checksum is another one")))
    }
}

impl<'a> Source<'a> for InArchive<'a> {
    fn next(&mut self) -> Option<Box<dyn Part + 'a>> {
        if let Some(broken) = self.broken.take() {
            self.is_at_end = true;
            return Some(Box::new(broken));
        }
        if self.is_at_end {
            return None;
        }
        if self.row == self.table.rows {
            self.is_at_end = true;
            return self.check().map(|broken| Box::new(broken) as Box<dyn Part>);
        }
        let wanted = self.table.next_rows(self.row, self.table.rows);
        let (rows, columns) = self.unpack(wanted);
        self.row = rows.end;
        Some(Box::new(Rows { table: self.table.clone(), rows, bytes: Bytes::Read(columns) }))
    }
}
