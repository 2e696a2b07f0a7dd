//! Archives as numpy writes them in other ways than this program does, and broken ones.

use super::*;
use ::npyz::{AutoSerialize, Order, WriteOptions, WriterBuilder};
use half::f16;
use zip::write::FileOptions;
use zip::{CompressionMethod, ZipWriter};

/// An archive of these files.
fn archive(method: CompressionMethod, files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive.start_file(*name, FileOptions::default().compression_method(method)).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn npy<T: AutoSerialize + Copy>(shape: &[u64], order: Order, numbers: &[T]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut npy = WriteOptions::new().default_dtype().shape(shape).order(order).writer(&mut bytes).begin_nd().unwrap();
    npy.extend(numbers.iter().copied()).unwrap();
    npy.finish().unwrap();
    bytes
}

/// An array with this text in place of a header, and nothing behind it.
fn with_header(header: &str) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes
}

/// An archive whose `theta` and `ref` are these bytes.
fn of_both(array: &[u8]) -> Vec<u8> {
    archive(CompressionMethod::Stored, &[("theta.npy", array.to_vec()), ("ref.npy", array.to_vec())])
}

fn logits(array: &[u8]) -> Vec<f64> {
    parse(Format::Npz, &of_both(array), Some(4).filter(|_| array.len() > 10_000)).unwrap().policy.logits().to_vec()
}

#[test]
fn floats_and_integers_of_every_width_are_logits() {
    let expected = [0.0, 1.0, 3.0];
    let c = Order::C;
    for array in [
        npy(&[3], c, &[0.0_f64, 1.0, 3.0]),
        npy(&[3], c, &[0.0_f32, 1.0, 3.0]),
        npy(&[3], c, &[0.0, 1.0, 3.0].map(f16::from_f32)),
        npy(&[3], c, &[0_i64, 1, 3]),
        npy(&[3], c, &[0_i32, 1, 3]),
        npy(&[3], c, &[0_i16, 1, 3]),
        npy(&[3], c, &[0_i8, 1, 3]),
        npy(&[3], c, &[0_u64, 1, 3]),
        npy(&[3], c, &[0_u32, 1, 3]),
        npy(&[3], c, &[0_u16, 1, 3]),
        npy(&[3], c, &[0_u8, 1, 3]),
    ] {
        assert_eq!(logits(&array), expected);
    }
}

#[test]
fn bytes_from_the_largest_are_read() {
    let mut array = with_header("{'descr': '>f8', 'fortran_order': False, 'shape': (2,), }\n");
    array.extend([0.5_f64, -1.0].iter().flat_map(|logit| logit.to_be_bytes()));
    assert_eq!(logits(&array), [0.5, -1.0]);
}

#[test]
fn columns_and_compression_are_read() {
    let rows = npy(&[2, 2], Order::C, &[1.0, 2.0, 3.0, 4.0]);
    let columns = npy(&[2, 2], Order::Fortran, &[1.0, 3.0, 2.0, 4.0]);
    let length = npy(&[1], Order::C, &[6_i32]);
    let files = [("ref.npy", rows), ("theta.npy", columns), ("max_length.npy", length), ("note.txt", vec![])];
    let problem = parse(Format::Npz, &archive(CompressionMethod::Deflated, &files), None).unwrap();
    assert_eq!(problem.policy, problem.reference);
    assert_eq!((problem.policy.logits(), problem.policy.max_length()), (&[1.0, 2.0, 3.0, 4.0][..], 6));
}

#[test]
fn what_is_no_array_of_logits_is_named() {
    let header = |descr: &str, shape: &str| {
        with_header(&format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n"))
    };
    let mut excess = npy(&[2], Order::C, &[0.0, 1.0]);
    excess.push(0);
    for (array, words) in [
        (vec![], "ref ends within its header"),
        (b"\x93NUMPY\x01\x00\xff\x00{}".to_vec(), "ref ends within its header"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec(), "ref has a header of 4294967307 bytes; 10000 or fewer"),
        (b"no array of numpy at all".to_vec(), "ref has a header of"),
        (with_header("{}\n"), "ref is no array of numpy: dict is missing key"),
        (with_header(&"(".repeat(9000)), "ref has a header that is none of numbers"),
        (header("'<f8'", "(3,)"), "ref cannot be read to the end of its 3 numbers"),
        (header("'<f8'", "(9999999999,)"), "ref has the shape (9999999999,), which is 9999999999 numbers; 100000000"),
        (header("'<f8'", "(4294967296, 4294967296)"), "ref has a header that is none of numbers"),
        (header("'<f8'", "(0xffffffffffff, 0xffffffffffff)"), "ref has a header that is none of numbers"),
        (header("'<U3'", "(3,)"), "ref is of dtype <U3; floats of 64, 32 or 16 bits, or integers, would be right"),
        (header("'|O'", "(3,)"), "ref is of dtype |O;"),
        (header("'<c16'", "(3,)"), "ref is of dtype <c16;"),
        (header("[('a', '<f8')]", "(3,)"), "ref is of dtype records;"),
        (npy(&[2, 1, 1], Order::C, &[0.0, 1.0]), "theta has 3 dimensions; one, which is a categorical, or two"),
        (npy(&[], Order::C, &[0.0]), "theta has 0 dimensions;"),
        (npy(&[2], Order::C, &[0.0, f64::NEG_INFINITY]), "theta has the logit -inf in row 0, column 1"),
        (excess, "ref goes on behind its 2 numbers"),
    ] {
        let refusal = refusal(Format::Npz, &of_both(&array), None);
        assert!(refusal.starts_with(words), "{words}: {refusal}");
    }
}

#[test]
fn a_last_column_that_cannot_end_is_named() {
    let array = npy(&[2, 2], Order::C, &[0.0, 1.0, 0.0, f64::NEG_INFINITY]);
    let refusal = refusal(Format::Npz, &of_both(&array), Some(3));
    assert!(refusal.starts_with("theta has the logit -inf in the last column of row 1"), "{refusal}");
}

#[test]
fn broken_archives_are_named() {
    let pair = of_both(&npy(&[2], Order::C, &[0.0, 1.0]));
    let mut changed = pair.clone();
    let place = changed.windows(8).position(|bytes| bytes == 1.0_f64.to_le_bytes()).unwrap();
    changed[place] ^= 1;
    let several = npy(&[2], Order::C, &[3_i64, 4]);
    for (bytes, words) in [
        (b"{}".to_vec(), "is no whole archive"),
        (pair[..pair.len() / 2].to_vec(), "is no whole archive"),
        (changed, "theta cannot be read: Invalid checksum"),
        (archive(CompressionMethod::Stored, &[("old_logits.npy", vec![])]), r#""old_logits" is no array of a pair;"#),
        (archive(CompressionMethod::Stored, &[]), "there is no array theta;"),
        (
            archive(CompressionMethod::Stored, &[("max_length.npy", several)]),
            "max_length has the shape (2,); one whole number would be right",
        ),
    ] {
        let refusal = refusal(Format::Npz, &bytes, None);
        assert!(refusal.starts_with(words), "{words}: {refusal}");
    }
}
