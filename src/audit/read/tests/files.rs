use super::super::{Choice, Files};
use super::{folder, read_paths};
use crate::audit::Step;
use std::path::PathBuf;

const LINE: &[u8] = b"{\"old_logp\": [-1], \"ref_logp\": [-2]}";

fn refused(paths: &[PathBuf]) -> String {
    Files::find(paths).expect_err("something is wrong with the paths").to_string()
}

#[test]
fn a_folder_is_all_its_files_in_natural_order() {
    let names = [
        "step_10/rank_0.jsonl",
        "step_9/rank_10.jsonl",
        "step_9/rank_2.jsonl",
        "step_9/STABLE",
        ".hidden.jsonl",
        "notes.txt",
    ];
    let (folder, _) = folder(&names.map(|name| (name, LINE)));
    let files = Files::find(&[folder.path().to_owned()]).expect("the folder has files");
    let below = |name: &str| name.strip_prefix(&format!("{}/", folder.path().display())).map(str::to_owned);
    let found: Vec<_> = files.entries().iter().filter_map(|entry| below(&entry.name)).collect();
    assert_eq!(found, ["step_9/rank_2.jsonl", "step_9/rank_10.jsonl", "step_10/rank_0.jsonl"]);
    let steps: Vec<_> = files.entries().iter().map(|entry| entry.step.clone()).collect();
    assert_eq!(steps, [9, 9, 10].map(Step::Number));
    let skipped: Vec<_> = files.skipped().iter().filter_map(|path| below(&path.to_string_lossy())).collect();
    assert_eq!(skipped, ["notes.txt", "step_9/STABLE"]);
    assert_eq!((files.count(), files.bytes()), (3, 3 * LINE.len() as u64));
}

#[test]
fn a_file_that_is_named_twice_is_read_once() {
    let (folder, paths) = folder(&[("a.jsonl", LINE)]);
    let files = Files::find(&[paths[0].clone(), folder.path().to_owned()]).expect("the file is there");
    assert_eq!(files.count(), 1);
}

#[test]
fn what_cannot_be_read_is_refused_with_what_would_be_right() {
    let (folder, paths) =
        folder(&[("a.pkl", b""), ("b.parquet", b""), ("rank_0.bin", b""), ("c.txt", b""), ("d", b"")]);
    let parts = [
        "pickle.load(open(f, 'rb'))",
        "pandas.read_parquet",
        "enable_token_export",
        "is of no known kind",
        "is of no known kind",
    ];
    for (path, part) in paths.iter().zip(parts) {
        let message = refused(std::slice::from_ref(path));
        assert!(message.starts_with(&path.display().to_string()) && message.contains(part), "{message}");
        assert!(message.contains("would be right"), "{message}");
    }
    assert!(refused(&[folder.path().join("missing.jsonl")]).ends_with("missing.jsonl cannot be read"));
    let message = refused(&[folder.path().to_owned()]);
    assert!(message.contains("has no file that can be read") && message.contains("a.pkl is a pickle"), "{message}");
}

#[test]
fn an_empty_folder_is_refused() {
    let (folder, _) = folder(&[]);
    assert!(refused(&[folder.path().to_owned()]).contains("is an empty folder"));
    assert!(refused(&[]).contains("no file is given"));
}

#[test]
fn columns_are_chosen_by_the_first_file_that_has_some() {
    let files: [(&str, &[u8]); 4] =
        [("0.jsonl", b""), ("1.jsonl", b"nothing"), ("2.jsonl", b"{\"prompt\": 1}"), ("3.jsonl", LINE)];
    let (_folder, paths) = folder(&files);
    let all = read_paths(&paths, &Choice::default()).expect("the last has columns");
    assert_eq!(all.records.len(), 1);
    assert_eq!(
        all.said(),
        [
            "1.jsonl, line 1: the line is no JSON object",
            "2.jsonl, line 1: there is none of the columns old_logp, ref_logp"
        ]
    );
    let message = read_paths(&paths[..2], &Choice::default()).expect_err("no file has columns").to_string();
    assert!(message.ends_with("0.jsonl: it is empty"), "{message}");
    let message = read_paths(&paths[..3], &Choice::default()).expect_err("no file has columns").to_string();
    assert!(message.contains("2.jsonl: no column has a name"), "{message}");
}

#[test]
fn a_file_of_another_form_than_its_name_says_is_refused_with_what_would_be_right() {
    let legacy = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.";
    let audit = br#"{"schema": "klgrad.audit.1", "columns": {"ref": "ref_logp"}, "problems": [], "state": {}}"#;
    for (name, bytes, expected) in [
        ("a.jsonl", &b"\x1f\x8b\x08\x00"[..], "it is packed by gzip; a name that ends in .gz would be right"),
        ("a.csv", b"\x28\xb5\x2f\xfd", "it is packed by zstd; a name that ends in .zst would be right"),
        (
            "a.csv",
            b"sequence;old_logp;ref_logp\na;-1;-2\n",
            "its columns have a semicolon between them; a comma would be right",
        ),
        ("a.csv", b"sequence\told_logp\na\t-1\n", "its columns have a tab between them; a comma would be right"),
        ("audit.json", audit, "it is an audit, and no log; --merge, which adds up audits, would be right"),
        (
            "a.pt",
            legacy,
            "it is in the form of torch before 1.6; what torch.save writes without _use_new_zipfile_serialization=False would \
             be right",
        ),
    ] {
        let (_folder, paths) = folder(&[(name, bytes)]);
        let message = read_paths(&paths, &Choice::default()).expect_err(expected).to_string();
        assert!(message.ends_with(&format!("{name}: {expected}")), "{message}");
    }
}
