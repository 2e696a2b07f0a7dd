use super::super::lines::{Limits, Lines};
use super::super::source::{Source, Worker};
use super::super::{Choice, Columns, Files, read};
use super::{All, folder, own_columns, read_bytes, read_paths};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

const THREE: &str = "{\"old_logp\": [-1, -2], \"ref_logp\": [-1.5, -2.5], \"mask\": [1, 0]}\n\n\
                     {\"old_logp\": [-3], \"ref_logp\": [-3.5], \"mask\": [true]}\r\n\
                     {\"old_logp\": [], \"ref_logp\": [], \"mask\": []}";

/// Reads a text in blocks of a few bytes, by one thread.
fn read_in_blocks(text: &[u8], limits: Limits) -> All {
    let (_folder, paths) = folder(&[("a.jsonl", text)]);
    let files = Files::find(&paths).expect("the file is there");
    let entry = &files.entries()[0];
    let mut lines = Lines::new(entry, entry.open(&|_| ()).expect("the file is there"), limits);
    let (columns, mut all) = (own_columns(), All::default());
    let mut worker = Worker::new(&columns);
    while let Some(part) = lines.next() {
        assert!(part.give(&mut worker, &mut all).is_continue());
    }
    all
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::default());
    writer.write_all(text).expect("memory takes all");
    writer.finish().expect("memory takes all")
}

#[test]
fn each_line_is_a_sequence() {
    let all = read_bytes("a.jsonl", THREE.as_bytes());
    assert_eq!(all.of(1), [vec![-1.0, -2.0], vec![-3.0], vec![]]);
    assert_eq!(all.of(3), [vec![-1.5, -2.5], vec![-3.5], vec![]]);
    let masks: Vec<_> = all.records.iter().filter_map(|record| record.mask.clone()).collect();
    assert_eq!(masks, [vec![true, false], vec![true], vec![]]);
    let lines: Vec<_> = all.records.iter().filter_map(|record| record.place.line).collect();
    assert_eq!(lines, [1, 3, 4], "blank lines count");
    assert!(all.unreadable.is_empty());
}

#[test]
fn blocks_of_any_size_hold_the_same_sequences() {
    let expected = read_bytes("a.jsonl", THREE.as_bytes());
    for block in 1..THREE.len() + 2 {
        let all = read_in_blocks(THREE.as_bytes(), Limits { block, line: 1000 });
        assert_eq!(all.of(1), expected.of(1), "{block}");
        let places = |all: &All| all.records.iter().map(|record| record.place.line).collect::<Vec<_>>();
        assert_eq!(places(&all), places(&expected), "{block}");
    }
}

#[test]
fn packed_lines_are_the_same_lines() {
    let plain = read_bytes("a.jsonl", THREE.as_bytes());
    let (first, second) = THREE.as_bytes().split_at(100);
    let two_members = [gzip(first), gzip(second)].concat();
    for packed in [gzip(THREE.as_bytes()), two_members] {
        let all = read_bytes("a.jsonl.gz", &packed);
        assert_eq!((all.of(1), all.of(3)), (plain.of(1), plain.of(3)));
    }
    let all = read_bytes("a.ndjson.zst", include_bytes!("three.zst"));
    assert_eq!((all.of(1), all.of(3)), (plain.of(1), plain.of(3)));
}

#[test]
fn a_line_that_is_too_long_is_passed_over() {
    let long = format!("{{\"old_logp\": [{}1]}}", "1, ".repeat(100));
    let text = format!("{}\n{long}\n{}", THREE.replace("\n\n", "\n"), THREE.replace("\n\n", "\n"));
    for block in [1, 10, 100, 1000] {
        let all = read_in_blocks(text.as_bytes(), Limits { block, line: 200 });
        assert_eq!(all.records.len(), 6, "{block}");
        assert_eq!(all.said(), ["a.jsonl, line 4: the line has more than 200 bytes"], "{block}");
        let lines: Vec<_> = all.records.iter().filter_map(|record| record.place.line).collect();
        assert_eq!(lines, [1, 2, 3, 5, 6, 7], "{block}");
    }
}

#[test]
fn a_long_line_at_the_end_is_said_once() {
    let text = format!("{{\"old_logp\": [{}", "1, ".repeat(1000));
    for block in [7, 5000] {
        let all = read_in_blocks(text.as_bytes(), Limits { block, line: 200 });
        assert_eq!(all.said(), ["a.jsonl, line 1: the line has more than 200 bytes"], "{block}");
    }
}

#[test]
fn what_is_wrong_with_a_line_is_said_and_the_rest_is_read() {
    let good = "{\"old_logp\": [-1], \"ref_logp\": [-2], \"mask\": [1]}";
    let lines: [(&[u8], &str); 9] = [
        (b"{\"old_logp\": [-1", "the line is cut short"),
        (b"not json", "the line is no JSON object"),
        (b"\xff\xfe{}", "the line is no text in UTF-8"),
        (
            b"{\"old_logp\": [\"x\"], \"ref_logp\": [-2], \"mask\": [1]}",
            "old_logp holds a string at token 1; a list of numbers would be right",
        ),
        (
            b"{\"old_logp\": -1, \"ref_logp\": [-2], \"mask\": [1]}",
            "old_logp is one number; a list with one a token would be right",
        ),
        (
            b"{\"old_logp\": [-1], \"ref_logp\": null, \"mask\": [1]}",
            "there is old_logp alone, and nothing to compare it with",
        ),
        (b"{\"prompt\": \"x\"}", "there is none of the columns old_logp, ref_logp"),
        (b"{\"old_logp\": [-1], \"ref_logp\": [-2]}", "the mask mask is missing"),
        (b"{\"old_logp\": [-1], \"ref_logp\": [-2], \"mask\": [1, 1]}", "mask has 2 values for 1 tokens"),
    ];
    for (wrong, reason) in lines {
        let text = [good.as_bytes(), b"\n", wrong, b"\n", good.as_bytes()].concat();
        let all = read_in_blocks(&text, Limits { block: 64, line: 1000 });
        assert_eq!(all.said(), [format!("a.jsonl, line 2: {reason}")]);
        assert_eq!(all.records.len(), 2, "{reason}");
    }
}

#[test]
fn columns_of_different_lengths_are_given_as_they_are() {
    let all = read_bytes("a.jsonl", b"{\"old_logp\": [-1, -2], \"ref_logp\": [-2]}");
    assert_eq!((all.of(1), all.of(3)), (vec![vec![-1.0, -2.0]], vec![vec![-2.0]]));
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let all = read_bytes("a.jsonl", &[b"\xef\xbb\xbf", THREE.as_bytes()].concat());
    assert_eq!(all.records.len(), 3);
}

#[test]
fn progress_tells_all_bytes() {
    let (_folder, paths) = folder(&[("a.jsonl", THREE.as_bytes()), ("b.jsonl.gz", &gzip(THREE.as_bytes()))]);
    let files = Files::find(&paths).expect("the files are there");
    let columns = Columns::choose(&files, &Choice::default()).expect("the names are known");
    let told = AtomicU64::new(0);
    read(&files, &columns, vec![All::default()], &|bytes| {
        told.fetch_add(bytes, Ordering::Relaxed);
    });
    assert_eq!(told.into_inner(), files.bytes());
}

#[test]
fn a_break_ends_the_reading() {
    let text = THREE.replace("\n\n", "\n") + "\n";
    let (_folder, paths) = folder(&[("a.jsonl", text.as_bytes()), ("b.jsonl", text.as_bytes())]);
    let files = Files::find(&paths).expect("the files are there");
    let sinks = vec![All { limit: Some(2), ..All::default() }];
    let sinks = read(&files, &own_columns(), sinks, &|_| ());
    assert_eq!(sinks[0].records.len(), 2);
}

#[test]
fn what_is_written_after_the_files_were_found_is_not_read() {
    let (_folder, paths) = folder(&[("a.jsonl", THREE.as_bytes())]);
    let files = Files::find(&paths).expect("the file is there");
    let mut file = std::fs::OpenOptions::new().append(true).open(&paths[0]).expect("the file is there");
    writeln!(file, "\n{THREE}").expect("there is room");
    assert_eq!(super::read_with(&files, &own_columns()).records.len(), 3);
}

#[test]
fn files_may_lack_columns_of_the_first() {
    let files: [(&str, &[u8]); 3] = [
        ("1.jsonl", b"{\"old_logp\": [-1], \"ref_logp\": [-2], \"rollout_logp\": [-3]}"),
        ("2.jsonl", b"{\"old_logp\": [-1], \"ref_logp\": [-2]}"),
        ("3.jsonl", b"{\"prompt\": 1}"),
    ];
    let (_folder, paths) = folder(&files);
    let all = read_paths(&paths, &Choice::default()).expect("the first has all");
    assert_eq!((all.of(1).len(), all.of(2).len()), (2, 1));
    assert_eq!(all.said(), ["3.jsonl, line 1: there is none of the columns old_logp, rollout_logp, ref_logp"]);
}

/// How many whole lines a text has.
fn whole_lines(text: &[u8]) -> usize {
    text.split(|byte| *byte == b'\n').filter(|line| line.trim_ascii().ends_with(b"}")).count()
}

#[test]
fn of_a_file_that_is_cut_the_lines_before_are_kept() {
    for length in 1..THREE.len() {
        let text = &THREE.as_bytes()[..length];
        let all = read_in_blocks(text, Limits { block: 50, line: 1000 });
        assert_eq!(all.records.len(), whole_lines(text), "{length}");
        let is_cut = !text.trim_ascii().ends_with(b"}");
        assert_eq!(all.unreadable.len(), usize::from(is_cut), "{length}: {:?}", all.said());
    }
}

#[test]
fn of_an_archive_that_is_cut_the_lines_before_are_kept() {
    let many: String = (0..500).map(|line| format!("{{\"old_logp\": [-{line}], \"ref_logp\": [-1]}}\n")).collect();
    let packed = gzip(many.as_bytes());
    let columns =
        Choice::default().columns(["old_logp", "ref_logp"].map(str::to_owned).to_vec()).expect("they are enough");
    for length in (1..packed.len()).step_by(37) {
        let (_folder, paths) = folder(&[("a.jsonl.gz", &packed[..length])]);
        let all = super::read_with(&Files::find(&paths).expect("the file is there"), &columns);
        let line = all.records.len() + 1;
        assert_eq!(all.said(), [format!("a.jsonl.gz, line {line}: the file is cut short")], "{length}");
        assert!(all.of(1).iter().enumerate().all(|(line, numbers)| *numbers == [-(line as f64)]), "{length}");
    }
}

#[test]
fn of_zstandard_frames_that_are_cut_the_lines_before_are_kept() {
    let packed = include_bytes!("three.zst");
    for length in 1..packed.len() {
        let (_folder, paths) = folder(&[("a.jsonl.zst", &packed[..length])]);
        let all = super::read_with(&Files::find(&paths).expect("the file is there"), &own_columns());
        assert!(all.records.len() < 3 && all.unreadable.len() <= 1, "{length}: {:?}", all.said());
        assert!(all.said().iter().all(|said| said.ends_with(" is cut short")), "{length}: {:?}", all.said());
    }
}

#[test]
fn a_changed_zstandard_frame_is_found() {
    let mut packed = *include_bytes!("three.zst");
    let last = packed.len() - 1;
    packed[last] ^= 1;
    let (_folder, paths) = folder(&[("a.jsonl.zst", &packed)]);
    let all = super::read_with(&Files::find(&paths).expect("the file is there"), &own_columns());
    assert_eq!(all.said(), ["a.jsonl.zst, line 4: the file cannot be read: its checksum is another one"]);
}

proptest! {
    #[test]
    fn garbage_makes_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), head in 0..30_usize, name in 0..4_usize) {
        let name = ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.json"][name];
        let packed = gzip(THREE.as_bytes());
        let start: &[u8] = match name {
            "a.jsonl.gz" => &packed,
            "a.jsonl.zst" => include_bytes!("three.zst"),
            _ => THREE.as_bytes(),
        };
        let bytes = [&start[..head.min(start.len())], &bytes].concat();
        let (_folder, paths) = folder(&[(name, &bytes)]);
        let _ = read_paths(&paths, &Choice::default());
        super::read_with(&Files::find(&paths).expect("the file is there"), &own_columns());
    }
}
