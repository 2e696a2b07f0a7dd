//! Pairs as tensors in a safetensors file.

use super::content::{Array, Content, LARGEST, MAX_LENGTH, check_name, max_length, no_array, policies, shape_text};
use crate::policy::{Problem, Softmax};
use crate::stored::Number;
use crate::stored::safetensors::{Header, number, read_header};
use ::safetensors::tensor::{TensorInfo, TensorView};
use ::safetensors::{Dtype, serialize};
use anyhow::{Context, Result, anyhow, ensure};
use std::io::{Read, Seek, SeekFrom, Write};

const CANNOT_BE_READ: &str = "cannot be read";

/// Reads the arrays, and of the file no more than those.
///
/// # Errors
/// Names the array, and says what is wrong with it.
pub(super) fn read(mut file: impl Read + Seek) -> Result<Content> {
    let header = read_header(&mut file)?;
    check_whole(&header)?;
    let Header { metadata, data, .. } = header;
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

/// Reads the array of this name alone.
///
/// # Errors
/// It is not there, or what is wrong with it.
pub(super) fn read_named(mut file: impl Read + Seek, name: &str) -> Result<Array> {
    let header = read_header(&mut file)?;
    check_whole(&header)?;
    let tensor = header.metadata.info(name).ok_or_else(|| no_array(name))?;
    read_tensor(&mut file, header.data, tensor).map_err(|error| anyhow!("{name} {error:#}"))
}

fn check_whole(header: &Header) -> Result<()> {
    let (expected, found) = (header.metadata.data_len() as u64, header.length);
    ensure!(expected == found, "has {found} bytes of tensors, and {expected} according to its header; it is not whole");
    Ok(())
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
    let number = number(dtype).filter(|number| *number != Number::Bool);
    let number =
        number.ok_or_else(|| anyhow!("is of dtype {dtype}; F64, F32, F16, BF16 or integers would be right"))?;
    let mut numbers = Vec::with_capacity(bytes.len() / number.size());
    number.widen(bytes, &mut numbers);
    Ok(numbers)
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
