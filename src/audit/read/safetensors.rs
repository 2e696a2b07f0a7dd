//! Logs as tensors in a safetensors file, of which threads read the rows that they work at.

use super::arrays::{Array, Cells, Table};
use super::columns::Columns;
use super::files::Entry;
use super::rows::{Bytes, Rows};
use super::source::{Broken, Part, Progress, Source};
use crate::stored::safetensors::{Header, number, read_header};
use std::fs::File;
use std::sync::Arc;

/// The arrays in the file, and how long it is.
fn arrays(file: &mut File) -> Result<(Vec<Array>, u64), String> {
    let Header { metadata, data, length } = read_header(file).map_err(|error| format!("the file {error:#}"))?;
    let array = |(key, tensor): (String, &::safetensors::tensor::TensorInfo)| {
        let cells = number(tensor.dtype)
            .map_or(Cells::Other("is of a type that is not read; F32 would be right"), Cells::Number);
        Array { key, shape: tensor.shape.clone(), cells, start: data + tensor.data_offsets.0 as u64, pitch: None }
    };
    let mut arrays: Vec<Array> = metadata.tensors().into_iter().map(array).collect();
    arrays.sort_by_key(|array| array.start);
    Ok((arrays, data + length))
}

/// The names of the arrays.
///
/// # Errors
/// What is wrong with the file.
pub(super) fn keys(entry: &Entry) -> Result<Vec<String>, String> {
    Ok(arrays(&mut entry.file()?)?.0.into_iter().map(|array| array.key).collect())
}

/// A table whose rows lie in a file as they are.
pub(super) struct InFile<'a> {
    table: Arc<Table<'a>>,
    file: Arc<File>,
    row: u64,
    /// The first row that is not whole.
    end: u64,
    is_cut: bool,
}

impl<'a> InFile<'a> {
    /// # Errors
    /// What is wrong with the file.
    pub fn safetensors(entry: &'a Entry, columns: &Columns, progress: Progress<'a>) -> Result<Self, String> {
        let mut file = entry.file()?;
        let (arrays, length) = arrays(&mut file)?;
        Ok(Self::new(Table::new(entry, arrays, columns, progress)?, file, length))
    }

    /// A table in a file of this length.
    pub fn new(table: Table<'a>, file: File, length: u64) -> Self {
        let end = table.rows_before(length);
        let is_cut = end < table.rows;
        Self { table: Arc::new(table), file: Arc::new(file), row: 0, end, is_cut }
    }

    fn broken(&mut self) -> Option<Broken> {
        self.is_cut.then(|| self.table.broken(self.end, "the file is cut short")).inspect(|_| self.is_cut = false)
    }
}

impl<'a> Source<'a> for InFile<'a> {
    fn next(&mut self) -> Option<Box<dyn Part + 'a>> {
        if self.row == self.end {
            return self.broken().map(|broken| Box::new(broken) as Box<dyn Part>);
        }
        let rows = self.table.next_rows(self.row, self.end);
        self.row = rows.end;
        Some(Box::new(Rows { table: self.table.clone(), rows, bytes: Bytes::InFile(self.file.clone()) }))
    }
}
