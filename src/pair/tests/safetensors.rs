//! Tensors of other kinds than this program writes, and broken files.

use super::*;
use half::{bf16, f16};

/// A file with this header, and these data.
fn file(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

/// A file whose `theta` and `ref` are tensors of this kind and these bytes each.
fn of_both(dtype: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let tensor = |name: &str, start: usize| {
        let end = start + data.len();
        format!(r#""{name}": {{"dtype": "{dtype}", "shape": {shape}, "data_offsets": [{start}, {end}]}}"#)
    };
    file(&format!("{{{}, {}}}", tensor("theta", 0), tensor("ref", data.len())), &[data, data].concat())
}

#[test]
fn floats_and_integers_of_every_width_are_logits() {
    let floats = [0.0, 1.0, 3.0];
    let [half, brain] = [f16::to_le_bytes, |x: f16| bf16::from_f64(x.into()).to_le_bytes()]
        .map(|bytes: fn(f16) -> [u8; 2]| floats.map(f16::from_f64).into_iter().flat_map(bytes).collect::<Vec<_>>());
    for (dtype, data) in [
        ("F64", floats.into_iter().flat_map(f64::to_le_bytes).collect::<Vec<_>>()),
        ("F32", [0.0, 1.0, 3.0].into_iter().flat_map(f32::to_le_bytes).collect()),
        ("F16", half),
        ("BF16", brain),
        ("I64", [0, 1, 3].into_iter().flat_map(i64::to_le_bytes).collect()),
        ("I32", [0, 1, 3].into_iter().flat_map(i32::to_le_bytes).collect()),
        ("I16", [0, 1, 3].into_iter().flat_map(i16::to_le_bytes).collect()),
        ("U64", [0, 1, 3].into_iter().flat_map(u64::to_le_bytes).collect()),
        ("U32", [0, 1, 3].into_iter().flat_map(u32::to_le_bytes).collect()),
        ("U16", [0, 1, 3].into_iter().flat_map(u16::to_le_bytes).collect()),
        ("I8", vec![0, 1, 3]),
        ("U8", vec![0, 1, 3]),
    ] {
        let problem = parse(Format::Safetensors, &of_both(dtype, "[3]", &data), None).unwrap();
        assert_eq!(problem.policy.logits(), floats, "{dtype}");
    }
}

#[test]
fn the_longest_length_may_be_text_in_the_metadata() {
    let with = |text: &str| {
        let tensor = r#"{"dtype": "U8", "shape": [2, 2], "data_offsets": "#;
        let metadata = format!(r#""__metadata__": {{"format": "pt", "max_length": "{text}"}}"#);
        file(&format!(r#"{{{metadata}, "theta": {tensor}[0, 4]}}, "ref": {tensor}[4, 8]}}}}"#), &[0; 8])
    };
    assert_eq!(parse(Format::Safetensors, &with("20"), None).unwrap().policy.max_length(), 20);
    for (text, words) in [
        ("many", r#"max_length is "many" in the metadata; a whole number would be right"#),
        ("0.5", "max_length is 0.5; a whole number from 1 to 1000000"),
        ("NaN", "max_length is NaN; a whole number"),
    ] {
        let refusal = refusal(Format::Safetensors, &with(text), None);
        assert!(refusal.starts_with(words), "{refusal}");
    }
}

#[test]
fn broken_files_and_other_tensors_are_named() {
    let pair = of_both("F32", "[2]", &[0; 8]);
    for (bytes, words) in [
        (vec![], "ends within the length of its header"),
        (pair[..7].to_vec(), "ends within the length of its header"),
        (pair[..50].to_vec(), "has 50 bytes, and a header of"),
        (pair[..pair.len() - 1].to_vec(), "has 15 bytes of tensors, and 16 according to its header; it is not whole"),
        (u64::MAX.to_le_bytes().to_vec(), "has 8 bytes, and a header of 18446744073709551615 according to"),
        (file("{", &[]), "has a wrong header: EOF while parsing"),
        (of_both("F99", "[2]", &[0; 8]), "has a wrong header: unknown variant `F99`"),
        (of_both("F32", "[3]", &[0; 8]), "has a wrong header: invalid shape"),
        (of_both("F32", "[4611686018427387904, 8]", &[0; 8]), "has a wrong header: overflow"),
        (of_both("BOOL", "[2]", &[0; 2]), "ref is of dtype BOOL; F64, F32, F16, BF16 or integers would be right"),
        (of_both("F32", "[2]", &f32::NAN.to_le_bytes().repeat(2)), "theta has the logit NaN in row 0, column 0"),
        (of_both("F32", "[]", &[0; 4]), "theta has 0 dimensions;"),
        (of_both("F32", "[2, 1, 1]", &[0; 8]), "theta has 3 dimensions;"),
    ] {
        let refusal = refusal(Format::Safetensors, &bytes, None);
        assert!(refusal.starts_with(words), "{words}: {refusal}");
    }
}
