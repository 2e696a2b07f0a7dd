//! Pairs as numpy's `savez` writes them: a zip archive of arrays.

use super::content::{Array, Content, LARGEST, MAX_LENGTH, check_name, max_length, no_array, policies, shape_text};
use crate::policy::{Problem, Softmax};
use crate::stored::npy::read_header;
use anyhow::{Context, Result, anyhow, bail, ensure};
use half::f16;
use npyz::{AutoSerialize, DType, NpyFile, Order, WriterBuilder, npz};
use std::io::{self, BufReader, Cursor, Read, Seek, Write};
use zip::write::FileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

const CANNOT_BE_READ: &str = "cannot be read";

/// Reads the arrays.
///
/// # Errors
/// Names the array, and says what is wrong with it.
pub(super) fn read(file: impl Read + Seek) -> Result<Content> {
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(no_archive)?;
    let mut files: Vec<String> = archive.file_names().map(str::to_owned).collect();
    files.sort_unstable();
    let mut content = Content::default();
    for file in files {
        let Some(name) = npz::array_name_from_file_name(&file) else { continue };
        check_name(name)?;
        let entry = archive.by_name(&file).map_err(no_archive)?;
        let array = read_array(BufReader::new(entry)).map_err(|error| anyhow!("{name} {error:#}"))?;
        content.insert(name, array)?;
    }
    Ok(content)
}

/// Reads the array of this name alone.
///
/// # Errors
/// It is not there, or what is wrong with it.
pub(super) fn read_named(file: impl Read + Seek, name: &str) -> Result<Array> {
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(no_archive)?;
    let names: Vec<String> = archive.file_names().map(str::to_owned).collect();
    let file = names.into_iter().find(|file| npz::array_name_from_file_name(file) == Some(name));
    let entry = archive.by_name(&file.ok_or_else(|| no_array(name))?).map_err(no_archive)?;
    read_array(BufReader::new(entry)).map_err(|error| anyhow!("{name} {error:#}"))
}

fn no_archive(error: zip::result::ZipError) -> anyhow::Error {
    anyhow!("is no whole archive ({error}); what numpy's savez writes would be right")
}

fn read_array(mut entry: impl Read) -> Result<Array> {
    let header = read_header(&mut entry)?;
    let mut rest = header.as_slice().chain(entry);
    let npy = NpyFile::new(&mut rest).map_err(|error| anyhow!("is no array of numpy: {error}"))?;
    let shape = npy.shape().iter().map(|&length| usize::try_from(length)).collect::<Result<Vec<_>, _>>()?;
    let count = npy.len();
    ensure!(
        count <= LARGEST as u64,
        "has the shape {}, which is {count} numbers; {LARGEST} or fewer would be right",
        shape_text(&shape)
    );
    let order = npy.order();
    let numbers = numbers(npy)?;
    // At the end the archive compares a checksum.
    let excess = rest.read(&mut [0]).context(CANNOT_BE_READ)?;
    ensure!(excess == 0, "goes on behind its {count} numbers; it is not what numpy wrote");
    Ok(Array { logits: if order == Order::Fortran { by_rows(&numbers, &shape) } else { numbers }, shape })
}

/// The numbers in the order of the file.
fn numbers<R: Read>(npy: NpyFile<R>) -> Result<Vec<f64>> {
    let count = npy.len();
    macro_rules! first_of {
        ($($number:ty: $widen:expr),*) => {{
            $(let npy = match npy.try_data::<$number>() {
                Ok(numbers) => return collect(count, numbers.map(|number| number.map($widen))),
                Err(npy) => npy,
            };)*
            npy.dtype()
        }};
    }
    let dtype = first_of!(
        f64: |x| x, f32: f64::from, f16: f64::from,
        i64: |x| x as f64, i32: f64::from, i16: f64::from, i8: f64::from,
        u64: |x| x as f64, u32: f64::from, u16: f64::from, u8: f64::from
    );
    let name = match dtype {
        DType::Plain(name) => name.to_string(),
        _ => "records".to_owned(),
    };
    bail!("is of dtype {name}; floats of 64, 32 or 16 bits, or integers, would be right")
}

fn collect(count: u64, numbers: impl Iterator<Item = io::Result<f64>>) -> Result<Vec<f64>> {
    // No more room than there are numbers, whatever the header says.
    let mut whole = Vec::new();
    for number in numbers {
        whole.push(number.with_context(|| format!("cannot be read to the end of its {count} numbers"))?);
    }
    Ok(whole)
}

/// A matrix by rows, of one by columns.
fn by_rows(numbers: &[f64], shape: &[usize]) -> Vec<f64> {
    match *shape {
        [rows, columns] => (0..rows * columns).map(|place| numbers[place % columns * rows + place / columns]).collect(),
        _ => numbers.to_vec(),
    }
}

/// Writes the arrays as `savez` does.
///
/// # Errors
/// What the writer reports.
pub(super) fn write(problem: &Problem<Softmax>, writer: &mut dyn Write) -> Result<()> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, policy) in policies(problem) {
        let vocabulary = policy.vocabulary() as u64;
        let shape = if policy.is_sequence() { vec![vocabulary; 2] } else { vec![vocabulary] };
        write_array(&mut archive, name, &shape, policy.logits())?;
    }
    if let Some(max_length) = max_length(problem) {
        write_array(&mut archive, MAX_LENGTH, &[], &[max_length as i64])?;
    }
    Ok(writer.write_all(archive.finish()?.get_ref())?)
}

fn write_array<W: Write + Seek, T: AutoSerialize + Copy>(
    archive: &mut ZipWriter<W>,
    name: &str,
    shape: &[u64],
    numbers: &[T],
) -> Result<()> {
    // No time of day: the same pair is the same bytes.
    let options =
        FileOptions::default().compression_method(CompressionMethod::Stored).last_modified_time(DateTime::default());
    archive.start_file(npz::file_name_from_array_name(name), options)?;
    let mut npy = npyz::WriteOptions::new().default_dtype().shape(shape).writer(archive).begin_nd()?;
    npy.extend(numbers.iter().copied())?;
    Ok(npy.finish()?)
}
