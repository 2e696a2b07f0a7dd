//! The header of a safetensors file.

use super::Number;
use ::safetensors::Dtype;
use ::safetensors::tensor::Metadata;
use anyhow::{Context, Result, anyhow};
use std::io::{Read, Seek, SeekFrom};

/// safetensors reads no longer header, either.
const LONGEST_HEADER: u64 = 100_000_000;

/// What a file says that it holds.
pub(crate) struct Header {
    /// Where in the data each tensor is.
    pub metadata: Metadata,
    /// Where in the file the data are.
    pub data: u64,
    /// How many bytes of data the file has; fewer than the header says where it is cut short.
    pub length: u64,
}

/// Reads the header.
///
/// # Errors
/// Where the file is none of safetensors, or ends within the header.
pub(crate) fn read_header(file: &mut (impl Read + Seek)) -> Result<Header> {
    let whole = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(|_| anyhow!("ends within the length of its header"))?;
    let length = u64::from_le_bytes(length);
    let data = length.checked_add(8).filter(|data| length <= LONGEST_HEADER && *data <= whole);
    let data = data.ok_or_else(|| {
        anyhow!("has {whole} bytes, and a header of {length} according to its first 8; a whole safetensors file would be right")
    })?;
    let mut header = vec![0; length as usize];
    file.read_exact(&mut header).context("cannot be read")?;
    let metadata = serde_json::from_slice(&header).map_err(|error| anyhow!("has a wrong header: {error}"))?;
    Ok(Header { metadata, data, length: whole - data })
}

/// How numbers of this type are stored; none where it is no type of plain numbers.
pub(crate) fn number(dtype: Dtype) -> Option<Number> {
    Some(match dtype {
        Dtype::F64 => Number::F64,
        Dtype::F32 => Number::F32,
        Dtype::F16 => Number::F16,
        Dtype::BF16 => Number::Bf16,
        Dtype::I64 => Number::I64,
        Dtype::I32 => Number::I32,
        Dtype::I16 => Number::I16,
        Dtype::I8 => Number::I8,
        Dtype::U64 => Number::U64,
        Dtype::U32 => Number::U32,
        Dtype::U16 => Number::U16,
        Dtype::U8 => Number::U8,
        Dtype::BOOL => Number::Bool,
        _ => return None,
    })
}
