//! Files that torch.save wrote.

use super::super::{Choice, Files, Framework};
use super::{All, folder, read_bytes, read_paths, read_with};
use crate::audit::Step;
use proptest::prelude::*;

macro_rules! golden {
    ($name:literal) => {
        include_bytes!(concat!("../../../../tests/golden/audit/", $name))
    };
}

fn masks(all: &All) -> Vec<Vec<bool>> {
    all.records.iter().filter_map(|record| record.mask.clone()).collect()
}

#[test]
fn the_samples_of_slime_are_read_in_their_order() {
    let all = read_bytes("train_9_3.pt", golden!("slime_v2.pt"));
    assert!(all.unreadable.is_empty(), "{:?}", all.said());
    assert_eq!(all.of(1), [vec![-1.0, -2.0], vec![-3.0, -4.0, -5.0]]);
    assert_eq!(all.of(2), all.of(1));
    assert_eq!(all.of(3), [vec![-1.5, -2.5], vec![-3.5, -4.5, f64::NEG_INFINITY]]);
    assert_eq!(masks(&all), [vec![true, true], vec![true, false, true]]);
    assert!(all.records.iter().all(|record| record.step == Step::Number(9)));
    let names: Vec<_> = all.records.iter().filter_map(|record| record.name.as_deref()).collect();
    assert_eq!(names, ["0", "1"]);
    // The tokens of the prompt stand in front.
    let texts: Vec<_> = all.records.iter().filter_map(|record| record.texts.clone()).collect();
    assert_eq!(texts, [vec!["2", "3"], vec!["8", "9", "10"]]);
}

#[test]
fn lists_of_samples_are_read_by_column() {
    let all = read_bytes("4.pt", golden!("slime_v1.pt"));
    assert_eq!(all.of(1), [vec![-1.0, -2.0], vec![-3.0, -4.0, -5.0]]);
    assert_eq!(masks(&all), [vec![true, true], vec![false, true, true]]);
    let names: Vec<_> = all.records.iter().filter_map(|record| record.name.as_deref()).collect();
    assert_eq!((names, all.records[0].step.clone()), (vec!["10", "11"], Step::Number(4)));
}

#[test]
fn rows_of_tensors_are_sequences_and_views_are_what_they_show() {
    let all = read_bytes("0.pt", golden!("openrlhf.pt"));
    assert!(all.unreadable.is_empty(), "{:?}", all.said());
    assert_eq!(all.of(1), [[-1.0, -2.0, -3.0], [-5.0, -6.0, -7.0], [-9.0, -10.0, -11.0]]);
    assert_eq!(all.of(3), [[-1.5, -2.5, -3.5], [-5.5, -6.5, -7.5], [-9.5, -10.5, -11.5]]);
    assert_eq!(masks(&all), [[true, true, true], [false, true, true], [true, true, true]]);
}

#[test]
fn a_list_of_dictionaries_of_tensors_is_read() {
    let all = read_bytes("7.pt", golden!("areal.pt"));
    let mut first: Vec<f64> = all.of(2).iter().map(|row| row[0]).collect();
    first.sort_by(f64::total_cmp);
    assert_eq!(first, [-8.0, -4.0, 0.0]);
    assert_eq!((all.of(1).len(), all.of(3).len()), (3, 3));
}

#[test]
fn columns_and_samples_are_found_within_dictionaries() {
    let rows = [[0.0, -1.0, -2.0, -3.0], [-4.0, -5.0, -6.0, -7.0], [-8.0, -9.0, -10.0, -11.0]];
    let all = read_bytes("a.pt", golden!("nested.pt"));
    assert!(all.unreadable.is_empty(), "{:?}", all.said());
    assert_eq!(all.of(1), rows);
    let all = read_bytes("a.pt", golden!("nested_samples.pt"));
    assert!(all.unreadable.is_empty(), "{:?}", all.said());
    assert_eq!((all.of(1), all.records[0].step.clone()), (vec![vec![-1.0, -2.0]], Step::Number(8)));
}

#[test]
fn numbers_that_do_not_follow_each_other_are_refused() {
    let (_folder, paths) = folder(&[("a.pt", golden!("transposed.pt"))]);
    let all = read_paths(&paths, &Choice::default()).expect("the names are known");
    assert_eq!(
        all.said()[0],
        "a.pt, sequence 1: old_log_probs is no view of numbers that follow each other; .contiguous() of it would be right"
    );
}

#[test]
fn a_pickle_that_names_a_class_is_refused_with_the_way_out() {
    let (_folder, paths) = folder(&[("a.pt", golden!("own_class.pt"))]);
    let message = read_paths(&paths, &Choice::default()).expect_err("it names a class").to_string();
    assert!(
        message.contains(
            "it names \"__main__.Own\", and code of a file is never run; what this writes would be right, but it runs code that the file \
             names, so only if you trust who wrote it: python -c"
        ),
        "{message}"
    );
    assert!(message.ends_with("a.pt"), "{message}");
}

#[test]
fn a_pickle_that_names_a_command_is_refused_without_a_way_to_run_it() {
    let mut bytes = golden!("own_class.pt").to_vec();
    let class = bytes.windows(8).position(|bytes| bytes == b"__main__").expect("it names a class");
    bytes[class..class + 8].copy_from_slice(b"builtins");
    let (_folder, paths) = folder(&[("a.pt", &bytes)]);
    let message = read_paths(&paths, &Choice::default()).expect_err("it names a command").to_string();
    assert!(
        message.contains("it names \"builtins.Own\", and code of a file is never run; no log names that"),
        "{message}"
    );
    assert!(!message.contains("torch.load"), "{message}");
}

/// What files of slime are read by.
fn columns() -> super::super::Columns {
    let choice = Choice { framework: Some(Framework::Slime), ..Choice::default() };
    let keys = ["log_probs", "ref_log_probs", "rollout_log_probs", "loss_masks", "rollout_id"];
    choice.columns(keys.map(str::to_owned).to_vec()).expect("they are enough")
}

#[test]
fn of_an_archive_that_is_cut_the_samples_before_are_kept() {
    let bytes = golden!("slime_v2.pt");
    let whole = [vec![-1.0, -2.0], vec![-3.0, -4.0, -5.0]];
    let mut kept = Vec::new();
    for length in (0..bytes.len()).step_by(7) {
        let (_folder, paths) = folder(&[("a.pt", &bytes[..length])]);
        let all = read_with(&Files::find(&paths).expect("the file is there"), &columns());
        assert!(!all.unreadable.is_empty(), "{length}");
        assert!(all.of(1).iter().all(|log_probs| whole.contains(log_probs)), "{length}: {:?}", all.of(1));
        let lost = all.said().into_iter().filter(|said| said.contains("is lost"));
        lost.for_each(|said| assert!(said.ends_with("is lost, as the file is cut short"), "{said}"));
        kept.push(all.records.len());
    }
    assert!(kept.is_sorted() && kept.contains(&1) && kept.contains(&2), "{kept:?}");
}

#[test]
fn of_tensors_that_are_cut_the_rows_before_are_kept() {
    let bytes = golden!("openrlhf.pt");
    let mut kept = Vec::new();
    for length in 0..bytes.len() {
        let (_folder, paths) = folder(&[("a.pt", &bytes[..length])]);
        let files = Files::find(&paths).expect("the file is there");
        let Ok(columns) = super::super::Columns::choose(&files, &Choice::default()) else { continue };
        let all = read_with(&files, &columns);
        assert!(!all.unreadable.is_empty(), "{length}");
        assert_eq!(all.of(1)[..], [[-1.0, -2.0, -3.0], [-5.0, -6.0, -7.0], [-9.0, -10.0, -11.0]][..all.records.len()]);
        kept.push(all.records.len());
    }
    kept.dedup();
    assert_eq!(kept, [0, 1, 2, 3]);
}

proptest! {
    #[test]
    fn changed_bytes_make_no_panic(which in 0..4_usize, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = [&golden!("slime_v2.pt")[..], golden!("slime_v1.pt"), golden!("openrlhf.pt"), golden!("areal.pt")][which].to_vec();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let (_folder, paths) = folder(&[("a.pt", &bytes)]);
        let _ = read_paths(&paths, &Choice::default());
        read_with(&Files::find(&paths).expect("the file is there"), &columns());
    }

    #[test]
    fn no_pickle_makes_a_panic(bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b"(012NKMJG\x8aXC)\x85\x86\x87t]leasud}qrhjcRbQ.\x94\x93".to_vec())], 0..100)) {
        let _ = super::super::pickle::read(&bytes[..]);
    }
}
