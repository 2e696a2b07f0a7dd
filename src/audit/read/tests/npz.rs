//! What is special in archives of numpy.

use super::super::{Choice, Columns, Files};
use super::arrays::{Array, as_npz, as_safetensors, three};
use super::{All, folder, own_columns, read_bytes, read_with};
use crate::audit::Step;
use safetensors::Dtype;
use zip::CompressionMethod;

#[test]
fn of_an_archive_that_is_cut_the_rows_before_are_kept() {
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let bytes = as_npz(&three(), method);
        let mut most = 0;
        for length in 0..bytes.len() {
            let (_folder, paths) = folder(&[("a.npz", &bytes[..length])]);
            let all = read_with(&Files::find(&paths).expect("the file is there"), &own_columns());
            assert_eq!(all.unreadable.len(), 1, "{length}: {:?}", all.said());
            assert_eq!(all.of(3)[..], [[-1.5, -2.5], [-3.5, -4.5], [-5.5, -6.5]][..all.records.len()]);
            if method == CompressionMethod::Stored {
                // The mask is the last of them, and has 2 bytes a row.
                let mask = bytes.windows(6).position(|window| window == [1, 0, 1, 1, 0, 1]).expect("it is stored");
                assert_eq!(all.records.len(), (length.saturating_sub(mask) / 2).min(3), "{length}: {:?}", all.said());
            }
            most = most.max(all.records.len());
        }
        assert_eq!(most, 3, "nothing but the list of members is missing");
    }
}

#[test]
fn without_its_mask_an_archive_that_is_cut_is_not_read() {
    let bytes = as_npz(&three(), CompressionMethod::Stored);
    let mask = bytes.windows(8).position(|window| window == b"mask.npy").expect("its name is stored");
    let (_folder, paths) = folder(&[("a.npz", &bytes[..mask])]);
    let files = Files::find(&paths).expect("the file is there");
    let own = Columns::choose(&files, &Choice::default()).expect("there are two columns");
    assert!(read_with(&files, &own).said()[0].contains("a mask may be among what is lost"));
    assert_eq!(read_with(&files, &own_columns()).said(), ["a.npz: the file is cut short before mask"]);
}

#[test]
fn the_highest_byte_may_come_first() {
    let swapped = |(name, dtype, descr, shape, mut bytes): Array| {
        let size = if descr == "<i8" { 8 } else { 4 };
        let is_swapped = descr.starts_with('<');
        if is_swapped {
            bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
        }
        let descr = match descr {
            "<f4" => ">f4",
            "<i8" => ">i8",
            "<U2" => ">U2",
            other => other,
        };
        (name, dtype, descr, shape, bytes)
    };
    let names = ["ab", "cd", "é"].iter().flat_map(|name| name.chars().chain(['\0']).take(2));
    let names = ("uid", Dtype::U8, "<U2", vec![3], names.flat_map(|letter| u32::from(letter).to_le_bytes()).collect());
    let arrays: Vec<Array> = three().into_iter().chain([names]).map(swapped).collect();
    let all = read_bytes("a.npz", &as_npz(&arrays, CompressionMethod::Deflated));
    assert!(all.unreadable.is_empty(), "{:?}", all.said());
    assert_eq!(all.of(3), [[-1.5, -2.5], [-3.5, -4.5], [-5.5, -6.5]]);
    let others: Vec<_> = all.records.iter().map(|record| (record.step.clone(), record.name.as_deref())).collect();
    assert_eq!(others, [(Step::Number(7), Some("ab")), (Step::Number(8), Some("cd")), (Step::Number(9), Some("é"))]);
}

#[test]
fn what_cannot_be_read_is_refused_where_it_is_used() {
    let objects = |name| (name, Dtype::U8, "|O", vec![3], vec![0; 24]);
    let of = |array| read_bytes("a.npz", &as_npz(&[three(), vec![array]].concat(), CompressionMethod::Stored));
    for name in ["rewards", "uid"] {
        let all = of(objects(name));
        assert!(all.unreadable.is_empty() && all.records.len() == 3, "{:?}", all.said());
    }
    let refused = |all: All| all.said()[0].clone();
    let reason = "holds other than real numbers; numpy.float32 would be right";
    assert_eq!(refused(of(objects("rollout_logp"))), format!("a.npz: rollout_logp {reason}"));
    let mut masked = three();
    masked[2] = objects("mask");
    assert_eq!(
        refused(read_bytes("a.npz", &as_npz(&masked, CompressionMethod::Stored))),
        format!("a.npz: mask {reason}")
    );
    masked[2] = ("mask", Dtype::F8_E4M3, "", vec![3, 2], vec![0; 6]);
    let reason = "a.safetensors: mask is of a type that is not read; F32 would be right";
    assert_eq!(refused(read_bytes("a.safetensors", &as_safetensors(&masked))), reason);
}
