//! The header of an array of numpy.

use anyhow::{Context, Result, bail, ensure};
use std::io::Read;

/// Numpy reads no longer header, either.
const LONGEST_HEADER: usize = 10_000;

/// The header of an array, in which npyz finds nothing to overflow at: no dimensions whose product has more than 64 bits, and
/// no brackets nested without end.
///
/// # Errors
/// Where it is none, or not whole.
pub(crate) fn read_header(entry: &mut impl Read) -> Result<Vec<u8>> {
    let mut header = Vec::new();
    entry.take(12).read_to_end(&mut header).context("cannot be read")?;
    let length = match header[..] {
        [_, _, _, _, _, _, 1, _, a, b, ..] => 10 + usize::from(u16::from_le_bytes([a, b])),
        [_, _, _, _, _, _, _, _, a, b, c, d] => 12_usize.saturating_add(u32::from_le_bytes([a, b, c, d]) as usize),
        _ => bail!("ends within its header"),
    };
    ensure!(length <= LONGEST_HEADER, "has a header of {length} bytes; {LONGEST_HEADER} or fewer would be right");
    entry.take(length.saturating_sub(12) as u64).read_to_end(&mut header).context("cannot be read")?;
    ensure!(header.len() >= length, "ends within its header");
    let text = &header[10..];
    let count = |is_counted: fn(&u8) -> bool| text.iter().filter(|byte| is_counted(byte)).count();
    let is_hexadecimal = text.windows(2).any(|pair| pair[0].is_ascii_digit() && pair[1].is_ascii_alphabetic());
    ensure!(
        count(u8::is_ascii_digit) <= 19 && count(|byte| b"([{".contains(byte)) <= 8 && !is_hexadecimal,
        "has a header that is none of numbers; an array of numbers would be right"
    );
    Ok(header)
}
