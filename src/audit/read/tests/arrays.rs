//! Arrays in safetensors and npz files.

use super::super::{Choice, Columns, Files};
use super::{All, folder, own_columns, read_bytes, read_paths, read_with};
use crate::audit::Step;
use proptest::prelude::*;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};
use std::io::{Cursor, Write};
use zip::write::FileOptions;
use zip::{CompressionMethod, ZipWriter};

/// An array: its name, its type for safetensors and for numpy, its shape, its bytes.
pub(super) type Array = (&'static str, Dtype, &'static str, Vec<usize>, Vec<u8>);

fn floats(name: &'static str, shape: &[usize], numbers: &[f32]) -> Array {
    let bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    (name, Dtype::F32, "<f4", shape.to_vec(), bytes)
}

fn integers(name: &'static str, shape: &[usize], numbers: &[i64]) -> Array {
    let bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    (name, Dtype::I64, "<i8", shape.to_vec(), bytes)
}

/// Three sequences of two tokens.
pub(super) fn three() -> Vec<Array> {
    vec![
        floats("old_logp", &[3, 2], &[-1.0, -2.0, -3.0, -4.0, -5.0, f32::NAN]),
        floats("ref_logp", &[3, 2], &[-1.5, -2.5, -3.5, -4.5, -5.5, -6.5]),
        ("mask", Dtype::BOOL, "|b1", vec![3, 2], vec![1, 0, 1, 1, 0, 1]),
        integers("step", &[3], &[7, 8, 9]),
    ]
}

pub(super) fn as_safetensors(arrays: &[Array]) -> Vec<u8> {
    let views: Vec<_> = arrays
        .iter()
        .map(|(name, dtype, _, shape, bytes)| {
            (*name, TensorView::new(*dtype, shape.clone(), bytes).expect("the bytes fit the shape"))
        })
        .collect();
    serialize(views, None).expect("the tensors are sound")
}

pub(super) fn as_npz(arrays: &[Array], method: CompressionMethod) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, _, descr, shape, bytes) in arrays {
        let shape: String = shape.iter().map(|length| format!("{length}, ")).collect();
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}\n");
        let start = [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes()].concat();
        archive
            .start_file(format!("{name}.npy"), FileOptions::default().compression_method(method))
            .expect("memory takes all");
        archive.write_all(&start).and_then(|()| archive.write_all(bytes)).expect("memory takes all");
    }
    archive.finish().expect("memory takes all").into_inner()
}

/// All ways to store the arrays: the name of a file, and its bytes.
fn stored(arrays: &[Array]) -> [(&'static str, Vec<u8>); 3] {
    [
        ("a.safetensors", as_safetensors(arrays)),
        ("a.npz", as_npz(arrays, CompressionMethod::Stored)),
        ("b.npz", as_npz(arrays, CompressionMethod::Deflated)),
    ]
}

fn read_all(arrays: &[Array]) -> [All; 3] {
    stored(arrays).map(|(name, bytes)| read_bytes(name, &bytes))
}

#[test]
fn each_row_is_a_sequence() {
    for all in read_all(&three()) {
        assert!(all.unreadable.is_empty(), "{:?}", all.said());
        assert_eq!(all.of(1)[..2], [[-1.0, -2.0], [-3.0, -4.0]]);
        assert!(all.of(1)[2][1].is_nan());
        assert_eq!(all.of(3), [[-1.5, -2.5], [-3.5, -4.5], [-5.5, -6.5]]);
        let masks: Vec<_> = all.records.iter().filter_map(|record| record.mask.clone()).collect();
        assert_eq!(masks, [[true, false], [true, true], [false, true]]);
        let steps: Vec<_> = all.records.iter().map(|record| record.step.clone()).collect();
        assert_eq!(steps, [7, 8, 9].map(Step::Number));
        let places: Vec<_> = all.records.iter().filter_map(|record| record.place.sequence).collect();
        assert_eq!(places, [1, 2, 3]);
    }
}

#[test]
fn a_list_is_one_sequence_and_one_number_is_for_all() {
    let list = [
        floats("old_logp", &[3], &[-1.0, -2.0, -3.0]),
        floats("ref_logp", &[3], &[-1.0; 3]),
        integers("mask", &[3], &[1, 0, 1]),
        integers("step", &[], &[5]),
    ];
    for all in read_all(&list) {
        let [record] = &all.records[..] else { panic!("there are {} records", all.records.len()) };
        assert_eq!(
            (record.log_probs[1].clone(), record.mask.clone()),
            (Some(vec![-1.0, -2.0, -3.0]), Some(vec![true, false, true]))
        );
        assert_eq!(record.step, Step::Number(5));
    }
}

#[test]
fn masks_of_sequences_and_of_tokens_multiply() {
    let mut arrays =
        vec![floats("token_loss_mask", &[2, 2], &[1.0, 1.0, 0.0, 1.0]), floats("sample_loss_mask", &[2], &[0.0, 1.0])];
    arrays.extend(["prev_logprobs", "generation_logprobs"].map(|name| floats(name, &[2, 2], &[-1.0; 4])));
    for all in read_all(&arrays) {
        let masks: Vec<_> = all.records.iter().filter_map(|record| record.mask.clone()).collect();
        assert_eq!(masks, [[false, false], [false, true]]);
    }
}

#[test]
fn all_numbers_are_read_to_their_bits() {
    let half = |bits: [u16; 2]| bits.iter().flat_map(|bits| bits.to_le_bytes()).collect::<Vec<_>>();
    let arrays = [
        ("old_logp", Dtype::BF16, "", vec![1, 2], half([0xbfc0, 0xc000])),
        ("ref_logp", Dtype::F16, "", vec![1, 2], half([0xbe00, 0xc000])),
        (
            "rollout_logp",
            Dtype::F64,
            "",
            vec![1, 2],
            [-1.1_f64, -2.2].iter().flat_map(|number| number.to_le_bytes()).collect(),
        ),
    ];
    let all = read_bytes("a.safetensors", &as_safetensors(&arrays));
    assert_eq!(
        (all.of(1), all.of(2), all.of(3)),
        (vec![vec![-1.5, -2.0]], vec![vec![-1.1, -2.2]], vec![vec![-1.5, -2.0]])
    );
}

#[test]
fn texts_of_numpy_are_names() {
    let uid = "abc".chars().chain("\0é\0\0".chars()).collect::<String>();
    let uid =
        uid.chars().take(4).chain(['é', '\0', '\0', '\0']).flat_map(|letter| u32::from(letter).to_le_bytes()).collect();
    let mut arrays = vec![("uid", Dtype::U8, "<U4", vec![2], uid)];
    arrays.extend(["old_log_probs", "ref_log_prob"].map(|name| floats(name, &[2, 1], &[-1.0, -2.0])));
    let all = read_bytes("a.npz", &as_npz(&arrays, CompressionMethod::Stored));
    let names: Vec<_> = all.records.iter().filter_map(|record| record.name.as_deref()).collect();
    assert_eq!(names, ["abc", "é"]);
}

#[test]
fn many_rows_are_given_in_parts_and_none_is_lost() {
    let numbers: Vec<f32> = (0..30_000).map(|number| -(number as f32)).collect();
    let arrays = ["old_logp", "ref_logp"].map(|name| floats(name, &[10_000, 3], &numbers));
    for all in read_all(&arrays) {
        assert_eq!(all.of(1).concat(), numbers.iter().map(|number| f64::from(*number)).collect::<Vec<_>>());
    }
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let cases = [
        (
            floats("ref_logp", &[2, 2], &[0.0; 4]),
            "old_logp the shape (3, 2) and ref_logp the shape (2, 2) have different numbers of rows",
        ),
        (floats("ref_logp", &[3, 2, 1], &[0.0; 6]), "ref_logp has the shape (3, 2, 1); (batch, time) would be right"),
    ];
    for (reference, reason) in cases {
        let mut arrays = three();
        arrays[1] = reference;
        for (all, name) in read_all(&arrays).into_iter().zip(["a.safetensors", "a.npz", "b.npz"]) {
            assert_eq!(all.said(), [format!("{name}: {reason}")]);
        }
    }
}

#[test]
fn rows_of_different_lengths_are_given_as_they_are() {
    let mut arrays = three();
    arrays[1] = floats("ref_logp", &[3, 1], &[-1.0; 3]);
    for all in read_all(&arrays) {
        assert_eq!(all.of(3), [[-1.0]; 3]);
    }
}

#[test]
fn of_a_file_that_is_cut_the_rows_before_are_kept() {
    let arrays = [floats("old_logp", &[3, 2], &[-1.0; 6]), floats("ref_logp", &[3, 2], &[-1.0; 6])];
    let bytes = as_safetensors(&arrays);
    let columns =
        Choice::default().columns(["old_logp", "ref_logp"].map(str::to_owned).to_vec()).expect("they are enough");
    for length in 0..bytes.len() {
        let (_folder, paths) = folder(&[("a.safetensors", &bytes[..length])]);
        let all = read_with(&Files::find(&paths).expect("the file is there"), &columns);
        // The last tensor ends the file, and has 8 bytes a row.
        let whole = (length + 24).saturating_sub(bytes.len()) / 8;
        assert_eq!((all.records.len(), all.unreadable.len()), (whole, 1), "{length}: {:?}", all.said());
    }
}

#[test]
fn a_changed_number_is_found() {
    let mut bytes = as_npz(&three(), CompressionMethod::Stored);
    let place = bytes.windows(4).position(|window| window == (-5.5_f32).to_le_bytes()).expect("it is stored as it is");
    bytes[place] ^= 1;
    let all = read_bytes("a.npz", &bytes);
    assert_eq!(all.said(), ["a.npz: ref_logp is not what was written: its length or its checksum is another one"]);
}

#[test]
fn a_header_that_claims_too_much_takes_no_memory() {
    let header = r#"{"old_logp":{"dtype":"F32","shape":[1000000000,1000],"data_offsets":[0,4000000000000]},"ref_logp":{"dtype":"F32","shape":[1000000000,1000],"data_offsets":[4000000000000,8000000000000]}}"#;
    let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 100]].concat();
    let all = read_bytes("a.safetensors", &bytes);
    assert_eq!(all.said(), ["a.safetensors, sequence 1: the file is cut short"]);
    let claims = ["old_logp", "ref_logp"].map(|name| (name, Dtype::F32, "<f4", vec![1_000_000_000, 1000], vec![0; 8]));
    let all = read_bytes("a.npz", &as_npz(&claims, CompressionMethod::Deflated));
    assert_eq!(all.said(), ["a.npz, sequence 1: ref_logp: the file is cut short"]);
    let empty = ["old_logp", "ref_logp"].map(|name| floats(name, &[1_000_000_000_000, 0], &[]));
    for all in read_all(&empty) {
        assert!(all.records.is_empty());
    }
    let wide = ["old_logp", "ref_logp"].map(|name| (name, Dtype::F32, "<f4", vec![1, 1_000_000_000], vec![0; 8]));
    let all = read_bytes("a.npz", &as_npz(&wide, CompressionMethod::Deflated));
    assert!(all.said()[0].contains("has rows of 1000000000 tokens"), "{:?}", all.said());
}

#[test]
fn the_tokens_of_arrays_are_not_said_to_be_read() {
    let arrays = [three(), vec![integers("tokens", &[3, 2], &[1, 2, 3, 4, 5, 6])]].concat();
    let (_folder, paths) = folder(&[("a.safetensors", &as_safetensors(&arrays))]);
    let files = Files::find(&paths).expect("the file is there");
    let columns = Columns::choose(&files, &Choice::default()).expect("the names are known");
    assert_eq!(columns.taken().get("text"), None);
    assert_eq!(columns.unused().collect::<Vec<_>>(), ["tokens"]);
}

proptest! {
    #[test]
    fn changed_bytes_make_no_panic(which in 0..3_usize, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let [(name, mut bytes), ..] = { let mut all = stored(&three()); all.rotate_left(which); all };
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let (_folder, paths) = folder(&[(name, &bytes)]);
        let _ = read_paths(&paths, &Choice::default());
        read_with(&Files::find(&paths).expect("the file is there"), &own_columns());
    }
}
