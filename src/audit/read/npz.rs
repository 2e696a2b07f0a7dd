//! Logs as numpy's `savez` writes them: a zip archive of arrays, whose members are unpacked in step.

use super::arrays::{Array, Cells, Table};
use super::columns::Columns;
use super::files::Entry;
use super::rows::{Bytes, Rows};
use super::source::{Broken, Part, Progress, Source, io_reason};
use crate::audit::Place;
use crate::stored::Number;
use crate::stored::npy::read_header;
use flate2::CrcReader;
use flate2::read::DeflateDecoder;
use npyz::{DType, NpyHeader, Order, npz};
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;
use zip::{CompressionMethod, ZipArchive};

/// A member of an archive.
struct Member {
    array: Array,
    /// Behind the header of the array.
    reader: CrcReader<Box<dyn Read + Send>>,
    checksum: u32,
}

/// The arrays of an archive; what is none of numbers or texts is passed over.
fn members(entry: &Entry) -> Result<Vec<Member>, String> {
    let no_archive =
        |error| format!("the file is no whole archive ({error}); what numpy's savez writes would be right");
    let mut archive = ZipArchive::new(BufReader::new(entry.file()?)).map_err(no_archive)?;
    let mut members = Vec::new();
    for place in 0..archive.len() {
        let file = archive.by_index_raw(place).map_err(no_archive)?;
        let Some(key) = npz::array_name_from_file_name(file.name()).map(str::to_owned) else { continue };
        let mut packed = entry.file()?;
        packed.seek(SeekFrom::Start(file.data_start())).map_err(|error| io_reason(&error))?;
        let packed = BufReader::with_capacity(1 << 16, packed).take(file.compressed_size());
        let unpacked: Box<dyn Read + Send> = match file.compression() {
            CompressionMethod::Stored => Box::new(packed),
            CompressionMethod::Deflated => Box::new(DeflateDecoder::new(packed)),
            method => return Err(format!("{key} is packed by {method}; what numpy's savez writes would be right")),
        };
        let mut reader = CrcReader::new(unpacked);
        let array = array(key, &mut reader)?;
        members.extend(array.map(|array| Member { array, reader, checksum: file.crc32() }));
    }
    Ok(members)
}

/// What the header says of an array; none where it is of other than numbers or texts.
fn array(key: String, reader: &mut impl Read) -> Result<Option<Array>, String> {
    let header = read_header(reader).map_err(|error| format!("{key} {error:#}"))?;
    let header = NpyHeader::from_reader(&header[..]).map_err(|error| format!("{key} is no array of numpy: {error}"))?;
    let shape = header.shape().iter().map(|length| usize::try_from(*length).unwrap_or(usize::MAX)).collect();
    if header.order() == Order::Fortran && header.shape().len() > 1 {
        return Err(format!("{key} is stored by columns; numpy.ascontiguousarray of it would be right"));
    }
    let DType::Plain(dtype) = header.dtype() else { return Ok(None) };
    Ok(cells(&dtype.to_string()).map(|cells| Array { key, shape, cells, start: 0, pitch: None }))
}

fn cells(dtype: &str) -> Option<Cells> {
    if let Some(characters) = dtype.strip_prefix("<U") {
        return characters.parse().ok().filter(|characters| (1..=1000).contains(characters)).map(Cells::Text);
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
        _ => return None,
    };
    Some(Cells::Number(number))
}

/// The names of the arrays.
///
/// # Errors
/// What is wrong with the file.
pub(super) fn keys(entry: &Entry) -> Result<Vec<String>, String> {
    Ok(members(entry)?.into_iter().map(|member| member.array.key).collect())
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
    is_at_end: bool,
}

impl<'a> InArchive<'a> {
    /// # Errors
    /// What is wrong with the file.
    pub fn new(entry: &'a Entry, columns: &Columns, progress: Progress<'a>) -> Result<Self, String> {
        let mut members = members(entry)?;
        let arrays = members.iter().map(|member| member.array.clone()).collect();
        let table = Table::new(entry, arrays, columns, progress)?;
        members.retain(|member| table.arrays().any(|array| array.key == member.array.key));
        let shared = members.iter().map(|_| None).collect();
        Ok(Self { table: Arc::new(table), members, shared, row: 0, broken: None, is_at_end: false })
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
            let read = (&mut member.reader).take(missing).read_to_end(&mut bytes);
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

    /// The first member that is not what the archive says; it has been read to its end.
    fn check(&mut self) -> Option<Broken> {
        let is_wrong = |member: &mut Member| match member.reader.read(&mut [0]) {
            Ok(0) => member.reader.crc().sum() != member.checksum,
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
