//! Arrays as files store them: what readers of pairs and of logs share.

pub(crate) mod npy;
pub(crate) mod safetensors;

use half::{bf16, f16};
use multiversion::multiversion;

/// How a number is stored, in bytes of which the lowest comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    F64,
    F32,
    F16,
    Bf16,
    I64,
    I32,
    I16,
    I8,
    U64,
    U32,
    U16,
    U8,
    /// 0 or 1, a byte.
    Bool,
}

impl Number {
    /// How many bytes it has.
    pub fn size(self) -> usize {
        match self {
            Self::F64 | Self::I64 | Self::U64 => 8,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F16 | Self::Bf16 | Self::I16 | Self::U16 => 2,
            Self::I8 | Self::U8 | Self::Bool => 1,
        }
    }

    /// Appends the numbers that the bytes hold; bytes of no whole number at the end are left out.
    pub fn widen(self, bytes: &[u8], into: &mut Vec<f64>) {
        widen(self, bytes, into);
    }
}

#[multiversion(targets("x86_64+avx2+fma"))]
fn widen(number: Number, bytes: &[u8], into: &mut Vec<f64>) {
    match number {
        Number::F64 => append(bytes, into, f64::from_le_bytes),
        Number::F32 => append(bytes, into, |x| f32::from_le_bytes(x).into()),
        Number::F16 => append(bytes, into, |x| f16::from_le_bytes(x).into()),
        Number::Bf16 => append(bytes, into, |x| bf16::from_le_bytes(x).into()),
        Number::I64 => append(bytes, into, |x| i64::from_le_bytes(x) as f64),
        Number::I32 => append(bytes, into, |x| i32::from_le_bytes(x).into()),
        Number::I16 => append(bytes, into, |x| i16::from_le_bytes(x).into()),
        Number::I8 => append(bytes, into, |x| i8::from_le_bytes(x).into()),
        Number::U64 => append(bytes, into, |x| u64::from_le_bytes(x) as f64),
        Number::U32 => append(bytes, into, |x| u32::from_le_bytes(x).into()),
        Number::U16 => append(bytes, into, |x| u16::from_le_bytes(x).into()),
        Number::U8 | Number::Bool => append(bytes, into, |x| u8::from_le_bytes(x).into()),
    }
}

#[inline(always)]
fn append<const N: usize>(bytes: &[u8], into: &mut Vec<f64>, widen: impl Fn([u8; N]) -> f64) {
    into.extend(bytes.as_chunks().0.iter().map(|number| widen(*number)));
}

/// A shape as numpy writes it.
pub(crate) fn shape_text(shape: &[usize]) -> String {
    match shape {
        [length] => format!("({length},)"),
        _ => format!("({})", shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    }
}
