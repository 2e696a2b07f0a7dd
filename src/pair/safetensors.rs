//! Pairs as tensors in a safetensors file.

use super::content::{Array, Content, LARGEST, MAX_LENGTH, check_name, max_length, policies, shape_text};
use crate::policy::{Problem, Softmax};
use ::safetensors::tensor::{Metadata, TensorInfo, TensorView};
use ::safetensors::{Dtype, serialize};
use anyhow::{Context, Result, anyhow, bail, ensure};
use half::{bf16, f16};
use std::io::{Read, Seek, SeekFrom, Write};

/// safetensors reads no longer header, either.
const LONGEST_HEADER: u64 = 100_000_000;
const CANNOT_BE_READ: &str = "cannot be read";

/// Reads the arrays, and of the file no more than those.
///
/// # Errors
/// Names the array, and says what is wrong with it.
pub(super) fn read(mut file: impl Read + Seek) -> Result<Content> {
    let (metadata, data) = read_metadata(&mut file)?;
    let mut tensors: Vec<_> = metadata.tensors().into_iter().collect();
    tensors.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    let mut content = Content::default();
    if let Some(text) = metadata.metadata().as_ref().and_then(|texts| texts.get(MAX_LENGTH)) {
        let max_length = text
            .parse()
            .map_err(|_| anyhow!("{MAX_LENGTH} is {text:?} in the metadata; a whole number would be right"))?;
        content.insert(MAX_LENGTH, Array { shape: vec![], logits: vec![max_length] })?;
    }
    for (name, tensor) in tensors {
        check_name(&name)?;
        let array = read_tensor(&mut file, data, tensor).map_err(|error| anyhow!("{name} {error:#}"))?;
        content.insert(&name, array)?;
    }
    Ok(content)
}

/// The header, which says where in the data each tensor is, and where the data are.
fn read_metadata(file: &mut (impl Read + Seek)) -> Result<(Metadata, u64)> {
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
    file.read_exact(&mut header).context(CANNOT_BE_READ)?;
    let metadata: Metadata = serde_json::from_slice(&header).map_err(|error| anyhow!("has a wrong header: {error}"))?;
    let (expected, found) = (metadata.data_len() as u64, whole - data);
    ensure!(expected == found, "has {found} bytes of tensors, and {expected} according to its header; it is not whole");
    Ok((metadata, data))
}

fn read_tensor(file: &mut (impl Read + Seek), data: u64, tensor: &TensorInfo) -> Result<Array> {
    let shape = tensor.shape.clone();
    let (start, end) = tensor.data_offsets;
    let count: usize = shape.iter().product();
    ensure!(
        count <= LARGEST,
        "has the shape {}, which is {count} numbers; {LARGEST} or fewer would be right",
        shape_text(&shape)
    );
    file.seek(SeekFrom::Start(data + start as u64)).context(CANNOT_BE_READ)?;
    let mut bytes = vec![0; end - start];
    file.read_exact(&mut bytes).context(CANNOT_BE_READ)?;
    Ok(Array { shape, logits: numbers(tensor.dtype, &bytes)? })
}

fn numbers(dtype: Dtype, bytes: &[u8]) -> Result<Vec<f64>> {
    Ok(match dtype {
        Dtype::F64 => widened(bytes, f64::from_le_bytes),
        Dtype::F32 => widened(bytes, |x| f32::from_le_bytes(x).into()),
        Dtype::F16 => widened(bytes, |x| f16::from_le_bytes(x).into()),
        Dtype::BF16 => widened(bytes, |x| bf16::from_le_bytes(x).into()),
        Dtype::I64 => widened(bytes, |x| i64::from_le_bytes(x) as f64),
        Dtype::I32 => widened(bytes, |x| i32::from_le_bytes(x).into()),
        Dtype::I16 => widened(bytes, |x| i16::from_le_bytes(x).into()),
        Dtype::I8 => widened(bytes, |x| i8::from_le_bytes(x).into()),
        Dtype::U64 => widened(bytes, |x| u64::from_le_bytes(x) as f64),
        Dtype::U32 => widened(bytes, |x| u32::from_le_bytes(x).into()),
        Dtype::U16 => widened(bytes, |x| u16::from_le_bytes(x).into()),
        Dtype::U8 => widened(bytes, |x| u8::from_le_bytes(x).into()),
        _ => bail!("is of dtype {dtype}; F64, F32, F16, BF16 or integers would be right"),
    })
}

fn widened<const N: usize>(bytes: &[u8], widen: fn([u8; N]) -> f64) -> Vec<f64> {
    bytes.as_chunks().0.iter().map(|number| widen(*number)).collect()
}

/// Writes the arrays.
///
/// # Errors
/// What the writer reports.
pub(super) fn write(problem: &Problem<Softmax>, writer: &mut dyn Write) -> Result<()> {
    let mut arrays: Vec<(&str, Dtype, Vec<usize>, Vec<u8>)> = policies(problem)
        .map(|(name, policy)| {
            let shape = if policy.is_sequence() { vec![policy.vocabulary(); 2] } else { vec![policy.vocabulary()] };
            (name, Dtype::F64, shape, policy.logits().iter().flat_map(|logit| logit.to_le_bytes()).collect())
        })
        .collect();
    if let Some(max_length) = max_length(problem) {
        arrays.push((MAX_LENGTH, Dtype::I64, vec![], (max_length as i64).to_le_bytes().to_vec()));
    }
    let tensors =
        arrays.iter().map(|(name, dtype, shape, bytes)| Ok((*name, TensorView::new(*dtype, shape.clone(), bytes)?)));
    let tensors = tensors.collect::<Result<Vec<_>>>()?;
    Ok(writer.write_all(&serialize(tensors, None)?)?)
}
